//! The functions: one table of names, signatures and what each gives (`functions.tsv`), for checker,
//! documentation and the code behind them alike.
//!
//! A signature is written as it is shown to users: `string, integer? -> string`. `T` is one type of the
//! caller's choice, `[T]` a collection of it, `?` marks what may be left out, `...` what may be
//! repeated, at least once. Where there are several, the first that fits is meant.
//!
//! The modules have the code of each function by its name; it finds its arguments at their places in the
//! signature, and of their types.

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

use definition::Code;
use std::sync::LazyLock;

/// The table: a line of headings, then a line for each function; columns are separated by tabs.
const TABLE: &str = include_str!("function/functions.tsv");

const CODE: [&[(&str, Code)]; 5] = [
    text::CODE,
    list::CODE,
    number::CODE,
    date::CODE,
    other::CODE,
];

static FUNCTIONS: LazyLock<Vec<Function>> = LazyLock::new(|| {
    let code = |name: &str| {
        CODE.iter()
            .copied()
            .flatten()
            .find(|(known, _)| *known == name)
    };
    let lines = TABLE.lines().skip(1);
    lines
        .filter_map(|line| Function::read(line, |name| code(name).map(|(_, code)| *code)))
        .collect()
});

/// Every function of the language.
pub fn functions() -> impl Iterator<Item = &'static Function> + Clone {
    FUNCTIONS.iter()
}

/// A function by its name in any case.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    functions().find(|function| function.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_has_its_code_and_all_code_its_line() {
        assert_eq!(functions().count(), TABLE.lines().count() - 1);
        assert_eq!(functions().count(), CODE.iter().copied().flatten().count());
    }
}
