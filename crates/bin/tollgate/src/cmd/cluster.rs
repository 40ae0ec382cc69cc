//! `tollgate cluster`: the value that the nodes of `[cluster]` share, made and shown.

mod show;

use super::stored::{self, bad_usage};
use crate::console::{errln, outln};
use anyhow::Context as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use tollgate_config::Config;
use tollgate_coordination::{CoordinationError, CoordinationStore, Revision, Swap};
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
        /// exceeded.
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
    #[arg(long)]
    config: PathBuf,
}

pub(crate) fn run(args: Args) -> ExitCode {
    stored::report("cluster", carry_out(args.command))
}

#[tokio::main]
async fn carry_out(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Init { of, force } => init(&Place::open(&of.config)?, force).await,
        Command::Status { of, json } => status(&Place::open(&of.config)?, json).await,
    }
}

/// The store that a file names.
struct Place {
    config: Config,
    store: Arc<dyn CoordinationStore>,
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
        Ok(Self { config, store })
    }

    /// Says where a fault comes from and what to do.
    fn fault(&self, error: &CoordinationError) -> anyhow::Error {
        anyhow::Error::msg(coordination_fault(&self.config, error))
    }
}

async fn init(place: &Place, force: bool) -> anyhow::Result<()> {
    let found = place.store.read().await;
    let found = found.map_err(|error| place.fault(&error))?;
    let expected = found.value.map(|(revision, _)| revision);
    if expected.is_some() && !force {
        outln!("there is a value already, which stays; `tollgate cluster status` shows it");
        return Ok(());
    }
    let first = Value::of_nobody(found.server.as_str()).write();
    match place.store.swap(expected, &first, "").await {
        Ok(Swap::Done { is_durable, .. }) => {
            done(expected, is_durable);
            Ok(())
        }
        Ok(Swap::Changed(_)) => anyhow::bail!(
            "the value changed meanwhile, so a node runs; nothing was replaced{}",
            if force { ": stop all nodes first" } else { "" }
        ),
        Err(error) if error.is_in_doubt() => Err(place.fault(&error))
            .context("whether it was made isn't known; `tollgate cluster status` tells"),
        Err(error) => Err(place.fault(&error)),
    }
}

fn done(replaced: Option<Revision>, is_durable: bool) {
    match replaced {
        None => outln!("the value is there; nodes may start"),
        Some(_) => {
            outln!("the value was replaced");
            errln!(
                "warning: what nodes had is forgotten. One that runs still sends by its lease, and others get the same \
                 slots until it has been in touch again: stop all nodes, and wait for a lease and the longest period"
            );
        }
    }
    if !is_durable {
        errln!("warning: no replica has confirmed it, so a failover may lose it");
    }
}

async fn status(place: &Place, as_json: bool) -> anyhow::Result<()> {
    let found = place.store.read().await;
    let found = found.map_err(|error| place.fault(&error))?;
    let Some((_, text)) = found.value else {
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
