//! `tollgate plan`.

use super::simulate::{Input, standing};
use crate::console::{errln, out, outln};
use crate::exit::Exit;
use crate::progress::Progress;
use crate::verdict::Verdict;
use tollgate_sim::report::{Standing, plan_meaning};
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

pub(crate) fn run(args: Args) -> Exit {
    match args.input.load() {
        Ok(scenario) => {
            let progress = Progress::at("planning");
            let plan = Plan::of(&scenario);
            drop(progress);
            if args.json {
                outln!("{:#}", plan_json(&plan));
            } else {
                out!("{}\n", plan_table(&plan));
                verdict(&plan, &args.input).print();
            }
            Exit::Done
        }
        Err(error) => {
            errln!("tollgate plan: {error:#}");
            Exit::Unusable
        }
    }
}

/// What the plan means. Where it doesn't fit, the change that buys the most comes next.
fn verdict(plan: &Plan, input: &Input) -> Verdict {
    let meaning = plan_meaning(plan);
    let simulate = format!("`tollgate simulate {}`", input.arguments());
    let change = plan
        .changes
        .first()
        .filter(|_| meaning.standing != Standing::Good);
    let next = match change {
        Some(change) => format!("{}; {simulate} shows who waits until then.", change.what),
        None => format!("{simulate} plays it call by call, and says who waits how long."),
    };
    Verdict::new(standing(meaning.standing), meaning.says, next)
}
