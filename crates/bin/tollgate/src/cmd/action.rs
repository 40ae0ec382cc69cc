//! `tollgate action`.

use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args) -> ExitCode {
    eprintln!("tollgate action: not built yet");
    ExitCode::FAILURE
}
