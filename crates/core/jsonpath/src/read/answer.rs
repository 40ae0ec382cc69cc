//! What is found.

use super::{Reader, Scope, Stop};
use crate::MAX_COPIED;
use crate::chain::{Chain, Root};
use crate::filter::{Json, Node};
use crate::read::step::follow;
use serde_json::Value;
use std::borrow::Cow;
use std::rc::Rc;

/// Something that was found.
#[derive(Debug, Clone)]
pub(crate) enum Found<'v> {
    /// A place of the document.
    Place(&'v Value),
    /// A value that was made. Boxed, so that a place takes no more room than it needs.
    Made(Box<Value>),
    /// The names of an object's members, as a list. To the reference they are no list where a filter or a
    /// function looks at them.
    Names(Box<Value>),
}

/// What a path comes to.
pub(crate) enum Answer<'v> {
    One(Found<'v>),
    List(Vec<Found<'v>>),
}

/// Bytes of the room for something that was found.
pub(crate) const FOUND: usize = 64;

impl<'v> Found<'v> {
    /// The value, if it is one to filters and functions.
    pub(crate) fn value(&self) -> Option<&Value> {
        match self {
            Found::Place(value) => Some(value),
            Found::Made(value) => Some(value),
            Found::Names(_) => None,
        }
    }

    fn into_value(self) -> Value {
        match self {
            Found::Place(value) => value.clone(),
            Found::Made(value) | Found::Names(value) => *value,
        }
    }

    pub(crate) fn into_cow(self) -> Cow<'v, Value> {
        match self {
            Found::Place(value) => Cow::Borrowed(value),
            Found::Made(value) | Found::Names(value) => Cow::Owned(*value),
        }
    }
}

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

    /// The value of a path in a filter.
    #[inline]
    pub(crate) fn path_node<'p: 'v, 'v>(
        &mut self,
        chain: &'p Chain,
        slot: usize,
        candidate: &'v Value,
        scope: Scope<'v>,
    ) -> Result<Node<'v>, Stop<'p>> {
        let from_document = chain.root == Root::Document;
        if chain.single {
            self.charge(chain.steps.len())?;
            let start = if from_document { scope.root } else { candidate };
            return match follow(chain, start) {
                Ok(value) => Ok(Node::of(value)?),
                Err(_) => Ok(Node::Undefined),
            };
        }
        let node = if from_document {
            self.kept(chain, slot, scope)
                .and_then(|value| Node::kept(&value))
        } else {
            self.answer(chain, candidate, scope).and_then(node)
        };
        match node {
            Err(Stop::Missing(_)) => Ok(Node::Undefined),
            other => other,
        }
    }
}

fn node<'p, 'v>(answer: Answer<'v>) -> Result<Node<'v>, Stop<'p>> {
    match answer {
        Answer::One(Found::Place(value)) => Ok(Node::of(value)?),
        Answer::One(Found::Made(value)) => Ok(Node::kept(&Rc::new(Found::Made(value)))?),
        Answer::One(Found::Names(_)) => {
            Err(Stop::Fault(&"a filter can't compare names of members"))
        }
        Answer::List(found) => Ok(Node::Json(Json::Found(found))),
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
