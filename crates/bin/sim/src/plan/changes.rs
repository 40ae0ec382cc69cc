//! What each change would buy: the same plan with one thing different.

use super::{LimitPlan, ceiling};
use crate::action::Cache;
use crate::scenario::{Client, Scenario};
use std::time::Duration;
use tollgate_settings::{counted, show_span};

/// A change, and the ceiling it leads to.
#[derive(Clone, PartialEq, Debug)]
pub struct Change {
    /// What is done.
    pub what: String,
    /// Interactions a minute that are carried then; none if nothing binds any more.
    pub ceiling: Option<f64>,
    /// More than without it.
    pub gain: Option<f64>,
    /// What binds then.
    pub then_binds: Option<String>,
}

/// The raise that can be asked for.
const RAISED_TOKEN: u32 = 3_000;
const MINUTE: Duration = Duration::from_secs(60);

/// The same part of the windows is taken to be kept after each; a larger limit keeps less of itself, so what
/// it buys is no less than said.
pub(super) fn all(scenario: &Scenario, limits: &[LimitPlan], kept: f64) -> Vec<Change> {
    let now = limits.first().and_then(|limit| limit.sure);
    let mut changes = Vec::new();
    let mut consider = |what: String, change: &dyn Fn(&mut Scenario)| {
        let mut changed = scenario.clone();
        change(&mut changed);
        let then = ceiling(&changed, kept);
        changes.push(Change {
            what,
            ceiling: then.as_ref().map(|(ceiling, _)| *ceiling),
            gain: then.as_ref().zip(now).map(|((then, _), now)| then - now),
            then_binds: then.map(|(_, name)| name),
        });
    };
    of_tokens(scenario, &mut consider);
    of_limits(scenario, &mut consider);
    of_actions(scenario, &mut consider);
    // Where nothing binds any more the gain is without bound.
    let worth = |change: &Change| change.gain.unwrap_or(f64::INFINITY);
    changes.sort_by(|a, b| worth(b).total_cmp(&worth(a)));
    changes
}

type Consider<'a> = dyn FnMut(String, &dyn Fn(&mut Scenario)) + 'a;

fn of_tokens(scenario: &Scenario, consider: &mut Consider<'_>) {
    let Some(client) = scenario.clients.first() else {
        return;
    };
    let (name, tokens) = (&client.name, client.tokens);
    consider(format!("one more token for client {name}"), &|it| {
        it.clients[0].tokens += 1;
    });
    consider(
        format!("twice the tokens for client {name} ({})", tokens * 2),
        &|it| {
            it.clients[0].tokens *= 2;
        },
    );
    consider(
        format!("one more client with {}", counted(tokens.into(), "token")),
        &|it| {
            it.clients.push(Client {
                name: "one more".to_owned(),
                tokens,
            });
        },
    );
    if scenario
        .limits
        .token
        .is_some_and(|token| token < RAISED_TOKEN)
    {
        consider(format!("every token raised to {RAISED_TOKEN}"), &|it| {
            it.limits.token = Some(RAISED_TOKEN);
        });
        consider(format!("one token only, raised to {RAISED_TOKEN}"), &|it| {
            it.limits.token = Some(RAISED_TOKEN);
            it.set_tokens(1);
        });
    }
}

fn of_limits(scenario: &Scenario, consider: &mut Consider<'_>) {
    let limits = &scenario.limits;
    if let Some(allowed) = limits.organisation {
        let to = allowed + 1_000;
        consider(format!("organisation raised to {to}"), &|it| {
            it.limits.organisation = Some(to);
        });
    }
    if let Some(allowed) = limits.executions {
        let to = allowed + 500;
        consider(format!("executions raised to {to}"), &|it| {
            it.limits.executions = Some(to);
        });
    }
    if let Some(allowed) = limits.concurrency {
        for to in [allowed + 10, allowed * 2] {
            consider(format!("executions at once raised to {to}"), &|it| {
                it.limits.concurrency = Some(to);
            });
        }
    }
    if limits.counted_within.is_none() {
        let bound = limits.way_in.to.max(Duration::from_millis(100));
        consider(
            format!("counted_within = \"{}\" declared", show_span(bound)),
            &|it| it.limits.counted_within = Some(bound),
        );
    }
}

fn of_actions(scenario: &Scenario, consider: &mut Consider<'_>) {
    let used: Vec<bool> = (0..scenario.actions.len())
        .map(|at| {
            let mut calls = scenario
                .flows
                .iter()
                .flat_map(|flow| flow.behaviour.calls());
            calls.any(|(action, _)| action.index() == at)
        })
        .collect();
    for (at, action) in scenario.actions.iter().enumerate() {
        if !used[at] && scenario.replay.is_none() {
            continue;
        }
        let name = &action.name;
        match action.cache {
            Some(cache) if cache.life < MINUTE => {
                consider(format!("answers of {name} cached for a minute"), &|it| {
                    it.actions[at].cache = Some(Cache {
                        life: MINUTE,
                        ..cache
                    });
                });
            }
            Some(_) => {}
            // How often inputs repeat isn't said (`keys`); so many that it answers half of the calls.
            None if action.reads.unwrap_or(action.idempotent) => {
                let calls: f64 = calls_of(scenario, at);
                let keys = (calls.max(1.0)).ceil() as u32;
                // An answer of an action that writes must never be kept.
                let reads = match action.reads {
                    Some(_) => "",
                    None => "it only reads and ",
                };
                consider(
                    format!(
                        "answers of {name} cached for a minute, if {reads}half of its inputs repeat"
                    ),
                    &|it| it.actions[at].cache = Some(Cache { life: MINUTE, keys }),
                );
            }
            None => {}
        }
        let half = action.timeout / 2;
        let lost = action.latency.beyond(half.as_secs_f64()) * 100.0;
        consider(
            format!(
                "timeout of {name} lowered to {} ({lost:.1} % cut off)",
                show_span(half)
            ),
            &|it| it.actions[at].timeout = half,
        );
        consider(format!("{name} answers in half the time"), &|it| {
            it.actions[at].latency = action.latency.scaled(0.5);
        });
    }
}

fn calls_of(scenario: &Scenario, action: usize) -> f64 {
    let flows = scenario.flows.iter().map(|flow| {
        let own = flow.behaviour.calls();
        let calls = own.iter().filter(|(id, _)| id.index() == action);
        scenario.interactions_per_minute(flow) * calls.map(|(_, n)| n).sum::<f64>()
    });
    flows.sum()
}
