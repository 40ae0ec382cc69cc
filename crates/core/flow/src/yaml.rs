//! YAML with a place for every node, and mustache placeholders.
//!
//! Archy files in repositories are often templates: `name: {{flow_name}}`, to be filled in by the
//! deployment. Such a placeholder is itself YAML (a mapping within a mapping), so it is disguised
//! before parsing and restored in the scalars: with the value given for it, or as it was written.
//! Every place stays the one in the file.

mod build;

use crate::place::{Place, Problems};
use saphyr_parser::Parser;
use std::collections::BTreeMap;

/// Nodes of one file, aliases counted as often as they are used.
const MAX_NODES: usize = 200_000;
/// Nesting of one file.
const MAX_DEPTH: usize = 200;
/// Characters of one file.
const MAX_CHARACTERS: usize = 8 * 1024 * 1024;

const OPEN: char = '\u{E000}';
const CLOSE: char = '\u{E001}';

/// Values for placeholders, by name.
pub type Substitutions = BTreeMap<String, String>;

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Scalar {
        text: String,
        plain: bool,
        /// Place of each character of the text and of its end, where known; else empty.
        places: Vec<Place>,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) value: Node,
}

/// A parsed file: its root, and the placeholders nobody gave a value for.
pub(crate) struct Document {
    pub(crate) root: Node,
    pub(crate) unfilled: BTreeMap<String, Place>,
}

impl Node {
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries()
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
    }

    /// The text of a scalar; none for a null.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } if !self.is_null() => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, plain: true, .. }
            if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    pub(crate) fn boolean(&self) -> Option<bool> {
        match self.text()? {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        }
    }

    /// What the node is, for a message.
    pub(crate) fn what(&self) -> &'static str {
        match &self.kind {
            _ if self.is_null() => "nothing",
            Kind::Scalar { .. } => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }

    /// The place of a scalar's character, or of the scalar where that isn't known.
    pub(crate) fn place_of(&self, character: usize) -> Place {
        match &self.kind {
            Kind::Scalar { places, .. } => places.get(character).copied().unwrap_or(self.place),
            _ => self.place,
        }
    }

    /// The node as JSON: plain scalars by YAML's core schema, all else text.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.kind {
            _ if self.is_null() => Value::Null,
            Kind::Scalar { text, plain, .. } => {
                if *plain {
                    if let Some(flag) = self.boolean() {
                        return Value::Bool(flag);
                    }
                    if let Ok(number) = text.parse::<serde_json::Number>() {
                        return Value::Number(number);
                    }
                }
                Value::String(text.clone())
            }
            Kind::List(items) => Value::Array(items.iter().map(Node::to_json).collect()),
            Kind::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|entry| (entry.key.clone(), entry.value.to_json()))
                    .collect(),
            ),
        }
    }
}

pub(crate) fn parse(
    text: &str,
    substitutions: &Substitutions,
    problems: &mut Problems,
) -> Option<Document> {
    let source: Vec<char> = disguise(text).chars().collect();
    if source.len() > MAX_CHARACTERS {
        problems.error(
            Place { line: 1, column: 1 },
            format!("the file has more than {MAX_CHARACTERS} characters"),
            "split it",
        );
        return None;
    }
    let mut builder = build::Builder {
        source: &source,
        substitutions,
        unfilled: BTreeMap::new(),
        anchors: BTreeMap::new(),
        stack: Vec::new(),
        root: None,
        nodes: 0,
    };
    let disguised: String = source.iter().collect();
    let mut parser = Parser::new_from_str(&disguised);
    while let Some(next) = parser.next_event() {
        let step = next
            .map_err(|error| {
                (
                    mark(error.marker()),
                    format!("not YAML: {}", error.info()),
                    String::new(),
                )
            })
            .and_then(|(event, span)| builder.take(event, span));
        if let Err((place, message, help)) = step {
            problems.error(place, message, help);
            return None;
        }
    }
    match builder.root {
        Some(root) => Some(Document {
            root,
            unfilled: builder.unfilled,
        }),
        None => {
            problems.error(
                Place { line: 1, column: 1 },
                "the file is empty",
                "a flow file begins with its type, such as inboundCall:",
            );
            None
        }
    }
}

/// `{{name}}` with its braces replaced by private characters, one for one.
fn disguise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let name_end = from[2..].find(|c: char| !(c.is_alphanumeric() || " _-.".contains(c)));
        match name_end {
            Some(end) if end > 0 && from[2 + end..].starts_with("}}") => {
                out.extend([OPEN, OPEN]);
                out.push_str(&from[2..2 + end]);
                out.extend([CLOSE, CLOSE]);
                rest = &from[end + 4..];
            }
            _ => {
                out.push_str("{{");
                rest = &from[2..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn mark(marker: &saphyr_parser::Marker) -> Place {
    Place {
        line: marker.line() as u32,
        column: marker.col() as u32 + 1,
    }
}
