//! The functions: one table of names, signatures and what each does, for checker, evaluator and
//! documentation alike.
//!
//! A signature is written as it is shown to users: `string, integer? -> string`. `T` is one type of the
//! caller's choice, `[T]` a collection of it, `?` marks what may be left out, `...` what may be
//! repeated, at least once.

mod date;
mod list;
mod number;
mod other;
mod text;

use super::{MAX_ITEMS, MAX_TEXT, MAX_VALUE, World};
use crate::kind::{Base, Type};
use crate::value::{Room, Value, decimal};
use rust_decimal::Decimal;
use std::sync::Arc;

/// A function of the language.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    signatures: &'static [&'static str],
    /// Whether one argument that is `NOT_SET` makes the result so.
    pub(crate) strict: bool,
    pub(super) run: fn(&mut Call<'_>) -> Result<Value, String>,
    /// What it does, in a line.
    pub(crate) says: &'static str,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

const fn strict(
    name: &'static str,
    signatures: &'static [&'static str],
    says: &'static str,
    run: fn(&mut Call<'_>) -> Result<Value, String>,
) -> Function {
    Function {
        name,
        signatures,
        strict: true,
        run,
        says,
    }
}

const fn seeing(
    name: &'static str,
    signatures: &'static [&'static str],
    says: &'static str,
    run: fn(&mut Call<'_>) -> Result<Value, String>,
) -> Function {
    Function {
        name,
        signatures,
        strict: false,
        run,
        says,
    }
}

const TABLES: [&[Function]; 5] = [
    text::FUNCTIONS,
    list::FUNCTIONS,
    number::FUNCTIONS,
    date::FUNCTIONS,
    other::FUNCTIONS,
];

/// Functions that do what flows need, but whose names we couldn't confirm with the vendor: a flow that
/// uses one may have to name it otherwise there.
const UNCONFIRMED: [&str; 36] = [
    "AddItems",
    "Average",
    "CharAt",
    "DayOfYear",
    "Distinct",
    "DurationInDays",
    "DurationInHours",
    "DurationInMinutes",
    "DurationInSeconds",
    "FindPrompt",
    "First",
    "Format",
    "Insert",
    "IsEmpty",
    "IsNotSet",
    "Join",
    "JsonStringify",
    "JsonToStringCollection",
    "Last",
    "MakeUUID",
    "Mid",
    "Millisecond",
    "Power",
    "RandomInteger",
    "RegexExtract",
    "RegexMatch",
    "RemoveAt",
    "RemoveItem",
    "SetAt",
    "SetJsonObjectProperty",
    "Slice",
    "Sqrt",
    "ToEmailAddress",
    "TrimEnd",
    "TrimStart",
    "UrlEncode",
];

/// Every function.
pub(crate) fn all() -> impl Iterator<Item = &'static Function> + Clone {
    TABLES.into_iter().flatten()
}

/// A function by its name in any case.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    all().find(|function| function.name.eq_ignore_ascii_case(name))
}

impl Function {
    /// Whether it has this name at the vendor, as far as we could see.
    pub(crate) fn confirmed(&self) -> bool {
        !UNCONFIRMED.contains(&self.name)
    }

    pub(crate) fn signatures(&self) -> impl Iterator<Item = Signature> + '_ {
        self.signatures.iter().map(|text| Signature::read(text))
    }

    /// Every way to call it, as shown to users.
    pub(crate) fn usage(&self) -> String {
        let ways: Vec<String> = self
            .signatures
            .iter()
            .map(|text| match text.split_once("->") {
                Some((arguments, result)) => {
                    format!("{}({}) -> {}", self.name, arguments.trim(), result.trim())
                }
                None => self.name.to_owned(),
            })
            .collect();
        ways.join(" or ")
    }
}

#[derive(Clone, Copy)]
enum Pattern {
    Of(Type),
    /// `T`, or `[T]`.
    Chosen {
        collection: bool,
    },
}

struct Parameter {
    pattern: Pattern,
    optional: bool,
    repeated: bool,
}

/// One way to call a function.
pub(crate) struct Signature {
    parameters: Vec<Parameter>,
    result: Pattern,
}

fn pattern(text: &str) -> Pattern {
    let (inner, collection) = match text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
        Some(inner) => (inner, true),
        None => (text, false),
    };
    if inner == "T" {
        return Pattern::Chosen { collection };
    }
    let base = Type::of_word(inner).map_or(Base::Any, |kind| kind.base);
    Pattern::Of(Type { base, collection })
}

impl Signature {
    fn read(text: &str) -> Signature {
        let (parameters, result) = text.split_once("->").unwrap_or((text, "any"));
        let parameters = parameters
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        Signature {
            parameters: parameters
                .map(|part| {
                    let repeated = part.ends_with("...");
                    let part = part.trim_end_matches("...");
                    Parameter {
                        optional: part.ends_with('?'),
                        pattern: pattern(part.trim_end_matches('?')),
                        repeated,
                    }
                })
                .collect(),
            result: pattern(result.trim()),
        }
    }

    fn parameter(&self, index: usize) -> Option<&Parameter> {
        let last = self.parameters.last().filter(|last| last.repeated);
        self.parameters.get(index).or(last)
    }

    /// The type of the result, if these arguments fit.
    pub(crate) fn accepts(&self, kinds: &[Type]) -> Option<Type> {
        let needed = self.parameters.iter().filter(|p| !p.optional).count();
        if kinds.len() < needed {
            return None;
        }
        let chosen = self.choose(kinds).ok()?;
        Some(match self.result {
            Pattern::Of(kind) => kind,
            Pattern::Chosen { collection } => Type {
                collection,
                ..chosen.unwrap_or(Type::ANY)
            },
        })
    }

    /// The first argument that doesn't fit.
    pub(crate) fn first_wrong(&self, kinds: &[Type]) -> Option<usize> {
        self.choose(kinds).err()
    }

    /// What `T` is for these arguments; else which of them doesn't fit.
    fn choose(&self, kinds: &[Type]) -> Result<Option<Type>, usize> {
        let mut chosen: Option<Type> = None;
        for (index, kind) in kinds.iter().enumerate() {
            let Some(parameter) = self.parameter(index) else {
                return Err(index);
            };
            match parameter.pattern {
                Pattern::Of(wanted) if kind.fits(wanted) => {}
                Pattern::Of(_) => return Err(index),
                Pattern::Chosen { collection } => {
                    let unset = matches!(kind.base, Base::NotSet | Base::Any);
                    if kind.collection != collection && !unset {
                        return Err(index);
                    }
                    let item = kind.item();
                    chosen = Some(match chosen {
                        None => item,
                        Some(before) => before.join(item).ok_or(index)?,
                    });
                }
            }
        }
        Ok(chosen.map(|kind| match kind.base {
            Base::NotSet => Type::ANY,
            _ => kind,
        }))
    }
}

/// A call under way: its arguments, and what it may see.
pub(super) struct Call<'a> {
    pub(super) arguments: &'a [Value],
    pub(super) result: Type,
    pub(super) world: &'a mut dyn World,
}

impl Call<'_> {
    fn at(&self, index: usize) -> &Value {
        self.arguments.get(index).unwrap_or(&Value::NotSet)
    }

    fn has(&self, index: usize) -> bool {
        !self.at(index).is_not_set()
    }

    fn wrong<T>(&self, index: usize, wanted: &str) -> Result<T, String> {
        let text = self.at(index).to_text().unwrap_or_else(|| "NOT_SET".into());
        let shown: String = text.chars().take(60).collect();
        Err(format!("argument {} is `{shown}`, not {wanted}", index + 1))
    }

    fn text(&self, index: usize) -> Result<Arc<str>, String> {
        match self.at(index) {
            Value::String(text) | Value::Audio(text) | Value::Communication(text) => {
                Ok(text.clone())
            }
            _ => self.wrong(index, "a string"),
        }
    }

    fn integer(&self, index: usize) -> Result<i64, String> {
        match self.at(index) {
            Value::Integer(number) => Ok(*number),
            _ => self.wrong(index, "an integer"),
        }
    }

    fn integer_or(&self, index: usize, default: i64) -> Result<i64, String> {
        if self.has(index) {
            self.integer(index)
        } else {
            Ok(default)
        }
    }

    fn decimal(&self, index: usize) -> Result<Decimal, String> {
        match self.at(index) {
            Value::Integer(number) => Ok(Decimal::from(*number)),
            Value::Decimal(number) => Ok(*number),
            Value::Json(json) if json.is_number() => match decimal(&json.to_string()) {
                Some(number) => Ok(number),
                None => self.wrong(index, "a number"),
            },
            _ => self.wrong(index, "a number"),
        }
    }

    fn flag_or(&self, index: usize, default: bool) -> Result<bool, String> {
        match self.at(index) {
            Value::NotSet => Ok(default),
            Value::Boolean(flag) => Ok(*flag),
            _ => self.wrong(index, "a boolean"),
        }
    }

    fn date(&self, index: usize) -> Result<i64, String> {
        match self.at(index) {
            Value::DateTime(millis) => Ok(*millis),
            _ => self.wrong(index, "a date and time"),
        }
    }

    fn duration(&self, index: usize) -> Result<i64, String> {
        match self.at(index) {
            Value::Duration(millis) => Ok(*millis),
            _ => self.wrong(index, "a duration"),
        }
    }

    fn items(&self, index: usize) -> Result<&[Value], String> {
        match self.at(index) {
            Value::Collection(items) => Ok(items),
            _ => self.wrong(index, "a collection"),
        }
    }

    fn json(&self, index: usize) -> Result<&serde_json::Value, String> {
        match self.at(index) {
            Value::Json(json) => Ok(json),
            _ => self.wrong(index, "JSON"),
        }
    }
}

/// The JSON of a value.
fn bounded_json(value: &Value) -> Result<serde_json::Value, String> {
    room().take(value)?;
    Ok(value.to_json())
}

/// What a function may build. It is no deeper than what is read, so that JSON put together in many steps is
/// copied, printed and let go of within the stack, too.
fn room() -> Room {
    Room {
        bytes: MAX_VALUE,
        levels: tollgate_json::MAX_DEPTH,
    }
}

fn bounded_text(text: String) -> Result<Value, String> {
    if text.len() > MAX_TEXT {
        return Err(format!("a text of more than {MAX_TEXT} bytes"));
    }
    Ok(Value::String(text.into()))
}

fn bounded_list(items: Vec<Value>) -> Result<Value, String> {
    if items.len() > MAX_ITEMS {
        return Err(format!("a collection of more than {MAX_ITEMS} items"));
    }
    let mut room = room();
    items.iter().try_for_each(|item| room.take(item))?;
    Ok(Value::collection(items))
}
