//! Flows with their calls of the last minute.

use super::{figure, per_minute};
use serde::Serialize;
use std::collections::BTreeMap;
use tollgate_driver::Figures;
use tollgate_history::{Key, Kind, Minute, waits};
use tollgate_model::millis;
use utoipa::ToSchema;

/// A flow: what waits, and what became of its calls in the last minute.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FlowNow {
    flow: String,
    /// Calls that have ended, a minute.
    calls_per_minute: f64,
    answered: u64,
    /// Answered with an output that was kept, or that another call made.
    cached: u64,
    refused: u64,
    failed: u64,
    /// Half of the calls that were sent, or waited in vain, waited no longer than this; an eighth too great at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    waited_p50_millis: Option<f64>,
    /// 19 of 20, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    waited_p95_millis: Option<f64>,
    /// Calls that wait now.
    queued: usize,
    /// Calls that are sent and not answered yet.
    under_way: usize,
    /// How long the oldest call has waited of which nothing was sent yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_millis: Option<u64>,
    /// Calls that were refused, by limit and reason, most first.
    refusals: Vec<RefusalNow>,
}

/// Calls that were refused.
#[derive(Serialize, ToSchema)]
struct RefusalNow {
    /// The limit that held them off; empty where none did.
    limit: String,
    /// The reason, in the word of `tollgateCode`.
    reason: String,
    calls: u64,
}

pub(super) fn all(figures: Option<&Figures>, minute: &Minute) -> Vec<FlowNow> {
    let mut flows: BTreeMap<&str, FlowNow> = BTreeMap::new();
    for (key, values) in minute.of(Kind::Flow) {
        if let Some(name) = key.labels.first() {
            flows.insert(name, ended(name, values, minute));
        }
    }
    if let Some(figures) = figures {
        for (flow, oldest) in figures.snapshot.flows.iter().zip(&figures.oldest) {
            let known = flows.entry(&flow.name).or_insert_with(|| FlowNow {
                flow: flow.name.clone(),
                ..FlowNow::default()
            });
            known.queued = flow.queued;
            known.under_way = flow.running;
            known.oldest_millis = oldest.map(millis);
        }
    }
    for (key, values) in minute.of(Kind::Refusal) {
        let ([flow, limit, reason], [calls, ..]) = (&*key.labels, values) else {
            continue;
        };
        if let Some(flow) = flows.get_mut(&**flow).filter(|_| *calls > 0) {
            flow.refusals.push(RefusalNow {
                limit: limit.to_string(),
                reason: reason.to_string(),
                calls: *calls,
            });
        }
    }
    let mut flows: Vec<_> = flows.into_values().collect();
    for flow in &mut flows {
        flow.refusals.sort_by_key(|it| std::cmp::Reverse(it.calls));
    }
    flows
}

fn ended(name: &str, values: &[u64], minute: &Minute) -> FlowNow {
    let of = |field| figure(Kind::Flow, values, field);
    let waiting = minute.values(&Key::new(Kind::Waiting, [name]));
    let waits = waiting.and_then(waits);
    let in_millis = |span: std::time::Duration| (span.as_secs_f64() * 10_000.0).round() / 10.0;
    let (answered, cached, refused, failed) =
        (of("answered"), of("cached"), of("refused"), of("failed"));
    let all = answered + cached + refused + failed + of("composite") + of("abandoned");
    FlowNow {
        flow: name.to_owned(),
        calls_per_minute: per_minute(all, minute),
        answered,
        cached,
        refused,
        failed,
        waited_p50_millis: waits.map(|it| in_millis(it.p50)),
        waited_p95_millis: waits.map(|it| in_millis(it.p95)),
        ..FlowNow::default()
    }
}
