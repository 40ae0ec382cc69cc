//! A script as a world: what it answers to a run's effects.

use super::{Script, Scripted, Table, Turn};
use crate::play::{Reply, World};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_architect::{Answer, Duty, Effect, Happening, Person};

/// The answer in a script that makes a step fail.
pub(crate) const ERROR: &str = "error";

/// What is answered there.
pub(crate) fn failing() -> Answer {
    Answer::Fails("as the script says".to_owned())
}

/// Answers as a script says. Keep it for several runs, and its tables live on.
#[derive(Clone, Debug)]
pub struct ScriptWorld {
    events: Vec<(Duration, Happening)>,
    person: Vec<Turn>,
    next_turn: usize,
    answers: BTreeMap<String, Vec<Scripted>>,
    given: BTreeMap<String, usize>,
    /// The tables as they are now.
    pub tables: BTreeMap<String, Table>,
}

impl ScriptWorld {
    /// A world for a run of this script.
    #[must_use]
    pub fn new(script: &Script) -> ScriptWorld {
        ScriptWorld {
            events: script.events.clone(),
            person: script.person.clone(),
            next_turn: 0,
            answers: script.answers.clone(),
            given: BTreeMap::new(),
            tables: script.tables.clone(),
        }
    }

    /// Turns of the person that no question used.
    #[must_use]
    pub fn unused_turns(&self) -> usize {
        self.person.len().saturating_sub(self.next_turn)
    }

    /// The scripted answer for a name: the next of its list, or the last again.
    fn scripted(&mut self, name: &str) -> Option<Scripted> {
        let list = self.answers.get(name)?;
        let given = self.given.entry(name.to_owned()).or_insert(0);
        let answer = list.get(*given).or(list.last())?.clone();
        *given += 1;
        Some(answer)
    }

    fn reply(&mut self, name: &str, inputs: &Map<String, Json>) -> Option<Reply> {
        let scripted = self.scripted(name)?;
        if let Some(table) = scripted.row {
            let mut row = inputs.clone();
            let key = match row.shift_remove("key") {
                Some(Json::String(key)) => key,
                Some(other) => other.to_string(),
                None => String::new(),
            };
            self.tables.entry(table).or_default().rows.insert(key, row);
        }
        let answer = match scripted.path.as_str() {
            ERROR => failing(),
            path => Answer::with(path, scripted.outputs),
        };
        Some(Reply::After(scripted.after, answer))
    }
}

impl World for ScriptWorld {
    fn events(&self) -> Vec<(Duration, Happening)> {
        self.events.clone()
    }

    fn reply(&mut self, effect: &Effect) -> Result<Reply, String> {
        let missing = |what: &str, name: &str, example: Json| {
            format!(
                "the script has no answer for {what} `{name}`; under answers, such as {}",
                json!({name: [example]})
            )
        };
        match effect {
            Effect::CallData { action, inputs, .. } => self
                .reply(action, inputs)
                .map(own_timeout)
                .ok_or_else(|| missing("the data action", action, json!({"success": {}}))),
            Effect::Lookup { table, key } => {
                let Some(found) = self.tables.get(&**table) else {
                    return Err(format!(
                        "the script has no data table `{table}`; under tables: {{{table}: {{rows: {{}}}}}}"
                    ));
                };
                let row = key.as_ref().and_then(|key| found.rows.get(&**key));
                let answer = match row {
                    _ if found.fails => Answer::path("failure"),
                    Some(row) => Answer::with("found", row.clone()),
                    None => Answer::path("notFound"),
                };
                Ok(Reply::After(found.after, answer))
            }
            Effect::Person(_) => {
                let Some(turn) = self.person.get(self.next_turn) else {
                    return Ok(Reply::Never);
                };
                self.next_turn += 1;
                if turn.does == Person::IsSilent {
                    return Ok(Reply::Never);
                }
                Ok(Reply::After(turn.after, Answer::Person(turn.does.clone())))
            }
            Effect::Transfer { step, inputs, .. } => Ok(self
                .reply(step, inputs)
                .unwrap_or_else(|| Reply::After(Duration::ZERO, Answer::path("success")))),
            Effect::CallWorkflow {
                workflow, inputs, ..
            } => self
                .reply(workflow, inputs)
                .ok_or_else(|| missing("the workflow", workflow, json!({"success": {}}))),
            Effect::Platform {
                step,
                inputs,
                paths,
                duty,
            } => {
                let first = paths.first().map_or("success", |path| path);
                self.reply(step, inputs)
                    .or(unasked(*duty, first))
                    .ok_or_else(|| missing("the step", step, json!({first: {}})))
            }
        }
    }
}

/// What becomes of a step that a script doesn't mention; none where it must.
fn unasked(duty: Duty, first: &str) -> Option<Reply> {
    let answer = match duty {
        Duty::Answer => return None,
        Duty::Tell => Answer::path(first),
        Duty::Vendor => Answer::NotHere,
    };
    Some(Reply::After(Duration::ZERO, answer))
}

/// A data action whose time is over doesn't answer: the run's own clock leads to the step's `timeout`.
pub(crate) fn own_timeout(reply: Reply) -> Reply {
    match reply {
        Reply::After(_, Answer::Path { path, .. }) if path == "timeout" => Reply::Never,
        reply => reply,
    }
}
