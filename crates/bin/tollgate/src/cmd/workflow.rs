//! `tollgate workflow`: Architect workflows in Archy's YAML, on a laptop and in CI.
//!
//! Data goes to stdout, messages to stderr. Exit codes: 0 all well, 1 something is wrong with a workflow
//! or a test, 2 nothing is wrong but something isn't known here (`validate`), 64 the command itself was wrong.

mod calls;
mod explore;
mod input;
mod play;
mod run;
mod service;
mod test;
mod validate;

use crate::console::{errln, outln};
use std::process::ExitCode;

/// Validates, runs and tests Architect workflows.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Check workflow files: everything that is wrong, each with its place.
    Validate(validate::Args),
    /// Run a workflow in virtual time and print what happens.
    Run(run::Args),
    /// Run a folder of scripts: what passes, what fails, which branches were taken.
    Test(test::Args),
    /// List the data actions a workflow can call: on which path, how often at least and at most.
    Calls(calls::Args),
    /// Try a workflow out, and write scripts that take its branches.
    Explore(explore::Args),
    /// List the functions of the expression language.
    Functions,
}

/// Prints every way to call each function, with what it gives, and where from it is known unless that is sure.
fn list_functions() {
    for function in tollgate_expression::functions() {
        for way in &function.overloads {
            let evidence = way.evidence;
            if evidence.confirmed() {
                outln!("{}", function.way(way));
            } else {
                outln!(
                    "{}  (known from {} only)",
                    function.way(way),
                    evidence.words()
                );
            }
        }
        outln!("    {}", function.says);
    }
}

pub(crate) fn run(args: Args) -> ExitCode {
    let outcome = match args.command {
        Command::Validate(args) => return exit(validate::run(&args)),
        Command::Run(args) => run::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Calls(args) => calls::run(&args),
        Command::Explore(args) => explore::run(&args),
        Command::Functions => {
            list_functions();
            Ok(true)
        }
    };
    exit(outcome.map(|good| {
        if good {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }))
}

fn exit(outcome: anyhow::Result<ExitCode>) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        errln!("tollgate workflow: {error:#}");
        ExitCode::from(64)
    })
}
