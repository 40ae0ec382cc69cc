//! Expressions: operators by their levels, and the values between them.

use super::{Fault, Kind, Parser};
use crate::node::{Chain, Constant, Expression, Link, Operator};
use std::sync::Arc;

/// The level of `||`, the loosest, of `&&`, and so on to `*`.
const LEVELS: [&[(Kind, Operator)]; 6] = [
    &[(Kind::Or, Operator::Or)],
    &[(Kind::And, Operator::And)],
    &[
        (Kind::Equal, Operator::Equal),
        (Kind::NotEqual, Operator::NotEqual),
    ],
    &[
        (Kind::Less, Operator::Less),
        (Kind::Greater, Operator::Greater),
        (Kind::LessOrEqual, Operator::LessOrEqual),
        (Kind::GreaterOrEqual, Operator::GreaterOrEqual),
    ],
    &[
        (Kind::Plus, Operator::Add),
        (Kind::Minus, Operator::Subtract),
    ],
    &[
        (Kind::Times, Operator::Multiply),
        (Kind::Over, Operator::Divide),
        (Kind::Modulo, Operator::Modulo),
    ],
];

const WANTED: &str = "a value: a reference, a number, a text in quotes, true or false, [ or {";

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Result<Expression, Fault> {
        self.deeper()?;
        let mut expression = self.level(0)?;
        self.shallower();
        self.allow_unset(&mut expression);
        Ok(expression)
    }

    /// Allows a name to be unset: what is asked is whether it has a value.
    fn allow_unset(&self, asked: &mut Expression) {
        if let Expression::Reference(reference) = asked {
            reference.may_be_unset = self.ifs > 0 && reference.parts.is_empty();
        }
    }

    fn level(&mut self, level: usize) -> Result<Expression, Fault> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut first = self.level(level + 1)?;
        let mut links = Vec::new();
        loop {
            let kind = self.kind()?;
            let Some((_, operator)) = operators.iter().find(|(sign, _)| *sign == kind) else {
                break;
            };
            self.take()?;
            let start = self.next;
            let place = self.next_place()?;
            let mut right = self.level(level + 1)?;
            if matches!(operator, Operator::Or | Operator::And) {
                self.allow_unset(&mut first);
                self.allow_unset(&mut right);
            }
            links.push(Link {
                operator: *operator,
                right,
                literal: self.literal(start),
                place,
            });
        }
        if links.is_empty() {
            return Ok(first);
        }
        Ok(Expression::Chain(Box::new(Chain { first, links })))
    }

    fn unary(&mut self) -> Result<Expression, Fault> {
        let spaced = self.kind()? == Kind::White && self.peek(1)?.kind == Kind::Not;
        if !spaced && self.kind()? != Kind::Not {
            return self.primary();
        }
        self.white()?;
        self.take()?;
        self.deeper()?;
        let mut operand = self.unary()?;
        self.shallower();
        self.allow_unset(&mut operand);
        Ok(Expression::Not(Box::new(operand)))
    }

    fn primary(&mut self) -> Result<Expression, Fault> {
        self.white()?;
        if self.kind()? == Kind::Open {
            self.take()?;
            let start = self.next;
            let inner = self.expression()?;
            let literal = self.literal(start);
            self.expect(Kind::Close)?;
            self.white()?;
            return Ok(Expression::Grouped(Box::new((inner, literal))));
        }
        self.parameter()
    }

    /// An argument, an item of a list, a key or a value of a map.
    pub(super) fn parameter(&mut self) -> Result<Expression, Fault> {
        self.white()?;
        let value = self.simple()?;
        let value = value.ok_or_else(|| self.unexpected(WANTED))?;
        self.white()?;
        Ok(value)
    }

    /// A value without operators, if one starts here.
    pub(super) fn simple(&mut self) -> Result<Option<Expression>, Fault> {
        self.deeper()?;
        let value = match self.kind()? {
            Kind::String => self.quoted()?,
            Kind::Identifier | Kind::LeftCurly => self.value()?,
            Kind::Integer => self.integer()?,
            Kind::Float => self.float()?,
            Kind::True | Kind::False => self.truth()?,
            Kind::MapOpen => self.map()?,
            Kind::ListOpen if self.is_range()? => self.range()?,
            Kind::ListOpen => {
                self.take()?;
                Expression::List(self.listed(Kind::ListClose)?)
            }
            _ => {
                self.shallower();
                return Ok(None);
            }
        };
        self.shallower();
        Ok(Some(value))
    }

    /// Parameters between commas, up to `end`.
    pub(super) fn listed(&mut self, end: Kind) -> Result<Vec<Expression>, Fault> {
        let mut items = Vec::new();
        if self.take_if(end)? {
            return Ok(items);
        }
        loop {
            items.push(self.parameter()?);
            if !self.take_if(Kind::Comma)? {
                self.expect(end)?;
                return Ok(items);
            }
        }
    }

    fn map(&mut self) -> Result<Expression, Fault> {
        self.take()?;
        let mut fields = Vec::new();
        let blank = self.kind()? == Kind::White
            && matches!(self.peek(1)?.kind, Kind::MapClose | Kind::RightCurly);
        if blank {
            self.white()?;
        }
        if !matches!(self.kind()?, Kind::MapClose | Kind::RightCurly) {
            loop {
                let key = self.parameter()?;
                self.expect(Kind::Colon)?;
                fields.push((key, self.parameter()?));
                if !self.take_if(Kind::Comma)? {
                    break;
                }
            }
        }
        if !self.take_if(Kind::RightCurly)? {
            self.expect(Kind::MapClose)?;
        }
        Ok(Expression::Map(fields))
    }

    fn range(&mut self) -> Result<Expression, Fault> {
        let first = self.take()?;
        self.white()?;
        let from = self.range_end()?;
        self.white()?;
        self.expect(Kind::DoubleDot)?;
        self.white()?;
        let to = self.range_end()?;
        self.white()?;
        self.expect(Kind::ListClose)?;
        let literal = self.literal(first);
        Ok(Expression::Range(Box::new((from, to)), literal))
    }

    fn range_end(&mut self) -> Result<Expression, Fault> {
        match self.kind()? {
            Kind::Integer => self.integer(),
            Kind::Identifier | Kind::LeftCurly => self.value(),
            _ => Err(self.unexpected("a whole number or a reference")),
        }
    }

    pub(super) fn truth(&mut self) -> Result<Expression, Fault> {
        let token = self.take()?;
        let truth = self.tokens[token].kind == Kind::True;
        Ok(Expression::Constant(Constant::Bool(truth)))
    }

    /// An `Integer` where it fits, else a `Long`, else a `BigInteger`.
    pub(super) fn integer(&mut self) -> Result<Expression, Fault> {
        let token = self.take()?;
        let image = self.image(token);
        let constant = match image.parse::<i64>() {
            Ok(long) => i32::try_from(long).map_or(Constant::Long(long), Constant::Int),
            Err(_) => match crate::number::big(image) {
                Some(big) => Constant::Big(Arc::new(big)),
                None => return Err((self.tokens[token].start, "no number".to_owned())),
            },
        };
        Ok(Expression::Constant(constant))
    }

    fn float(&mut self) -> Result<Expression, Fault> {
        let token = self.take()?;
        let parsed = self.image(token).parse().map(Constant::Double);
        let wrong = |_| (self.tokens[token].start, "no number".to_owned());
        parsed.map(Expression::Constant).map_err(wrong)
    }
}
