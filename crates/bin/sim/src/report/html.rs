//! One HTML file that needs nothing else: style and plots are in it, there is no script and no link.

mod parts;

use super::svg::legend;
use super::table::{clusters, failures, limited_by, percent};
use super::{charts, escape, estimate, number, span};
use crate::study::{FlowSummary, Point, Results};
use parts::{panels, prose, row, section, table};
use std::fmt::Write as _;
use tollgate_settings::{counted, show_span};

const STYLE: &str = include_str!("style.css");

/// The results as a page.
#[must_use]
pub fn html(results: &Results) -> String {
    let scenario = &results.study.scenario;
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <title>{} – tollgate</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
        escape(&scenario.name)
    );
    let _ = write!(page, "<header>\n<h1>{}</h1>\n", escape(&scenario.name));
    let _ = writeln!(
        page,
        "<p class=\"meta\">{} calls a minute over {} · {} measured after {} · {} · seed {}{}</p>",
        number(scenario.calls_per_minute()),
        counted(scenario.flows.len() as u64, "flow"),
        show_span(scenario.duration),
        show_span(scenario.warm_up),
        counted(scenario.replications.into(), "replication"),
        scenario.seed,
        results.study.sweep.as_ref().map_or(String::new(), |sweep| {
            format!(" · sweep over {}", escape(sweep.parameter.title()))
        })
    );
    for paragraph in scenario
        .about
        .split("\n\n")
        .filter(|text| !text.trim().is_empty())
    {
        let _ = writeln!(page, "<p>{}</p>", prose(paragraph.trim()));
    }
    page.push_str("</header>\n<main>\n");
    if results.study.sweep.is_some() {
        swept(&mut page, results);
    } else if let Some(point) = results.points.first() {
        single(&mut page, point);
    }
    page.push_str(
        "</main>\n<footer><p>± is half of the 95 % confidence interval over the replications (Student’s t). \
         The same scenario and seed give the same file.</p></footer>\n</body>\n</html>\n",
    );
    page
}

fn single(page: &mut String, point: &Point) {
    in_short(page, point);
    section(
        page,
        "Outcome by policy",
        "What became of each flow’s calls.",
        |page| {
            let (plot, legend) = charts::outcomes(point);
            let _ = write!(page, "{legend}<figure>{plot}</figure>");
        },
    );
    section(
        page,
        "How long calls wait",
        "For each flow, the share of all its calls that was answered after waiting no longer than \
         that. A curve that ends below 100 % tells of calls that failed.",
        |page| {
            let names = point.scenario.flows.iter().enumerate();
            let names: Vec<_> = names.map(|(at, flow)| (at, flow.name.clone())).collect();
            page.push_str(&legend(&names, false));
            panels(page, charts::waits(point));
        },
    );
    section(
        page,
        "Use of each limit over time",
        "Of windows, what the upstream admitted within the last window’s length; of executions at \
         once, the most in each step. The first replication.",
        |page| {
            page.push_str(&legend(&charts::limits(&point.scenario), false));
            panels(page, charts::uses(point));
        },
    );
    section(page, "Numbers", "", |page| {
        numbers(page, point);
        upstream(page, point);
        for line in clusters(point) {
            let _ = writeln!(page, "<p>{}</p>", escape(&line));
        }
    });
}

fn swept(page: &mut String, results: &Results) {
    let policies = &results.study.scenario.policies;
    section(
        page,
        "Ceilings",
        "Bands are 95 % confidence intervals over the replications.",
        |page| {
            let names = policies.iter().enumerate();
            let names: Vec<_> = names.map(|(at, it)| (at, it.as_str().to_owned())).collect();
            page.push_str(&legend(&names, false));
            panels(page, charts::sweeps(results));
        },
    );
    let Some(sweep) = &results.study.sweep else {
        return;
    };
    section(page, "Numbers", "", |page| {
        let heading = [
            "policy",
            "served a minute",
            "served",
            "wait p50",
            "wait p95",
            "429 a minute",
            "failed calls",
        ];
        table(page, sweep.parameter.as_str(), &heading, 2, |page| {
            for point in &results.points {
                let value = point.value.map(|value| sweep.parameter.show(value));
                for (at, policy) in point.policies.iter().enumerate() {
                    let first = if at == 0 {
                        value.clone().unwrap_or_default()
                    } else {
                        String::new()
                    };
                    let total = &policy.total;
                    let cells = vec![
                        first,
                        policy.policy.as_str().to_owned(),
                        estimate(Some(total.throughput)),
                        percent(total.served),
                        waited(total, 0),
                        waited(total, 1),
                        estimate(Some(policy.limited_per_minute)),
                        failures(total),
                    ];
                    row(page, at == 0, 2, &cells);
                }
            }
        });
    });
}

/// The finding in sentences.
fn in_short(page: &mut String, point: &Point) {
    page.push_str("<div class=\"short\">\n");
    for policy in &point.policies {
        let flows = policy.flows.iter();
        let served = flows.map(|flow| {
            let share = percent(flow.served);
            format!("{share} of {}", escape(&flow.name))
        });
        let served: Vec<_> = served.collect();
        let name = policy.policy.as_str();
        let _ = write!(
            page,
            "<p><strong>{name}</strong> served {}",
            served.join(", ")
        );
        let limited: u64 = policy.limited.iter().map(|(_, count)| count).sum();
        let _ = match limited {
            0 => write!(page, ", and the upstream never answered 429"),
            _ => write!(
                page,
                ", and met {} answers of 429 a minute",
                number(policy.limited_per_minute.mean)
            ),
        };
        // Of the flow that matters most.
        let flows = point.scenario.flows.iter().zip(&policy.flows);
        let first = flows.min_by_key(|(flow, _)| flow.priority);
        let _ = match first.map(|(_, flow)| (escape(&flow.name), flow.wait[1])) {
            Some((name, Some(wait))) if wait.mean < 1.0 => {
                write!(page, "; 95 of 100 answered calls of {name} did not wait")
            }
            Some((name, Some(wait))) => write!(
                page,
                "; 95 of 100 answered calls of {name} waited {} at most",
                span(wait.mean)
            ),
            _ => Ok(()),
        };
        page.push_str(".</p>\n");
    }
    page.push_str("</div>\n");
}

fn numbers(page: &mut String, point: &Point) {
    let heading = [
        "flow",
        "served",
        "a minute",
        "wait p50",
        "p95",
        "p99",
        "answer p95",
        "failed calls",
    ];
    table(page, "policy", &heading, 2, |page| {
        for policy in &point.policies {
            let several = policy.flows.len() > 1;
            let flows = policy.flows.iter().chain(several.then_some(&policy.total));
            for (at, flow) in flows.enumerate() {
                let name = if at == 0 { policy.policy.as_str() } else { "" };
                let answer = flow.response[1].map_or("–".to_owned(), |it| span(it.mean));
                let cells = vec![
                    name.to_owned(),
                    flow.name.clone(),
                    percent(flow.served),
                    estimate(Some(flow.throughput)),
                    waited(flow, 0),
                    waited(flow, 1),
                    waited(flow, 2),
                    answer,
                    failures(flow),
                ];
                row(page, at == 0, 2, &cells);
            }
        }
    });
}

fn upstream(page: &mut String, point: &Point) {
    page.push_str("<h3 style=\"margin-top:1.2rem\">Upstream</h3>\n");
    let heading = [
        "admitted a minute",
        "429 a minute",
        "by",
        "tokens fetched",
        "most at once",
    ];
    table(page, "policy", &heading, 1, |page| {
        for policy in &point.policies {
            let cells = vec![
                policy.policy.as_str().to_owned(),
                estimate(Some(policy.admitted_per_minute)),
                estimate(Some(policy.limited_per_minute)),
                limited_by(policy),
                number(policy.tokens),
                policy.most_at_once.to_string(),
            ];
            row(page, false, 1, &cells);
        }
    });
}

fn waited(flow: &FlowSummary, quantile: usize) -> String {
    flow.wait[quantile].map_or("–".to_owned(), |wait| span(wait.mean))
}
