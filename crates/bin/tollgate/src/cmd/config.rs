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
    /// Check a file and the action and flow files it names, and say what was understood.
    Check {
        /// The configuration file.
        file: PathBuf,
    },
}

pub(crate) fn run(args: Args) -> ExitCode {
    let Command::Check { file } = args.command;
    let checked = tollgate_files::load(&file)
        .map_err(|error| error.to_string())
        .and_then(|config| match Definitions::load(&config) {
            Ok(definitions) => Ok((config, definitions)),
            Err(error) => Err(error.to_string()),
        });
    match checked {
        Ok((config, definitions)) => {
            out!("{}", config.describe());
            outln!(
                "{}, {}",
                plural(definitions.actions(), "action"),
                plural(definitions.flows(), "flow")
            );
            let mut warnings = tollgate_files::warnings(&config, SystemTime::now());
            warnings.extend(definitions.warnings());
            for warning in warnings {
                errln!("warning: {warning}");
            }
            ExitCode::SUCCESS
        }
        Err(problems) => {
            errln!("{problems}");
            ExitCode::from(BAD_CONFIG)
        }
    }
}
