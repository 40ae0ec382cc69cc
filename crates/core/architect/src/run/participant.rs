//! Participant data: attributes of the interaction, set and read by steps.

use super::{Run, Tell};
use std::sync::Arc;
use tollgate_expression::{Expr, Value};

/// Attributes of the participant data.
const MAX_ATTRIBUTES: usize = 1000;
/// Bytes of their names and values together.
const MAX_BYTES: usize = 1024 * 1024;

impl Run {
    /// Sets attributes, names and values; one whose value is `NOT_SET` is removed.
    pub(super) fn set_attributes(
        &mut self,
        id: u32,
        attributes: &[(Expr, Expr)],
    ) -> Result<(), String> {
        for (name, value) in attributes {
            let name = name.evaluate(self)?.to_text().unwrap_or_default();
            let value = value.evaluate(self)?.to_text();
            match &value {
                Some(value) => {
                    self.room_for(&name, value)?;
                    self.participant
                        .insert(Arc::clone(&name), Arc::clone(value));
                }
                None => {
                    self.participant.remove(&name);
                }
            }
            self.told.push_back(Tell::Attribute { name, value });
        }
        self.leave(id, 0);
        Ok(())
    }

    /// Reads attributes into variables.
    pub(super) fn get_attributes(
        &mut self,
        id: u32,
        attributes: &[(Expr, u32)],
    ) -> Result<(), String> {
        for (name, slot) in attributes {
            let name = name.evaluate(self)?.to_text().unwrap_or_default();
            let value = self.participant.get(&name).cloned();
            self.variables[*slot as usize] = value.map_or(Value::NotSet, Value::String);
        }
        self.leave(id, 0);
        Ok(())
    }

    /// Whether the participant data may have this attribute as well, or in the place of the one of its name.
    fn room_for(&self, name: &str, value: &str) -> Result<(), String> {
        let (mut count, mut bytes) = (1, name.len() + value.len());
        for (other, value) in &self.participant {
            if **other != *name {
                count += 1;
                bytes += other.len() + value.len();
            }
        }
        if count > MAX_ATTRIBUTES || bytes > MAX_BYTES {
            return Err(format!(
                "participant data of more than {MAX_ATTRIBUTES} attributes, or {MAX_BYTES} bytes in all"
            ));
        }
        Ok(())
    }
}
