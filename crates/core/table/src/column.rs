//! Columns: their types, what they have where a row leaves them out, and the bounds of their values.

use crate::fault::SchemaFault;
use serde_json::{Map, Value, json};

/// The type of a column's values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Texts.
    String,
    /// Whole numbers.
    Integer,
    /// Numbers.
    Number,
    /// True and false.
    Boolean,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::String, Self::Integer, Self::Number, Self::Boolean];

    /// The word of JSON schemas.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
        }
    }

    fn has(self, value: &Value) -> bool {
        match self {
            Self::String => value.is_string(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Number => value.is_number(),
            Self::Boolean => value.is_boolean(),
        }
    }

    fn zero(self) -> Value {
        match self {
            Self::String => json!(""),
            Self::Integer | Self::Number => json!(0),
            Self::Boolean => json!(false),
        }
    }
}

/// Keywords that say nothing about values.
const SAID: [&str; 4] = ["$id", "title", "description", "displayOrder"];

/// A column of a table.
#[derive(Clone, PartialEq, Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The type of its values.
    pub kind: Kind,
    /// What it has where a row leaves it out, if it says so itself.
    pub default: Option<Value>,
    /// Where it stands among the others.
    pub(crate) order: i64,
    /// The only values that there are.
    among: Option<Vec<Value>>,
    /// Characters of a text.
    length: (Option<u64>, Option<u64>),
    /// The smallest number and the largest.
    range: (Option<f64>, Option<f64>),
}

impl Column {
    /// Reads what a schema says of a column; `lenient`: what isn't known is passed over.
    pub(crate) fn read(name: &str, said: &Value, lenient: bool) -> Result<Self, SchemaFault> {
        let field = |keyword: &str| format!("schema.properties.{name}.{keyword}");
        let nothing = Map::new();
        let said = said.as_object().unwrap_or(&nothing);
        let word = said.get("type").and_then(Value::as_str).unwrap_or_default();
        let kind = Kind::ALL.into_iter().find(|kind| kind.word() == word);
        let Some(kind) = kind else {
            let known = Kind::ALL.map(Kind::word).join(", ");
            let why = format!("expected one of {known}, found {word:?}.");
            return Err(SchemaFault::new(field("type"), why));
        };
        let mut column = Self {
            name: name.to_owned(),
            kind,
            default: None,
            order: said
                .get("displayOrder")
                .and_then(Value::as_i64)
                .unwrap_or(0),
            among: None,
            length: (None, None),
            range: (None, None),
        };
        for (keyword, value) in said {
            if keyword == "type" || SAID.contains(&keyword.as_str()) || value.is_null() {
                continue;
            }
            if let Err(why) = column.take(keyword, value)
                && !lenient
            {
                return Err(SchemaFault::new(field(keyword), why));
            }
        }
        if let Some(default) = &column.default
            && let Err(why) = column.check(default)
        {
            if !lenient {
                return Err(SchemaFault::new(field("default"), why));
            }
            column.default = None;
        }
        Ok(column)
    }

    fn take(&mut self, keyword: &str, value: &Value) -> Result<(), String> {
        let is_text = self.kind == Kind::String;
        let is_number = matches!(self.kind, Kind::Integer | Kind::Number);
        match keyword {
            "default" => self.default = Some(value.clone()),
            "enum" => {
                let values = value.as_array().filter(|values| !values.is_empty());
                let values = values.ok_or("expected a list of values.")?;
                if let Some(odd) = values.iter().find(|value| !self.kind.has(value)) {
                    return Err(format!("{odd} is no {}.", self.kind.word()));
                }
                self.among = Some(values.clone());
            }
            "minLength" | "maxLength" if is_text => {
                let length = value.as_u64().ok_or("expected a whole number from 0 on.")?;
                match keyword {
                    "minLength" => self.length.0 = Some(length),
                    _ => self.length.1 = Some(length),
                }
            }
            "minimum" | "maximum" if is_number => {
                let number = value.as_f64().ok_or("expected a number.")?;
                match keyword {
                    "minimum" => self.range.0 = Some(number),
                    _ => self.range.1 = Some(number),
                }
            }
            _ => {
                let bounds = match self.kind {
                    Kind::String => ", minLength, maxLength",
                    Kind::Integer | Kind::Number => ", minimum, maximum",
                    Kind::Boolean => "",
                };
                let known = SAID.join(", ");
                return Err(format!(
                    "not known here; a column of type {} may have type, default, enum{bounds}, {known}.",
                    self.kind.word()
                ));
            }
        }
        Ok(())
    }

    /// Whether the column can have the value.
    pub(crate) fn check(&self, value: &Value) -> Result<(), String> {
        if !self.kind.has(value) {
            return Err(format!("expected {}.", self.kind.word()));
        }
        if let Some(among) = &self.among
            && !among.contains(value)
        {
            let among: Vec<_> = among.iter().map(Value::to_string).collect();
            return Err(format!("expected one of {}.", among.join(", ")));
        }
        if let Some(text) = value.as_str() {
            let length = text.chars().count() as u64;
            let (least, most) = self.length;
            if let Some(least) = least.filter(|least| length < *least) {
                return Err(format!("expected {least} characters at least."));
            }
            if let Some(most) = most.filter(|most| length > *most) {
                return Err(format!("expected {most} characters at most."));
            }
        }
        if let Some(number) = value.as_f64() {
            let (least, most) = self.range;
            if let Some(least) = least.filter(|least| number < *least) {
                return Err(format!("expected {least} at least."));
            }
            if let Some(most) = most.filter(|most| number > *most) {
                return Err(format!("expected {most} at most."));
            }
        }
        Ok(())
    }

    /// What the column has where a row leaves it out; none where its bounds leave no such value.
    pub(crate) fn without(&self) -> Option<Value> {
        let zero = || Some(self.kind.zero()).filter(|zero| self.check(zero).is_ok());
        self.default.clone().or_else(zero)
    }
}
