//! What results and plans mean, in a sentence.

use super::number;
use super::table::percent;
use crate::plan::Plan;
use crate::policy::Kind;
use crate::study::{Point, PolicySummary, Results};

/// A share that counts as all: what is lost isn't seen in a percentage with two places.
const ALL: f64 = 0.99995;
/// A share below which much is lost.
const MUCH: f64 = 0.9;

/// How it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// All is served.
    Good,
    /// Something is lost or late.
    Doubtful,
    /// Much is lost.
    Bad,
}

/// How it stands, and what that means: a sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Meaning {
    /// How it stands.
    pub standing: Standing,
    /// The sentence.
    pub says: String,
}

/// What simulated runs mean: for tollgate, if it was simulated, beside another policy.
#[must_use]
pub fn meaning(results: &Results) -> Meaning {
    match (&results.study.sweep, &results.points[..]) {
        (_, []) => nothing(),
        (None, [point, ..]) => of_point(point),
        (Some(sweep), points) => {
            let short = points.iter().find(|point| lost(point).is_some());
            let Some((point, served)) = short.and_then(|point| Some((point, lost(point)?))) else {
                let name = sweep.parameter.as_str();
                let says = format!("all is served at each value of {name}.");
                return Meaning {
                    standing: Standing::Good,
                    says,
                };
            };
            let value = point.value.map(|value| sweep.parameter.show(value));
            let name = sweep.parameter.as_str();
            let says = format!(
                "at {name} = {} not all is served any more: {served} of what is asked for.",
                value.unwrap_or_default()
            );
            let standing = Standing::Doubtful;
            Meaning { standing, says }
        }
    }
}

fn nothing() -> Meaning {
    Meaning {
        standing: Standing::Doubtful,
        says: "nothing was asked for in the measured time.".to_owned(),
    }
}

/// The policy that is judged.
fn judged(point: &Point) -> Option<&PolicySummary> {
    let tollgate = point.policies.iter().find(|it| it.policy == Kind::Tollgate);
    tollgate.or(point.policies.first())
}

/// What is served where that isn't all.
fn lost(point: &Point) -> Option<String> {
    let served = judged(point)?.total.served?;
    (served.mean < ALL).then(|| percent(Some(served)))
}

fn of_point(point: &Point) -> Meaning {
    let Some((policy, served)) = judged(point).and_then(|it| Some((it, it.total.served?))) else {
        return nothing();
    };
    let others = point.policies.iter();
    let others = others.filter(|it| it.policy != policy.policy);
    let served_by = |it: &PolicySummary| it.total.served.map_or(1.0, |served| served.mean);
    let worst = others.min_by(|a, b| served_by(a).total_cmp(&served_by(b)));
    let beside = worst.map_or_else(String::new, |it| {
        let share = percent(it.total.served);
        format!("; {} serves {share}{}", it.policy.as_str(), refusals(it))
    });
    let name = policy.policy.as_str();
    let share = percent(Some(served));
    let refusals = refusals(policy);
    let says = format!("{name} serves {share} of what is asked for{refusals}{beside}.");
    let no_refusal = policy.limited_per_minute.mean <= 0.0;
    let standing = match served.mean {
        share if share >= ALL && no_refusal => Standing::Good,
        share if share < MUCH => Standing::Bad,
        _ => Standing::Doubtful,
    };
    Meaning { standing, says }
}

fn refusals(policy: &PolicySummary) -> String {
    match policy.limited_per_minute.mean {
        none if none <= 0.0 => " without an answer 429".to_owned(),
        some => format!(" with {} answers 429 a minute", number(some)),
    }
}

/// What a plan means.
#[must_use]
pub fn plan_meaning(plan: &Plan) -> Meaning {
    let asked = number(plan.interactions_per_minute);
    let Some((limit, carries)) = plan.binding().zip(plan.carries()) else {
        return Meaning {
            standing: Standing::Good,
            says: format!("no limit stands against {asked} interactions a minute."),
        };
    };
    let (name, carries) = (&limit.name, number(carries));
    let room = plan.head_room().unwrap_or(-1.0);
    let (standing, says) = if room < 0.0 {
        let says = format!(
            "more is asked for than the limits carry: {asked} interactions a minute of {carries}; {name} binds first."
        );
        (Standing::Bad, says)
    } else if plan.head_room_at_peak().unwrap_or(0.0) < 0.0 {
        let says = format!(
            "the limits carry {carries} interactions a minute, and {asked} are asked for; but not those of the busiest \
             window, when calls wait or are refused; {name} binds first."
        );
        (Standing::Doubtful, says)
    } else {
        let says = format!(
            "it fits: the limits carry {carries} interactions a minute, and {asked} are asked for; {name} binds first."
        );
        (Standing::Good, says)
    };
    Meaning { standing, says }
}
