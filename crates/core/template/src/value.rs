//! What a reference may stand for, as Java has it.
//!
//! Lists and maps are shared: what a method changes is seen wherever the value is. None ever holds itself
//! (what would make one do so is an error). They, entries and loops hold others, and let go of them in a
//! loop; what descends into them counts its depth: so that no chain of any of them overflows the stack.

mod compare;
mod from_json;
mod holder;
mod print;
mod tool;

pub(crate) use holder::{ListCell, ListKind, MapCell, MapKind, changed, reaches};
pub use print::json_text;
pub(crate) use print::{escape_json, print};
pub(crate) use tool::Tool;

use crate::bounds::SLOT;
use crate::number::Decimal;
use num_bigint::BigInt;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// A value, as Java has it.
#[derive(Debug, Clone, Default)]
pub enum Value {
    /// Java's null.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// An `Integer`.
    Int(i32),
    /// A `Long`.
    Long(i64),
    /// A `Double`.
    Double(f64),
    /// A `String`.
    Text(Arc<str>),
    /// A list.
    List(List),
    /// A map.
    Map(Map),
    /// What only a template makes, or what has no JSON of its own.
    #[doc(hidden)]
    Special(Special),
}

/// A list: an `ArrayList`, or one of JSON, which prints as JSON.
#[derive(Debug, Clone)]
pub struct List(pub(crate) Rc<ListCell>);

/// A map in the order its keys came: a `LinkedHashMap`, or one of JSON, which prints as JSON.
#[derive(Debug, Clone)]
pub struct Map(pub(crate) Rc<MapCell>);

/// Values of other Java classes.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub enum Special {
    /// A `BigInteger`.
    Big(Arc<BigInt>),
    /// A `BigDecimal`.
    Decimal(Rc<Decimal>),
    /// A `Character`: a UTF-16 unit.
    Char(u16),
    /// A `Map.Entry`.
    Entry(Rc<Entry>),
    /// `$foreach`.
    Scope(Rc<Scope>),
    /// One of the tools.
    Tool(Tool),
}

/// A key of a map and what it stands for, as they were.
#[doc(hidden)]
#[derive(Debug)]
pub struct Entry {
    pub(crate) key: Value,
    pub(crate) value: Value,
}

/// Where a loop is.
#[doc(hidden)]
#[derive(Debug)]
pub struct Scope {
    pub(crate) id: u32,
    pub(crate) index: Cell<i32>,
    pub(crate) has_next: Cell<bool>,
    /// The loop around it.
    pub(crate) parent: Option<Rc<Scope>>,
    /// What `$foreach` stood for before, if that was no loop.
    pub(crate) replaced: Value,
    /// What the template put into it.
    pub(crate) storage: RefCell<Vec<(Value, Value)>>,
}

impl Value {
    /// A text.
    #[must_use]
    pub fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    /// A list; it prints as Java's lists do: `[a, b]`.
    #[must_use]
    pub fn list(items: Vec<Value>) -> Value {
        Value::of_list(ListKind::Plain, items)
    }

    /// A map, in this order; it prints as Java's maps do: `{a=1, b=2}`.
    #[must_use]
    pub fn map(entries: Vec<(String, Value)>) -> Value {
        let entries = entries.into_iter();
        let entries = entries.map(|(key, value)| (Value::text(&key), value));
        Value::of_map(MapKind::Plain, entries.collect())
    }

    /// An object of JSON, in this order; it prints as JSON.
    #[must_use]
    pub fn json_object(fields: Vec<(&str, Value)>) -> Value {
        let fields = fields.into_iter();
        let fields = fields.map(|(name, value)| (Value::text(name), value));
        Value::of_map(MapKind::Json, fields.collect())
    }

    pub(crate) fn of_list(kind: ListKind, items: Vec<Value>) -> Value {
        Value::List(List(Rc::new(ListCell {
            kind,
            items: RefCell::new(items),
            changes: Cell::new(0),
        })))
    }

    pub(crate) fn of_map(kind: MapKind, entries: Vec<(Value, Value)>) -> Value {
        Value::Map(Map(Rc::new(MapCell {
            kind,
            entries: RefCell::new(entries),
            changes: Cell::new(0),
        })))
    }

    /// An `Integer` where it fits, else a `Long`.
    pub(crate) fn whole(whole: i64) -> Value {
        i32::try_from(whole).map_or(Value::Long(whole), Value::Int)
    }

    /// A count, as Java's `int`.
    pub(crate) fn count(count: usize) -> Value {
        Value::Int(i32::try_from(count).unwrap_or(i32::MAX))
    }

    /// Bytes of a text; 0 of anything else.
    pub(crate) fn text_bytes(&self) -> usize {
        match self {
            Value::Text(text) => text.len(),
            _ => 0,
        }
    }

    /// Bytes that are free once this value is let go of: those of a text that nothing else holds, or of
    /// such a list and the texts in it.
    #[inline]
    pub(crate) fn owned_bytes(&self) -> usize {
        match self {
            Value::Text(text) if Arc::strong_count(text) == 1 => text.len() + SLOT,
            Value::List(list) if Rc::strong_count(&list.0) == 1 => {
                let items = list.0.items.borrow();
                let text = |item: &Value| match item {
                    Value::Text(text) if Arc::strong_count(text) == 1 => text.len() + SLOT,
                    _ => 0,
                };
                (items.len() + 2) * SLOT + items.iter().map(text).sum::<usize>()
            }
            _ => 0,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Whether `#if` takes it: null and false are not.
    pub(crate) fn is_true(&self) -> bool {
        !matches!(self, Value::Null | Value::Bool(false))
    }

    pub(crate) fn is_number(&self) -> bool {
        matches!(
            self,
            Value::Int(_)
                | Value::Long(_)
                | Value::Double(_)
                | Value::Special(Special::Big(_) | Special::Decimal(_))
        )
    }

    /// The name of its class in Java, as Velocity's words have it.
    pub(crate) fn class(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "java.lang.Boolean",
            Value::Int(_) => "java.lang.Integer",
            Value::Long(_) => "java.lang.Long",
            Value::Double(_) => "java.lang.Double",
            Value::Text(_) => "java.lang.String",
            Value::List(list) => list.0.kind.class(),
            Value::Map(map) => map.0.kind.class(),
            Value::Special(special) => match special {
                Special::Big(_) => "java.math.BigInteger",
                Special::Decimal(_) => "java.math.BigDecimal",
                Special::Char(_) => "java.lang.Character",
                Special::Entry(_) => "java.util.Map$Entry",
                Special::Scope(_) => "org.apache.velocity.runtime.directive.ForeachScope",
                Special::Tool(tool) => tool.class(),
            },
        }
    }

    /// What kind of thing it is, for a message.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a truth value",
            Value::Text(_) => "a text",
            Value::List(list) => list.0.kind.name(),
            Value::Map(_) => "a map",
            Value::Special(Special::Char(_)) => "a character",
            Value::Special(Special::Entry(_)) => "an entry of a map",
            Value::Special(Special::Scope(_)) => "$foreach",
            Value::Special(Special::Tool(_)) => "a tool",
            _ => "a number",
        }
    }
}
