//! Operators: how they are written, how tightly they bind, which types they take (`operators.tsv`).

use crate::kind::Type;
use crate::lex::Token;
use crate::overload::{Overload, Pick, grouped, pick};
use std::sync::LazyLock;

/// The table: a line of headings, then a line for each way to use an operator; columns are separated by tabs.
const TABLE: &str = include_str!("operators.tsv");

static OVERLOADS: LazyLock<Vec<(&str, Vec<Overload>)>> = LazyLock::new(|| {
    let lines = TABLE.lines().skip(1);
    grouped(lines.filter_map(|line| line.split_once('\t')))
});

/// An operation on two values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Operator {
    Or,
    And,
    BitOr,
    BitAnd,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

/// An operation on one value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Prefix {
    Not,
    BitNot,
    Negate,
}

/// Operators on two values by their signs, each with its level: the higher, the tighter it binds. `?:` is
/// looser than all of them, what stands before one value tighter.
const SIGNS: [(&str, Operator, u8); 16] = [
    ("or", Operator::Or, 1),
    ("and", Operator::And, 2),
    ("|", Operator::BitOr, 3),
    ("&", Operator::BitAnd, 4),
    ("==", Operator::Equal, 5),
    ("!=", Operator::NotEqual, 5),
    (">=", Operator::GreaterOrEqual, 6),
    ("<=", Operator::LessOrEqual, 6),
    (">", Operator::Greater, 6),
    ("<", Operator::Less, 6),
    ("+", Operator::Add, 7),
    ("-", Operator::Subtract, 7),
    ("*", Operator::Multiply, 8),
    ("/", Operator::Divide, 8),
    ("%", Operator::Remainder, 8),
    ("^", Operator::Power, 9),
];

const PREFIXES: [(&str, Prefix); 3] = [
    ("!", Prefix::Not),
    ("~", Prefix::BitNot),
    ("-", Prefix::Negate),
];

impl Operator {
    /// The operator as it is written, such as `==`.
    #[must_use]
    pub fn sign(self) -> &'static str {
        let found = SIGNS.iter().find(|(_, operator, _)| *operator == self);
        found.map_or("", |(sign, ..)| sign)
    }

    /// The operator that a token is, and how tightly it binds.
    pub(crate) fn of(token: &Token) -> Option<(Operator, u8)> {
        let found = SIGNS.iter().find(|(sign, ..)| match token {
            Token::Name(name) => name.eq_ignore_ascii_case(sign),
            Token::Sign(written) => written == sign,
            _ => false,
        });
        found.map(|(_, operator, level)| (*operator, *level))
    }

    /// Whether of several such operators in a row the last goes first.
    pub(crate) fn last_first(self) -> bool {
        self == Operator::Power
    }

    /// The type of an operation; none where it has no meaning.
    pub(crate) fn result(self, left: Type, right: Type) -> Option<Type> {
        result(self.sign(), &[left, right])
    }
}

impl Prefix {
    /// The operator as it is written, such as `!`.
    #[must_use]
    pub fn sign(self) -> &'static str {
        let found = PREFIXES.iter().find(|(_, prefix)| *prefix == self);
        found.map_or("", |(sign, _)| sign)
    }

    pub(crate) fn of(token: &Token) -> Option<Prefix> {
        let found = PREFIXES
            .iter()
            .find(|(sign, _)| *token == Token::Sign(sign));
        found.map(|(_, prefix)| *prefix)
    }

    /// The type of an operation; none where it has no meaning.
    pub(crate) fn result(self, inner: Type) -> Option<Type> {
        result(self.sign(), &[inner])
    }
}

fn result(sign: &str, kinds: &[Type]) -> Option<Type> {
    match pick(overloads(sign), kinds) {
        Pick::One(_, kind) | Pick::Late(kind) => Some(kind),
        Pick::None => None,
    }
}

fn overloads(sign: &str) -> &'static [Overload] {
    let found = OVERLOADS.iter().find(|(known, _)| *known == sign);
    found.map_or(&[], |(_, overloads)| overloads)
}

/// Every operator as it is written, with the ways to use it, such as `integer, integer -> integer`.
pub fn operators() -> impl Iterator<Item = (&'static str, &'static [Overload])> {
    OVERLOADS
        .iter()
        .map(|(sign, overloads)| (*sign, overloads.as_slice()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_operator_and_no_other() {
        let known = SIGNS.iter().map(|(sign, ..)| *sign);
        let mut known: Vec<&str> = known.chain(["!", "~", "?:", "[]"]).collect();
        let mut listed: Vec<&str> = operators().map(|(sign, _)| sign).collect();
        known.sort_unstable();
        listed.sort_unstable();
        assert_eq!(listed, known);
        let lines: usize = operators().map(|(_, overloads)| overloads.len()).sum();
        assert_eq!(lines, TABLE.lines().count() - 1);
    }
}
