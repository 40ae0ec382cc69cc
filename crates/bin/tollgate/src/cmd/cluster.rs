//! `tollgate cluster`: the value that the nodes of `[cluster]` share, made and shown.

mod init;
mod show;

use super::stored::{self, bad_usage};
use crate::console::outln;
use crate::exit::Exit;
use crate::variables;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tollgate_config::Config;
use tollgate_coordination::{CoordinationError, CoordinationStore, Found};
use tollgate_lease::Value;
use tollgate_service::{coordination_fault, open_coordination};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Put a first value there, of which no node has a part, so that the first node doesn't wait.
    ///
    /// A node that finds no value can't know whether others still send by a lost one, and waits for as long as their
    /// leases and calls may last. Leaves a value that is there alone.
    Init {
        #[command(flatten)]
        of: Of,
        /// Replace a value that is there. Only when no node runs, nor any has run for as long as a lease and the
        /// longest period: what nodes have and what their calls still count is forgotten, so the limits would be
        /// exceeded. It waits for twice the time between two signs of life of a node, and refuses if it sees one.
        #[arg(long)]
        force: bool,
    },
    /// Show the members, and who has which part of each limit.
    Status {
        #[command(flatten)]
        of: Of,
        /// Print the value as JSON, as the nodes keep it; null if there is none.
        #[arg(long)]
        json: bool,
    },
}

#[derive(clap::Args)]
struct Of {
    /// The configuration file; its `[cluster]` says where.
    #[arg(long, value_name = "FILE", env = variables::CONFIG, hide_env_values = true)]
    config: PathBuf,
}

pub(crate) fn run(args: Args) -> Exit {
    stored::report("cluster", carry_out(args.command))
}

#[tokio::main]
async fn carry_out(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Init { of, force } => init::init(&Place::open(&of.config)?, force).await,
        Command::Status { of, json } => status(&Place::open(&of.config)?, json).await,
    }
}

/// The store that a file names.
struct Place {
    config: Config,
    store: Arc<dyn CoordinationStore>,
    /// How long leases last by the file.
    lease: Duration,
}

impl Place {
    fn open(file: &Path) -> anyhow::Result<Self> {
        let config = tollgate_files::load(file).map_err(bad_usage)?;
        let missing = || {
            bad_usage(format_args!(
                "{} has no [cluster]; add one with url = \"postgres://…\" or url = \"redis://…\"",
                file.display()
            ))
        };
        let cluster = config.cluster.as_ref().ok_or_else(missing)?;
        if cluster.kind() == "memory" {
            return Err(bad_usage(format_args!(
                "{}: memory:// is within the process that serves, and no other reaches it",
                file.display()
            )));
        }
        let store = open_coordination(&config, cluster).map_err(bad_usage)?;
        let lease = cluster.lease;
        Ok(Self {
            config,
            store,
            lease,
        })
    }

    async fn read(&self) -> anyhow::Result<Found> {
        let found = self.store.read().await;
        found.map_err(|error| self.fault(&error))
    }

    /// Says where a fault comes from and what to do.
    fn fault(&self, error: &CoordinationError) -> anyhow::Error {
        anyhow::Error::msg(coordination_fault(&self.config, error))
    }
}

async fn status(place: &Place, as_json: bool) -> anyhow::Result<()> {
    let Some((_, text)) = place.read().await?.value else {
        match as_json {
            true => outln!("null"),
            false => outln!("there is no value; `tollgate cluster init` puts a first one there"),
        }
        return Ok(());
    };
    let value = Value::read(&text)?;
    if as_json {
        outln!("{}", String::from_utf8_lossy(&value.write()));
    } else {
        show::print(&value);
    }
    Ok(())
}
