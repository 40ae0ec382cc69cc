//! `tollgate audit`: what the retention removed of the audit log.

use super::stored;
use crate::console::{outln, plural};
use crate::exit::Exit;
use crate::variables;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Check the sealed records of what was removed of the audit log, and print them: kind, number, day,
    /// entries, time of the latest one, digest of all that were ever removed. Exit status 1 if one is
    /// missing or isn't as it was sealed.
    Verify(Of),
}

#[derive(clap::Args)]
struct Of {
    /// The configuration file; its `[store]` says where.
    #[arg(long, value_name = "FILE", env = variables::CONFIG, hide_env_values = true)]
    config: PathBuf,
}

pub(crate) fn run(args: Args) -> Exit {
    let Command::Verify(of) = args.command;
    stored::report("audit", verify(of))
}

#[tokio::main]
async fn verify(of: Of) -> anyhow::Result<()> {
    let store = stored::open(&stored::wanted(&of.config)?).await?;
    let mut faults = 0;
    for it in store.audit_removals().await? {
        let fault = it.fault.map_or_else(String::new, |why| {
            faults += 1;
            format!("\tWRONG: {why}")
        });
        outln!(
            "{}\t{}\t{}\t{}\t{}\t{}{fault}",
            it.kind,
            it.number,
            it.day.0,
            it.entries,
            it.until.0,
            it.digest
        );
    }
    anyhow::ensure!(
        faults == 0,
        "{} can't be believed",
        plural(faults, "record")
    );
    Ok(())
}
