//! A file as it was parsed: texts, lists and mappings, each with its place.

use crate::place::Place;

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

    /// The items of the list under a key; none if there is no such list.
    #[must_use]
    pub fn items_of(&self, key: &str) -> &[Node] {
        self.get(key).map(Node::items).unwrap_or_default()
    }

    /// The entries of the mapping under a key; none if there is no such mapping.
    #[must_use]
    pub fn entries_of(&self, key: &str) -> &[Entry] {
        self.get(key).map(Node::entries).unwrap_or_default()
    }

    /// The text under a key.
    #[must_use]
    pub fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// The truth value under a key.
    #[must_use]
    pub fn boolean_of(&self, key: &str) -> Option<bool> {
        self.get(key)?.boolean()
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

    /// The node for a message: a scalar's text, else what it is.
    pub(crate) fn shown(&self) -> String {
        self.text()
            .map_or_else(|| self.what().to_owned(), |text| format!("`{text}`"))
    }

    /// What is written as it is, or as a literal: the node under `lit`, or the node itself.
    pub(crate) fn written(&self) -> &Node {
        self.get("lit").unwrap_or(self)
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
