//! `tollgate workflow`: Architect workflows in Archy's YAML, on a laptop and in CI.
//!
//! Data goes to stdout, messages to stderr.

mod calls;
mod explore;
mod input;
mod play;
mod run;
mod service;
mod test;
mod validate;

use super::stored;
use crate::console::{errln, outln};
use crate::exit::Exit;

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

pub(crate) fn run(args: Args) -> Exit {
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
    exit(outcome.map(Exit::of))
}

fn exit(outcome: anyhow::Result<Exit>) -> Exit {
    outcome.unwrap_or_else(|error| {
        errln!("tollgate workflow: {error:#}");
        if error.is::<stored::Failure>() {
            Exit::Failed
        } else {
            Exit::Unusable
        }
    })
}
