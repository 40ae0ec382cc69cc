//! A script's file, read.

mod person;

use super::{Expect, Script, Scripted, Table};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_architect::yaml::{self, Entry, Node};
use tollgate_architect::{Problems, Substitutions};
use tollgate_expression::did_you_mean;
use tollgate_expression::time::{read_date_time, read_duration};

/// Keys of a script, with blanks between them.
const KEYS: &str = "\
    workflow set library start seed speech inputs interaction participant ids person events \
    answers tables expect";

/// What `workflow` was called before.
const OLD_WORKFLOW: &str = "flow";

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// Everything wrong with it, each with its place.
    pub fn parse(text: &str) -> Result<Script, Problems> {
        let mut problems = Problems::default();
        let Some(mut document) = yaml::parse(text, &Substitutions::new(), &mut problems) else {
            return Err(problems);
        };
        let mut reader = Reader { problems };
        reader.rename(&mut document.root);
        let mut script = reader.script(&document.root);
        reader.problems.sort();
        if reader.problems.has_errors() {
            return Err(reader.problems);
        }
        script.warnings = reader.problems;
        Ok(script)
    }
}

struct Reader {
    problems: Problems,
}

impl Reader {
    /// Gives keys with an old name their new one.
    fn rename(&mut self, root: &mut Node) {
        let yaml::Kind::Map(entries) = &mut root.kind else {
            return;
        };
        for entry in entries.iter_mut().filter(|entry| entry.key == OLD_WORKFLOW) {
            let message = format!("`{OLD_WORKFLOW}` is called `workflow` now");
            self.problems.warn(entry.place, message, "rename it");
            entry.key = "workflow".to_owned();
        }
    }

    fn script(&mut self, root: &Node) -> Script {
        let mut script = Script::default();
        self.known(root, KEYS);
        match root.text_of("workflow") {
            Some(workflow) => workflow.clone_into(&mut script.workflow),
            None => self.problems.error(
                root.place,
                "`workflow` is missing",
                "the workflow's file, from the script's folder",
            ),
        }
        script.set = self.texts(root.get("set"));
        let library = root.items_of("library").iter().filter_map(Node::text);
        script.library = library.map(str::to_owned).collect();
        if let Some(start) = root.get("start") {
            match start.text().and_then(read_date_time) {
                Some(millis) => script.start = millis,
                None => self.problems.error(
                    start.place,
                    "not a date and time",
                    "as 2026-01-31T23:59:59Z",
                ),
            }
        }
        script.seed = self.number(root.get("seed")).unwrap_or(script.seed);
        if let Some(speech) = self.number(root.get("speech")) {
            script.speech = u32::try_from(speech).unwrap_or(u32::MAX);
        }
        script.inputs = self.object(root.get("inputs"));
        script.interaction = self.object(root.get("interaction"));
        script.participant = self.texts(root.get("participant"));
        script.ids = self.texts(root.get("ids"));
        for item in root.items_of("person") {
            script.person.extend(self.turn(item));
        }
        for item in root.items_of("events") {
            script.events.extend(self.event(item));
        }
        script.events.sort_by_key(|(after, _)| *after);
        for entry in root.entries_of("answers") {
            let answers = self.answers(entry);
            script.answers.insert(entry.key.clone(), answers);
        }
        for entry in root.entries_of("tables") {
            let table = self.table(&entry.value);
            script.tables.insert(entry.key.clone(), table);
        }
        if let Some(expect) = root.get("expect") {
            script.expect = self.expect(expect);
        }
        script
    }

    /// The answers under a name: a list of them, or one alone.
    fn answers(&mut self, entry: &Entry) -> Vec<Scripted> {
        let list = match &entry.value.kind {
            yaml::Kind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(&entry.value),
        };
        let answers: Vec<Scripted> = list.iter().filter_map(|node| self.answer(node)).collect();
        if answers.is_empty() {
            self.problems
                .error(entry.place, "no answer is given", "such as success: {…}");
        }
        answers
    }

    fn table(&mut self, node: &Node) -> Table {
        self.known(node, "rows fails after");
        let fails = node.boolean_of("fails").unwrap_or(false);
        let after = self.after(node);
        let rows = node.entries_of("rows").iter();
        let rows = rows.map(|row| (row.key.clone(), self.object(Some(&row.value))));
        Table {
            rows: rows.collect(),
            fails,
            after,
        }
    }

    fn expect(&mut self, node: &Node) -> Expect {
        self.known(node, "end calls variables participant");
        let mut calls = BTreeMap::new();
        for entry in node.entries_of("calls") {
            let count = self.number(Some(&entry.value)).unwrap_or(0);
            calls.insert(entry.key.clone(), u32::try_from(count).unwrap_or(u32::MAX));
        }
        Expect {
            end: node.text_of("end").map(str::to_owned),
            calls,
            variables: self.object(node.get("variables")),
            participant: self.texts(node.get("participant")),
        }
    }

    /// Refuses keys that aren't among these, which have blanks between them.
    fn known(&mut self, node: &Node, keys: &str) {
        let keys = keys.split_whitespace();
        for entry in node.entries() {
            if !keys.clone().any(|key| key == entry.key) {
                let help = did_you_mean(&entry.key, keys.clone());
                let message = format!("`{}` isn't known here", entry.key);
                self.problems.error(entry.place, message, help);
            }
        }
    }

    fn number(&mut self, node: Option<&Node>) -> Option<u64> {
        let node = node?;
        let number = node.text().and_then(|text| text.parse().ok());
        if number.is_none() {
            self.problems.error(node.place, "not a whole number", "");
        }
        number
    }

    fn object(&mut self, node: Option<&Node>) -> Map<String, Json> {
        match node.map(|node| (node, node.to_json())) {
            None | Some((_, Json::Null)) => Map::new(),
            Some((_, Json::Object(object))) => object,
            Some((node, _)) => {
                let message = format!("a mapping expected, not {}", node.what());
                self.problems.error(node.place, message, "");
                Map::new()
            }
        }
    }

    fn texts(&mut self, node: Option<&Node>) -> BTreeMap<String, String> {
        let mut texts = BTreeMap::new();
        for entry in node.map(Node::entries).unwrap_or_default() {
            match entry.value.text() {
                Some(text) => {
                    texts.insert(entry.key.clone(), text.to_owned());
                }
                None => self
                    .problems
                    .error(entry.place, format!("`{}` is no text", entry.key), ""),
            }
        }
        texts
    }

    fn after(&mut self, node: &Node) -> Duration {
        let Some(after) = node.get("after") else {
            return Duration::ZERO;
        };
        let span = after.text().and_then(span);
        if span.is_none() {
            self.problems
                .error(after.place, "not a span of time", "as 200ms, 3s or PT1M");
        }
        span.unwrap_or_default()
    }

    fn answer(&mut self, node: &Node) -> Option<Scripted> {
        let after = self.after(node);
        let row = node.text_of("row").map(str::to_owned);
        let paths = node.entries().iter();
        let mut paths = paths.filter(|entry| !matches!(entry.key.as_str(), "after" | "row"));
        let Some(entry) = paths.next() else {
            self.problems.error(
                node.place,
                "no answer",
                "such as success: {…}, failure: {…} or timeout: true",
            );
            return None;
        };
        if let Some(other) = paths.next() {
            let message = format!("`{}` beside `{}`", other.key, entry.key);
            self.problems
                .error(other.place, message, "one answer an entry");
        }
        let outputs = match &entry.value.kind {
            yaml::Kind::Map(_) => self.object(Some(&entry.value)),
            _ => Map::new(),
        };
        Some(Scripted {
            path: entry.key.clone(),
            outputs,
            after,
            row,
        })
    }
}

/// `200ms`, `3s`, `2m`, `1h` or ISO 8601.
fn span(text: &str) -> Option<Duration> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let millis = match &text[end..] {
        _ if end == 0 => u64::try_from(read_duration(text)?).ok()?,
        unit => {
            let unit = match unit {
                "ms" => 1,
                "s" => 1000,
                "m" => 60_000,
                "h" => 3_600_000,
                _ => return None,
            };
            text[..end].parse::<u64>().ok()?.checked_mul(unit)?
        }
    };
    Some(Duration::from_millis(millis))
}
