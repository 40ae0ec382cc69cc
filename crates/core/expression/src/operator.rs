//! Operations on two values: how they are written, how tightly they bind, which types they take.

use crate::kind::{Base, Type};
use crate::lex::Token;

/// An operation on two values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Operator {
    Or,
    And,
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
}

impl Operator {
    /// The operator as it is written, such as `==`.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Operator::Or => "or",
            Operator::And => "and",
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
            Operator::Add => "+",
            Operator::Subtract => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
            Operator::Remainder => "%",
        }
    }

    /// How tightly it binds.
    pub(crate) const fn level(self) -> u8 {
        match self {
            Operator::Or => 1,
            Operator::And => 2,
            Operator::Add | Operator::Subtract => 5,
            Operator::Multiply | Operator::Divide | Operator::Remainder => 6,
            _ => 4,
        }
    }

    pub(crate) fn of(token: &Token) -> Option<Operator> {
        Some(match token {
            Token::Name(name) if name.eq_ignore_ascii_case("or") => Operator::Or,
            Token::Name(name) if name.eq_ignore_ascii_case("and") => Operator::And,
            Token::Sign(sign) => match *sign {
                "||" => Operator::Or,
                "&&" => Operator::And,
                "==" => Operator::Equal,
                "!=" | "<>" => Operator::NotEqual,
                "<" => Operator::Less,
                "<=" => Operator::LessOrEqual,
                ">" => Operator::Greater,
                ">=" => Operator::GreaterOrEqual,
                "+" => Operator::Add,
                "-" => Operator::Subtract,
                "*" => Operator::Multiply,
                "/" => Operator::Divide,
                "%" => Operator::Remainder,
                _ => return None,
            },
            _ => return None,
        })
    }

    /// The type of an operation; none where it has no meaning.
    pub(crate) fn result(self, left: Type, right: Type) -> Option<Type> {
        use Operator::{Add, Divide, Equal, Multiply, NotEqual, Remainder, Subtract};
        let logical = matches!(self, Operator::And | Operator::Or);
        if logical {
            return (left.fits(Type::BOOLEAN) && right.fits(Type::BOOLEAN))
                .then_some(Type::BOOLEAN);
        }
        if matches!(self, Equal | NotEqual) {
            return left.join(right).map(|_| Type::BOOLEAN);
        }
        if left.collection || right.collection {
            return None;
        }
        // Of NOT_SET beside anything the other side tells the type.
        let (l, r) = match (left.base, right.base) {
            (Base::NotSet, other) => (other, other),
            (other, Base::NotSet) => (other, other),
            both => both,
        };
        if l == Base::Any || r == Base::Any {
            let compared = !matches!(self, Add | Subtract | Multiply | Divide | Remainder);
            return Some(if compared { Type::BOOLEAN } else { Type::ANY });
        }
        let numbers = |base| matches!(base, Base::Integer | Base::Decimal);
        let both_numbers = numbers(l) && numbers(r);
        let wider = if l == Base::Integer && r == Base::Integer {
            Base::Integer
        } else {
            Base::Decimal
        };
        let base = match (self, l, r) {
            (Divide, ..) if both_numbers => Base::Decimal,
            (Add | Subtract | Multiply | Remainder, ..) if both_numbers => wider,
            (Add, Base::String, Base::String) => Base::String,
            (Add | Subtract, Base::Duration, Base::Duration) => Base::Duration,
            (Add | Subtract, Base::DateTime, Base::Duration) => Base::DateTime,
            (Add, Base::Duration, Base::DateTime) => Base::DateTime,
            (Subtract, Base::DateTime, Base::DateTime) => Base::Duration,
            (Multiply | Divide, Base::Duration, Base::Integer) => Base::Duration,
            (Add | Subtract, Base::Currency, Base::Currency) => Base::Currency,
            (Multiply | Divide, Base::Currency, base) if numbers(base) => Base::Currency,
            (Add | Subtract | Multiply | Divide | Remainder, ..) => return None,
            _ if both_numbers => Base::Boolean,
            (_, Base::String, Base::String)
            | (_, Base::Duration, Base::Duration)
            | (_, Base::DateTime, Base::DateTime)
            | (_, Base::Currency, Base::Currency) => Base::Boolean,
            _ => return None,
        };
        Some(Type::one(base))
    }
}
