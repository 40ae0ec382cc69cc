//! Which plots a report has, and what they show.

mod uses;

pub(super) use uses::{limits, uses};

use super::svg::{self, Axis, Bar, Line};
use super::{number, span, tick};
use crate::stats::{Estimate, FlowStats};
use crate::study::{Point, PolicySummary, Results};
use std::collections::BTreeMap;

/// Points of a distribution's curve.
const CURVE: usize = 160;

/// How long calls wait: for each policy, the share of each flow's calls answered after a wait of no
/// more than that. A curve that ends below 100 % tells of calls that failed.
pub(super) fn waits(point: &Point) -> Vec<(String, String)> {
    let longest = |flow: &FlowStats| flow.wait.quantile(0.999).unwrap_or(0);
    let flows = point.policies.iter().flat_map(|policy| &policy.flows);
    let longest = flows.map(|flow| longest(&flow.all)).max().unwrap_or(0) as f64 / 1e6;
    let to = [1.0, 10.0, 60.0, 600.0]
        .into_iter()
        .find(|to| *to >= longest)
        .unwrap_or(3_600.0);
    let marks = [0.001, 0.01, 0.1, 1.0, 10.0, 60.0, 600.0, 3_600.0];
    let x = Axis {
        title: "waited no longer than".to_owned(),
        from: 0.001,
        to,
        ticks: marks
            .iter()
            .filter(|at| **at <= to)
            .map(|at| (*at, short(*at)))
            .collect(),
        logarithmic: true,
    };
    let y = Axis::linear("of all calls", 100.0, |value| format!("{value:.0} %"));
    let plot = |policy: &PolicySummary| {
        let lines: Vec<Line> = policy
            .flows
            .iter()
            .enumerate()
            .map(|(style, flow)| {
                let calls = flow.all.calls.max(1) as f64;
                let share = |seconds: f64| {
                    let up_to = flow.all.wait.share_up_to((seconds * 1e6) as u64);
                    (flow.all.cached as f64 + up_to * flow.all.wait.count() as f64) / calls * 100.0
                };
                let at = |n: usize| 0.001 * (to / 0.001).powf(n as f64 / CURVE as f64);
                Line {
                    style,
                    points: (0..=CURVE).map(|n| (at(n), share(at(n)))).collect(),
                    band: Vec::new(),
                }
            })
            .collect();
        let about = policy.flows.iter().map(|flow| {
            let p95 = flow.wait[1].map_or("–".to_owned(), |wait| span(wait.mean));
            format!(
                "{}: 95 % of the answered calls waited no longer than {p95}.",
                flow.name
            )
        });
        let about = about.collect::<Vec<_>>().join(" ");
        let title = format!("Waiting under {}", policy.policy.as_str());
        svg::lines(&title, &about, &x, &y, &lines, None)
    };
    let plots = point.policies.iter();
    plots
        .map(|policy| (policy.policy.as_str().to_owned(), plot(policy)))
        .collect()
}

/// Seconds on an axis.
fn short(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => format!("{:.0} ms", s * 1e3),
        s if s < 60.0 => format!("{s:.0} s"),
        s => format!("{:.0} min", s / 60.0),
    }
}

/// What became of each flow's calls under each policy, and the legend.
pub(super) fn outcomes(point: &Point) -> (String, String) {
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for (reason, count) in point.policies.iter().flat_map(|it| &it.total.all.failed) {
        *reasons.entry(reason).or_default() += count;
    }
    let mut ranked: Vec<_> = reasons.into_iter().collect();
    ranked.sort_by_key(|(reason, count)| (std::cmp::Reverse(*count), *reason));
    // Colours: the answered blue, the cached green, failures from the warm ones on.
    const FAILED: [usize; 4] = [1, 4, 5, 3];
    let styles: BTreeMap<&str, usize> = ranked
        .iter()
        .enumerate()
        .map(|(at, (reason, _))| (*reason, FAILED[at.min(FAILED.len() - 1)]))
        .collect();
    let cached = point
        .policies
        .iter()
        .any(|policy| policy.total.all.cached > 0);
    let mut names = vec![(0, "answered".to_owned())];
    names.extend(cached.then(|| (2, "from the cache".to_owned())));
    names.extend(
        ranked
            .iter()
            .map(|(reason, _)| (styles[reason], (*reason).to_owned())),
    );
    let mut about = Vec::new();
    let mut bars = Vec::new();
    for policy in &point.policies {
        for (at, flow) in policy.flows.iter().enumerate() {
            let all = &flow.all;
            let calls = all.calls.max(1) as f64;
            let part = |count: u64, style: usize, name: &str| {
                let share = count as f64 / calls;
                (share, style, format!("{} % {name}", number(share * 100.0)))
            };
            let mut parts = vec![
                part(all.answered, 0, "answered"),
                part(all.cached, 2, "from the cache"),
            ];
            parts.extend(ranked.iter().map(|(reason, _)| {
                let count = all.failed.get(reason).copied().unwrap_or(0);
                part(count, styles[reason], reason)
            }));
            let said = parts.iter().filter(|it| it.0 > 0.0);
            let said: Vec<_> = said.map(|it| it.2.as_str()).collect();
            let name = policy.policy.as_str();
            about.push(format!("{name}, {}: {}.", flow.name, said.join(", ")));
            bars.push(Bar {
                group: (at == 0).then(|| name.to_owned()),
                name: flow.name.clone(),
                parts,
            });
        }
    }
    let plot = svg::bars("Outcome of the calls by policy", &about.join(" "), &bars);
    (plot, svg::legend(&names, true))
}

/// The curves of a sweep: what each policy carries and serves, and how long calls wait for it. (Calls
/// and interactions differ in overload: who goes first may make more calls in each.)
pub(super) fn sweeps(results: &Results) -> Vec<(String, String)> {
    let Some(sweep) = &results.study.sweep else {
        return Vec::new();
    };
    let (first, last) = sweep
        .values
        .iter()
        .fold((f64::MAX, f64::MIN), |(low, high), value| {
            (low.min(*value), high.max(*value))
        });
    let x = Axis::between(sweep.parameter.title(), first, last, tick);
    let pair = |it: Estimate| (it.mean, it.half.unwrap_or(0.0));
    let plot = |title: &str, unit, value: &dyn Fn(&PolicySummary) -> Option<(f64, f64)>| {
        let policies = 0..results.study.scenario.policies.len();
        let lines: Vec<Line> = policies.map(|at| swept(results, at, value)).collect();
        let points = lines.iter().flat_map(|line| &line.points);
        let most = points.map(|point| point.1).fold(0.0, f64::max);
        let y = Axis::linear(unit, most, tick);
        let about = "The numbers are in the table below.";
        let plot = svg::lines(title, about, &x, &y, &lines, None);
        (title.to_owned(), plot)
    };
    vec![
        plot("Calls admitted upstream a minute", "a minute", &|it| {
            Some(pair(it.admitted_per_minute))
        }),
        plot("Interactions served a minute", "a minute", &|it| {
            Some(pair(it.total.throughput))
        }),
        plot("Interactions served, of those begun", "per cent", &|it| {
            let (mean, half) = pair(it.total.served?);
            Some((mean * 100.0, half * 100.0))
        }),
        plot(
            "Wait of the answered calls, 95th percentile",
            "seconds",
            &|it| {
                let (mean, half) = pair(it.total.wait[1]?);
                Some((mean / 1e3, half / 1e3))
            },
        ),
    ]
}

/// What a policy comes to at each value of the sweep: the means, and half of their intervals.
fn swept(
    results: &Results,
    policy: usize,
    value: &dyn Fn(&PolicySummary) -> Option<(f64, f64)>,
) -> Line {
    let found = results.points.iter().filter_map(|point| {
        let (mean, half) = value(point.policies.get(policy)?)?;
        Some(((point.value?, mean), half))
    });
    let mut found: Vec<_> = found.collect();
    found.sort_by(|a, b| a.0.0.total_cmp(&b.0.0));
    let (points, band) = found.into_iter().unzip();
    Line {
        style: policy,
        points,
        band,
    }
}
