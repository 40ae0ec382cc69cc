//! `[[flow]]`: who calls, what an interaction does, and when they begin.

use super::nodes::read_shares;
use super::{Known, LONGEST, Source, workflow};
use crate::action::ActionId;
use crate::arrivals::{Arrivals, Burst, Spacing};
use crate::interaction::{Behaviour, Step};
use crate::scenario::{Flow, Limits, Nodes};
use std::time::Duration;
use tollgate_settings::{Placed, Section, parse_span, resolve, unique_name};

/// Interactions a minute of one flow, at the most.
const MOST: f64 = 1e7;
/// Steps of a profile or lines of a file of counts, at the most.
const STEPS: usize = 1_000_000;

pub(super) fn read(
    root: &Section<'_, '_>,
    source: &Source<'_>,
    (actions, limits, nodes): (&[String], &Limits, &Nodes),
    known: Option<&Known<'_>>,
) -> Vec<Flow> {
    let mut taken = Vec::new();
    let mut guaranteed = 0;
    let mut flows = Vec::new();
    for section in root.sections("flow") {
        let name = unique_name(&section, "name", &mut taken);
        let rank = match known {
            Some(known) => known_rank(&section, known),
            None => read_rank(&section),
        };
        guaranteed += u64::from(rank.guaranteed.unwrap_or(0));
        let fits = known.is_some() || guaranteed <= limits.organisation.unwrap_or(0).into();
        if rank.guaranteed.is_some() && !fits {
            let message = "expected guaranteed calls that fit limits.organisation all together";
            section.reject(&section.here(()), message.to_owned());
        }
        flows.push(Flow {
            name,
            deadline: section
                .span("deadline", Duration::ZERO..=LONGEST)
                .unwrap_or(rank.deadline),
            behaviour: read_behaviour(&section, source, actions),
            arrivals: read_arrivals(&section, source),
            node_shares: read_shares(&section, nodes.count),
            ..rank
        });
        section.finish();
    }
    let records = known.and_then(|known| known.service.records);
    match (known, records) {
        (Some(known), Some(records)) => {
            for name in records.flows().iter().filter(|name| !taken.contains(name)) {
                flows.extend(known_flow(name, known));
            }
        }
        _ if flows.is_empty() => {
            root.missing("flow", "a table [[flow]] with name, calls and arrivals");
        }
        _ => {}
    }
    flows
}

/// Who goes first: a flow without a name that calls nothing.
fn read_rank(section: &Section<'_, '_>) -> Flow {
    Flow {
        priority: section.whole("priority", 0..=255).unwrap_or(0) as u8,
        weight: section.whole("weight", 1..=1_000_000).unwrap_or(1) as u32,
        guaranteed: section.count("guaranteed", 1),
        max_queued: section.size("max_queued").unwrap_or(10_000),
        ..Flow::silent("")
    }
}

/// The same as the service's configuration says it of the flow with this name.
fn known_rank(section: &Section<'_, '_>, known: &Known<'_>) -> Flow {
    let flows = &known.service.config.engine.flows;
    let names: Vec<_> = flows.iter().map(|flow| flow.name.clone()).collect();
    let name = section.text("name");
    let found = name.and_then(|name| resolve(section, &name, "flow", &names));
    for key in ["priority", "weight", "guaranteed", "max_queued"] {
        let field = found.map_or("flow".to_owned(), |at| format!("flow[{}].{key}", at + 1));
        section.refuse(key, || known.service.says(&field));
    }
    let flow = found.and_then(|at| known_flow(&names[at as usize], known));
    flow.unwrap_or_else(|| Flow::silent(""))
}

/// A flow of the service's configuration, which calls nothing yet. None if it has no such flow.
fn known_flow(name: &str, known: &Known<'_>) -> Option<Flow> {
    let flows = &known.service.config.engine.flows;
    let (id, flow) = flows.with_ids().find(|(_, flow)| flow.name == name)?;
    Some(Flow {
        of_service: Some(id),
        priority: flow.priority,
        weight: flow.weight,
        guaranteed: flow.guarantee.map(|guarantee| guarantee.slots),
        max_queued: flow.max_queued,
        ..Flow::silent(name)
    })
}

fn read_behaviour(section: &Section<'_, '_>, source: &Source<'_>, actions: &[String]) -> Behaviour {
    if section.has("file") {
        let behaviour = workflow::read(section, source, actions);
        return behaviour.unwrap_or_else(|| Behaviour::Steps([].into()));
    }
    read_calls(section, actions)
}

/// `calls = ["lookup", "2s", "route"]`: actions in turn, and pauses between them.
fn read_calls(section: &Section<'_, '_>, actions: &[String]) -> Behaviour {
    let Some(texts) = section.texts("calls") else {
        if !section.has("calls") {
            section.missing(
                "calls",
                "[\"ACTION\", …], the actions that an interaction calls (or file, an Architect flow)",
            );
        }
        return Behaviour::Steps([].into());
    };
    let step = |text: &Placed<String>| match parse_span(&text.value) {
        Some(pause) => Some(Step::Pause(pause)),
        None => Some(Step::Call(ActionId(resolve(
            section, text, "action", actions,
        )?))),
    };
    Behaviour::Steps(texts.iter().filter_map(step).collect())
}

fn read_arrivals(flow: &Section<'_, '_>, source: &Source<'_>) -> Arrivals {
    let nothing = Arrivals::constant(0.0, Spacing::Even);
    let Some(section) = flow.section("arrivals") else {
        if !flow.has("arrivals") {
            flow.missing("arrivals", "{ per_minute = 60 }");
        }
        return nothing;
    };
    let spacing = section.parsed("spacing", "\"poisson\" or \"even\"", |text| match text {
        "poisson" => Some(Spacing::Poisson),
        "even" => Some(Spacing::Even),
        _ => None,
    });
    let spacing = spacing.map_or(Spacing::Poisson, |placed| placed.value);
    let step = section
        .span("step", Duration::from_secs(1)..=LONGEST)
        .unwrap_or(Duration::from_secs(60));
    let per_minute = section.number("per_minute", 0.0..=MOST);
    let profile = section.numbers("profile", 0.0..=MOST);
    let counts = section.text("counts");
    let given = [per_minute.is_some(), profile.is_some(), counts.is_some()];
    if given.iter().filter(|given| **given).count() > 1 {
        section.reject(
            &section.here(()),
            "expected one of per_minute, profile and counts".to_owned(),
        );
    }
    let bursts = read_bursts(&section);
    if !(section.has("per_minute") || section.has("profile") || section.has("counts"))
        && bursts.is_empty()
    {
        section.missing(
            "per_minute",
            "a number of interactions (or profile, counts, bursts)",
        );
    }
    let base = if let Some(profile) = profile.filter(|profile| !profile.is_empty()) {
        Arrivals::profile(&profile, step, spacing)
    } else if let Some(path) = counts {
        let counts = read_counts(&section, &path, source).unwrap_or_default();
        Arrivals::counts(&counts, step, spacing)
    } else {
        Arrivals::constant(per_minute.unwrap_or(0.0), spacing)
    };
    section.finish();
    base.with_bursts(&bursts)
}

fn read_bursts(arrivals: &Section<'_, '_>) -> Vec<Burst> {
    let mut bursts = Vec::new();
    for section in arrivals.sections("bursts") {
        let at = section.span("at", Duration::ZERO..=LONGEST);
        let within = section.span("within", Duration::from_millis(1)..=LONGEST);
        let interactions = section.number("interactions", 0.0..=1e9);
        let every = section.span("every", Duration::from_secs(1)..=LONGEST);
        let times = section.whole("times", 1..=10_000);
        if !section.has("at") || !section.has("interactions") {
            section.missing("at and interactions", "\"5m\" and a number");
        }
        let within = within.unwrap_or(Duration::from_secs(1));
        let (at, interactions) = (at.unwrap_or_default(), interactions.unwrap_or(0.0));
        if times.is_some() && every.is_none() {
            section.missing("every", "a time span from one burst to the next");
        }
        for n in 0..times.unwrap_or(1) {
            bursts.push(Burst {
                at: at + every.unwrap_or_default() * n as u32,
                interactions,
                within,
            });
        }
        section.finish();
    }
    bursts
}

/// A file with a number of interactions for each step, in the last column of each line.
fn read_counts(
    section: &Section<'_, '_>,
    path: &Placed<String>,
    source: &Source<'_>,
) -> Option<Vec<f64>> {
    let text = match (source.read)(&path.value) {
        Ok(text) => text,
        Err(error) => {
            section.reject(path, format!("{}: {error}", path.value));
            return None;
        }
    };
    let mut counts = Vec::new();
    for (at, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let last = line.rsplit([',', ';']).next().unwrap_or(line).trim();
        match last.parse::<f64>() {
            Ok(count) if (0.0..=1e9).contains(&count) && counts.len() < STEPS => counts.push(count),
            // The first line may be a heading.
            _ if at == 0 => {}
            _ => {
                let message = format!(
                    "{}:{}: expected a number of interactions from 0 in the last column, in no more than {STEPS} lines",
                    path.value,
                    at + 1
                );
                section.reject(path, message);
                return None;
            }
        }
    }
    if counts.is_empty() {
        section.reject(path, format!("{}: holds no counts", path.value));
    }
    Some(counts)
}
