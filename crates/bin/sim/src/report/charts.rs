//! Which plots a report has, and what they show.

use super::svg::{self, Axis, Bar, Line};
use super::{number, span};
use crate::scenario::Scenario;
use crate::stats::{Bucket, FlowStats};
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

/// The limits of a scenario, each with its colour.
pub(super) fn limits(scenario: &Scenario) -> Vec<(usize, String)> {
    let limits = &scenario.limits;
    let named = [
        ("tokens held", limits.token),
        ("organisation", limits.organisation),
        ("executions", limits.executions),
        ("executions at once", limits.concurrency),
    ];
    let there = named
        .into_iter()
        .enumerate()
        .filter(|(_, (_, allowed))| allowed.is_some());
    there
        .map(|(style, (name, _))| (style, name.to_owned()))
        .collect()
}

/// How much of each limit is used over time: of windows, what was admitted within the last window's
/// length; of executions at once, the most in each step.
pub(super) fn uses(point: &Point) -> Vec<(String, String)> {
    let scenario = &point.scenario;
    let limits = &scenario.limits;
    let curves = |policy: &PolicySummary| -> Vec<Line> {
        let series = &policy.series;
        let step = series.step as f64 / 1e9;
        let period = limits.period.as_secs_f64();
        let within = ((period / step).floor() as usize).max(1);
        let minutes = |at: usize| (at + 1) as f64 * step / 60.0;
        let window = |of: &dyn Fn(&Bucket) -> u64, allowed: &dyn Fn(&Bucket) -> f64| {
            let point = |at: usize| {
                let from = (at + 1).saturating_sub(within);
                let sum: u64 = series.buckets[from..=at].iter().map(of).sum();
                let scale = period / (within as f64 * step);
                let allowed = allowed(&series.buckets[at]);
                let used = if allowed > 0.0 {
                    sum as f64 * scale / allowed
                } else {
                    0.0
                };
                (minutes(at), used * 100.0)
            };
            (0..series.buckets.len()).map(point).collect::<Vec<_>>()
        };
        let fixed = |allowed: u32| move |_: &Bucket| f64::from(allowed);
        let at_once = |allowed: u32| {
            let buckets = series.buckets.iter().enumerate();
            let used = |it: &Bucket| f64::from(it.at_once) / f64::from(allowed) * 100.0;
            buckets
                .map(|(at, it)| (minutes(at), used(it)))
                .collect::<Vec<_>>()
        };
        let curves = [
            limits.token.map(|token| {
                let held = move |it: &Bucket| f64::from(it.tokens) * f64::from(token);
                window(&|it| it.with_token, &held)
            }),
            limits
                .organisation
                .map(|it| window(&|it| it.with_token, &fixed(it))),
            limits
                .executions
                .map(|it| window(&|it| it.admitted, &fixed(it))),
            limits.concurrency.map(at_once),
        ];
        let there = curves.into_iter().enumerate();
        there
            .filter_map(|(style, points)| {
                Some(Line {
                    style,
                    points: points?,
                    band: Vec::new(),
                })
            })
            .collect()
    };
    let all: Vec<Vec<Line>> = point.policies.iter().map(curves).collect();
    let tops = all
        .iter()
        .flatten()
        .flat_map(|line| &line.points)
        .map(|(_, y)| *y);
    let top = tops.fold(100.0, f64::max).min(200.0);
    let x = Axis::between("minutes", 0.0, scenario.end().as_secs_f64() / 60.0, number);
    let y = Axis::linear("of what is allowed", top, |value| format!("{value:.0} %"));
    let names = limits_of(scenario);
    let plots = point.policies.iter().zip(&all).map(|(policy, lines)| {
        let about = lines.iter().map(|line| {
            let most = line.points.iter().map(|(_, y)| *y).fold(0.0, f64::max);
            let name = names.get(&line.style).map_or("", String::as_str);
            format!("{name}: at most {most:.0} %.")
        });
        let about = about.collect::<Vec<_>>().join(" ");
        let title = format!("Use of the limits under {}", policy.policy.as_str());
        let plot = svg::lines(&title, &about, &x, &y, lines, Some(100.0));
        (policy.policy.as_str().to_owned(), plot)
    });
    plots.collect()
}

fn limits_of(scenario: &Scenario) -> BTreeMap<usize, String> {
    limits(scenario).into_iter().collect()
}

/// What became of the calls under each policy, and the legend.
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
    let bars: Vec<Bar> = point
        .policies
        .iter()
        .map(|policy| {
            let all = &policy.total.all;
            let calls = all.calls.max(1) as f64;
            let part = |count: u64, style: usize, name: &str| {
                let share = count as f64 / calls;
                (share, style, format!("{} % {name}", number(share * 100.0)))
            };
            let mut parts = vec![part(all.answered, 0, "answered")];
            parts.push(part(all.cached, 2, "from the cache"));
            parts.extend(ranked.iter().map(|(reason, _)| {
                part(
                    all.failed.get(reason).copied().unwrap_or(0),
                    styles[reason],
                    reason,
                )
            }));
            let said: Vec<_> = parts
                .iter()
                .filter(|it| it.0 > 0.0)
                .map(|it| it.2.clone())
                .collect();
            about.push(format!("{}: {}.", policy.policy.as_str(), said.join(", ")));
            Bar {
                name: policy.policy.as_str().to_owned(),
                parts,
            }
        })
        .collect();
    let plot = svg::bars("Outcome of the calls by policy", &about.join(" "), &bars);
    (plot, svg::legend(&names, true))
}

/// The curves of a sweep: what each policy serves, and how long calls wait for it.
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
    let x = Axis::between(sweep.parameter.title(), first, last, number);
    type Value = fn(&PolicySummary) -> Option<(f64, f64)>;
    let plots: [(&str, &str, Value); 3] = [
        ("Interactions served a minute", "a minute", |it| {
            Some((
                it.total.throughput.mean,
                it.total.throughput.half.unwrap_or(0.0),
            ))
        }),
        ("Interactions served, of those begun", "per cent", |it| {
            let served = it.total.served?;
            Some((served.mean * 100.0, served.half.unwrap_or(0.0) * 100.0))
        }),
        (
            "Wait of the answered calls, 95th percentile",
            "seconds",
            |it| {
                let wait = it.total.wait[1]?;
                Some((wait.mean / 1e3, wait.half.unwrap_or(0.0) / 1e3))
            },
        ),
    ];
    let plot = |(title, unit, value): (&str, &str, Value)| {
        let lines: Vec<Line> = (0..results.study.scenario.policies.len())
            .map(|style| {
                let found = results.points.iter().filter_map(|point| {
                    let (mean, half) = value(point.policies.get(style)?)?;
                    Some(((point.value?, mean), half))
                });
                let (mut points, mut band) = (Vec::new(), Vec::new());
                let mut found: Vec<_> = found.collect();
                found.sort_by(|a, b| a.0.0.total_cmp(&b.0.0));
                for (point, half) in found {
                    points.push(point);
                    band.push(half);
                }
                Line {
                    style,
                    points,
                    band,
                }
            })
            .collect();
        let most = lines
            .iter()
            .flat_map(|line| &line.points)
            .map(|point| point.1);
        let y = Axis::linear(unit, most.fold(0.0, f64::max), number);
        let about = "The numbers are in the table below.";
        (
            title.to_owned(),
            svg::lines(title, about, &x, &y, &lines, None),
        )
    };
    plots.into_iter().map(plot).collect()
}
