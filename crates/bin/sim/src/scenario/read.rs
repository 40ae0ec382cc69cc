//! From a file to a [`Scenario`]; every field is described in `docs/planning.md`.

mod actions;
mod flows;
mod limits;
mod nodes;
mod workflow;

use super::service::Service;
use super::understood::Understood;
use super::{Client, Outage, Scenario, ServiceTables};
use crate::policy::Kind;
use std::sync::Arc;
use std::time::Duration;
use tollgate_platform::{Faults, file};
use tollgate_settings::{Listing, Problem, Section, unique_name};

/// The longest time that may be simulated: a year.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// Where a text comes from, and how it reaches files that it names.
pub struct Source<'a> {
    /// How errors call the file.
    pub file: &'a str,
    /// Reads a file by its path as written, relative to the scenario.
    pub read: &'a dyn Fn(&str) -> std::io::Result<String>,
}

/// Why there is no scenario.
#[derive(Debug, thiserror::Error)]
#[error("{}", Listing { file, problems })]
pub struct ScenarioError {
    /// As it was given.
    pub file: String,
    /// All that is wrong, in the order of the file.
    pub problems: Vec<Problem>,
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// Something in it is wrong; all that was found is listed, with places.
    pub fn parse(text: &str, source: &Source<'_>) -> Result<Self, ScenarioError> {
        parse(text, source, None)
    }

    /// Reads the workload of a service, whose limits, clients, flows and actions are those of its own files.
    /// Also gives what of them can't be simulated, a line for each.
    ///
    /// # Errors
    /// As [`Scenario::parse`], and where the scenario says what the service's files say.
    pub fn parse_for(
        text: &str,
        source: &Source<'_>,
        service: &Service<'_>,
    ) -> Result<(Self, Vec<String>), ScenarioError> {
        let known = Known {
            service: *service,
            understood: Understood::of(service.config),
        };
        let scenario = parse(text, source, Some(&known))?;
        Ok((scenario, known.understood.in_part))
    }
}

/// A service, and what its configuration comes to.
struct Known<'a> {
    service: Service<'a>,
    understood: Understood,
}

fn parse(
    text: &str,
    source: &Source<'_>,
    known: Option<&Known<'_>>,
) -> Result<Scenario, ScenarioError> {
    let read = |root: &Section<'_, '_>| read(root, source, known);
    tollgate_settings::read(text, read).map_err(|problems| ScenarioError {
        file: source.file.to_owned(),
        problems,
    })
}

fn read(root: &Section<'_, '_>, source: &Source<'_>, known: Option<&Known<'_>>) -> Scenario {
    let text = |key| root.text(key).map(|text| text.value).unwrap_or_default();
    let (name, about) = (text("name"), text("about"));
    let seed = root.whole("seed", 0..=u64::from(u32::MAX)).unwrap_or(1);
    let replications = root.whole("replications", 1..=1_000).unwrap_or(5);
    let warm_up = root.span("warm_up", Duration::ZERO..=LONGEST);
    let duration = root.span("duration", Duration::from_millis(1)..=LONGEST);
    let nodes = nodes::read(root);
    let limits = limits::read(root, known);
    let clients = read_clients(root, known);
    let actions = actions::read(root, source, known);
    let names: Vec<String> = actions.iter().map(|action| action.name.clone()).collect();
    let flows = flows::read(root, source, (&names, &limits, &nodes), known);
    if actions.iter().any(|action| action.token) && clients.is_empty() {
        root.missing(
            "client",
            "a table [[client]] with name and tokens, for actions with a token",
        );
    }
    let mut scenario = Scenario {
        name: if name.is_empty() {
            source.file.to_owned()
        } else {
            name
        },
        about: about.trim().to_owned(),
        seed,
        replications: replications as u32,
        warm_up: warm_up.unwrap_or(Duration::from_secs(120)),
        duration: duration.unwrap_or(Duration::from_secs(600)),
        limits,
        service: known
            .map(|known| Arc::new(ServiceTables::new(known.service.config, &known.understood))),
        upstream: None,
        reads: None,
        policy: known.map_or_else(Default::default, |it| {
            it.service.config.engine.policy.clone()
        }),
        clients,
        actions,
        flows,
        outages: read_outages(root),
        nodes,
        policies: read_policies(root),
        replay: None,
    };
    scenario.upstream = root.section("upstream").map(|section| {
        nodes::check_upstream(&section, &scenario.nodes);
        let upstream = file::limits_and_others(&section, scenario.believed());
        section.finish();
        upstream
    });
    scenario
}

fn read_clients(root: &Section<'_, '_>, known: Option<&Known<'_>>) -> Vec<Client> {
    if let Some(known) = known {
        root.refuse("client", || known.service.says("client[1]"));
        return known.understood.clients.clone();
    }
    let mut taken = Vec::new();
    let clients = root.sections("client").into_iter().map(|section| {
        let name = unique_name(&section, "name", &mut taken);
        let tokens = section.whole("tokens", 1..=10_000).unwrap_or(1) as u32;
        section.finish();
        Client { name, tokens }
    });
    clients.collect()
}

fn read_outages(root: &Section<'_, '_>) -> Vec<Outage> {
    let outages = root.sections("outage").into_iter().map(|section| {
        let span = |key| {
            let span = section.span(key, Duration::ZERO..=LONGEST);
            if !section.has(key) {
                section.missing(key, "a time span such as \"5m\"");
            }
            span.unwrap_or_default()
        };
        let percent = |key| section.whole(key, 0..=100).unwrap_or(0) as u8;
        let outage = Outage {
            at: span("at"),
            lasts: span("lasts"),
            faults: Faults {
                unavailable_percent: percent("unavailable_percent"),
                dropped_percent: percent("dropped_percent"),
                slow_percent: percent("slow_percent"),
            },
        };
        section.finish();
        outage
    });
    outages.collect()
}

fn read_policies(root: &Section<'_, '_>) -> Vec<Kind> {
    let Some(texts) = root.texts("policies") else {
        return Kind::ALL.to_vec();
    };
    let words: Vec<String> = Kind::ALL
        .iter()
        .map(|kind| kind.as_str().to_owned())
        .collect();
    let kinds = texts.iter().filter_map(|text| {
        let at = tollgate_settings::resolve(root, text, "policy", &words)?;
        Kind::ALL.get(at as usize).copied()
    });
    let kinds: Vec<_> = kinds.collect();
    if kinds.is_empty() {
        Kind::ALL.to_vec()
    } else {
        kinds
    }
}
