//! Copies of what is found, and what they cost.

use super::Reader;
use crate::MAX_COPIED;
use crate::found::{Answer, FOUND, Found};
use crate::stop::Stop;
use serde_json::Value;

impl Reader<'_> {
    /// A copy of what was found, which stays counted as held.
    pub(crate) fn copy<'p>(&mut self, answer: Answer<'_>) -> Result<Value, Stop<'p>> {
        let meter = self.settled()?;
        let mut room = MAX_COPIED;
        let mut ask = |found: &Found<'_>| match found {
            Found::Place(value) => {
                weigh(value, &mut room)?;
                meter.hold_copy(value).map(drop).map_err(Stop::from)
            }
            _ => Ok(()),
        };
        match answer {
            Answer::One(found) => {
                ask(&found)?;
                Ok(found.into_value())
            }
            Answer::List(found) => {
                found.iter().try_for_each(ask)?;
                meter.release(found.capacity() * FOUND);
                let values = found.into_iter().map(Found::into_value);
                Ok(Value::Array(values.collect()))
            }
        }
    }

    /// Tells the meter that what was found is held no longer.
    pub(crate) fn let_go(&self, found: &Vec<Found<'_>>) {
        self.meter.release(found.capacity() * FOUND);
    }
}

/// Takes what copying a value costs off the room that is left.
pub(crate) fn weigh(value: &Value, room: &mut usize) -> Result<(), Stop<'static>> {
    let text = |text: &str| 1 + text.len() / 64;
    let cost = match value {
        Value::String(it) => text(it),
        Value::Object(members) => members.keys().map(|key| text(key)).sum(),
        _ => 1,
    };
    *room = room
        .checked_sub(cost)
        .ok_or(Stop::TooLarge(&"the path finds more than can be copied"))?;
    match value {
        Value::Array(items) => items.iter().try_for_each(|it| weigh(it, room)),
        Value::Object(members) => members.values().try_for_each(|it| weigh(it, room)),
        _ => Ok(()),
    }
}
