//! What a bot understands.
//!
//! This is no language understanding: a text means an intent if it is the intent's name or one of its
//! utterances, case, punctuation and blanks aside. What else a person means, the script says by name.
//! Slot values are found by the entity type: a pattern, a list of items with synonyms, or any text.

use regex::{Regex, RegexBuilder};
use std::collections::BTreeMap;

/// Bytes that a compiled pattern may take.
const MAX_PATTERN: usize = 256 * 1024;

#[derive(Clone, Debug, Default)]
pub(crate) struct Nlu {
    pub(crate) intents: Vec<Intent>,
    /// Entity to its type.
    pub(crate) entities: BTreeMap<String, EntityType>,
}

#[derive(Clone, Debug)]
pub(crate) struct Intent {
    pub(crate) name: String,
    /// Normalised.
    pub(crate) utterances: Vec<String>,
    pub(crate) entities: Vec<String>,
}

/// What texts are a value of an entity.
#[derive(Clone, Debug)]
pub enum EntityType {
    /// What matches one of these patterns.
    Patterns(Vec<Regex>),
    /// One of these values: each with the texts that mean it, its own and its synonyms, normalised.
    Items(Vec<(String, Vec<String>)>),
    /// Any text.
    Anything,
}

pub(crate) fn pattern(text: &str) -> Result<Regex, String> {
    RegexBuilder::new(text)
        .case_insensitive(true)
        .size_limit(MAX_PATTERN)
        .build()
        .map_err(|error| error.to_string())
}

/// Small letters and digits, single blanks.
pub(crate) fn normal(text: &str) -> String {
    let kept: String = text
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || c.is_whitespace())
        .collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Nlu {
    /// The intent a text means.
    pub(crate) fn intent(&self, text: &str) -> Option<&Intent> {
        let text = normal(text);
        self.intents
            .iter()
            .find(|intent| normal(&intent.name) == text || intent.utterances.contains(&text))
    }

    /// The value of an entity in a text.
    pub(crate) fn value(&self, entity: &str, text: &str) -> Option<String> {
        match self.entities.get(entity) {
            Some(EntityType::Patterns(patterns)) => patterns
                .iter()
                .find_map(|pattern| pattern.find(text))
                .map(|found| found.as_str().to_owned()),
            Some(EntityType::Items(items)) => {
                let text = normal(text);
                let found = items.iter().find(|(_, words)| words.contains(&text));
                found.map(|(value, _)| value.clone())
            }
            Some(EntityType::Anything) | None => {
                let text = text.trim();
                (!text.is_empty()).then(|| text.to_owned())
            }
        }
    }
}
