//! What an operand comes to.

use crate::chain::{Literal, Pattern};
use crate::found::Found;
use crate::number;
use crate::stop::Stop;
use crate::text::unescape;
use serde_json::Value;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::rc::Rc;
use tollgate_meter::BYTES_PER_STEP;

/// The value of an operand, or an item of a list that is one.
pub(crate) enum Node<'v> {
    /// A path that found nothing. It equals nothing, not even itself.
    Undefined,
    Null,
    Bool(bool),
    /// As the reference prints it.
    Number(Cow<'v, str>),
    Text(Cow<'v, str>),
    Json(Json<'v>),
    Pattern(&'v Pattern),
    /// A text in a list that reads as a path, which the reference takes for one. It equals nothing.
    Path,
}

/// A list or an object.
pub(crate) enum Json<'v> {
    Value(&'v Value),
    Kept(Rc<Found<'static>>),
    /// What a path found, as a list.
    Found(Vec<Found<'v>>),
    Literal(&'v Literal),
    /// A text in a list that reads as JSON.
    Text(&'v str),
}

/// What is seen where JSON is looked into.
pub(super) enum Seen<'n> {
    List(Items<'n>),
    Object,
}

/// The items of a list.
#[derive(Clone, Copy)]
pub(super) enum Items<'n> {
    Values(&'n [Value]),
    Found(&'n [Found<'n>]),
}

const NO_JSON: Stop<'static> = Stop::Fault(&"a list or an object in the filter is no JSON");
const TOO_LARGE: Stop<'static> = Stop::Fault(&"a number in the filter is infinite");
const NESTED: Stop<'static> = Stop::Fault(&"the filter searches a list of lists or objects");

impl<'v> Node<'v> {
    #[inline]
    pub(crate) fn of(value: &'v Value) -> Result<Node<'v>, Stop<'static>> {
        Ok(match value {
            Value::Null => Node::Null,
            Value::Bool(it) => Node::Bool(*it),
            Value::String(text) => Node::Text(Cow::Borrowed(text)),
            Value::Number(number) => {
                Node::Number(number::printed(number.as_str()).ok_or(TOO_LARGE)?)
            }
            Value::Array(_) | Value::Object(_) => Node::Json(Json::Value(value)),
        })
    }

    /// The node of a value that is kept elsewhere.
    pub(crate) fn kept(kept: &Rc<Found<'static>>) -> Result<Node<'v>, Stop<'static>> {
        let value = kept.value();
        let value = value.ok_or(Stop::Fault(&"a filter can't compare names of members"))?;
        Ok(match Node::of(value)? {
            Node::Undefined => Node::Undefined,
            Node::Null => Node::Null,
            Node::Bool(it) => Node::Bool(it),
            Node::Number(text) => Node::Number(Cow::Owned(text.into_owned())),
            Node::Text(text) => Node::Text(Cow::Owned(text.into_owned())),
            _ => Node::Json(Json::Kept(kept.clone())),
        })
    }

    /// The node of an item of a list. A text there loses quotes around it and the backslashes in it. Whoever
    /// asks is told of a text that looks like a path or like JSON, and says whether it is a path.
    pub(super) fn item<'p>(
        value: &'v Value,
        is_path: impl FnOnce(&str) -> Result<bool, Stop<'p>>,
    ) -> Result<Node<'v>, Stop<'p>> {
        let text = match value {
            Value::Array(_) | Value::Object(_) => return Err(NESTED),
            Value::String(text) => text,
            _ => return Node::of(value),
        };
        let inner = text.trim_matches(|letter| letter <= ' ');
        let within = |open, close| inner.starts_with(open) && inner.ends_with(close);
        let like_json = inner.len() > 1 && (within('[', ']') || within('{', '}'));
        if (like_json || inner.starts_with(['@', '$'])) && is_path(inner)? {
            return Ok(Node::Path);
        }
        if like_json {
            let units: Vec<u16> = inner.encode_utf16().collect();
            if crate::literal::read(&units).is_some() {
                return Ok(Node::Json(Json::Text(text)));
            }
        }
        if text.encode_utf16().nth(1).is_none() {
            return Ok(Node::Text(Cow::Borrowed(text)));
        }
        let quoted = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
        let plain = quoted('\'').or_else(|| quoted('"')).unwrap_or(text);
        if !plain.contains('\\') {
            return Ok(Node::Text(Cow::Borrowed(plain)));
        }
        let units: Vec<u16> = plain.encode_utf16().collect();
        let plain = unescape(&units);
        let plain = plain.ok_or(Stop::Fault(&"a text in a list has \\u without four digits"))?;
        Ok(Node::Text(Cow::Owned(plain)))
    }

    /// Whether both are of one kind.
    pub(super) fn is_like(&self, other: &Node<'_>) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// `equals`, as lists are searched with it.
    pub(super) fn equals(&self, other: &Node<'_>) -> bool {
        match (self, other) {
            (Node::Null, Node::Null) => true,
            (Node::Bool(left), Node::Bool(right)) => left == right,
            (Node::Text(left), Node::Text(right)) => left == right,
            (Node::Text(left), Node::Number(right)) => **left == number::decimal(right),
            (Node::Number(left), Node::Number(right) | Node::Text(right)) => {
                number::compare(left, right) == Some(Ordering::Equal)
            }
            // Of two that are in a list, or searched in one, at least one is a text.
            (Node::Json(left), Node::Json(right)) => {
                left.written().is_some() && left.written() == right.written()
            }
            _ => false,
        }
    }

    /// The order of two numbers or two texts; none of others.
    pub(super) fn order(&self, other: &Node<'_>) -> Option<Ordering> {
        match (self, other) {
            (Node::Number(left), Node::Number(right)) => number::compare(left, right),
            (Node::Text(left), Node::Text(right)) => {
                Some(left.encode_utf16().cmp(right.encode_utf16()))
            }
            _ => None,
        }
    }

    /// What a pattern is matched with.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Node::Text(text) => Cow::Borrowed(text),
            Node::Number(text) => number::decimal(text),
            Node::Bool(true) => Cow::Borrowed("true"),
            Node::Bool(false) => Cow::Borrowed("false"),
            _ => Cow::Borrowed(""),
        }
    }

    /// Bytes that are looked through where it is compared.
    pub(super) fn length(&self) -> usize {
        match self {
            Node::Text(text) | Node::Number(text) => text.len(),
            _ => 0,
        }
    }
}

impl Json<'_> {
    /// The text, of JSON that isn't read yet.
    fn written(&self) -> Option<&str> {
        match self {
            Json::Literal(literal) => Some(&literal.text),
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn look(&self) -> Result<Seen<'_>, Stop<'static>> {
        let value = match self {
            Json::Value(value) => value,
            Json::Kept(found) => found.value().ok_or(NO_JSON)?,
            Json::Found(found) => return Ok(Seen::List(Items::Found(found))),
            Json::Literal(literal) => literal.value.as_ref().ok_or(NO_JSON)?,
            Json::Text(_) => return Err(NO_JSON),
        };
        Ok(match value {
            Value::Array(items) => Seen::List(Items::Values(items)),
            _ => Seen::Object,
        })
    }

    fn value(&self) -> Option<&Value> {
        match self {
            Json::Value(value) => Some(value),
            Json::Kept(found) => found.value(),
            Json::Literal(literal) => literal.value.as_ref(),
            Json::Found(_) | Json::Text(_) => None,
        }
    }

    /// `==` of two that are lists or objects. A literal on the left is a text to the reference, which equals
    /// no list and no object. Adds how many values were looked at.
    pub(super) fn equals(&self, right: &Json<'_>, seen: &mut usize) -> Result<bool, Stop<'static>> {
        right.look()?;
        if self.written().is_some() {
            return Ok(false);
        }
        if let (Some(left), Some(right)) = (self.value(), right.value()) {
            return Ok(is_same(left, right, seen));
        }
        let (Seen::List(left), Seen::List(right)) = (self.look()?, right.look()?) else {
            return Ok(false);
        };
        Ok(left.len() == right.len()
            && (0..left.len()).all(|at| match (left.get(at), right.get(at)) {
                (Some(left), Some(right)) => is_same(left, right, seen),
                _ => false,
            }))
    }
}

impl<'n> Items<'n> {
    pub(super) fn len(&self) -> usize {
        match self {
            Items::Values(items) => items.len(),
            Items::Found(found) => found.len(),
        }
    }

    /// None for names of members (`keys()`), which are no value of JSON to the reference.
    pub(super) fn get(&self, at: usize) -> Option<&'n Value> {
        match self {
            Items::Values(items) => items.get(at),
            Items::Found(found) => found.get(at)?.value(),
        }
    }
}

/// Whether two values are equal as objects of Java: numbers by their class, too.
fn is_same(left: &Value, right: &Value, seen: &mut usize) -> bool {
    *seen += 1;
    match (left, right) {
        (Value::String(left), Value::String(right)) => {
            *seen += left.len() / BYTES_PER_STEP as usize;
            left == right
        }
        (Value::Number(left), Value::Number(right)) => number::same(left, right),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| is_same(left, right, seen))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, left)| {
                    let right = right.get(name);
                    right.is_some_and(|right| is_same(left, right, seen))
                })
        }
        _ => left == right,
    }
}
