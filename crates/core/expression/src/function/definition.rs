//! What a function is.

use super::call::Call;
use super::signature::Signature;
use crate::value::Value;

/// What computes a function.
pub(crate) type Code = fn(&mut Call<'_>) -> Result<Value, String>;

/// A function of the language.
pub struct Function {
    /// The function's name; in expressions any case will do.
    pub name: &'static str,
    /// Whether one argument that is `NOT_SET` makes the result so.
    pub(crate) strict: bool,
    confirmed: bool,
    signatures: &'static str,
    /// What it gives, in a line.
    pub says: &'static str,
    pub(crate) run: Code,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Function {
    /// A function from its line of the table.
    pub(super) fn read(
        line: &'static str,
        code: impl Fn(&str) -> Option<Code>,
    ) -> Option<Function> {
        let columns: Vec<&str> = line.split('\t').collect();
        let [name, not_set, vendor, signatures, says] = columns[..] else {
            return None;
        };
        Some(Function {
            name,
            strict: not_set == "passed on",
            confirmed: vendor == "confirmed",
            signatures,
            says,
            run: code(name)?,
        })
    }

    /// Whether the vendor has a function of this name, as far as we could see. The others do what workflows
    /// need, but a workflow that uses one may have to name it otherwise there.
    #[must_use]
    pub fn confirmed(&self) -> bool {
        self.confirmed
    }

    pub(crate) fn signatures(&self) -> impl Iterator<Item = Signature> + '_ {
        self.signatures.split("; ").map(Signature::read)
    }

    /// Every way to call the function, as shown to users: `Left(string, integer) -> string`.
    #[must_use]
    pub fn usage(&self) -> String {
        let ways = self
            .signatures
            .split("; ")
            .map(|text| match text.split_once("->") {
                Some((arguments, result)) => {
                    format!("{}({}) -> {}", self.name, arguments.trim(), result.trim())
                }
                None => self.name.to_owned(),
            });
        ways.collect::<Vec<_>>().join(" or ")
    }
}
