//! The functions: one table of names, signatures and what each does, for checker, evaluator and
//! documentation alike.
//!
//! A signature is written as it is shown to users: `string, integer? -> string`. `T` is one type of the
//! caller's choice, `[T]` a collection of it, `?` marks what may be left out, `...` what may be
//! repeated, at least once.

mod call;
mod date;
mod definition;
mod list;
mod number;
mod other;
mod signature;
mod text;

pub(crate) use call::Call;
pub use definition::Function;
pub(crate) use signature::Signature;

const TABLES: [&[Function]; 5] = [
    text::FUNCTIONS,
    list::FUNCTIONS,
    number::FUNCTIONS,
    date::FUNCTIONS,
    other::FUNCTIONS,
];

/// Every function of the language.
pub fn functions() -> impl Iterator<Item = &'static Function> + Clone {
    TABLES.into_iter().flatten()
}

/// A function by its name in any case.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    functions().find(|function| function.name.eq_ignore_ascii_case(name))
}
