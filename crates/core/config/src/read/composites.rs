//! `[[composite]]`: actions whose answers are made of other actions' answers, by a list of calls or by a workflow.
//!
//! A workflow's own variables say what the composite takes and gives, so nothing of the list stands beside it.
//!
//! What a value is taken from is a JSONPath, in the dialect of translation maps, over one document of the inputs and
//! the answers: `{input: …, user: …}`. A path begins with `$.` and the name of one of these, which says what
//! has to be there before it is read; so it may speak of no second one, and what is read is that one alone.
//! A call reads earlier calls alone, so that none can wait for itself.

use crate::composite::{
    Composite, CompositeBy, CompositeCall, CompositeCalls, CompositeOutput, Feed, Origin,
};
use crate::{Integration, did_you_mean};
use serde_json::Value;
use std::time::Duration;
use tollgate_jsonpath::{DeadEnd, Path};
use tollgate_settings::{Placed, Section, resolve, unique_name};

/// Composites in one file.
const MOST: usize = 1_000;
/// Calls of one composite.
const MOST_CALLS: usize = 16;
/// The longest that a composite may take, and how long it may if the file doesn't say: as for an action.
const LONGEST: Duration = Duration::from_secs(60);
/// What paths call the composite's inputs.
const INPUT: &str = "input";
/// What names the workflow that makes the answer, in the place of a list of calls.
const WORKFLOW: &str = "workflow";

pub(super) fn read(root: &Section<'_, '_>, integrations: &[Integration]) -> Vec<Composite> {
    let integrations: Vec<_> = integrations.iter().map(|it| it.name.clone()).collect();
    let mut composites: Vec<Composite> = Vec::new();
    for section in root.sections("composite") {
        let composite = composite(&section, &integrations);
        let same =
            |it: &Composite| it.name == composite.name && it.integration == composite.integration;
        if composites.iter().any(same) && !composite.name.is_empty() {
            let message = format!(
                "expected a name of its own, found {:?} of {:?} a second time",
                composite.name, composite.integration
            );
            section.reject(&section.here(()), message);
        }
        if composites.len() == MOST {
            let message = format!("expected at most {MOST} composites");
            section.reject(&section.here(()), message);
            section.finish();
            break;
        }
        composites.push(composite);
        section.finish();
    }
    composites
}

fn composite(section: &Section<'_, '_>, integrations: &[String]) -> Composite {
    let name = section.needed("name", "\"NAME\"");
    let integration = section.needed("integration", "\"NAME of an integration\"");
    if let Some(integration) = &integration {
        resolve(section, integration, "integration", integrations);
    }
    let timeout = section.span("timeout", Duration::from_millis(1)..=LONGEST);
    let integration = integration.map_or(String::new(), |it| it.value);
    let by = if section.has(WORKFLOW) {
        CompositeBy::Workflow(workflow(section))
    } else {
        let calls = calls(section, &integration, integrations);
        let names: Vec<_> = calls.iter().map(|call| call.name.as_str()).collect();
        let outputs = outputs(section, &names);
        CompositeBy::Calls(CompositeCalls { calls, outputs })
    };
    Composite {
        name: name.map_or(String::new(), |it| it.value),
        integration,
        timeout: timeout.unwrap_or(LONGEST),
        by,
    }
}

/// The name of the workflow, beside which nothing of a list of calls may stand.
fn workflow(section: &Section<'_, '_>) -> String {
    for (key, says) in [
        ("call", "it calls what its steps call"),
        ("outputs", "it gives its output variables"),
        ("defaults", "a default is a variable's first value"),
    ] {
        let message = || format!("can't stand beside workflow: {says}; leave one of them out");
        section.refuse(key, message);
    }
    let name = section.needed(WORKFLOW, "\"NAME of a workflow\"");
    name.map_or(String::new(), |it| it.value)
}

/// `[[composite.call]]`.
fn calls(composite: &Section<'_, '_>, own: &str, integrations: &[String]) -> Vec<CompositeCall> {
    let mut calls: Vec<CompositeCall> = Vec::new();
    let mut taken = vec![INPUT.to_owned()];
    let sections = composite.sections("call");
    if sections.is_empty() {
        composite.missing(
            "call",
            "a table: without [[composite.call]] it calls nothing; or workflow = \"NAME\", which it runs",
        );
    }
    for (at, section) in sections.into_iter().enumerate() {
        if at == MOST_CALLS {
            let message = format!("expected at most {MOST_CALLS} calls of one composite");
            section.reject(&section.here(()), message);
        }
        let name = unique_name(&section, "as", &mut taken);
        let is_name = |it: &Placed<String>| it.value.chars().all(is_letter);
        if let Some(placed) = section.text("as").filter(|it| !is_name(it)) {
            let message = format!(
                "expected letters, digits and `_`, found {:?}: paths begin with it, as in $.user.name",
                placed.value
            );
            section.reject(&placed, message);
        }
        let integration = section.text("integration");
        if let Some(integration) = &integration {
            resolve(&section, integration, "integration", integrations);
        }
        let earlier: Vec<_> = calls.iter().map(|call| call.name.as_str()).collect();
        let inputs = section.section("inputs").map_or(Vec::new(), |inputs| {
            let read = |(name, placed): (String, Placed<Value>)| {
                Some((name, feed(&inputs, &placed, &earlier)?))
            };
            let values = inputs.named_values();
            values.into_iter().filter_map(read).collect()
        });
        let action = section.needed("action", "\"NAME of an action\"");
        calls.push(CompositeCall {
            name,
            integration: integration.map_or(own.to_owned(), |it| it.value),
            action: action.map_or(String::new(), |it| it.value),
            inputs,
            optional: section.flag("optional").unwrap_or(false),
        });
        section.finish();
    }
    calls
}

/// `outputs` and `defaults`.
fn outputs(composite: &Section<'_, '_>, calls: &[&str]) -> Vec<CompositeOutput> {
    let defaults = composite.section("defaults");
    let mut defaults = defaults.map_or(Vec::new(), |section| section.named_values());
    let mut outputs = Vec::new();
    let mut names = Vec::new();
    if let Some(section) = composite.section("outputs") {
        for (name, placed) in section.named_values() {
            names.push(name.clone());
            let default = defaults.iter().position(|(of, _)| *of == name);
            let default = default.map(|at| defaults.swap_remove(at).1.value);
            if let Some(feed) = feed(&section, &placed, calls) {
                outputs.push(CompositeOutput {
                    name,
                    feed,
                    default,
                });
            }
        }
    }
    if names.is_empty() {
        let expected = "{ name = \"$.user.name\" }: without outputs it answers nothing";
        composite.missing("outputs", expected);
    }
    for (name, placed) in defaults {
        let meant = did_you_mean(&name, names.iter().map(String::as_str));
        composite.reject(&placed, format!("there is no output {name:?}{meant}"));
    }
    outputs
}

/// What a value is taken from: a text that begins with `$` is a path, and all else stands for itself; `$$` at the
/// begin of a text is a `$`.
fn feed(section: &Section<'_, '_>, placed: &Placed<Value>, calls: &[&str]) -> Option<Feed> {
    let Some(text) = placed.value.as_str().filter(|text| text.starts_with('$')) else {
        return Some(Feed::Constant(placed.value.clone()));
    };
    if text.starts_with("$$") {
        return Some(Feed::Constant(text[1..].into()));
    }
    let feed = path(text, calls);
    feed.map_err(|message| section.reject(placed, message)).ok()
}

/// The path of a text that begins with `$`.
fn path(text: &str, calls: &[&str]) -> Result<Feed, String> {
    let example = "expected a path such as $.input.userId or $.user.name, or a text that begins with $$ for a $";
    let Some(named) = text.strip_prefix("$.") else {
        return Err(format!("{example}; found {text:?}"));
    };
    let end = named.find(|c: char| !is_letter(c)).unwrap_or(named.len());
    let (name, rest) = named.split_at(end);
    if name.is_empty() || !(rest.is_empty() || rest.starts_with(['.', '['])) {
        return Err(format!("{example}; found {text:?}"));
    }
    let from = if name == INPUT {
        Origin::Input
    } else {
        let at = calls.iter().position(|call| *call == name);
        let names = || std::iter::once(INPUT).chain(calls.iter().copied());
        Origin::Call(at.ok_or_else(|| {
            let meant = did_you_mean(name, names());
            let known = names().collect::<Vec<_>>().join(", ");
            format!("no earlier call is called {name:?}; there are: {known}{meant}")
        })?)
    };
    if rest.contains('$') {
        return Err(format!(
            "{text:?} has a second $; a path reads the inputs or one call's answer, and nothing else"
        ));
    }
    let path = Path::compile(&format!("${rest}"));
    let path = path.map_err(|error| {
        let at = error.offset + 1 + "$.".len() + name.len() - "$".len();
        format!("{text:?} is no path: at character {at}: {}", error.message)
    })?;
    match path.dead_end() {
        None => Ok(Feed::Path { from, path }),
        Some(DeadEnd::UnknownFunction(name)) => Err(format!(
            "{text:?} finds nothing: there is no function {name}"
        )),
        Some(DeadEnd::BehindFunction(name)) => Err(format!(
            "{text:?} finds nothing: nothing can follow the function {name}"
        )),
    }
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
