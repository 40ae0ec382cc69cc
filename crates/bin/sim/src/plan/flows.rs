//! What flows take from each other.

use super::{Demand, slots};
use crate::scenario::Scenario;

/// One flow's part of the load, and how far it could grow.
#[derive(Clone, PartialEq, Debug)]
pub struct FlowPlan {
    /// Its name.
    pub name: String,
    /// Interactions a minute at the given load.
    pub interactions_per_minute: f64,
    /// Its calls' share of all calls that go upstream.
    pub share: f64,
    /// Interactions a minute that it could have beside the others as they are; none if no limit binds.
    pub beside: Option<f64>,
    /// The same, were it alone.
    pub alone: Option<f64>,
}

/// The growth at which no limit is taken to bind.
const MOST: f64 = 1e6;

/// One for each flow that begins interactions.
pub(super) fn all(scenario: &Scenario, kept: f64) -> Vec<FlowPlan> {
    let all = Demand::of(scenario).upstream(1.0);
    let flows = scenario.flows.iter().enumerate().filter_map(|(at, flow)| {
        let rate = scenario.interactions_per_minute(flow);
        if rate <= 0.0 {
            return None;
        }
        let others = with(scenario, |other| if other == at { 0.0 } else { 1.0 });
        Some(FlowPlan {
            name: flow.name.clone(),
            interactions_per_minute: rate,
            share: 1.0 - Demand::of(&others).upstream(1.0) / all.max(f64::MIN_POSITIVE),
            beside: growth(scenario, at, 1.0, kept).map(|growth| growth * rate),
            alone: growth(scenario, at, 0.0, 0.0).map(|growth| growth * rate),
        })
    });
    flows.collect()
}

/// The largest multiple of the flow's load that fits, with `others` times the load of the rest, where this
/// part of the windows is kept.
fn growth(scenario: &Scenario, flow: usize, others: f64, kept: f64) -> Option<f64> {
    let slots = slots::of(scenario);
    let fits = |growth: f64| {
        let grown = with(scenario, |at| if at == flow { growth } else { others });
        let demand = Demand::of(&grown);
        slots
            .iter()
            .all(|limit| limit.busy(&demand, 1.0) <= limit.usable(kept))
    };
    if fits(MOST) {
        return None;
    }
    let (mut low, mut high) = (0.0, MOST);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if fits(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(low)
}

/// Each flow's load times the factor for its place.
fn with(scenario: &Scenario, factor: impl Fn(usize) -> f64) -> Scenario {
    let mut changed = scenario.clone();
    for (at, flow) in changed.flows.iter_mut().enumerate() {
        flow.arrivals = flow.arrivals.scaled(factor(at));
    }
    changed
}
