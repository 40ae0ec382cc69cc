//! What tollgate leaves empty of the windows for those who may come, asked of the simulator.
//!
//! A slot that a lower class takes is missed for a period by a higher one that comes meanwhile, so the
//! engine keeps free what higher classes are expected to need, three and a quarter standard deviations of
//! chance included, and the same for other applications. How much that is on the average follows from
//! rates that the engine estimates, from where slots come back, and from what is taken of the spare
//! meanwhile; each depends on the others, and no closed form was found that is right within a hundredth.
//! So the very engine is asked, in virtual time, with calls that are as many as the windows carry.
//!
//! The question is put at the ceiling: the classes above the last one ask for what they ask for there, or at
//! the given load if that is beyond it, and the last class for all that is left and half of it more. The
//! ceiling depends on the answer, so it is asked again with that, until both agree.
//!
//! Where headers tell where windows end, slots come back before their answers are a period old; of that the
//! formulas know nothing either, and the share is less than none. Where one class is alone, nothing is kept,
//! and the formula stands as long as it is right within [`FORMULA`].
//!
//! Only windows keep anything, so calls at once play no part in the question. Beyond [`LARGE`] slots the
//! share that chance needs is below a thousandth, and isn't asked for.

use super::Demand;
use super::slots::{self, Slots};
use crate::action::{Action, ActionId};
use crate::arrivals::{Arrivals, Spacing};
use crate::interaction::{Behaviour, Step};
use crate::policy::Kind;
use crate::scenario::{Flow, Nodes, Scenario};
use crate::{run, seed_of};
use std::time::Duration;
use tollgate_platform::Whose;

/// Windows that carry more calls than this keep nothing to speak of.
const LARGE: f64 = 20_000.0;
/// Calls that are simulated, about, and windows at the least and at the most.
const CALLS: f64 = 50_000.0;
const WINDOWS: (f64, f64) = (12.0, 400.0);
/// Calls of ours, and of others, at the most.
const MOST_CALLS: f64 = 300_000.0;
/// Windows until the engine knows the rates: its longer memory is four of them.
const WARM_UP: u32 = 6;
/// What is asked for of what the windows carry.
const LOAD: f64 = 1.5;
/// The load at the most, of what they carry; who asks for more only waits in vain more often.
const MOST_LOAD: f64 = 4.0;
/// Calls a minute below which nothing is asked: there is too little to see.
const LEAST: f64 = 0.1;
/// Questions asked at the most, loads that are the same but for so much, and the distance from the mean of
/// the answers at which that is taken.
const QUESTIONS: u32 = 6;
const SAME: f64 = 0.02;
const NEAR: f64 = 0.001;
/// What a formula may be off by.
const FORMULA: f64 = 0.005;

/// The part of the windows' slots that stays empty at the ceiling; less than none where more calls start than
/// the formulas know of.
pub(super) fn share(scenario: &Scenario, demand: &Demand) -> f64 {
    let windows: Vec<Slots> = slots::of(scenario)
        .into_iter()
        .filter(Slots::is_window)
        .collect();
    if windows.is_empty() {
        return 0.0;
    }
    let others = scenario
        .upstream
        .as_ref()
        .is_some_and(|it| !it.strangers.is_empty());
    let calling = callers(scenario, demand, 1.0);
    let last = calling.iter().map(|it| it.flow.priority).max();
    let classes = calling.iter().any(|it| Some(it.flow.priority) < last);
    let alone = !(classes || others);
    if demand.interactions <= 0.0 {
        return 0.0;
    }
    let mut share = 0.0;
    let mut answers: Vec<(f64, f64)> = Vec::new();
    for question in 0..QUESTIONS {
        let carried = windows
            .iter()
            .filter_map(|limit| limit.sure(demand, share))
            .fold(f64::INFINITY, f64::min);
        let scale = carried / demand.interactions;
        if !scale.is_finite() || scale <= 0.0 {
            return 0.0;
        }
        let asked = scale.max(1.0).min(scale * MOST_LOAD);
        let calling = callers(scenario, demand, asked);
        let carries = demand.upstream(scale);
        if carries / 60.0 * scenario.limits.period.as_secs_f64() > LARGE || carries < LEAST {
            return 0.0;
        }
        let saturated = saturated(scenario, &calling, carries);
        let foreign = slots::foreign(scenario, Whose::Organisation);
        if foreign * saturated.end().as_secs_f64() > MOST_CALLS {
            return 0.0;
        }
        let found = empty(&saturated, &calling, &windows, question);
        if alone && found.abs() < FORMULA {
            return 0.0;
        }
        // Each question is put to other chance; answers to the same one are averaged.
        answers.push((asked, found));
        let same = answers
            .iter()
            .filter(|(at, _)| (at / asked - 1.0).abs() < SAME);
        let (count, sum) = same.fold((0.0, 0.0), |(count, sum), (_, found)| {
            (count + 1.0, sum + found)
        });
        share = sum / count;
        if count > 1.0 && (found - share).abs() < NEAR {
            break;
        }
    }
    share
}

/// Calls of one flow for one action.
struct Caller {
    flow: Flow,
    action: ActionId,
    per_minute: f64,
}

/// Who calls at so many times the load, cached answers left out.
fn callers(scenario: &Scenario, demand: &Demand, scale: f64) -> Vec<Caller> {
    let mut callers = Vec::new();
    for (place, flow) in scenario.flows.iter().enumerate() {
        let all: f64 = demand.of_flow(place).map(|(_, calls)| calls).sum();
        for (action, calls) in demand.of_flow(place).filter(|(_, calls)| *calls > 0.0) {
            let part = calls / all;
            let guaranteed = flow.guaranteed.map(|it| (f64::from(it) * part) as u32);
            callers.push(Caller {
                flow: Flow {
                    guaranteed: guaranteed.filter(|slots| *slots > 0),
                    ..flow.clone()
                },
                action,
                per_minute: calls * scale * demand.upstream_part(action, scale),
            });
        }
    }
    callers
}

/// The part of the windows' slots that stays empty, of the window that has the fewest empty.
fn empty(saturated: &Scenario, calling: &[Caller], windows: &[Slots], question: u32) -> f64 {
    let run = run(saturated, Kind::Tollgate, seed_of(saturated, question));
    let minutes = saturated.duration.as_secs_f64() / 60.0;
    let taken: Vec<f64> = calling
        .iter()
        .zip(&run.flows)
        .map(|(_, flow)| {
            let failed = ["timed.out", "lost", "5xx"].iter();
            let failed: u64 = failed.filter_map(|it| flow.failed.get(it)).sum();
            (flow.throughput + failed) as f64 / minutes
        })
        .collect();
    let mut calls = vec![0.0; saturated.actions.len()];
    let mut of_flows = vec![calls.clone(); calling.len()];
    for ((caller, of_flow), taken) in calling.iter().zip(&mut of_flows).zip(taken) {
        calls[caller.action.index()] += taken;
        of_flow[caller.action.index()] = taken;
    }
    let demand = Demand::taken(saturated, &calls, of_flows);
    let left = windows
        .iter()
        .map(|limit| 1.0 - limit.busy(&demand, 1.0) / limit.free());
    left.fold(f64::INFINITY, f64::min)
}

/// The scenario with calls as they are given, of the last class so many that all together are half more
/// than the windows carry.
fn saturated(scenario: &Scenario, calling: &[Caller], carries: f64) -> Scenario {
    let last = calling.iter().map(|it| it.flow.priority).max();
    let of = |is_last: bool| -> f64 {
        let own = calling.iter();
        let own = own.filter(|it| (Some(it.flow.priority) == last) == is_last);
        own.map(|it| it.per_minute).sum()
    };
    let more = ((LOAD * carries - of(false)) / of(true)).max(1.0);
    let flows = calling.iter().map(|it| {
        let is_last = Some(it.flow.priority) == last;
        let per_minute = it.per_minute * if is_last { more } else { 1.0 };
        Flow {
            behaviour: Behaviour::Steps([Step::Call(it.action)].into()),
            arrivals: Arrivals::constant(per_minute, Spacing::Poisson),
            ..it.flow.clone()
        }
    });
    let actions = scenario.actions.iter().map(|action| Action {
        cache: None,
        ..action.clone()
    });
    let mut saturated = scenario.clone();
    saturated.flows = flows.collect();
    saturated.actions = actions.collect();
    saturated.outages = Vec::new();
    saturated.replay = None;
    // Nodes that share limits carry what one does, but for a little that is not planned.
    for client in &mut saturated.clients {
        client.tokens = scenario.tokens_of(client);
    }
    saturated.nodes = Nodes::default();
    saturated.forget_at_once();
    let period = scenario.limits.period;
    if scenario.upstream.is_some() {
        // What changes as time goes by is asked for at its own time.
        let most = MOST_CALLS / MOST_LOAD / carries * 60.0;
        let most = Duration::try_from_secs_f64(most).unwrap_or(Duration::MAX);
        saturated.duration = scenario.duration.min(most.max(period));
    } else {
        let windows = CALLS / (carries / 60.0 * period.as_secs_f64());
        let windows = windows.clamp(WINDOWS.0, WINDOWS.1) as u32;
        saturated.warm_up = period * WARM_UP;
        saturated.duration = period * windows;
    }
    saturated
}
