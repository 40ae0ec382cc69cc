//! The table of a terminal.

use super::columns::{Table, filled};
use super::{estimate, number, span};
use crate::stats::Estimate;
use crate::study::{FlowSummary, Point, PolicySummary, Results};
use std::fmt::Write as _;
use tollgate_settings::counted;

/// The results as text.
#[must_use]
pub fn table(results: &Results) -> String {
    let scenario = &results.study.scenario;
    let mut text = String::new();
    let head = format!(
        "{}: {:.0} calls a minute, {} measured after {}, {}, seed {}",
        scenario.name,
        scenario.calls_per_minute(),
        tollgate_settings::show_span(scenario.duration),
        tollgate_settings::show_span(scenario.warm_up),
        counted(scenario.replications.into(), "replication"),
        scenario.seed
    );
    let _ = writeln!(text, "{}\n", filled(&head, ""));
    match &results.study.sweep {
        Some(sweep) => swept(&mut text, results, sweep.parameter.as_str()),
        None => results
            .points
            .iter()
            .for_each(|point| single(&mut text, point)),
    }
    text
}

/// A line for each policy of several nodes: what they used, and how often they asked their store.
pub(crate) fn clusters(point: &Point) -> impl Iterator<Item = String> {
    let shown = point.policies.iter();
    let shown = shown.filter_map(|policy| Some((policy.policy, policy.cluster?)));
    shown.map(|(policy, cluster)| {
        format!(
            "{} as {}: {} of what the limits carry is used, {} store round trips per call",
            policy.as_str(),
            counted(cluster.nodes.into(), "node"),
            percent(cluster.used),
            estimate(Some(cluster.round_trips_per_call)),
        )
    })
}

/// What the upstream really is, and what became of it.
fn real(text: &mut String, point: &Point) {
    let real = |policy: &PolicySummary| Some((policy.policy, policy.real?));
    let rows: Vec<_> = point.policies.iter().filter_map(real).collect();
    let Some((_, first)) = rows.first() else {
        return;
    };
    let carries = number(first.carries);
    let _ = writeln!(
        text,
        "\nthe upstream really carries {carries} calls a minute"
    );
    let mut table = Table::new(&[
        "policy",
        "used",
        "refused",
        "others ask a minute",
        "others get",
    ]);
    for (policy, real) in &rows {
        table.row(vec![
            policy.as_str().to_owned(),
            percent(Some(real.used)),
            real.refused.map_or("–".to_owned(), |part| {
                format!("{:.2} %", part.mean * 100.0)
            }),
            estimate(Some(real.strangers)),
            percent(real.strangers_served),
        ]);
    }
    table.write(text, 1);
}

/// A row for each policy, with all its flows together, and below it one for each of several flows.
fn single(text: &mut String, point: &Point) {
    let mut table = Table::new(&[
        "policy, flow",
        "served",
        "per minute",
        "wait p50",
        "p95",
        "p99",
        "failed calls",
    ])
    .wrapping(&[0, 6]);
    for policy in &point.policies {
        table.row(row(policy.policy.as_str(), &policy.total));
        // A single flow is all there is.
        let flows = policy.flows.iter().filter(|_| policy.flows.len() > 1);
        for flow in flows {
            table.row(row(&format!("  {}", flow.name), flow));
        }
    }
    table.write(text, 1);
    text.push('\n');
    let mut table = Table::new(&[
        "policy",
        "upstream a minute",
        "429 a minute",
        "by",
        "tokens",
        "most at once",
    ])
    .wrapping(&[3]);
    for policy in &point.policies {
        table.row(vec![
            policy.policy.as_str().to_owned(),
            estimate(Some(policy.admitted_per_minute)),
            estimate(Some(policy.limited_per_minute)),
            limited_by(policy),
            number(policy.tokens),
            policy.most_at_once.to_string(),
        ]);
    }
    table.write(text, 1);
    for line in clusters(point) {
        let _ = writeln!(text, "\n{}", filled(&line, "    "));
    }
    real(text, point);
}

fn row(name: &str, flow: &FlowSummary) -> Vec<String> {
    let wait = |at: usize| flow.wait[at].map_or("–".to_owned(), |wait: Estimate| span(wait.mean));
    vec![
        name.to_owned(),
        percent(flow.served),
        estimate(Some(flow.throughput)),
        wait(0),
        wait(1),
        wait(2),
        failures(flow),
    ]
}

/// One row for each value, one column for each policy's throughput and share.
fn swept(text: &mut String, results: &Results, parameter: &str) {
    let policies = &results.study.scenario.policies;
    for (title, cell) in [
        (
            "interactions served a minute",
            throughput as fn(&PolicySummary) -> String,
        ),
        ("interactions served, of those begun", |it| {
            percent(it.total.served)
        }),
        ("calls' wait, p95", |it| {
            it.total.wait[1].map_or("–".to_owned(), |wait| span(wait.mean))
        }),
    ] {
        let _ = writeln!(text, "{title}");
        let mut heading = vec![parameter];
        heading.extend(policies.iter().map(|policy| policy.as_str()));
        let columns: Vec<usize> = (1..heading.len()).collect();
        let mut table = Table::new(&heading).wrapping(&columns);
        for point in &results.points {
            let sweep = results.study.sweep.as_ref();
            let value = sweep
                .zip(point.value)
                .map(|(it, value)| it.parameter.show(value));
            let mut row = vec![value.unwrap_or_default()];
            row.extend(point.policies.iter().map(cell));
            table.row(row);
        }
        table.write(text, 0);
        text.push('\n');
    }
}

fn throughput(policy: &PolicySummary) -> String {
    estimate(Some(policy.total.throughput))
}

/// A share as a percentage that does not round a loss away.
pub(crate) fn percent(share: Option<Estimate>) -> String {
    let Some(share) = share else {
        return "–".to_owned();
    };
    let percent = share.mean * 100.0;
    let floor = if percent < 100.0 {
        percent.min(99.99)
    } else {
        percent
    };
    format!("{floor:.2} %")
}

/// `12 % 429, 3 % expired`: of the flow's calls.
pub(crate) fn failures(flow: &FlowSummary) -> String {
    if flow.failed() == 0 {
        return "none".to_owned();
    }
    let mut reasons: Vec<_> = flow.all.failed.iter().collect();
    reasons.sort_by_key(|(reason, count)| (std::cmp::Reverse(**count), **reason));
    let shown = reasons.iter().take(3).map(|(reason, count)| {
        let share = **count as f64 / flow.all.calls.max(1) as f64 * 100.0;
        format!("{} % {reason}", number(share))
    });
    shown.collect::<Vec<_>>().join(", ")
}

pub(crate) fn limited_by(policy: &PolicySummary) -> String {
    let names: Vec<_> = policy.limited.iter().map(|(name, _)| *name).collect();
    if names.is_empty() {
        "–".to_owned()
    } else {
        names.join(", ")
    }
}
