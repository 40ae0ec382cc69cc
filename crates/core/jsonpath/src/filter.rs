//! Filters: `[?(@.a == 'x' && @.b)]`, compiled.
//!
//! `||` binds weaker than `&&`, `!` strongest; brackets group. Operands are paths from the candidate (`@`) or
//! the document (`$`), texts, numbers, `true`, `false`, `null`, JSON lists and objects, and patterns.

mod accept;
mod compile;
mod node;
mod pattern;
mod relate;

pub(crate) use accept::Denied;
pub(crate) use node::{Json, Node};
pub(crate) use pattern::Pattern;

use crate::chain::Chain;
use serde_json::Value;

/// A condition on a candidate.
#[derive(Debug, Clone)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    /// A path by itself: whether it finds anything, null included; or, with `!`, whether it doesn't.
    Exists(Box<Chain>, bool),
    Relation(Box<Relation>),
}

/// Two operands and what is asked of them.
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    left: Operand,
    operator: Operator,
    right: Operand,
}

/// One side of a relation.
#[derive(Debug, Clone)]
enum Operand {
    Path {
        chain: Chain,
        /// Where the value of a path from the document is kept, unless it is of names and indices alone.
        kept: usize,
    },
    Text(String),
    /// As a `BigDecimal` prints.
    Number(String),
    Bool(bool),
    Null,
    Json(Literal),
    Pattern(Pattern),
}

/// JSON in a filter.
#[derive(Debug, Clone)]
pub(crate) struct Literal {
    text: String,
    /// None if the text is no JSON, which is an error once it is looked at.
    value: Option<Value>,
}

/// What is asked of two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    /// `===`: of one kind, too.
    Same,
    NotSame,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,
    In,
    NotIn,
    Contains,
    Size,
    Empty,
    SubsetOf,
    AnyOf,
    NoneOf,
    /// `exists`, which wants two booleans.
    Exists,
    /// `all`, `type` and `matches`, whose right side can't be written in a path: no candidate passes.
    Unusable,
}

impl Operator {
    /// The operator of that name, in any letter case.
    fn named(name: &str) -> Option<Operator> {
        Some(match name.to_ascii_uppercase().as_str() {
            ">=" => Operator::GreaterOrEqual,
            "<=" => Operator::LessOrEqual,
            "==" => Operator::Equal,
            "===" => Operator::Same,
            "!=" => Operator::NotEqual,
            "!==" => Operator::NotSame,
            "<" => Operator::Less,
            ">" => Operator::Greater,
            "=~" => Operator::Matches,
            "NIN" => Operator::NotIn,
            "IN" => Operator::In,
            "CONTAINS" => Operator::Contains,
            "SIZE" => Operator::Size,
            "EXISTS" => Operator::Exists,
            "ALL" | "TYPE" | "MATCHES" => Operator::Unusable,
            "EMPTY" => Operator::Empty,
            "SUBSETOF" => Operator::SubsetOf,
            "ANYOF" => Operator::AnyOf,
            "NONEOF" => Operator::NoneOf,
            _ => return None,
        })
    }
}
