//! The results as CSV: a line for each value, policy and flow (`all` for all of them).

use crate::stats::Estimate;
use crate::study::Results;
use std::fmt::Write as _;

/// The columns, in order.
const HEADING: &str = "parameter,value,policy,flow,interactions,served,served_share,\
    served_per_minute,served_per_minute_half,calls,answered,cached,failed,\
    wait_p50_ms,wait_p95_ms,wait_p95_ms_half,wait_p99_ms,response_p95_ms,\
    admitted_per_minute,limited_per_minute,tokens,most_at_once";

/// The results as CSV with a heading.
#[must_use]
pub fn csv(results: &Results) -> String {
    let mut text = format!("{HEADING}\n");
    let sweep = results.study.sweep.as_ref();
    let parameter = sweep.map_or("", |sweep| sweep.parameter.as_str());
    for point in &results.points {
        let value = point
            .value
            .map(|value| value.to_string())
            .unwrap_or_default();
        for policy in &point.policies {
            for flow in policy.flows.iter().chain(std::iter::once(&policy.total)) {
                let all = &flow.all;
                let _ = writeln!(
                    text,
                    "{parameter},{value},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}",
                    policy.policy.as_str(),
                    quoted(&flow.name),
                    all.offered,
                    all.served,
                    mean(flow.served),
                    flow.throughput.mean,
                    half(Some(flow.throughput)),
                    all.calls,
                    all.answered,
                    all.cached,
                    flow.failed(),
                    mean(flow.wait[0]),
                    mean(flow.wait[1]),
                    half(flow.wait[1]),
                    mean(flow.wait[2]),
                    mean(flow.response[1]),
                    policy.admitted_per_minute.mean,
                    policy.limited_per_minute.mean,
                    policy.tokens,
                    policy.most_at_once,
                );
            }
        }
    }
    text
}

fn mean(value: Option<Estimate>) -> String {
    value
        .map(|value| value.mean.to_string())
        .unwrap_or_default()
}

fn half(value: Option<Estimate>) -> String {
    let half = value.and_then(|value| value.half);
    half.map(|half| half.to_string()).unwrap_or_default()
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
