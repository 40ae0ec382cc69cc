//! Values in and out of the database.

use crate::error::{Invalid, StoreError, StoreResult};
use crate::id::{EntityId, Version};
use crate::limits;
use crate::seam::{Actor, JsonText, WallTime};

/// A value that goes into a statement or comes out of a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Value {
    fn size(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Null | Self::Int(_) => 0,
                Self::Text(text) => text.len(),
                Self::Bytes(bytes) => bytes.len(),
            }
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}

impl From<u32> for Value {
    fn from(n: u32) -> Self {
        Self::Int(i64::from(n))
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Int(i64::from(b))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<WallTime> for Value {
    fn from(at: WallTime) -> Self {
        Self::Int(at.0)
    }
}

impl From<Version> for Value {
    fn from(version: Version) -> Self {
        Self::Int(version.0)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// The values of a statement, in the order of its parameters.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::backend::Value::from($value)),*] };
}
pub(crate) use values;

/// One row, read column by column in the order of the statement.
#[derive(Debug)]
pub struct Row {
    values: std::vec::IntoIter<Value>,
}

impl Row {
    fn new(values: Vec<Value>) -> Self {
        Self {
            values: values.into_iter(),
        }
    }

    fn next(&mut self) -> StoreResult<Value> {
        let missing = || corrupt("row", "a column is missing");
        self.values.next().ok_or_else(missing)
    }

    /// What the next column holds.
    pub(crate) fn take<C: Cell>(&mut self) -> StoreResult<C> {
        C::read(self.next()?)
    }

    pub(crate) fn int(&mut self) -> StoreResult<i64> {
        self.take()
    }

    pub(crate) fn text(&mut self) -> StoreResult<String> {
        self.take()
    }

    pub(crate) fn bytes(&mut self) -> StoreResult<Vec<u8>> {
        match self.next()? {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(corrupt("bytes", "found another type")),
        }
    }

    /// Text to be shown, whatever the column holds: of what is damaged, as much as can be read.
    pub(crate) fn shown(&mut self) -> StoreResult<String> {
        Ok(match self.next()? {
            Value::Text(text) => text,
            Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Value::Int(n) => n.to_string(),
            Value::Null => String::new(),
        })
    }
}

/// What a column can hold: how it is read, and how it is written.
pub trait Cell: Sized {
    fn read(value: Value) -> StoreResult<Self>;
    fn write(&self) -> Value;
}

impl<C: Cell> From<&C> for Value {
    fn from(cell: &C) -> Self {
        cell.write()
    }
}

impl Cell for i64 {
    fn read(value: Value) -> StoreResult<Self> {
        match value {
            Value::Int(n) => Ok(n),
            Value::Null => Err(corrupt("integer", "found null")),
            Value::Text(_) | Value::Bytes(_) => Err(corrupt("integer", "found another type")),
        }
    }

    fn write(&self) -> Value {
        Value::Int(*self)
    }
}

impl Cell for String {
    fn read(value: Value) -> StoreResult<Self> {
        match value {
            Value::Text(text) => Ok(text),
            Value::Null => Err(corrupt("text", "found null")),
            Value::Int(_) | Value::Bytes(_) => Err(corrupt("text", "found another type")),
        }
    }

    fn write(&self) -> Value {
        Value::Text(self.clone())
    }
}

/// What a column can hold that may be null instead.
pub trait Nullable: Cell {}

impl<C: Nullable> Cell for Option<C> {
    fn read(value: Value) -> StoreResult<Self> {
        match value {
            Value::Null => Ok(None),
            value => C::read(value).map(Some),
        }
    }

    fn write(&self) -> Value {
        self.as_ref().map_or(Value::Null, C::write)
    }
}

/// An empty text stands for none, since columns of text take no null.
impl Cell for Option<String> {
    fn read(value: Value) -> StoreResult<Self> {
        match value {
            Value::Null => Ok(None),
            value => Ok(Some(String::read(value)?).filter(|text| !text.is_empty())),
        }
    }

    fn write(&self) -> Value {
        Value::Text(self.clone().unwrap_or_default())
    }
}

/// Implements [`Cell`] for what is kept as another cell: how it comes from that one, and goes into one.
macro_rules! cells {
    ($($cell:ty as $kept:ty: $read:expr, $write:expr;)*) => {$(
        impl $crate::backend::Cell for $cell {
            fn read(value: $crate::backend::Value) -> $crate::error::StoreResult<Self> {
                let read: fn($kept) -> $crate::error::StoreResult<Self> = $read;
                read(<$kept as $crate::backend::Cell>::read(value)?)
            }

            fn write(&self) -> $crate::backend::Value {
                let write: fn(&Self) -> $kept = $write;
                write(self).into()
            }
        }
    )*};
}
pub(crate) use cells;

cells! {
    bool as i64: |n| Ok(n != 0), |flag| i64::from(*flag);
    u32 as i64: |n| u32::try_from(n).map_err(|_| corrupt("number", "out of range")), |n| i64::from(*n);
    u64 as i64: |n| u64::try_from(n).map_err(|_| corrupt("count", "found a negative number")), |n| {
        i64::try_from(*n).unwrap_or(i64::MAX)
    };
    EntityId as String: |text| Ok(EntityId::stored(text)), |id| id.as_str().to_owned();
    JsonText as String: |text| Ok(JsonText::stored(text)), |json| json.as_str().to_owned();
    Version as i64: |n| Ok(Version(n)), |version| version.0;
    Actor as String: |text| Ok(Actor::stored(text)), |actor| actor.as_str().to_owned();
    WallTime as i64: |n| Ok(WallTime(n)), |at| at.0;
}

impl Nullable for u32 {}
impl Nullable for EntityId {}
impl Nullable for JsonText {}
impl Nullable for Version {}
impl Nullable for WallTime {}

/// What is kept as JSON that the store writes for itself.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(text: &str) -> StoreResult<T> {
    tollgate_json::read_as(text).map_err(|e| corrupt("document", &e.to_string()))
}

/// The rows of an answer, as long as they fit.
#[derive(Default)]
pub(crate) struct Answer {
    rows: Vec<Row>,
    bytes: usize,
}

impl Answer {
    /// Takes a row; `false` when there are too many bytes.
    #[must_use]
    pub(crate) fn add(&mut self, values: Vec<Value>) -> bool {
        self.bytes += values.iter().map(Value::size).sum::<usize>();
        self.rows.push(Row::new(values));
        self.bytes <= limits::ANSWER_BYTES
    }

    pub(crate) fn rows(self) -> StoreResult<Vec<Row>> {
        if self.bytes > limits::ANSWER_BYTES {
            let why = "gives an answer of more than 32 MiB; ask for fewer at once";
            return Err(Invalid::new("pageSize", why).into());
        }
        Ok(self.rows)
    }
}

pub(crate) fn corrupt(table: &'static str, why: &str) -> StoreError {
    StoreError::Corrupt {
        table,
        why: why.to_owned(),
    }
}
