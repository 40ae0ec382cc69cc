//! What expressions see of a run, and what it says.

use super::{Run, Tell};
use crate::expr::World;
use crate::flow::{Channel, FlowKind};
use crate::value::Value;
use serde_json::{Map, Value as Json};
use std::sync::Arc;

impl Run {
    /// How things said reach the person.
    pub(super) fn say(&mut self, value: &Value) {
        let Some(text) = value.to_text().filter(|text| !text.is_empty()) else {
            return;
        };
        let played = matches!(self.flow.kind.channel(), Channel::Voice)
            || matches!(
                (self.flow.kind, value),
                (FlowKind::CommonModule, Value::Audio(_))
            );
        self.told.push_back(if played {
            Tell::Played(text)
        } else {
            Tell::Sent(text)
        });
    }

    /// The value with its id, where the id of the thing it names is known.
    pub(super) fn known(&self, value: Value) -> Value {
        let Value::Entity(entity) = &value else {
            return value;
        };
        let Some(name) = entity.properties.get("name").and_then(Value::to_text) else {
            return value;
        };
        match self.ids.get(&format!("{}/{name}", entity.kind.word())) {
            None => value,
            Some(id) => {
                let mut entity = (**entity).clone();
                entity.properties.insert("id".to_owned(), Value::text(id));
                Value::Entity(Arc::new(entity))
            }
        }
    }
}

impl World for Run {
    fn variable(&self, slot: u32) -> Value {
        self.variables[slot as usize].clone()
    }

    fn builtin(&self, name: &str) -> Value {
        self.builtins.get(name).cloned().unwrap_or_default()
    }

    fn wall(&self) -> i64 {
        let millis = i64::try_from(self.now.as_nanos() / 1_000_000).unwrap_or(i64::MAX);
        self.wall_at_origin.saturating_add(millis)
    }

    /// splitmix64.
    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// An output by its name: as it is, in any case, or along the dots of the name.
pub(super) fn find_output<'a>(outputs: &'a Map<String, Json>, name: &str) -> Option<&'a Json> {
    if let Some(found) = outputs.get(name) {
        return Some(found);
    }
    if let Some((_, found)) = outputs
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
    {
        return Some(found);
    }
    let (first, rest) = name.split_once('.')?;
    rest.split('.')
        .try_fold(outputs.get(first)?, |json, key| json.get(key))
}
