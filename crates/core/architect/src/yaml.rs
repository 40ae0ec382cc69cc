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

/// A part of a file.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it begins.
    pub place: Place,
    /// What it is.
    pub kind: Kind,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A text; numbers and the like are texts as they are written.
    Scalar {
        /// The text, its placeholders filled.
        text: String,
        /// Whether it stands without quotes.
        plain: bool,
        /// The place of each character and of the text's end; empty where they aren't known.
        places: Vec<Place>,
    },
    /// Nodes in order.
    List(Vec<Node>),
    /// Nodes by key, each key once.
    Map(Vec<Entry>),
}

/// An entry of a mapping.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub place: Place,
    /// What stands under the key.
    pub value: Node,
}

/// A parsed file.
pub struct Document {
    /// All of it.
    pub root: Node,
    /// The placeholders that nobody gave a value for, each with its first place.
    pub unfilled: BTreeMap<String, Place>,
}

impl Node {
    /// The entries of a mapping; none of anything else.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none of anything else.
    #[must_use]
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// What stands under a key of a mapping.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries()
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
    }

    /// The text of a scalar; none for a null.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } if !self.is_null() => Some(text),
            _ => None,
        }
    }

    /// Whether the node says nothing: `null`, `~` or empty.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, plain: true, .. }
            if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The truth value of a scalar, by YAML's core schema.
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        match self.text()? {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        }
    }

    /// What the node is, for a message.
    #[must_use]
    pub fn what(&self) -> &'static str {
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
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
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

/// Parses a file, its placeholders replaced by their values. None if it is no YAML, or beyond a bound;
/// `problems` then says why.
pub fn parse(
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
                "a workflow file begins with its type, such as inboundCall:",
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
