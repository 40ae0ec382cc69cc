//! `tollgate plan`.

use super::simulate::Input;
use crate::console::{errln, out, outln};
use std::process::ExitCode;
use tollgate_sim::{Plan, plan_json, plan_table};

/// Says within seconds what a scenario's limits carry, which binds first, and what each change would buy.
///
/// Nothing is simulated: the ceilings are closed formulas. `tollgate simulate` shows what happens at
/// and beyond them.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    input: Input,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args) -> ExitCode {
    match args.input.load() {
        Ok(scenario) => {
            let plan = Plan::of(&scenario);
            if args.json {
                outln!("{:#}", plan_json(&plan));
            } else {
                out!("{}", plan_table(&plan));
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            errln!("tollgate plan: {error:#}");
            ExitCode::from(64)
        }
    }
}
