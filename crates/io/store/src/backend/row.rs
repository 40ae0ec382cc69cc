//! Values in and out of the database.

use crate::error::{Invalid, StoreError, StoreResult};
use crate::id::{EntityId, Version};
use crate::limits;
use crate::seam::{JsonText, WallTime};

/// A value that goes into a statement or comes out of a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Value {
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

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<&EntityId> for Value {
    fn from(id: &EntityId) -> Self {
        Self::from(id.as_str())
    }
}

impl From<&JsonText> for Value {
    fn from(json: &JsonText) -> Self {
        Self::from(json.as_str())
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
pub(crate) struct Row {
    values: std::vec::IntoIter<Value>,
}

impl Row {
    fn new(values: Vec<Value>) -> Self {
        Self {
            values: values.into_iter(),
        }
    }

    fn next(&mut self, wanted: &'static str) -> StoreResult<Value> {
        self.values
            .next()
            .ok_or_else(|| corrupt(wanted, "a column is missing"))
    }

    pub(crate) fn int(&mut self) -> StoreResult<i64> {
        self.maybe_int()?
            .ok_or_else(|| corrupt("integer", "found null"))
    }

    pub(crate) fn maybe_int(&mut self) -> StoreResult<Option<i64>> {
        match self.next("integer")? {
            Value::Int(n) => Ok(Some(n)),
            Value::Null => Ok(None),
            Value::Text(_) | Value::Bytes(_) => Err(corrupt("integer", "found another type")),
        }
    }

    pub(crate) fn text(&mut self) -> StoreResult<String> {
        self.maybe_text()?
            .ok_or_else(|| corrupt("text", "found null"))
    }

    pub(crate) fn maybe_text(&mut self) -> StoreResult<Option<String>> {
        match self.next("text")? {
            Value::Text(text) => Ok(Some(text)),
            Value::Null => Ok(None),
            Value::Int(_) | Value::Bytes(_) => Err(corrupt("text", "found another type")),
        }
    }

    /// Text to be shown, whatever the column holds: of what is damaged, as much as can be read.
    pub(crate) fn shown(&mut self) -> StoreResult<String> {
        Ok(match self.next("text")? {
            Value::Text(text) => text,
            Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Value::Int(n) => n.to_string(),
            Value::Null => String::new(),
        })
    }

    pub(crate) fn bytes(&mut self) -> StoreResult<Vec<u8>> {
        match self.next("bytes")? {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(corrupt("bytes", "found another type")),
        }
    }

    pub(crate) fn flag(&mut self) -> StoreResult<bool> {
        Ok(self.int()? != 0)
    }

    pub(crate) fn count(&mut self) -> StoreResult<u64> {
        u64::try_from(self.int()?).map_err(|_| corrupt("count", "found a negative number"))
    }

    pub(crate) fn small(&mut self) -> StoreResult<u32> {
        u32::try_from(self.int()?).map_err(|_| corrupt("number", "out of range"))
    }

    pub(crate) fn id(&mut self) -> StoreResult<EntityId> {
        self.text().map(EntityId::stored)
    }

    pub(crate) fn json(&mut self) -> StoreResult<JsonText> {
        self.text().map(JsonText::stored)
    }

    pub(crate) fn version(&mut self) -> StoreResult<Version> {
        self.int().map(Version)
    }

    pub(crate) fn time(&mut self) -> StoreResult<WallTime> {
        self.int().map(WallTime)
    }

    /// JSON that the store wrote for itself.
    pub(crate) fn parsed<T: serde::de::DeserializeOwned>(&mut self) -> StoreResult<T> {
        let text = self.text()?;
        tollgate_json::read_as(&text).map_err(|e| corrupt("document", &e.to_string()))
    }
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
