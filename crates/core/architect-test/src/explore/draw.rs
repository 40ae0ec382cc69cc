//! Answers drawn by chance, and written down.

mod person;

use super::pool::Pool;
use crate::play::{Reply, World};
use crate::script::{ERROR, Script, Scripted, Table, Turn, own_timeout};
use person::Mood;
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json, json};
use std::time::Duration;
use tollgate_architect::workflow::{Workflow, builtin};
use tollgate_architect::{Answer, Effect, Person};
use tollgate_expression::time::write_date_time;
use tollgate_expression::{Base, Kind, Type};
use tollgate_model::Stream;

/// Items of a collection that is drawn.
const MAX_ITEMS: u8 = 30;

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

    fn text(&mut self) -> String {
        let index = self.below(self.pool.texts.len());
        let text = self.pool.texts[index].clone();
        match self.below(16) {
            // Two at once, as two Contains() ask for.
            0 => {
                let other = self.below(self.pool.texts.len());
                format!("{text} {}", self.pool.texts[other])
            }
            1 => self.number().map_or(text, |number| number.to_string()),
            _ => text,
        }
    }

    /// A number of the workflow's own, every other time and if it has any.
    fn number(&mut self) -> Option<Decimal> {
        if self.below(2) == 0 {
            return None;
        }
        let index = self.below(self.pool.numbers.len());
        self.pool.numbers.get(index).copied()
    }

    /// How many items a collection has: few, or as many as the workflow may ask for.
    fn count(&mut self) -> usize {
        let asked = self.number().and_then(|number| u8::try_from(number).ok());
        match asked {
            Some(count) if count <= MAX_ITEMS => count.into(),
            _ => self.below(4),
        }
    }

    /// A value for something of this name: of some names it is known what they usually hold, or what the workflow
    /// compares them with.
    fn value_of(&mut self, name: &str, kind: Type) -> Json {
        const USUAL: [(&str, &str); 5] = [
            ("conversationid", "3f2a9c1e-7b64-4d1f-9a55-0c8e6d2b4a10"),
            ("ani", "tel:+13175550100"),
            ("phone", "+13175550100"),
            ("email", "jo@example.com"),
            ("name", "Jo Example"),
        ];
        let last = name.rsplit('.').next().unwrap_or_default().to_lowercase();
        let compared = self
            .pool
            .compared
            .get(&last)
            .filter(|texts| !texts.is_empty());
        if let Some(texts) = compared
            && kind == Type::STRING
            && self.below(2) == 0
        {
            let index = self.below(texts.len());
            return json!(texts.iter().nth(index));
        }
        let usual = USUAL.iter().find(|(part, _)| last.contains(part));
        match usual {
            Some((_, text)) if kind == Type::STRING && self.below(4) > 0 => match self.below(4) {
                // A text of the workflow within, as conditions with Contains() ask for.
                0 => json!(format!("{text} {}", self.text())),
                _ => json!(text),
            },
            _ => self.value(kind),
        }
    }

    fn value(&mut self, kind: Type) -> Json {
        if self.below(8) == 0 {
            return Json::Null;
        }
        if kind.collection {
            let count = self.count();
            return (0..count)
                .map(|_| self.value(kind.item()))
                .filter(|v| !v.is_null())
                .collect();
        }
        match kind.base {
            Base::Integer => match self.number() {
                Some(number) if number.fract().is_zero() => json_number(number),
                _ => json!(self.below(5) as i64 - 1),
            },
            Base::Decimal => match self.number() {
                Some(number) => json_number(number),
                None => json!(self.below(50) as f64 / 10.0),
            },
            Base::Boolean => json!(self.below(2) == 0),
            Base::Currency => {
                let code = ["EUR", "USD"][self.below(2)];
                match self.number() {
                    Some(number) => json!(format!("{number}|{code}")),
                    None => json!(format!("{}.50|{code}", self.below(100))),
                }
            }
            Base::DateTime => json!(write_date_time(
                self.script.start - self.below(100_000_000) as i64
            )),
            Base::Duration => json!(tollgate_expression::time::write_duration(
                self.below(1_000_000) as i64
            )),
            Base::Json => {
                let names: Vec<String> = self.pool.properties.iter().cloned().collect();
                let mut object = Map::new();
                for name in names {
                    let value = self.value_of(&name, Type::STRING);
                    object.insert(name, value);
                }
                Json::Object(object)
            }
            Base::Entity(Kind::PhoneNumber) => json!("tel:+13175550100"),
            Base::Entity(kind) => {
                let mut object = Map::new();
                for name in kind.properties() {
                    let property = kind.property(name).unwrap_or(Type::ANY);
                    object.insert(name.to_owned(), self.value_of(name, property));
                }
                Json::Object(object)
            }
            _ => json!(self.text()),
        }
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
            return Reply::After(
                Duration::ZERO,
                Answer::Fails("as the script says".to_owned()),
            );
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

fn json_number(number: Decimal) -> Json {
    let number = number.normalize().to_string().parse();
    number.map_or(Json::Null, Json::Number)
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
