//! Which inputs and outputs a data action has for Architect: the names of its contracts in the flattened form.

use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use tollgate_action::FlattenedSchema;
use tollgate_expression::{Base, Type};

/// The names of one contract.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    pub(crate) all: Vec<String>,
    /// What a variable has to be that takes it, where the contract says so.
    types: BTreeMap<String, Type>,
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
        let types = all
            .iter()
            .filter_map(|(name, schema)| Some((name.clone(), type_of(schema)?)));
        Some(Names {
            types: types.collect(),
            all: all.keys().cloned().collect(),
            required: required.map(str::to_owned).collect(),
        })
    }

    pub(crate) fn type_of(&self, name: &str) -> Option<Type> {
        self.types.get(name).copied()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.all.iter().any(|known| known == name)
    }

    /// The names, for a message.
    pub(crate) fn listed(&self) -> String {
        /// Names that are told.
        const MOST: usize = 12;
        let told = self.all.iter().take(MOST).map(String::as_str);
        let told = listed(&told.collect::<Vec<_>>());
        match self.all.len().checked_sub(MOST) {
            Some(more @ 1..) => format!("{told} and {more} more"),
            _ => told,
        }
    }
}

/// Names, for a message.
pub(crate) fn listed(names: &[&str]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.join(", ")
}

/// What Architect makes of a schema without names: a scalar, or a collection of such.
fn type_of(schema: &Json) -> Option<Type> {
    let word = match schema.get("type")? {
        Json::String(word) => word.as_str(),
        Json::Array(words) => {
            let mut words = words
                .iter()
                .filter_map(Json::as_str)
                .filter(|word| *word != "null");
            words.next().filter(|_| words.next().is_none())?
        }
        _ => return None,
    };
    Some(match word {
        "string" => Type::STRING,
        "integer" => Type::INTEGER,
        "number" => Type::one(Base::Decimal),
        "boolean" => Type::BOOLEAN,
        "array" => {
            let item = type_of(schema.get("items")?)?;
            (!item.collection).then_some(Type::many(item.base))?
        }
        _ => return None,
    })
}
