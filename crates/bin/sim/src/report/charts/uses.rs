//! How much of each limit is used over time.
//!
//! Of a window: what was admitted within the last window's length, over what it allows. The upstream's
//! windows are fixed, so over a sliding one of the same length a policy that aims at them may show up
//! to twice the limit; one that keeps every window, as tollgate does, never shows more than all. Of
//! executions at once: the most in each step.

use super::super::svg::{self, Axis, Line};
use super::super::tick;
use crate::scenario::Scenario;
use crate::stats::{Bucket, Series};
use crate::study::Point;
use std::collections::BTreeMap;

/// The limits of a scenario, each with its colour.
pub(in super::super) fn limits(scenario: &Scenario) -> Vec<(usize, String)> {
    let limits = &scenario.limits;
    let named = [
        ("tokens held", limits.token),
        ("organisation", limits.organisation),
        ("executions", limits.executions),
        ("executions at once", limits.concurrency),
    ];
    let there = named.into_iter().enumerate();
    there
        .filter(|(_, (_, allowed))| allowed.is_some())
        .map(|(style, (name, _))| (style, name.to_owned()))
        .collect()
}

/// A plot for each policy.
pub(in super::super) fn uses(point: &Point) -> Vec<(String, String)> {
    let scenario = &point.scenario;
    let policies = point.policies.iter();
    let all: Vec<Vec<Line>> = policies
        .map(|policy| curves(&policy.series, scenario))
        .collect();
    let points = all.iter().flatten().flat_map(|line| &line.points);
    let top = points.map(|(_, y)| *y).fold(100.0, f64::max).min(200.0);
    let x = Axis::between("minutes", 0.0, scenario.end().as_secs_f64() / 60.0, tick);
    let y = Axis::linear("of what is allowed", top, |value| format!("{value:.0} %"));
    let names: BTreeMap<usize, String> = limits(scenario).into_iter().collect();
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

/// A line for each limit there is.
fn curves(series: &Series, scenario: &Scenario) -> Vec<Line> {
    let limits = &scenario.limits;
    // A last step that the run ends within would seem idle.
    let end = scenario.end().as_secs_f64() / 60.0 + 1e-9;
    let over = |of: fn(&Bucket) -> u64, allowed: &dyn Fn(&[Bucket]) -> f64| {
        window(series, limits.period.as_secs_f64(), of, allowed)
    };
    let fixed = |allowed: u32| move |_: &[Bucket]| f64::from(allowed);
    let curves = [
        limits.token.map(|token| {
            // Those held when the window opened, and those that came while it was open.
            let allowed = |steps: &[Bucket]| {
                let held = steps
                    .first()
                    .map_or(0, |it| it.tokens.saturating_sub(it.granted));
                let came: u32 = steps.iter().map(|it| it.granted).sum();
                f64::from(held + came) * f64::from(token)
            };
            over(|it| it.with_token, &allowed)
        }),
        limits
            .organisation
            .map(|it| over(|it| it.with_token, &fixed(it))),
        limits
            .executions
            .map(|it| over(|it| it.admitted, &fixed(it))),
        limits.concurrency.map(|allowed| {
            let used = |it: &Bucket| f64::from(it.at_once) / f64::from(allowed) * 100.0;
            let steps = series.buckets.iter().enumerate();
            steps
                .map(|(at, it)| (minutes(series, at), used(it)))
                .collect()
        }),
    ];
    let there = curves.into_iter().enumerate();
    there
        .filter_map(|(style, points)| {
            let points: Vec<(f64, f64)> = points?;
            let whole = points.into_iter().filter(|(minutes, _)| *minutes <= end);
            Some(Line {
                style,
                points: whole.collect(),
                band: Vec::new(),
            })
        })
        .collect()
}

fn window(
    series: &Series,
    period: f64,
    of: fn(&Bucket) -> u64,
    allowed: &dyn Fn(&[Bucket]) -> f64,
) -> Vec<(f64, f64)> {
    let step = series.step as f64 / 1e9;
    // Whole steps that fit the window; where a step is longer than it, the step's own rate.
    let within = ((period / step).floor() as usize).max(1);
    let scale = period / (within as f64 * step);
    let point = |at: usize| {
        let steps = &series.buckets[(at + 1).saturating_sub(within)..=at];
        let (sum, allowed) = (steps.iter().map(of).sum::<u64>(), allowed(steps));
        let used = if allowed > 0.0 {
            sum as f64 * scale / allowed
        } else {
            0.0
        };
        (minutes(series, at), used * 100.0)
    };
    (0..series.buckets.len()).map(point).collect()
}

/// The end of a step.
fn minutes(series: &Series, at: usize) -> f64 {
    (at + 1) as f64 * series.step as f64 / 60e9
}
