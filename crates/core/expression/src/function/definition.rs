//! What a function is.

use super::call::Call;
use crate::overload::Overload;
use crate::value::Value;

/// What computes a function.
pub(crate) type Code = fn(&mut Call<'_>) -> Result<Value, String>;

/// A function of the language.
pub struct Function {
    /// The function's name; in expressions any case will do.
    pub name: &'static str,
    /// What it gives, in a line.
    pub says: &'static str,
    /// The ways to call it.
    pub overloads: Vec<Overload>,
    pub(crate) run: Code,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Function {
    /// Every way to call the function, as shown to users: `Left(string, integer 0..) -> string`.
    #[must_use]
    pub fn usage(&self) -> String {
        let ways = self.overloads.iter().map(|way| self.way(way));
        ways.collect::<Vec<_>>().join(" or ")
    }

    /// One way to call the function, as shown to users.
    #[must_use]
    pub fn way(&self, overload: &Overload) -> String {
        match overload.written().split_once("->") {
            Some((arguments, result)) => {
                format!("{}({}) -> {}", self.name, arguments.trim(), result.trim())
            }
            None => self.name.to_owned(),
        }
    }
}
