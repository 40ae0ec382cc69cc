//! What happened in a run, for people and for programs.

use serde_json::{Value as Json, json};
use std::fmt;
use std::time::Duration;
use tollgate_architect::{Answer, Asked, Effect, Person};

/// One thing that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Since the run's begin.
    pub at: Duration,
    /// What kind of thing: `plays`, `sends`, `calls`, `asks`, …
    pub event: &'static str,
    /// The thing itself.
    pub text: String,
}

/// Everything that happened in a run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Transcript(Vec<Line>);

impl Transcript {
    pub(super) fn push(&mut self, line: Line) {
        self.0.push(line);
    }

    /// In order.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.0
    }

    /// As a list of `{at_ms, event, text}`.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let lines = self.0.iter().map(|line| {
            json!({"at_ms": line.at.as_millis() as u64, "event": line.event, "text": line.text})
        });
        Json::Array(lines.collect())
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.0 {
            let text = line.text.replace('\n', "\\n");
            writeln!(f, "{:>11}  {:<8} {text}", seconds(line.at), line.event)?;
        }
        Ok(())
    }
}

pub(super) fn seconds(span: Duration) -> String {
    format!("{}.{:03}s", span.as_secs(), span.subsec_millis())
}

pub(super) fn asked(effect: &Effect) -> (&'static str, String) {
    match effect {
        Effect::CallData { action, inputs, .. } => (
            "calls",
            format!("{action} {}", Json::Object(inputs.clone())),
        ),
        Effect::Lookup { table, key } => (
            "looks up",
            format!("{} in {table}", key.as_deref().unwrap_or("NOT_SET")),
        ),
        Effect::Person(question) => {
            let what = match &question.kind {
                Asked::Menu(choices) => {
                    let named = choices.iter().map(|(name, key)| match key {
                        Some(key) => format!("{key} {name}"),
                        None => name.to_string(),
                    });
                    format!("a choice: {}", named.collect::<Vec<_>>().join(", "))
                }
                Asked::Digits { min, max } if min == max => match min {
                    1 => "1 digit".to_owned(),
                    _ => format!("{min} digits"),
                },
                Asked::Digits { min, max } => format!("{min} to {max} digits"),
                Asked::Intent(_) => "an intent".to_owned(),
                Asked::Slot(entity) => format!("a value of {entity}"),
                Asked::Boolean => "yes or no".to_owned(),
                Asked::Text => "a text".to_owned(),
            };
            ("asks", what)
        }
        Effect::Transfer { step, inputs, .. } => {
            ("does", format!("{step} {}", Json::Object(inputs.clone())))
        }
        Effect::CallWorkflow {
            workflow, inputs, ..
        } => (
            "runs",
            format!("{workflow} {}", Json::Object(inputs.clone())),
        ),
        Effect::Platform { step, inputs, .. } => {
            ("asks", format!("{step} {}", Json::Object(inputs.clone())))
        }
    }
}

pub(super) fn answered(answer: &Answer) -> (&'static str, String) {
    match answer {
        Answer::Path { path, outputs } if outputs.is_empty() => ("answer", path.clone()),
        Answer::Path { path, outputs } => (
            "answer",
            format!("{path} {}", Json::Object(outputs.clone())),
        ),
        Answer::Fails(why) => ("answer", format!("error {why}")),
        Answer::NotHere => ("answer", "nobody's".to_owned()),
        Answer::Person(person) => (
            "person",
            match person {
                Person::Presses(keys) => format!("presses {keys}"),
                Person::Says(text) => format!("says {text}"),
                Person::Means { intent, slots } if slots.is_empty() => format!("means {intent}"),
                Person::Means { intent, slots } => format!("means {intent} {}", json!(slots)),
                Person::Learns(text) => format!("learns {text}"),
                Person::IsSilent => "is silent".to_owned(),
                Person::WantsAgent => "wants an agent".to_owned(),
                Person::HangsUp => "hangs up".to_owned(),
            },
        ),
    }
}
