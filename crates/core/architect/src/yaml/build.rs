//! Events to nodes.

use super::node::{Entry, Kind, Node};
use crate::place::Place;
use saphyr_parser::{Event, ScalarStyle};
use std::collections::BTreeMap;

/// Nodes of one file, aliases counted as often as they are used.
const MAX_NODES: usize = 200_000;
/// Nesting of one file.
const MAX_DEPTH: usize = 200;

/// What stands for the braces of a placeholder while the file is parsed.
pub(super) const OPEN: char = '\u{E000}';
pub(super) const CLOSE: char = '\u{E001}';

pub(super) type Fault = (Place, String, String);

pub(super) enum OpenNode {
    List(Place, usize, Vec<Node>),
    Map(Place, usize, Vec<Entry>, Option<(String, Place)>),
}

pub(super) struct Builder<'a> {
    pub(super) source: &'a [char],
    pub(super) substitutions: &'a BTreeMap<String, String>,
    pub(super) unfilled: BTreeMap<String, Place>,
    pub(super) anchors: BTreeMap<usize, (Node, usize)>,
    pub(super) stack: Vec<OpenNode>,
    pub(super) root: Option<Node>,
    pub(super) nodes: usize,
}

impl Builder<'_> {
    pub(super) fn take(
        &mut self,
        event: Event<'_>,
        span: saphyr_parser::Span,
    ) -> Result<(), Fault> {
        let place = mark(&span.start);
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let node = self.scalar(&text, style, &span);
                self.put(node, anchor, 1)
            }
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor).cloned() else {
                    return Err((
                        place,
                        "an alias within its own anchor".to_owned(),
                        String::new(),
                    ));
                };
                self.put(node, 0, size)
            }
            Event::SequenceStart(anchor, _) => self.open(OpenNode::List(place, anchor, Vec::new())),
            Event::MappingStart(anchor, _) => {
                self.open(OpenNode::Map(place, anchor, Vec::new(), None))
            }
            Event::SequenceEnd | Event::MappingEnd => match self.stack.pop() {
                Some(OpenNode::List(place, anchor, items)) => self.put(
                    Node {
                        place,
                        kind: Kind::List(items),
                    },
                    anchor,
                    1,
                ),
                Some(OpenNode::Map(place, anchor, entries, _)) => self.put(
                    Node {
                        place,
                        kind: Kind::Map(merged(entries)),
                    },
                    anchor,
                    1,
                ),
                None => Ok(()),
            },
            Event::DocumentStart(_) if self.root.is_some() => Err((
                place,
                "a second document in the file".to_owned(),
                "one workflow a file".to_owned(),
            )),
            _ => Ok(()),
        }
    }

    fn open(&mut self, open: OpenNode) -> Result<(), Fault> {
        if self.stack.len() >= MAX_DEPTH {
            let (OpenNode::List(place, ..) | OpenNode::Map(place, ..)) = open;
            return Err((
                place,
                format!("nested deeper than {MAX_DEPTH}"),
                String::new(),
            ));
        }
        self.stack.push(open);
        Ok(())
    }

    fn put(&mut self, node: Node, anchor: usize, size: usize) -> Result<(), Fault> {
        self.nodes += size;
        if self.nodes > MAX_NODES {
            return Err((
                node.place,
                format!("more than {MAX_NODES} nodes"),
                "split the workflow into tasks of several workflows".to_owned(),
            ));
        }
        if anchor > 0 {
            let size = count(&node);
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(OpenNode::List(_, _, items)) => items.push(node),
            Some(OpenNode::Map(_, _, entries, key @ None)) => {
                let Kind::Scalar { text, .. } = node.kind else {
                    return Err((
                        node.place,
                        "a key that isn't a text".to_owned(),
                        "quote it".to_owned(),
                    ));
                };
                if let Some(first) = entries.iter().find(|entry| entry.key == text) {
                    return Err((
                        node.place,
                        format!("`{text}` is there twice, first at {}", first.place),
                        "remove one".to_owned(),
                    ));
                }
                *key = Some((text, node.place));
            }
            Some(OpenNode::Map(_, _, entries, key)) => {
                if let Some((key, place)) = key.take() {
                    entries.push(Entry {
                        key,
                        place,
                        value: node,
                    });
                }
            }
        }
        Ok(())
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, span: &saphyr_parser::Span) -> Node {
        let place = mark(&span.start);
        let plain = style == ScalarStyle::Plain;
        let raw_places = match style {
            ScalarStyle::Plain => self.trace(text, span, false),
            ScalarStyle::DoubleQuoted | ScalarStyle::SingleQuoted => self.trace(text, span, true),
            _ => Vec::new(),
        };
        let mut out = String::with_capacity(text.len());
        let mut places = Vec::with_capacity(raw_places.len());
        let characters: Vec<char> = text.chars().collect();
        let at = |index: usize| raw_places.get(index).copied();
        let mut index = 0;
        while index < characters.len() {
            let Some(close) = placeholder(&characters[index..]) else {
                out.push(characters[index]);
                places.extend(at(index));
                index += 1;
                continue;
            };
            let name: String = characters[index + 2..index + close].iter().collect();
            let name = name.trim();
            let filled = match self.substitutions.get(name) {
                Some(value) => value.clone(),
                None => {
                    let here = at(index).unwrap_or(place);
                    self.unfilled.entry(name.to_owned()).or_insert(here);
                    format!("{{{{{name}}}}}")
                }
            };
            if let Some(here) = at(index) {
                places.extend(filled.chars().map(|_| here));
            }
            out.push_str(&filled);
            index += close + 2;
        }
        // And where the text ends, for what is missing there.
        places.extend(at(characters.len()));
        Node {
            place,
            kind: Kind::Scalar {
                text: out,
                plain,
                places,
            },
        }
    }

    /// The place of each character and of the end, if the scalar stands on one line.
    fn trace(&self, text: &str, span: &saphyr_parser::Span, quoted: bool) -> Vec<Place> {
        if span.start.line() != span.end.line() {
            return Vec::new();
        }
        let start = mark(&span.start);
        let mut raw = span.start.index() + usize::from(quoted);
        let mut places = Vec::new();
        for _ in 0..=text.chars().count() {
            places.push(Place {
                line: start.line,
                column: start.column + (raw - span.start.index()) as u32,
            });
            raw += match (self.source.get(raw), self.source.get(raw + 1)) {
                (Some('\\'), Some('x')) if quoted => 4,
                (Some('\\'), Some('u')) if quoted => 6,
                (Some('\\'), Some('U')) if quoted => 10,
                (Some('\\'), _) if quoted => 2,
                (Some('\''), Some('\'')) if quoted => 2,
                _ => 1,
            };
        }
        places
    }
}

/// The entries with those that `<<` takes over from other mappings; what the mapping has itself goes before.
fn merged(entries: Vec<Entry>) -> Vec<Entry> {
    let (taken, mut own): (Vec<Entry>, Vec<Entry>) = entries
        .into_iter()
        .partition(|entry| entry.key == "<<" && !matches!(entry.value.kind, Kind::Scalar { .. }));
    for Entry { value, .. } in taken {
        let mappings = match value.items() {
            [] => std::slice::from_ref(&value),
            items => items,
        };
        for entry in mappings.iter().flat_map(Node::entries) {
            if own.iter().all(|known| known.key != entry.key) {
                own.push(entry.clone());
            }
        }
    }
    own
}

fn count(node: &Node) -> usize {
    1 + match &node.kind {
        Kind::Scalar { .. } => 0,
        Kind::List(items) => items.iter().map(count).sum(),
        Kind::Map(entries) => entries.iter().map(|entry| count(&entry.value)).sum(),
    }
}

/// Characters of a placeholder's name; a longer one is no placeholder.
const MAX_NAME: usize = 200;

/// Where the closing braces begin, if a placeholder begins here.
fn placeholder(rest: &[char]) -> Option<usize> {
    let name = rest.strip_prefix(&[OPEN, OPEN])?;
    let length = name.iter().take(MAX_NAME).position(|c| *c == CLOSE)?;
    (length > 0 && name.get(length + 1) == Some(&CLOSE)).then_some(length + 2)
}

pub(super) fn mark(marker: &saphyr_parser::Marker) -> Place {
    Place {
        line: marker.line() as u32,
        column: marker.col() as u32 + 1,
    }
}
