//! What a function is.

use super::call::Call;
use super::signature::Signature;
use crate::value::Value;

/// A function of the language.
pub struct Function {
    /// The function's name; in expressions any case will do.
    pub name: &'static str,
    signatures: &'static [&'static str],
    /// Whether one argument that is `NOT_SET` makes the result so.
    pub(crate) strict: bool,
    pub(crate) run: fn(&mut Call<'_>) -> Result<Value, String>,
    /// What it does, in a line.
    pub says: &'static str,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

pub(super) const fn strict(
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

pub(super) const fn seeing(
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

/// Functions that do what workflows need, but whose names we couldn't confirm with the vendor: a workflow that
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

impl Function {
    /// Whether the vendor has a function of this name, as far as we could see.
    #[must_use]
    pub fn confirmed(&self) -> bool {
        !UNCONFIRMED.contains(&self.name)
    }

    pub(crate) fn signatures(&self) -> impl Iterator<Item = Signature> + '_ {
        self.signatures.iter().map(|text| Signature::read(text))
    }

    /// Every way to call the function, as shown to users: `Left(string, integer) -> string`.
    #[must_use]
    pub fn usage(&self) -> String {
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
