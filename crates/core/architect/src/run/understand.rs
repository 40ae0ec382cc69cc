//! What a person meant.

use super::talk::{Miss, miss, yes_or_no};
use super::{Person, Run};
use crate::workflow::{Keys, QuestionKind, Step, normal};
use serde_json::Value as Json;
use std::sync::Arc;
use tollgate_expression::{Expr, Type, Value};

impl Run {
    /// The path an answer leads to.
    pub(super) fn understand(
        &mut self,
        step: &Step,
        kind: &QuestionKind,
        person: &Person,
    ) -> Result<u16, Miss> {
        match kind {
            QuestionKind::Digits {
                min,
                max,
                keys,
                slot,
            } => {
                let Person::Presses(pressed) = person else {
                    return Err(miss(person));
                };
                let answer = digits(pressed, *min, *max, *keys).ok_or(Miss::NoMatch)?;
                if let Some(slot) = slot {
                    self.variables[*slot as usize] = Value::text(&answer);
                }
                Ok(0)
            }
            QuestionKind::Boolean => yes_or_no(person).map(|yes| u16::from(!yes)),
            QuestionKind::Text { slot } => {
                let Person::Says(text) = person else {
                    return Err(miss(person));
                };
                if let Some(slot) = slot {
                    self.variables[*slot as usize] = Value::text(text);
                }
                Ok(0)
            }
            QuestionKind::Slot {
                slot,
                kind,
                entity,
                valid,
            } => self.slot_value(*slot, *kind, entity, valid.as_ref(), person),
            QuestionKind::Intent => self.intent(step, person),
        }
    }

    /// Sets the variable of a slot, if the person gave a value of its entity that is valid.
    fn slot_value(
        &mut self,
        slot: u32,
        kind: Type,
        entity: &str,
        valid: Option<&Expr>,
        person: &Person,
    ) -> Result<u16, Miss> {
        let workflow = Arc::clone(&self.workflow);
        let text = match person {
            Person::Says(text) => workflow.nlu.value(entity, text),
            Person::Presses(keys) => workflow.nlu.value(entity, keys),
            Person::Means { slots, .. } => slots
                .get(entity)
                .and_then(|text| workflow.nlu.value(entity, text)),
            _ => return Err(miss(person)),
        };
        let value = text.and_then(|text| Value::from_json(&Json::String(text), kind).ok());
        let value = value.ok_or(Miss::NoMatch)?;
        let before = std::mem::replace(&mut self.variables[slot as usize], value);
        // A check that fails to be computed is not passed either.
        if let Some(valid) = valid
            && !valid.holds(self).unwrap_or(false)
        {
            self.variables[slot as usize] = before;
            return Err(Miss::NoMatch);
        }
        Ok(0)
    }

    fn intent(&mut self, step: &Step, person: &Person) -> Result<u16, Miss> {
        let workflow = Arc::clone(&self.workflow);
        let (name, said) = match person {
            Person::Says(text) => {
                let intent = workflow.nlu.intent(text).ok_or(Miss::NoMatch)?;
                for entity in &intent.entities {
                    if let Some(value) = workflow.nlu.value(entity, text) {
                        self.fill(entity, &value);
                    }
                }
                (intent.name.as_str(), true)
            }
            Person::Means { intent, slots } => {
                for (entity, value) in slots {
                    self.fill(entity, value);
                }
                (intent.as_str(), false)
            }
            Person::Learns(text) => {
                self.learn("session.lastknowledgeanswer", Value::text(text));
                return step.path("knowledge").ok_or(Miss::NoMatch);
            }
            _ => return Err(miss(person)),
        };
        if normal(name) == "none" {
            return step.path("noIntent").ok_or(Miss::NoMatch);
        }
        let known = said
            || workflow
                .nlu
                .intents
                .iter()
                .any(|intent| intent.name == name);
        if !known {
            return Err(Miss::NoMatch);
        }
        self.learn("session.lastcompletedintent", Value::text(name));
        step.path(name)
            .or_else(|| step.path("noIntent"))
            .ok_or(Miss::NoMatch)
    }

    fn fill(&mut self, entity: &str, text: &str) {
        let name = format!("Slot.{entity}");
        let workflow = Arc::clone(&self.workflow);
        let found = workflow
            .variables
            .iter()
            .position(|v| v.name.eq_ignore_ascii_case(&name));
        if let Some(slot) = found {
            let kind: Type = workflow.variables[slot].kind;
            if let Ok(value) = Value::from_json(&Json::String(text.to_owned()), kind) {
                self.variables[slot] = value;
            }
        }
    }
}

/// What was pressed as an answer, if it is one.
fn digits(pressed: &str, min: u32, max: u32, keys: Keys) -> Option<String> {
    if pressed == "*" && keys.just_star || pressed == "#" && keys.just_pound {
        return Some(pressed.to_owned());
    }
    let (before, ended) = match pressed.split_once(keys.terminator) {
        Some((before, _)) => (before, true),
        None => (pressed, false),
    };
    let count = before.len() as u32;
    if before.is_empty() || count < min || !before.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let mut taken = before[..before.len().min(max as usize)].to_owned();
    if ended && keys.with_terminator {
        taken.push(keys.terminator);
    }
    Some(taken)
}
