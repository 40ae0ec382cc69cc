//! `tollgate config`.

use crate::console::{errln, out, outln, plural};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;
use tollgate_service::Definitions;

/// What a configuration file says that can't be used; `EX_USAGE` of sysexits.
pub(crate) const BAD_CONFIG: u8 = 64;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Check a file and the action and workflow files it names, and say what was understood.
    ///
    /// Finds what `serve` would refuse to start with, and opens no store. With a store, a `[[cache]]` or a
    /// workflow may name actions that only the store has: that is told and no fault.
    Check {
        /// The configuration file.
        file: PathBuf,
        /// Let secrets be absent: variables that aren't set, files with secrets or keys that aren't there.
        /// Everything else is checked, and secrets that are there.
        #[arg(long)]
        without_secrets: bool,
    },
}

pub(crate) fn run(args: Args) -> ExitCode {
    let Command::Check {
        file,
        without_secrets,
    } = args.command;
    let config = if without_secrets {
        tollgate_files::load_without_secrets(&file)
    } else {
        tollgate_files::load(&file)
    };
    let checked = config
        .map_err(|error| error.to_string())
        .and_then(|config| match Definitions::load(&config) {
            Ok(definitions) => Ok((config, definitions)),
            Err(faults) => Err(faults.to_string()),
        });
    match checked {
        Ok((config, definitions)) => {
            out!("{}", config.describe());
            outln!(
                "{}, {}",
                plural(definitions.actions(), "action"),
                plural(definitions.workflows(), "workflow")
            );
            let mut warnings = tollgate_files::warnings(&config, SystemTime::now());
            warnings.extend(definitions.warnings());
            for warning in warnings {
                errln!("warning: {warning}");
            }
            let unconfirmed = definitions.unconfirmed.iter().map(ToString::to_string);
            for note in unconfirmed.chain(config.notes()) {
                errln!("note: {note}");
            }
            ExitCode::SUCCESS
        }
        Err(problems) => {
            errln!("{problems}");
            ExitCode::from(BAD_CONFIG)
        }
    }
}
