//! What a reference may stand for.

use crate::java;
use std::cell::RefCell;
use std::rc::Rc;

/// A value, as Java has it. Lists and maps are shared: what a method changes is seen everywhere.
#[derive(Debug, Clone)]
pub enum Value {
    /// Java's null.
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
    Text(Rc<str>),
    /// An `ArrayList`.
    List(Rc<RefCell<Vec<Value>>>),
    /// A `LinkedHashMap`.
    Map(Rc<RefCell<Vec<(String, Value)>>>),
    /// One of the tools.
    #[doc(hidden)]
    Tool(&'static str),
}

impl Value {
    /// A text.
    #[must_use]
    pub fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    /// A list.
    #[must_use]
    pub fn list(items: Vec<Value>) -> Value {
        Value::List(Rc::new(RefCell::new(items)))
    }

    /// A map, in this order.
    #[must_use]
    pub fn map(entries: Vec<(String, Value)>) -> Value {
        Value::Map(Rc::new(RefCell::new(entries)))
    }

    /// The value a JSON document stands for. Whole numbers beyond 64 bits become `Double`.
    #[must_use]
    pub fn from_json(json: &serde_json::Value) -> Value {
        match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(it) => Value::Bool(*it),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(whole) => whole_number(whole),
                None => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
            },
            serde_json::Value::String(text) => Value::text(text),
            serde_json::Value::Array(items) => {
                Value::list(items.iter().map(Value::from_json).collect())
            }
            serde_json::Value::Object(fields) => Value::map(
                fields
                    .iter()
                    .map(|(name, value)| (name.clone(), Value::from_json(value)))
                    .collect(),
            ),
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Whether `#if` takes it: null and false are not.
    pub(crate) fn is_true(&self) -> bool {
        !matches!(self, Value::Null | Value::Bool(false))
    }

    /// Java's `toString`.
    pub(crate) fn print(&self) -> String {
        match self {
            Value::Null => "null".to_owned(),
            Value::Bool(it) => it.to_string(),
            Value::Int(it) => it.to_string(),
            Value::Long(it) => it.to_string(),
            Value::Double(it) => java::double(*it),
            Value::Text(text) => text.to_string(),
            Value::List(items) => {
                let items: Vec<String> = items.borrow().iter().map(Value::print).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Map(fields) => {
                let fields = fields.borrow();
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(name, value)| format!("{name}={}", value.print()))
                    .collect();
                format!("{{{}}}", fields.join(", "))
            }
            Value::Tool(name) => (*name).to_owned(),
        }
    }

    /// As a double, if it is a number.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Value::Int(it) => Some(f64::from(*it)),
            Value::Long(it) => Some(*it as f64),
            Value::Double(it) => Some(*it),
            _ => None,
        }
    }

    /// As a whole number, if it is one.
    pub(crate) fn whole(&self) -> Option<i64> {
        match self {
            Value::Int(it) => Some(i64::from(*it)),
            Value::Long(it) => Some(*it),
            _ => None,
        }
    }

    /// Velocity's `==`: numbers by value, the same kinds by `equals`, others by what they print.
    pub(crate) fn equals(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Null, _) | (_, Value::Null) => false,
            _ => match (
                self.whole().zip(other.whole()),
                self.number().zip(other.number()),
            ) {
                (Some((a, b)), _) => a == b,
                (None, Some((a, b))) => a == b,
                (None, None) => self.print() == other.print(),
            },
        }
    }
}

/// An `Integer` where it fits, else a `Long`.
pub(crate) fn whole_number(whole: i64) -> Value {
    i32::try_from(whole).map_or(Value::Long(whole), Value::Int)
}
