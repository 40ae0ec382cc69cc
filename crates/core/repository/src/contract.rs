//! Which inputs and outputs a data action has for Architect: the names of its contracts in the flattened form.

use serde_json::Value as Json;
use std::collections::BTreeSet;
use tollgate_action::FlattenedSchema;

/// The names of one contract.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    pub(crate) all: Vec<String>,
    /// Those that must be given.
    pub(crate) required: BTreeSet<String>,
}

impl Names {
    /// The names of a schema; none where it describes something that has no names, such as a text.
    pub(crate) fn of(schema: &Json) -> Option<Names> {
        let flat = FlattenedSchema::of(schema).schema;
        let all = flat.get("properties")?.as_object()?;
        let required = flat.get("required").and_then(Json::as_array);
        let required = required.into_iter().flatten().filter_map(Json::as_str);
        Some(Names {
            all: all.keys().cloned().collect(),
            required: required.map(str::to_owned).collect(),
        })
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.all.iter().any(|known| known == name)
    }

    /// The names, for a message.
    pub(crate) fn listed(&self) -> String {
        /// Names that are told.
        const MOST: usize = 12;
        if self.all.is_empty() {
            return "none".to_owned();
        }
        let told = self.all.iter().take(MOST).map(String::as_str);
        let told = told.collect::<Vec<_>>().join(", ");
        match self.all.len().checked_sub(MOST) {
            Some(more @ 1..) => format!("{told} and {more} more"),
            _ => told,
        }
    }
}
