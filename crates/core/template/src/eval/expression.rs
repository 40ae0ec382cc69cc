//! The values of references and expressions.

use super::refuse;
use super::{Outcome, Renderer};
use crate::bounds::MAX_NESTING;
use crate::found::Found;
use crate::method;
use crate::node::{Chain, Expression, Link, Operator, Part, Reference, Slot, Step};
use crate::number;
use crate::value::{ListKind, MapKind, Value, print};
use std::borrow::Cow;

impl Renderer<'_> {
    pub(super) fn value(&mut self, reference: &Reference) -> Outcome<Value> {
        self.walk(reference, &reference.parts)
    }

    /// Goes from what a name stands for to its properties, items and what its methods give.
    pub(super) fn walk(&mut self, reference: &Reference, parts: &[Step]) -> Outcome<Value> {
        self.meter.at = reference.place;
        let mut value = self.variables.get(reference.slot).clone();
        if value.is_null() {
            self.null_root(reference)?;
        }
        for step in parts {
            if value.is_null() {
                self.part_of_null(reference, step)?;
                return Ok(value);
            }
            self.step()?;
            let found = match &step.part {
                Part::Property(name) => {
                    let found = method::property(&value, name, &mut self.meter);
                    self.present(found, reference, step, &value, &[])
                }
                Part::Index(index) => {
                    let index = self.evaluate(index)?;
                    let found = method::index(&value, &index, &mut self.meter);
                    self.present(found, reference, step, &value, &[index])
                }
                Part::Method(call) => {
                    // Most calls have few arguments; those need no list of their own.
                    let mut few = [Value::Null, Value::Null, Value::Null];
                    let mut many = Vec::new();
                    let arguments: &[Value] = match few.get_mut(..call.arguments.len()) {
                        Some(few) => {
                            for (place, argument) in few.iter_mut().zip(&call.arguments) {
                                *place = self.evaluate(argument)?;
                            }
                            few
                        }
                        None => {
                            for argument in &call.arguments {
                                many.push(self.evaluate(argument)?);
                            }
                            &many
                        }
                    };
                    self.meter.at = reference.place;
                    let found = method::call(&value, call, arguments, &mut self.meter);
                    self.present(found, reference, step, &value, arguments)
                }
            };
            self.meter.at = reference.place;
            value = found?;
        }
        Ok(value)
    }

    /// What was found; where it is absent, null or what strict references make of it.
    #[inline]
    fn present(
        &self,
        found: Found,
        reference: &Reference,
        step: &Step,
        holder: &Value,
        arguments: &[Value],
    ) -> Outcome<Value> {
        match found {
            Ok(value) => Ok(value),
            Err(failure) => self.failed(failure, reference, step, holder, arguments),
        }
    }

    pub(super) fn evaluate(&mut self, expression: &Expression) -> Outcome<Value> {
        self.step()?;
        Ok(match expression {
            Expression::Constant(constant) => constant.value(),
            Expression::Nothing(_) => Value::Null,
            Expression::Grouped(grouped) => self.evaluate(&grouped.0)?,
            Expression::Reference(reference) => self.value(reference)?,
            Expression::Interpolated(text) => {
                let mut out = String::new();
                self.depth += 1;
                if self.depth > MAX_NESTING {
                    return self.check(Err("texts nest too deeply".to_owned()));
                }
                let rendered = self.nodes(&text.nodes, &mut out);
                self.depth -= 1;
                rendered?;
                if text.trimmed {
                    out.pop();
                }
                let built = self.meter.build(out.len());
                self.check(built)?;
                Value::Text(out.into())
            }
            Expression::List(items) => {
                let grown = self.meter.grow(items.len() + 2);
                self.check(grown)?;
                let items: Outcome<Vec<Value>> = items.iter().map(|it| self.evaluate(it)).collect();
                Value::of_list(ListKind::Plain, items?)
            }
            Expression::Range(ends, _) => {
                let (first, last) = (self.evaluate(&ends.0)?, self.evaluate(&ends.1)?);
                self.range(&first, &last)?
            }
            Expression::Map(fields) => {
                let grown = self.meter.grow(2);
                self.check(grown)?;
                let mut entries = Vec::with_capacity(fields.len());
                for (key, value) in fields {
                    let (key, value) = (self.evaluate(key)?, self.evaluate(value)?);
                    let replaced = method::replace(&mut entries, key, value, &mut self.meter);
                    self.check(replaced)?;
                }
                Value::of_map(MapKind::Plain, entries)
            }
            Expression::Not(_) => Value::Bool(self.truth(expression)?),
            Expression::Chain(chain) => self.chain(chain)?,
        })
    }

    /// Whether a condition holds: a literal, or what is calculated, never does.
    pub(super) fn truth(&mut self, expression: &Expression) -> Outcome<bool> {
        Ok(match expression {
            Expression::Reference(_) => self.evaluate(expression)?.is_true(),
            Expression::Constant(constant) => {
                matches!(constant, crate::node::Constant::Bool(true))
            }
            Expression::Not(it) => !self.truth(it)?,
            Expression::Grouped(grouped) => self.truth(&grouped.0)?,
            Expression::Chain(chain) if !calculates(chain) => self.chain(chain)?.is_true(),
            _ => false,
        })
    }

    fn range(&mut self, first: &Value, last: &Value) -> Outcome<Value> {
        let (Some(first), Some(last)) = (number::to_int(first), number::to_int(last)) else {
            return Ok(Value::Null);
        };
        let length = first.abs_diff(last);
        if length >= self.meter.left() {
            return self.check(Err("this range is too long".to_owned()));
        }
        let steps = self.meter.steps(length);
        let grown = steps.and_then(|()| self.meter.grow(length as usize + 2));
        self.check(grown)?;
        let items = if first < last {
            (first..=last).map(Value::Int).collect()
        } else {
            (last..=first).rev().map(Value::Int).collect()
        };
        Ok(Value::of_list(ListKind::Plain, items))
    }

    fn chain(&mut self, chain: &Chain) -> Outcome<Value> {
        let Chain { first, links } = chain;
        if matches!(links[0].operator, Operator::Or | Operator::And) {
            // All links of one level: the first that decides ends it.
            let or = links[0].operator == Operator::Or;
            let mut holds = self.truth(first)?;
            for link in links {
                if holds == or {
                    break;
                }
                holds = self.truth(&link.right)?;
            }
            return Ok(Value::Bool(holds));
        }
        let mut left = self.evaluate(first)?;
        let (mut literal, mut root) = (first.literal(), refuse::root(first));
        for link in links {
            let right = self.evaluate(&link.right)?;
            self.meter.at = link.place;
            left = self.link((&left, literal, root), link, &right)?;
            (literal, root) = (&link.literal, None);
        }
        Ok(left)
    }

    /// Joins a value, with how it is written and the name it starts with, and the next of its chain.
    fn link(
        &mut self,
        (left, literal, root): (&Value, &str, Option<Slot>),
        link: &Link,
        right: &Value,
    ) -> Outcome<Value> {
        let text = |value: &Value| matches!(value, Value::Text(_));
        let result = match link.operator {
            Operator::Equal => left.equals(right, &mut self.meter).map(Value::Bool),
            Operator::NotEqual => {
                let equals = left.equals(right, &mut self.meter);
                equals.map(|equals| Value::Bool(!equals))
            }
            Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual => {
                if !left.is_number() || !right.is_number() {
                    return self.unordered((left, literal, root), link, right);
                }
                let affordable = self.meter.steps(number::cost(left) * number::cost(right));
                affordable
                    .and_then(|()| compare(left, link.operator, right))
                    .map(Value::Bool)
            }
            Operator::Add if text(left) || text(right) => {
                self.joined(left, literal, right, link.right.literal())
            }
            operator => {
                let affordable = self.meter.steps(number::cost(left) * number::cost(right));
                affordable.and_then(|()| number::calculate(left, operator, right))
            }
        };
        self.check(result)
    }

    fn joined(
        &mut self,
        left: &Value,
        left_literal: &str,
        right: &Value,
        right_literal: &str,
    ) -> Result<Value, String> {
        let mut of = |value: &Value, literal: &str| -> Result<String, String> {
            let mut text = String::new();
            match value {
                Value::Null => text.push_str(literal),
                other => print(other, &mut text, &mut self.meter)?,
            }
            Ok(text)
        };
        let shown = |value: &Value| match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        };
        let (left_text, right_text) = (shown(left), shown(right));
        let left = match &left_text {
            Some(text) => Cow::Borrowed(&**text),
            None => Cow::Owned(of(left, left_literal)?),
        };
        let right = match &right_text {
            Some(text) => Cow::Borrowed(&**text),
            None => Cow::Owned(of(right, right_literal)?),
        };
        self.meter.build(left.len() + right.len())?;
        let mut joined = String::with_capacity(left.len() + right.len());
        joined.push_str(&left);
        joined.push_str(&right);
        Ok(Value::Text(joined.into()))
    }
}

/// Whether a chain's result is a number or a text, which no condition takes.
fn calculates(chain: &Chain) -> bool {
    matches!(
        chain.links[0].operator,
        Operator::Add
            | Operator::Subtract
            | Operator::Multiply
            | Operator::Divide
            | Operator::Modulo
    )
}

fn compare(left: &Value, operator: Operator, right: &Value) -> Result<bool, String> {
    let order = number::compare(left, right)?;
    Ok(match operator {
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Greater => order.is_gt(),
        _ => order.is_ge(),
    })
}
