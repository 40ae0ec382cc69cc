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
    /// A value that was made.
    Made(Value),
    /// The names of an object's members, as a list. To the reference they are no list where a filter or a
    /// function looks at them.
    Names(Value),
}

/// What a path comes to.
pub(crate) enum Answer<'v> {
    One(Found<'v>),
    List(Vec<Found<'v>>),
}

/// Bytes of a place that was found.
pub(crate) const FOUND: usize = 128;

impl<'v> Found<'v> {
    /// The value, if it is one to filters and functions.
    pub(crate) fn value(&self) -> Option<&Value> {
        match self {
            Found::Place(value) => Some(value),
            Found::Made(value) => Some(value),
            Found::Names(_) => None,
        }
    }

    pub(crate) fn into_cow(self) -> Cow<'v, Value> {
        match self {
            Found::Place(value) => Cow::Borrowed(value),
            Found::Made(value) | Found::Names(value) => Cow::Owned(value),
        }
    }
}

impl Reader<'_> {
    /// A copy of what was found, which stays counted as held.
    pub(crate) fn copy<'p>(&mut self, answer: Answer<'_>) -> Result<Value, Stop<'p>> {
        self.settled()?;
        match answer {
            Answer::One(found) => {
                let mut room = MAX_COPIED;
                self.copy_one(found, &mut room)
            }
            Answer::List(found) => {
                let mut room = MAX_COPIED;
                let held = found.capacity() * FOUND;
                let copies = found
                    .into_iter()
                    .map(|found| self.copy_one(found, &mut room));
                let copies = copies.collect::<Result<Vec<Value>, Stop<'p>>>();
                self.meter.release(held);
                copies.map(Value::Array)
            }
        }
    }

    fn copy_one<'p>(&self, found: Found<'_>, room: &mut usize) -> Result<Value, Stop<'p>> {
        match found {
            Found::Place(value) => {
                weigh(value, room)?;
                self.meter.hold_copy(value)?;
                Ok(value.clone())
            }
            Found::Made(value) | Found::Names(value) => Ok(value),
        }
    }

    /// Tells the meter that what was found is held no longer.
    pub(crate) fn let_go(&mut self, answer: &Answer<'_>) {
        if let Answer::List(found) = answer {
            self.meter.release(found.capacity() * FOUND);
        }
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
        Answer::One(Found::Names(_)) => Err(Stop::Fault("a filter can't compare names of members")),
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
        .ok_or(Stop::TooLarge("the path finds more than can be copied"))?;
    match value {
        Value::Array(items) => items.iter().try_for_each(|it| weigh(it, room)),
        Value::Object(members) => members.values().try_for_each(|it| weigh(it, room)),
        _ => Ok(()),
    }
}
