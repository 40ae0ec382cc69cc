//! The functions: one table of the ways to call them (`functions.tsv`), for checker, evaluator, documentation
//! and the code behind them alike.
//!
//! The modules have the code of each function by its name. It is given arguments of the types that the way
//! to call it asks for, within their bounds: what may be `NOT_SET`, what is widened and what a number may be
//! is decided in one place, by the table ([`crate::overload`]).

mod audio;
mod call;
mod currency;
mod date;
mod definition;
mod list;
mod number;
mod other;
mod text;

pub(crate) use call::Call;
pub use definition::Function;

use crate::overload::{Overload, grouped};
use definition::Code;
use std::sync::LazyLock;

/// The table: a line of headings, then a line for each way to call a function; columns are separated by tabs.
const TABLE: &str = include_str!("function/functions.tsv");

const CODE: [&[(&str, Code)]; 7] = [
    audio::CODE,
    currency::CODE,
    date::CODE,
    list::CODE,
    number::CODE,
    other::CODE,
    text::CODE,
];

static FUNCTIONS: LazyLock<Vec<Function>> = LazyLock::new(|| {
    let lines = TABLE.lines().skip(1);
    let lines = lines.filter_map(|line| line.split_once('\t'));
    let read = |(name, overloads): (_, Vec<Overload>)| {
        Some(Function {
            name,
            says: overloads.first()?.says,
            overloads,
            run: code(name)?,
        })
    };
    grouped(lines).into_iter().filter_map(read).collect()
});

fn code(name: &str) -> Option<Code> {
    let mut all = CODE.iter().copied().flatten();
    all.find(|(known, _)| *known == name).map(|(_, code)| *code)
}

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
    use std::collections::BTreeSet;

    #[test]
    fn every_line_of_the_table_is_read_and_every_function_has_code() {
        let named: BTreeSet<&str> = TABLE
            .lines()
            .skip(1)
            .filter_map(|line| Some(line.split_once('\t')?.0))
            .collect();
        let known: BTreeSet<&str> = functions().map(|function| function.name).collect();
        assert_eq!(known, named);
        let coded: BTreeSet<&str> = CODE
            .iter()
            .copied()
            .flatten()
            .map(|(name, _)| *name)
            .collect();
        assert_eq!(coded, named);
        let ways: usize = functions().map(|function| function.overloads.len()).sum();
        assert_eq!(ways, TABLE.lines().count() - 1);
    }
}
