//! `tollgate plan`.

use super::simulate::load;
use std::path::PathBuf;
use std::process::ExitCode;
use tollgate_sim::{Plan, plan_json, plan_table};

/// Says at once what a scenario's limits carry, which binds first, and what each change would buy.
///
/// Nothing is simulated: the ceilings are closed formulas. `tollgate simulate` shows what happens at
/// and beyond them.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The scenario file.
    scenario: PathBuf,
    /// Plan for a service's own records (CSV or JSON lines) in the place of the scenario's arrivals.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args) -> ExitCode {
    match load(&args.scenario, args.from.as_deref()) {
        Ok(scenario) => {
            let plan = Plan::of(&scenario);
            if args.json {
                println!("{:#}", plan_json(&plan));
            } else {
                print!("{}", plan_table(&plan));
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("tollgate plan: {error:#}");
            ExitCode::from(64)
        }
    }
}
