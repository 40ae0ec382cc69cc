//! Lists and mappings where the file must have them.
//!
//! A list that is written as a mapping, or the reverse, would be read as empty, and what stands in it would never be
//! checked or run. So nothing in a file is read as a list or a mapping but by these, which tell of any other shape.
//! What isn't there, `null`, `none: true` and `noValue: true` are empty.

use super::Reader;
use crate::yaml::{Entry, Kind, Node};

/// How an item of a list is written, by the list's key.
const ITEMS: [(&str, &str); 14] = [
    ("actions", "- decision: {…}"),
    ("attributes", "- attribute: {name: …, value: …}"),
    ("bots", "- bot: {…}"),
    ("cases", "- case: {value: …, actions: […]}"),
    ("choices", "- menuTask: {…}"),
    ("compatibleFlowTypes", "- flowType: …"),
    ("entities", "- name: …"),
    ("intents", "- intent: {name: …, actions: […]}"),
    ("menus", "- menu: {…}"),
    ("slots", "- slot: {name: …}"),
    ("statements", "- string: {variable: …, value: …}"),
    ("states", "- state: {…}"),
    ("tasks", "- task: {…}"),
    ("variables", "- stringVariable: {name: …}"),
];

impl Reader<'_> {
    /// The items of the list under a key.
    pub(super) fn list<'n>(&mut self, node: &'n Node, key: &str) -> &'n [Node] {
        node.get(key)
            .map(|found| self.items(found, key))
            .unwrap_or_default()
    }

    /// The items of a list that stands under a key.
    pub(super) fn items<'n>(&mut self, node: &'n Node, key: &str) -> &'n [Node] {
        if !matches!(node.kind, Kind::List(_)) && !says_nothing(node) {
            let item = ITEMS.iter().find(|(known, _)| *known == key);
            let help = item.map_or("begin each item with -".to_owned(), |(_, item)| {
                format!("begin each item with -, as {item}")
            });
            self.wrong_shape(node, &format!("`{key}`"), "a list", &help);
        }
        node.items()
    }

    /// The entries of the mapping under a key.
    pub(super) fn mapping<'n>(&mut self, node: &'n Node, key: &str) -> &'n [Entry] {
        node.get(key)
            .map(|found| self.entries(found, key))
            .unwrap_or_default()
    }

    /// The entries of a mapping that stands under a key.
    pub(super) fn entries<'n>(&mut self, node: &'n Node, key: &str) -> &'n [Entry] {
        self.must_map(node, &format!("`{key}`"), "write key: value, without -");
        node.entries()
    }

    /// Tells of what is no mapping.
    pub(super) fn must_map(&mut self, node: &Node, what: &str, help: &str) {
        if !matches!(node.kind, Kind::Map(_)) && !says_nothing(node) {
            self.wrong_shape(node, what, "a mapping", help);
        }
    }

    fn wrong_shape(&mut self, node: &Node, what: &str, wanted: &str, help: &str) {
        let message = format!("{what} is {}, not {wanted}", node.what());
        self.problems.error(node.place, message, help);
    }
}

/// Whether the file says that nothing is there.
pub(super) fn says_nothing(node: &Node) -> bool {
    let nothing = |entry: &Entry| matches!(entry.key.as_str(), "none" | "noValue");
    node.is_null() || !node.entries().is_empty() && node.entries().iter().all(nothing)
}
