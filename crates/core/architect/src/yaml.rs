//! YAML with a place for every node, and mustache placeholders.
//!
//! Archy files in repositories are often templates: `name: {{flow_name}}`, to be filled in by the
//! deployment. Such a placeholder is itself YAML (a mapping within a mapping), so it is disguised
//! before parsing and restored in the scalars: with the value given for it, or as it was written.
//! Every place stays the one in the file.

mod build;
mod node;

pub use node::{Entry, Kind, Node};

use crate::place::{Place, Problems};
use build::{CLOSE, OPEN, mark};
use saphyr_parser::Parser;
use std::collections::BTreeMap;

/// Characters of one file.
const MAX_CHARACTERS: usize = 8 * 1024 * 1024;

/// Values for placeholders, by name.
pub type Substitutions = BTreeMap<String, String>;

/// A parsed file.
pub struct Document {
    /// All of it.
    pub root: Node,
    /// The placeholders that nobody gave a value for, each with its first place.
    pub unfilled: BTreeMap<String, Place>,
}

/// Parses a file, its placeholders replaced by their values. None if it is no YAML, or beyond a bound;
/// `problems` then says why.
pub fn parse(
    text: &str,
    substitutions: &Substitutions,
    problems: &mut Problems,
) -> Option<Document> {
    // What some editors write in front of a text is none of it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
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
