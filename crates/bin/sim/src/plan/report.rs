//! The plan as a table and as JSON.

use super::{Least, Plan};
use crate::report::columns::{Table, filled};
use crate::report::{number, span, tick};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Changes that a table shows.
const SHOWN: usize = 12;

/// The plan as text.
#[must_use]
pub fn plan_table(plan: &Plan) -> String {
    let mut text = String::new();
    let head = format!(
        "{}: {} interactions a minute, {} calls upstream ({} in the busiest window)",
        plan.name,
        number(plan.interactions_per_minute),
        number(plan.calls_per_minute),
        number(plan.peak_calls_per_minute),
    );
    let _ = writeln!(text, "{}\n", filled(&head, ""));
    match plan.binding().zip(plan.carries()) {
        Some((limit, ceiling)) => {
            let room = plan.head_room().unwrap_or(0.0) * 100.0;
            let at_peak = plan.head_room_at_peak().unwrap_or(0.0) * 100.0;
            let _ = writeln!(
                text,
                "ceiling    {} interactions a minute; {} binds first",
                number(ceiling),
                limit.name
            );
            let _ = writeln!(
                text,
                "head-room  {} % on the average, {} % in the busiest window",
                number(room),
                number(at_peak)
            );
        }
        None => text.push_str("ceiling    none: no limit binds\n"),
    }
    if plan.kept > 0.0 {
        let kept = number(plan.kept * 100.0);
        let _ = writeln!(
            text,
            "kept       {kept} % of the windows stays free for who goes first"
        );
    }
    let least = |what: &str, least: Least| {
        let line = format!(
            "{what:<9}  {} on the average, {} in the busiest window, {} to wait for 1 call in 20 at most",
            least.mean, least.peak, least.at_ease
        );
        filled(&line, "           ")
    };
    if let Some(tokens) = plan.least_tokens {
        let _ = writeln!(text, "{}", least("tokens", tokens));
    }
    let _ = writeln!(text, "{}\n", least("slots", plan.least_slots));
    limits(plan, &mut text);
    text.push('\n');
    flows(plan, &mut text);
    changes(plan, &mut text);
    text
}

fn limits(plan: &Plan, text: &mut String) {
    let mut table = Table::new(&[
        "limit",
        "allowed",
        "used",
        "ceiling",
        "tollgate's",
        "calls that wait",
        "mean wait",
    ])
    .wrapping(&[0]);
    let none = || "–".to_owned();
    for limit in &plan.limits {
        table.row(vec![
            limit.name.clone(),
            tick(limit.allowed as f64),
            format!("{} %", number(limit.used * 100.0)),
            limit.ceiling.map_or_else(none, number),
            limit.sure.map_or_else(none, number),
            limit.waits.map_or_else(
                || "all".to_owned(),
                |waits| format!("{:.1} %", waits * 100.0),
            ),
            limit.mean_wait_ms.map_or_else(
                || "grows".to_owned(),
                |wait| format!("about {}", span(wait)),
            ),
        ]);
    }
    table.write(text, 1);
}

fn flows(plan: &Plan, text: &mut String) {
    if plan.flows.is_empty() {
        return;
    }
    let mut table = Table::new(&[
        "flow",
        "interactions a minute",
        "of all calls",
        "up to, beside the others",
        "up to, alone",
    ])
    .wrapping(&[0]);
    let up_to = |most: Option<f64>| most.map_or_else(|| "no limit".to_owned(), number);
    for flow in &plan.flows {
        table.row(vec![
            flow.name.clone(),
            number(flow.interactions_per_minute),
            format!("{:.1} %", flow.share * 100.0),
            up_to(flow.beside),
            up_to(flow.alone),
        ]);
    }
    table.write(text, 1);
    text.push('\n');
}

fn changes(plan: &Plan, text: &mut String) {
    let heading = ["change", "interactions a minute", "gain", "then binds"];
    let mut table = Table::new(&heading).wrapping(&[0, 3]);
    let some = |change: &&super::Change| change.gain.is_none_or(|gain| gain > 0.005);
    for change in plan.changes.iter().filter(some).take(SHOWN) {
        table.row(vec![
            change.what.clone(),
            change.ceiling.map_or("no limit".to_owned(), number),
            change
                .gain
                .map_or("–".to_owned(), |gain| format!("+{}", number(gain))),
            change.then_binds.clone().unwrap_or("nothing".to_owned()),
        ]);
    }
    table.write(text, 1);
    let nothing = plan.changes.iter().filter(|change| !some(change));
    let names: Vec<_> = nothing.map(|change| change.what.as_str()).collect();
    if !names.is_empty() {
        let line = format!("buys nothing: {}", names.join("; "));
        let _ = writeln!(text, "\n{}", filled(&line, "    "));
    }
}

/// The plan as one JSON object.
#[must_use]
pub fn plan_json(plan: &Plan) -> Value {
    let least =
        |least: Least| json!({ "mean": least.mean, "peak": least.peak, "at_ease": least.at_ease });
    let limits = plan.limits.iter().map(|limit| {
        json!({
            "limit": limit.name,
            "allowed": limit.allowed,
            "used": limit.used,
            "ceiling": limit.ceiling,
            "ceiling_tollgate": limit.sure,
            "waits_share": limit.waits,
            "mean_wait_ms": limit.mean_wait_ms,
        })
    });
    let flows = plan.flows.iter().map(|flow| {
        json!({
            "flow": flow.name,
            "interactions_per_minute": flow.interactions_per_minute,
            "share": flow.share,
            "beside_the_others": flow.beside,
            "alone": flow.alone,
        })
    });
    let changes = plan.changes.iter().map(|change| {
        json!({
            "change": change.what,
            "ceiling": change.ceiling,
            "gain": change.gain,
            "then_binds": change.then_binds,
        })
    });
    json!({
        "scenario": plan.name,
        "interactions_per_minute": plan.interactions_per_minute,
        "calls_per_minute": plan.calls_per_minute,
        "peak_calls_per_minute": plan.peak_calls_per_minute,
        "ceiling": plan.carries(),
        "binds": plan.binding().map(|limit| &limit.name),
        "head_room": plan.head_room(),
        "kept": plan.kept,
        "least_tokens": plan.least_tokens.map(least),
        "least_slots": least(plan.least_slots),
        "flows": flows.collect::<Vec<_>>(),
        "limits": limits.collect::<Vec<_>>(),
        "changes": changes.collect::<Vec<_>>(),
    })
}
