//! `file = "../workflows/x.yaml"`: an Architect workflow, and what the world answers it.

use super::{LONGEST, Source};
use crate::action::ActionId;
use crate::interaction::Behaviour;
use crate::workflow::{Answer, Answers, Does, Draw, Setting, Unfit, WorkflowRuns};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tollgate_architect::{Inputs, Library, Workflow};
use tollgate_architect_test::calls;
use tollgate_settings::{Placed, Section};

/// 2026-01-05T09:00:00Z, a Monday: when the simulated time begins, in the workflow's own calendar.
const START: i64 = 1_767_603_600_000;
/// Who calls, if the scenario doesn't say.
const CALLER: &str = "tel:+13175550100";
/// From a question to a person's answer.
const THINKS: Duration = Duration::from_secs(2);
/// Characters read out in a second: a calm voice.
const SPEECH: u32 = 15;
/// The largest weight of a way.
const MOST_WEIGHT: u32 = 1_000_000;

/// Reads the workflow; none if something about it is wrong, which was reported.
pub(super) fn read(
    section: &Section<'_, '_>,
    source: &Source<'_>,
    actions: &[String],
) -> Option<Behaviour> {
    let path = section.text("file");
    let files = section.texts("library").unwrap_or_default();
    let inputs = read_json(section, "inputs");
    let person = section.texts("person").unwrap_or_default();
    let person = person.iter().map(|text| {
        let (what, weight) = weighted(&text.value);
        (Does::parse(what), weight)
    });
    let mut answers = Answers {
        by_name: BTreeMap::new(),
        person: Draw::new(person.collect()),
        thinks: section
            .span("thinks", Duration::ZERO..=LONGEST)
            .unwrap_or(THINKS),
        speech: section
            .whole("speech", 0..=1_000)
            .map_or(SPEECH, |it| it as u32),
    };
    let declared = section.section("answers").map(|it| it.named_sections());
    let path = path?;
    if section.has("calls") {
        let message = "expected either file or calls: the workflow says what it calls";
        section.reject(&path, message.to_owned());
    }
    let (workflow, mut text) = read_workflow(section, &path, source)?;
    let mut library = Library::new();
    for file in &files {
        let (called, its) = read_workflow(section, file, source)?;
        library.insert(called.name().to_owned(), called);
        text.push_str(&its);
    }
    for (name, answer) in declared.into_iter().flatten() {
        if !text.contains(&name) {
            let message = format!(
                "expected a data action, data table, step or called workflow of {}, which doesn't mention it",
                path.value
            );
            answer.reject(&answer.here(()), message);
        }
        answers.by_name.insert(name, read_answer(&answer));
        answer.finish();
    }
    let actions = called_actions(section, &path, &workflow, &library, actions)?;
    let setting = Setting {
        inputs: begin_with(&workflow, inputs.unwrap_or_default(), library),
        workflow,
        actions,
        answers,
    };
    match WorkflowRuns::new(setting) {
        Ok(runs) => Some(Behaviour::Script(Arc::new(runs))),
        Err(Unfit::Answer(why)) => {
            section.reject(&path, format!("{}: {why}", path.value));
            None
        }
        Err(Unfit::Fails(why)) => {
            let message = format!("{}:{why}; no interaction comes to a good end", path.value);
            section.reject(&path, message);
            None
        }
    }
}

/// A workflow and its text.
fn read_workflow(
    section: &Section<'_, '_>,
    path: &Placed<String>,
    source: &Source<'_>,
) -> Option<(Arc<Workflow>, String)> {
    let text = match (source.read)(&path.value) {
        Ok(text) => text,
        Err(error) => {
            section.reject(path, format!("{}: {error}", path.value));
            return None;
        }
    };
    match Workflow::parse(&text) {
        Ok(workflow) => Some((Arc::new(workflow), text)),
        Err(problems) => {
            for problem in problems.as_slice() {
                section.reject(path, format!("{}:{problem}", path.value));
            }
            None
        }
    }
}

/// The scenario's action for each that the workflow and its library call.
fn called_actions(
    section: &Section<'_, '_>,
    path: &Placed<String>,
    workflow: &Workflow,
    library: &Library,
    actions: &[String],
) -> Option<BTreeMap<String, ActionId>> {
    let mut known = BTreeMap::new();
    let mut complete = true;
    for called in calls(workflow, library) {
        if let Some(at) = actions.iter().position(|name| *name == called.action) {
            known.insert(called.action, ActionId(at as u32));
            continue;
        }
        complete = false;
        let place = called.sites.first().map(|site| format!(":{}", site.place));
        let message = format!(
            "{}{}: calls the data action {:?}; add [[action]] with name = {:?}",
            path.value,
            place.unwrap_or_default(),
            called.action,
            called.action
        );
        section.reject(path, message);
    }
    complete.then_some(known)
}

/// The workflow's own inputs apart from what is known of the interaction.
fn begin_with(workflow: &Workflow, given: Map<String, Json>, library: Library) -> Inputs {
    let own = |name: &str| {
        workflow
            .inputs()
            .any(|(own, _)| own.eq_ignore_ascii_case(name))
    };
    let (variables, mut interaction): (Map<_, _>, Map<_, _>) =
        given.into_iter().partition(|(name, _)| own(name));
    if !interaction
        .keys()
        .any(|name| name.eq_ignore_ascii_case("Call.Ani"))
    {
        interaction.insert("Call.Ani".to_owned(), Json::from(CALLER));
    }
    Inputs {
        variables,
        interaction,
        wall_at_origin: START,
        library: Arc::new(library),
        ..Inputs::default()
    }
}

fn read_answer(section: &Section<'_, '_>) -> Answer {
    let by = section.texts("by").unwrap_or_default();
    let by = by.iter().map(|text| {
        let (path, weight) = weighted(&text.value);
        (path.to_owned(), weight)
    });
    Answer {
        by: Draw::new(by.collect()),
        outputs: read_json(section, "outputs").unwrap_or_default(),
        after: section
            .span("after", Duration::ZERO..=LONGEST)
            .unwrap_or_default(),
    }
}

/// A JSON object in a text.
fn read_json(section: &Section<'_, '_>, key: &'static str) -> Option<Map<String, Json>> {
    let object = section.parsed(
        key,
        "a JSON object in quotes such as '{ \"name\": \"Jo\" }'",
        |text| match tollgate_json::read(text) {
            Ok(Json::Object(object)) => Some(object),
            _ => None,
        },
    );
    object.map(|object| object.value)
}

/// `found 70`: what, and how often in comparison to the others; once if nothing is said.
fn weighted(text: &str) -> (&str, u32) {
    let parts = text.rsplit_once(' ');
    let weight = parts.and_then(|(what, weight)| {
        let weight = weight
            .parse()
            .ok()
            .filter(|weight| (1..=MOST_WEIGHT).contains(weight))?;
        Some((what.trim_end(), weight))
    });
    weight.unwrap_or((text, 1))
}
