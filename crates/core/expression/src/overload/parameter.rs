//! What an argument must be, and how one becomes that.

use crate::currency::currency_sign;
use crate::kind::{Base, Kind, Type};
use crate::region::regions;
use crate::value::Value;

/// Codes that a text is to be among.
#[derive(Clone, Copy, Debug)]
enum Codes {
    Currencies,
    DialingCodes,
}

/// The type of an argument or a result.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pattern {
    Of(Type),
    /// `T`, or `[T]`.
    Chosen {
        collection: bool,
    },
}

/// What an argument must be.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) pattern: Pattern,
    pub(super) not_set: bool,
    pub(super) repeated: bool,
    least: i64,
    most: i64,
    nonzero: bool,
    pub(super) literal: bool,
    /// What a text must be one of.
    codes: Option<Codes>,
}

/// A value as another type has it; none where it is of that type as it is.
pub(super) fn widened(value: &Value, wanted: Type) -> Result<Option<Value>, String> {
    Ok(match (value, wanted.base) {
        (Value::Integer(number), Base::Decimal) => Some(Value::Decimal((*number).into())),
        (Value::Collection(items), Base::Decimal) => {
            let whole = items.iter().any(|item| matches!(item, Value::Integer(_)));
            if !whole {
                return Ok(None);
            }
            let each = |item: &Value| Ok(widened(item, wanted.item())?.unwrap_or(item.clone()));
            let items: Result<Vec<Value>, String> = items.iter().map(each).collect();
            Some(Value::collection(items?))
        }
        (Value::Entity(entity), Base::Audio) if entity.kind == Kind::Prompt => {
            Some(Value::Audio(value.heard()))
        }
        (Value::Json(_), Base::Json | Base::Any) => None,
        (Value::Json(json), _) => {
            let read = Value::from_json(json, wanted);
            Some(read.map_err(|why| format!("is JSON: {why}"))?)
        }
        _ => None,
    })
}

impl Parameter {
    pub(super) fn read(text: &str) -> Option<Parameter> {
        let mut words = text.split_whitespace();
        let word = words.next()?;
        let repeated = word.contains("...");
        let not_set = word.ends_with('~');
        let word = word.trim_end_matches('~').trim_end_matches("...");
        let mut parameter = Parameter {
            pattern: Pattern::read(word)?,
            not_set,
            repeated,
            least: i64::MIN,
            most: i64::MAX,
            nonzero: false,
            literal: false,
            codes: None,
        };
        for word in words {
            match (word, word.split_once("..")) {
                ("nonzero", _) => parameter.nonzero = true,
                ("literal", _) => parameter.literal = true,
                ("ISO4217", _) => parameter.codes = Some(Codes::Currencies),
                ("dialingCode", _) => parameter.codes = Some(Codes::DialingCodes),
                (_, Some((least, most))) => {
                    parameter.least = least.parse().ok()?;
                    parameter.most = if most.is_empty() {
                        i64::MAX
                    } else {
                        most.parse().ok()?
                    };
                }
                _ => return None,
            }
        }
        Some(parameter)
    }

    /// What a text is said to be one of, and isn't as far as is known here.
    pub(super) fn unknown(&self, value: &Value) -> Option<String> {
        let Value::String(text) = value else {
            return None;
        };
        match self.codes? {
            Codes::Currencies if currency_sign(text).is_none() => {
                Some(format!("no currency `{text}` is known"))
            }
            Codes::DialingCodes if !regions().any(|(_, code)| code == &**text) => {
                Some(format!("no region has the dialing code `{text}`"))
            }
            _ => None,
        }
    }

    /// What a value breaks of what must hold of it.
    pub(super) fn breach(&self, value: &Value) -> Option<String> {
        if self.nonzero && matches!(value, Value::Integer(0)) {
            return Some("is 0".to_owned());
        }
        match value {
            Value::Integer(number) if *number < self.least || *number > self.most => {
                let upper = match self.most {
                    i64::MAX => "upwards".to_owned(),
                    most => format!("to {most}"),
                };
                Some(format!("is {number}, not from {} {upper}", self.least))
            }
            _ => None,
        }
    }
}

impl Pattern {
    pub(super) fn collection(self) -> bool {
        match self {
            Pattern::Of(kind) => kind.collection,
            Pattern::Chosen { collection } => collection,
        }
    }

    pub(super) fn read(text: &str) -> Option<Pattern> {
        let (inner, collection) = match text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            Some(inner) => (inner, true),
            None => (text, false),
        };
        if inner == "T" {
            return Some(Pattern::Chosen { collection });
        }
        let base = Type::of_word(inner)?.base;
        Some(Pattern::Of(Type { base, collection }))
    }
}
