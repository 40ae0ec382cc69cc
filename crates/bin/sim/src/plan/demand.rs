//! What a scenario asks of its limits, at any multiple of its load.

use crate::action::ActionId;
use crate::interaction::Behaviour;
use crate::scenario::Scenario;
use std::time::Duration;
use tollgate_model::LimitId;

#[derive(Clone, Debug)]
pub(super) struct Demand {
    /// Interactions a minute.
    pub(super) interactions: f64,
    /// The busiest window's rate over the mean's.
    pub(super) peak: f64,
    actions: Vec<Asked>,
    /// By flow: the limits that its calls pass beside those of their actions, and calls a minute by action.
    flows: Vec<(Vec<LimitId>, Vec<f64>)>,
}

/// What is asked of one action.
#[derive(Clone, Debug)]
struct Asked {
    /// Calls a minute.
    calls: f64,
    token: bool,
    /// Limits of the service that its calls pass, and the slots that each takes of a window.
    limits: Vec<LimitId>,
    cost: f64,
    /// E[min(L, τ)], seconds.
    takes: f64,
    /// How long the count of a call is uncertain, seconds.
    uncertain: f64,
    /// Life of a cached answer over the number of inputs, minutes; each node has a cache of its own.
    cache: f64,
}

impl Demand {
    pub(super) fn of(scenario: &Scenario) -> Self {
        let flows = 0..scenario.flows.len();
        let flows = flows.map(|flow| scenario.calls_of(flow)).collect();
        Self::taken(scenario, &scenario.calls(), flows)
    }

    /// Where so many calls a minute of each action go upstream, and of each flow.
    pub(super) fn taken(scenario: &Scenario, calls: &[f64], of_flows: Vec<Vec<f64>>) -> Self {
        let flows = scenario.flows.iter();
        let interactions: f64 = flows
            .map(|flow| scenario.interactions_per_minute(flow))
            .sum();
        let minutes = scenario.end().as_secs_f64().max(1e-9) / 60.0;
        let replayed = scenario.replay.as_ref().map_or(0, |records| records.len());
        let interactions = interactions + replayed as f64 / minutes;
        let way_in = scenario.limits.way_in;
        let way_in = f64::midpoint(way_in.from.as_secs_f64(), way_in.to.as_secs_f64());
        let bound = scenario
            .limits
            .counted_within
            .map_or(f64::INFINITY, |it| it.as_secs_f64());
        let nodes = f64::from(scenario.nodes.count);
        let asked = scenario.actions.iter().zip(calls).map(|(action, &calls)| {
            let timeout = action.timeout.as_secs_f64();
            Asked {
                calls,
                token: action.token,
                limits: scenario
                    .route_of(action)
                    .map_or_else(Vec::new, |it| it.limits.clone()),
                cost: scenario.route_of(action).map_or(1.0, |it| it.cost.into()),
                takes: action.latency.mean_within((timeout - way_in).max(0.0)) + way_in,
                uncertain: action
                    .latency
                    .mean_within((timeout.min(bound) - way_in).max(0.0))
                    + way_in.min(bound),
                cache: action.cache.map_or(0.0, |it| {
                    it.life.as_secs_f64() / 60.0 / f64::from(it.keys) / nodes
                }),
            }
        });
        Self {
            interactions,
            peak: peak(scenario),
            actions: asked.collect(),
            flows: scenario
                .flows
                .iter()
                .map(|flow| scenario.limits_of(flow).to_vec())
                .zip(of_flows)
                .collect(),
        }
    }

    /// Calls a minute of each action that go upstream at `scale` times the load.
    fn each(&self, scale: f64) -> impl Iterator<Item = (f64, &Asked)> {
        self.actions.iter().map(move |asked| {
            let calls = asked.calls * scale;
            (calls / (1.0 + calls * asked.cache), asked)
        })
    }

    /// Calls a minute that a flow makes of each action at the given load; of records, those recorded.
    pub(super) fn of_flow(&self, flow: usize) -> impl Iterator<Item = (ActionId, f64)> {
        let calls = self.flows[flow].1.iter().enumerate();
        calls.map(|(at, calls)| (ActionId(at as u32), *calls))
    }

    /// The sum of what `of` says of each call a minute that goes upstream and passes this limit.
    fn passing(&self, limit: LimitId, scale: f64, of: impl Fn(&Asked) -> f64) -> f64 {
        let mut sum = 0.0;
        for (flow, calls) in &self.flows {
            for (at, (asked, calls)) in self.actions.iter().zip(calls).enumerate() {
                if asked.limits.contains(&limit) || flow.contains(&limit) {
                    let part = self.upstream_part(ActionId(at as u32), scale);
                    sum += calls * scale * part * of(asked);
                }
            }
        }
        sum
    }

    /// Calls a minute that go upstream and pass a limit.
    pub(super) fn calls_of(&self, limit: LimitId, scale: f64) -> f64 {
        self.passing(limit, scale, |_| 1.0)
    }

    /// Slots a minute of a window that the calls take which pass it.
    pub(super) fn slots_of(&self, limit: LimitId, scale: f64) -> f64 {
        self.passing(limit, scale, |asked| asked.cost)
    }

    /// Slots of a window of so many seconds that those calls hold on the average.
    pub(super) fn held_of(&self, limit: LimitId, period: f64, scale: f64) -> f64 {
        let held = |asked: &Asked| asked.cost * (period + asked.uncertain) / 60.0;
        self.passing(limit, scale, held)
    }

    /// How many of the calls are under way on the average that pass a limit.
    pub(super) fn under_way_of(&self, limit: LimitId, scale: f64) -> f64 {
        self.passing(limit, scale, |asked| asked.takes / 60.0)
    }

    /// The part of an action's calls that no cache answers.
    pub(super) fn upstream_part(&self, action: ActionId, scale: f64) -> f64 {
        let asked = &self.actions[action.index()];
        1.0 / (1.0 + asked.calls * scale * asked.cache)
    }

    /// Calls a minute of some actions that go upstream.
    pub(super) fn of_actions(&self, actions: &[bool], scale: f64) -> f64 {
        let own = self.each(scale).zip(actions).filter(|(_, own)| **own);
        own.map(|((calls, _), _)| calls).sum()
    }

    /// Of those, how many are under way on the average.
    pub(super) fn busy_of(&self, actions: &[bool], scale: f64) -> f64 {
        let own = self.each(scale).zip(actions).filter(|(_, own)| **own);
        own.map(|((calls, asked), _)| calls / 60.0 * asked.takes)
            .sum()
    }

    /// Calls a minute that go upstream.
    pub(super) fn upstream(&self, scale: f64) -> f64 {
        self.each(scale).map(|(calls, _)| calls).sum()
    }

    /// Slots a minute that they take of a window; of one over those with a token, if `with_token`.
    pub(super) fn slots(&self, with_token: bool, scale: f64) -> f64 {
        let counted = self.each(scale).filter(|(_, it)| it.token || !with_token);
        counted.map(|(calls, asked)| calls * asked.cost).sum()
    }

    /// Executions under way on the average.
    pub(super) fn busy(&self, scale: f64) -> f64 {
        self.each(scale)
            .map(|(calls, asked)| calls / 60.0 * asked.takes)
            .sum()
    }

    /// Seconds that a call's slot is held beyond its window's length, on the average over the calls.
    pub(super) fn window_hold(&self, scale: f64) -> f64 {
        let held = self
            .each(scale)
            .map(|(calls, asked)| calls * asked.uncertain);
        held.sum::<f64>() / self.upstream(scale).max(f64::MIN_POSITIVE)
    }

    /// Interactions a minute at which `busy` slots reach `slots`; none if they never do.
    pub(super) fn ceiling(&self, busy: impl Fn(f64) -> f64, slots: f64) -> Option<f64> {
        const MOST: f64 = 1e9;
        if self.interactions <= 0.0 || busy(MOST) < slots {
            return None;
        }
        let (mut low, mut high) = (0.0, MOST);
        // Halving the exponent's range first would be faster; 100 halvings are exact and instant.
        for _ in 0..100 {
            let middle = f64::midpoint(low, high);
            if busy(middle) < slots {
                low = middle
            } else {
                high = middle
            }
        }
        Some(high * self.interactions)
    }
}

/// Calls in the busiest window over those of a window on the average.
fn peak(scenario: &Scenario) -> f64 {
    let (period, end) = (scenario.limits.period, scenario.end());
    let mean = scenario.calls_per_minute();
    if mean <= 0.0 {
        return 1.0;
    }
    if let Some(records) = &scenario.replay {
        let (mut first, mut most) = (0, 0);
        for (last, record) in records.iter().enumerate() {
            while records[first].at + period <= record.at {
                first += 1;
            }
            most = most.max(last + 1 - first);
        }
        let per_minute = most as f64 / period.min(end).as_secs_f64().max(1e-9) * 60.0;
        return (per_minute / mean).max(1.0);
    }
    let calls = |behaviour: &Behaviour| -> f64 { behaviour.calls().iter().map(|(_, n)| n).sum() };
    let at = |from: Duration| -> f64 {
        let flows = scenario.flows.iter();
        flows
            .map(|flow| {
                flow.arrivals.per_minute(from, (from + period).min(end)) * calls(&flow.behaviour)
            })
            .sum()
    };
    // A window's rate is largest where it opens at an edge of some flow's rate, or closes at one.
    let edges = scenario.flows.iter().flat_map(|flow| flow.arrivals.edges());
    let starts = edges.flat_map(|edge| [edge, edge.saturating_sub(period)]);
    let measured = starts.filter(|from| *from >= scenario.warm_up && *from < end);
    let most = measured.map(at).fold(mean, f64::max);
    most / mean
}
