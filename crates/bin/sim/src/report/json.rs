//! The results as JSON. Field names are described in `docs/planning.md`.

use crate::stats::{Estimate, Histogram};
use crate::study::{FlowSummary, Point, PolicySummary, Results};
use serde_json::{Map, Value, json};

/// The results as one JSON object.
#[must_use]
pub fn json(results: &Results) -> Value {
    let scenario = &results.study.scenario;
    let parameter = results
        .study
        .sweep
        .as_ref()
        .map(|sweep| sweep.parameter.as_str());
    json!({
        "scenario": scenario.name,
        "about": scenario.about,
        "seed": scenario.seed,
        "replications": scenario.replications,
        "warm_up_seconds": scenario.warm_up.as_secs_f64(),
        "duration_seconds": scenario.duration.as_secs_f64(),
        "sweep": parameter,
        "points": results.points.iter().map(point).collect::<Vec<_>>(),
    })
}

fn point(point: &Point) -> Value {
    json!({
        "value": point.value,
        "calls_per_minute": point.scenario.calls_per_minute(),
        "policies": point.policies.iter().map(policy).collect::<Vec<_>>(),
    })
}

fn policy(policy: &PolicySummary) -> Value {
    let limited: Map<String, Value> = policy
        .limited
        .iter()
        .map(|(name, count)| ((*name).to_owned(), json!(count)))
        .collect();
    json!({
        "policy": policy.policy.as_str(),
        "total": flow(&policy.total),
        "flows": policy.flows.iter().map(flow).collect::<Vec<_>>(),
        "admitted_per_minute": estimate(Some(policy.admitted_per_minute)),
        "limited_per_minute": estimate(Some(policy.limited_per_minute)),
        "limited": limited,
        "tokens": policy.tokens,
        "most_at_once": policy.most_at_once,
        "cluster": policy.cluster.map(|cluster| json!({
            "nodes": cluster.nodes,
            "used_share": estimate(cluster.used),
            "store_round_trips_per_call": estimate(Some(cluster.round_trips_per_call)),
        })),
        "real_upstream": policy.real.map(|real| json!({
            "carries_per_minute": real.carries,
            "used_share": estimate(Some(real.used)),
            "refused_share": estimate(real.refused),
            "strangers_per_minute": estimate(Some(real.strangers)),
            "strangers_served_share": estimate(real.strangers_served),
        })),
    })
}

fn flow(flow: &FlowSummary) -> Value {
    let failed: Map<String, Value> = flow
        .all
        .failed
        .iter()
        .map(|(reason, count)| ((*reason).to_owned(), json!(count)))
        .collect();
    let quantiles = |of: &[Option<Estimate>; 3]| json!({ "p50": estimate(of[0]), "p95": estimate(of[1]), "p99": estimate(of[2]) });
    json!({
        "flow": flow.name,
        "interactions": flow.all.offered,
        "served": flow.all.served,
        "served_share": estimate(flow.served),
        "served_per_minute": estimate(Some(flow.throughput)),
        "calls": flow.all.calls,
        "answered": flow.all.answered,
        "cached": flow.all.cached,
        "failed": failed,
        "mean_wait_ms": estimate(flow.mean_wait),
        "wait_ms": quantiles(&flow.wait),
        "response_ms": quantiles(&flow.response),
        "max_wait_ms": max(&flow.all.wait),
    })
}

fn max(histogram: &Histogram) -> Value {
    if histogram.count() == 0 {
        return Value::Null;
    }
    json!(histogram.max() as f64 / 1e3)
}

/// Mean and half of the 95 % interval; null if there is nothing to say.
fn estimate(value: Option<Estimate>) -> Value {
    value.map_or(
        Value::Null,
        |value| json!({ "mean": value.mean, "half_interval": value.half }),
    )
}
