//! A document as the library for schemas sees it: each look at it is counted.

use super::{metered, unique};
use jsonschema::json::{Array, Json, Node, NodeIdentity, Object, cmp};
use jsonschema::types::JsonType;
use serde_json::{Map, Number, Value};
use std::borrow::Cow;
use tollgate_meter::BYTES_PER_STEP;

/// Bytes of a breach, beside the path to its place.
const BREACH: usize = 1024;
/// Squares of digits that are calculated with in one step: the work is quadratic.
const SQUARES_PER_STEP: u64 = 160;
/// The most digits that the library calculates with; longer numbers are compared as they are written.
const MAX_DIGITS: u64 = 10_000;

/// Documents whose reading is counted.
pub(super) struct Counted;

/// A place of a document.
#[derive(Clone, Copy)]
pub(super) struct Spot<'a> {
    value: &'a Value,
    /// Bytes of the path that leads here.
    path: usize,
}

impl<'a> Spot<'a> {
    pub(super) fn root(value: &'a Value) -> Spot<'a> {
        Spot { value, path: 0 }
    }

    fn below(self, name: usize) -> impl Fn(&'a Value) -> Spot<'a> {
        let path = self.path + name + 1;
        move |value| Spot { value, path }
    }
}

impl Json for Counted {
    type Node<'a> = Spot<'a>;
    type PreparedKey = String;
    type StringBuffer = Value;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>(buffer: &mut Value, string: &str, f: impl FnOnce(Spot<'_>) -> T) -> T {
        *buffer = Value::String(string.to_owned());
        f(Spot::root(buffer))
    }
}

impl<'a> Node<'a, Counted> for Spot<'a> {
    type Object = Fields<'a>;
    type Array = Items<'a>;
    type Number = &'a Number;

    fn as_object(&self) -> Option<Fields<'a>> {
        metered::steps(1);
        let fields = self.value.as_object()?;
        Some(Fields { at: *self, fields })
    }

    fn as_array(&self) -> Option<Items<'a>> {
        metered::steps(1);
        let items = self.value.as_array()?;
        Some(Items { at: *self, items })
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        let text = self.value.as_str();
        metered::ask(|meter| meter.work(text.map_or(0, str::len)));
        text.map(Cow::Borrowed)
    }

    fn as_number(&self) -> Option<&'a Number> {
        let number = self.value.as_number();
        metered::steps(number.map_or(1, cost));
        number
    }

    fn as_boolean(&self) -> Option<bool> {
        metered::steps(1);
        self.value.as_bool()
    }

    fn is_null(&self) -> bool {
        metered::steps(1);
        self.value.is_null()
    }

    fn is_number(&self) -> bool {
        metered::steps(1);
        self.value.is_number()
    }

    fn json_type(&self) -> JsonType {
        metered::steps(1);
        match self.value {
            Value::Null => JsonType::Null,
            Value::Bool(_) => JsonType::Boolean,
            Value::Number(_) => JsonType::Number,
            Value::String(_) => JsonType::String,
            Value::Array(_) => JsonType::Array,
            Value::Object(_) => JsonType::Object,
        }
    }

    fn equals_value(&self, expected: &Value) -> bool {
        equal(self.value, expected)
    }

    fn to_value(&self) -> Cow<'a, Value> {
        // Asked for where a breach is told of, which holds the path.
        metered::ask(|meter| meter.hold(BREACH + self.path));
        metered::ask(|meter| meter.work(BREACH + self.path));
        Cow::Borrowed(self.value)
    }

    fn identity(&self) -> Option<NodeIdentity> {
        Some(NodeIdentity::new(std::ptr::from_ref(self.value).addr()))
    }
}

/// Steps that a look at a number takes: how many digits it may be calculated with, those that its exponent
/// stands for included.
fn cost(number: &Number) -> u64 {
    let text = number.as_str();
    let exponent = text
        .split_once(['e', 'E'])
        .map_or("", |(_, exponent)| exponent);
    let exponent = exponent.trim_start_matches(['+', '-', '0']);
    let zeros = match exponent {
        "" => 0,
        some => some.parse().unwrap_or(u64::MAX),
    };
    let digits = (text.len() as u64).saturating_add(zeros);
    let calculated = digits.min(MAX_DIGITS);
    1 + calculated * calculated / SQUARES_PER_STEP + text.len() as u64 / BYTES_PER_STEP
}

/// Whether a value is what a schema names. The library compares numbers and texts.
fn equal(value: &Value, expected: &Value) -> bool {
    metered::steps(1);
    match (value, expected) {
        (Value::Number(left), Value::Number(right)) => {
            metered::steps(cost(left) + cost(right));
            cmp::equal(value, expected)
        }
        (Value::String(left), Value::String(right)) => {
            metered::ask(|meter| meter.work(left.len().min(right.len())));
            left == right
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(l, r)| equal(l, r))
        }
        (Value::Object(left), Value::Object(right)) => {
            let same = |(name, l): (&String, &Value)| right.get(name).is_some_and(|r| equal(l, r));
            left.len() == right.len() && left.iter().all(same)
        }
        _ => value == expected,
    }
}

/// An object of a document.
pub(super) struct Fields<'a> {
    at: Spot<'a>,
    fields: &'a Map<String, Value>,
}

/// A name in a document.
pub(super) struct Name<'a>(&'a str);

impl AsRef<str> for Name<'_> {
    /// Asked for where the name is matched or compared.
    fn as_ref(&self) -> &str {
        metered::look_at_name(self.0);
        self.0
    }
}

impl<'a> From<Name<'a>> for Cow<'a, str> {
    fn from(name: Name<'a>) -> Self {
        metered::ask(|meter| meter.work(name.0.len()));
        Cow::Borrowed(name.0)
    }
}

/// The fields of an object, one after the other.
pub(super) struct EachField<'a> {
    at: Spot<'a>,
    fields: serde_json::map::Iter<'a>,
}

impl<'a> Iterator for EachField<'a> {
    type Item = (Name<'a>, Spot<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, value) = self.fields.next()?;
        metered::item();
        Some((Name(name), self.at.below(name.len())(value)))
    }
}

impl<'a> Object<'a, Counted> for Fields<'a> {
    type Node = Spot<'a>;
    type MemberName = Name<'a>;
    type MembersIter = EachField<'a>;

    fn len(&self) -> usize {
        self.fields.len()
    }

    fn get(&self, key: &String) -> Option<Spot<'a>> {
        metered::item();
        self.fields.get(key).map(self.at.below(key.len()))
    }

    fn members(&self) -> EachField<'a> {
        metered::steps(1);
        EachField {
            at: self.at,
            fields: self.fields.iter(),
        }
    }
}

/// An array of a document.
pub(super) struct Items<'a> {
    at: Spot<'a>,
    items: &'a [Value],
}

/// The items of an array, one after the other.
pub(super) struct EachItem<'a> {
    at: Spot<'a>,
    items: std::slice::Iter<'a, Value>,
}

impl<'a> Iterator for EachItem<'a> {
    type Item = Spot<'a>;

    fn next(&mut self) -> Option<Spot<'a>> {
        let value = self.items.next()?;
        metered::item();
        Some(self.at.below(ITEM)(value))
    }
}

/// Bytes of an item's number in a path, at the most.
const ITEM: usize = 8;

impl<'a> Array<'a, Counted> for Items<'a> {
    type Node = Spot<'a>;
    type ElementsIter = EachItem<'a>;

    fn len(&self) -> usize {
        self.items.len()
    }

    fn elements(&self) -> EachItem<'a> {
        metered::steps(1);
        EachItem {
            at: self.at,
            items: self.items.iter(),
        }
    }

    fn is_unique(&self) -> bool {
        unique::all_differ(self.items)
    }
}
