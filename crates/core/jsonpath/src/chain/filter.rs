//! Filters, compiled: conditions on the candidates of a step.

use super::Chain;
use super::pattern::Pattern;
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
    pub(crate) left: Operand,
    pub(crate) operator: Operator,
    pub(crate) right: Operand,
}

/// One side of a relation.
#[derive(Debug, Clone)]
pub(crate) enum Operand {
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
    pub(crate) text: String,
    /// None if the text is no JSON, which is an error once it is looked at.
    pub(crate) value: Option<Value>,
}

/// What is asked of two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
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
    pub(crate) fn named(name: &str) -> Option<Operator> {
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
