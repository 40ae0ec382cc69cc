//! Answers drawn by chance, and written down.

mod person;
mod value;

use super::pool::Pool;
use crate::play::{Reply, World};
use crate::script::{ERROR, Script, Scripted, Table, Turn, failing, own_timeout};
use person::Mood;
use serde_json::{Map, Value as Json};
use std::time::Duration;
use tollgate_architect::workflow::{Workflow, builtin};
use tollgate_architect::{Answer, Effect, Person};
use tollgate_expression::Type;
use tollgate_model::Stream;

pub(super) struct Drawer<'a> {
    pool: &'a Pool,
    random: Stream,
    script: Script,
    mood: Mood,
}

impl<'a> Drawer<'a> {
    pub(super) fn new(pool: &'a Pool, seed: u64, base: &Script) -> Drawer<'a> {
        Drawer {
            pool,
            random: Stream::new(seed),
            script: base.clone(),
            mood: Mood::Willing,
        }
    }

    /// One of so many; the first if there is none.
    fn below(&mut self, bound: usize) -> usize {
        (self.random.next() % bound.max(1) as u64) as usize
    }

    /// The script with its inputs drawn.
    pub(super) fn begin(&mut self, workflow: &Workflow) -> Script {
        self.mood = self.some_mood();
        for (name, kind) in workflow.inputs() {
            let value = self.value_of(name, kind);
            if !value.is_null() {
                self.script.inputs.insert(name.to_owned(), value);
            }
        }
        for name in &self.pool.participant {
            if let Json::String(text) = self.value_of(name, Type::STRING) {
                self.script.participant.insert(name.clone(), text);
            }
        }
        for name in &self.pool.builtins {
            // The session's are learned in the run; a called workflow may use what this one hasn't.
            let Ok((known, "")) = builtin(name, workflow.kind()) else {
                continue;
            };
            if known.name.starts_with("Session.") {
                continue;
            }
            let value = self.value_of(name, known.kind);
            if !value.is_null() && !name.starts_with("flow.") {
                self.script.interaction.insert(name.clone(), value);
            }
        }
        self.script.clone()
    }

    /// What was drawn.
    pub(super) fn written(&self) -> Script {
        self.script.clone()
    }

    fn outputs(&mut self, name: &str, path: &str) -> Map<String, Json> {
        let known: Vec<_> = self
            .pool
            .outputs
            .get(name)
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        let mut outputs = Map::new();
        for (on, output, kind) in known {
            // An output for any path is what was found.
            let wanted = on == path || on.is_empty() && !matches!(path, "failure" | "notFound");
            let value = self.value_of(&output, kind);
            if wanted && !value.is_null() {
                outputs.insert(output, value);
            }
        }
        outputs
    }

    fn reply_by(&mut self, name: &str, paths: &[&str]) -> Reply {
        if self.pool.fails && self.below(12) == 0 {
            self.write(name, ERROR, Map::new(), Duration::ZERO);
            return Reply::After(Duration::ZERO, failing());
        }
        let index = self.below(paths.len() + 1).saturating_sub(1);
        let path = paths[index];
        let outputs = self.outputs(name, path);
        let after = Duration::from_millis(50 * self.below(20) as u64);
        self.write(name, path, outputs.clone(), after);
        Reply::After(after, Answer::with(path, outputs))
    }

    /// Writes an answer down.
    fn write(&mut self, name: &str, path: &str, outputs: Map<String, Json>, after: Duration) {
        let answers = self.script.answers.entry(name.to_owned()).or_default();
        answers.push(Scripted {
            path: path.to_owned(),
            outputs,
            after,
            row: None,
        });
    }

    fn look_up(&mut self, table: &str, key: Option<&str>) -> Reply {
        let known = self.script.tables.contains_key(table);
        if !known {
            let fails = self.below(6) == 0;
            let table_facts = Table {
                fails,
                ..Table::default()
            };
            self.script.tables.insert(table.to_owned(), table_facts);
        }
        if let Some(key) = key
            && self.below(3) > 0
            && !self.script.tables[table].rows.contains_key(key)
            && !known
        {
            let row = self.outputs(table, "found");
            if let Some(facts) = self.script.tables.get_mut(table) {
                facts.rows.insert(key.to_owned(), row);
            }
        }
        let facts = &self.script.tables[table];
        let row = key.and_then(|key| facts.rows.get(key));
        let answer = match row {
            _ if facts.fails => Answer::path("failure"),
            Some(row) => Answer::with("found", row.clone()),
            None => Answer::path("notFound"),
        };
        Reply::After(Duration::ZERO, answer)
    }
}

impl World for Drawer<'_> {
    fn reply(&mut self, effect: &Effect) -> Result<Reply, String> {
        Ok(match effect {
            Effect::CallData { action, .. } => {
                own_timeout(self.reply_by(action, &["success", "failure", "timeout"]))
            }
            Effect::Lookup { table, key } => self.look_up(table, key.as_deref()),
            Effect::CallWorkflow { workflow, .. } => {
                self.reply_by(workflow, &["success", "failure"])
            }
            Effect::Transfer { step, paths, .. } | Effect::Platform { step, paths, .. } => {
                let paths: Vec<&str> = paths.iter().map(|path| &**path).collect();
                self.reply_by(step, &paths)
            }
            Effect::Person(question) => {
                let does = self.person(&question.kind);
                let after = Duration::from_millis(500 + 100 * self.below(20) as u64);
                let after = if does == Person::IsSilent {
                    Duration::ZERO
                } else {
                    after
                };
                self.script.person.push(Turn {
                    after,
                    does: does.clone(),
                });
                match does {
                    Person::IsSilent => Reply::Never,
                    does => Reply::After(after, Answer::Person(does)),
                }
            }
        })
    }
}
