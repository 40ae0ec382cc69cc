//! A workflow tried out: how many calls an interaction makes, and whether the answers fit.
//!
//! The mean is sampled rather than read off the graph: least and most calls lie far apart where a data
//! table saves one, and the declared shares decide between them. Its standard error is that of
//! [`RUNS`] interactions: for a call made in half of them, 2 % of its mean.

use super::interaction::Interaction;
use super::setting::Setting;
use crate::action::ActionId;
use crate::interaction::{Ended, Script as _, Step};
use std::collections::BTreeMap;
use std::sync::Arc;
use tollgate_model::Instant;
use tollgate_model::Stream;

/// Interactions that the mean is taken of.
const RUNS: u32 = 2_000;
/// Interactions with calls that fail and time out, so that answers on those paths are looked at too.
const TRIALS: u32 = 200;
/// Steps of workflows after which sampling ends: a second's work.
const MOST_STEPS: u64 = 2_000_000;

/// Why a workflow can't be simulated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Unfit {
    /// An input or an answer isn't what the workflow takes.
    Answer(String),
    /// No interaction comes to a good end; the first that failed, with its place in the workflow's file.
    Fails(String),
}

pub(super) fn mean_calls(setting: &Arc<Setting>) -> Result<Vec<(ActionId, f64)>, Unfit> {
    let mut random = Stream::child(1, "sample", 0);
    let (mut calls, mut runs, mut steps) = (BTreeMap::new(), 0_u32, 0_u64);
    let (mut well, mut fault) = (false, None);
    while runs < RUNS && steps < MOST_STEPS {
        let all_well = |_: &mut Stream| Ended::Answered;
        let tried = try_out(setting, &mut random, all_well, |action| {
            *calls.entry(action).or_insert(0_u32) += 1;
        })?;
        runs += 1;
        steps += u64::from(tried.steps);
        well |= tried.served;
        fault = fault.or(tried.fault);
    }
    for _ in 0..TRIALS {
        if steps >= 2 * MOST_STEPS {
            break;
        }
        let by_chance = |random: &mut Stream| match random.below(3) {
            0 => Ended::Answered,
            1 => Ended::Failed,
            _ => Ended::TimedOut,
        };
        let tried = try_out(setting, &mut random, by_chance, |_| {})?;
        steps += u64::from(tried.steps);
    }
    match fault {
        Some(fault) if !well => Err(Unfit::Fails(fault)),
        _ => {
            let means = calls.into_iter();
            Ok(means
                .map(|(action, calls)| (action, f64::from(calls) / f64::from(runs)))
                .collect())
        }
    }
}

struct Tried {
    served: bool,
    steps: u32,
    fault: Option<String>,
}

/// One interaction in a time of its own, in which calls take none unless they time out.
fn try_out(
    setting: &Arc<Setting>,
    random: &mut Stream,
    ended: impl Fn(&mut Stream) -> Ended,
    mut called: impl FnMut(ActionId),
) -> Result<Tried, Unfit> {
    let mut it = Interaction::new(Arc::clone(setting));
    let (mut now, mut last) = (Instant::ZERO, None);
    loop {
        match it.next(now, last.take(), random) {
            Step::Call(action) => {
                called(action);
                last = Some(Ended::Answered);
            }
            Step::CallWithin(action, within) => {
                called(action);
                let how = ended(random);
                if how == Ended::TimedOut {
                    now = now + within;
                }
                last = Some(how);
            }
            Step::Pause(span) => now = now + span,
            Step::End { served } => {
                return match it.unfit.take() {
                    Some(unfit) => Err(Unfit::Answer(unfit)),
                    None => Ok(Tried {
                        served,
                        steps: it.steps(),
                        fault: it.fault.take(),
                    }),
                };
            }
        }
    }
}
