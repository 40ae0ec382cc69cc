//! From nodes and values to text.

use crate::error::{self, Error, Fault};
use crate::node::{Expression, Node, Operator, Part, Reference, shared};
use crate::value::whole_number;
use crate::{Bounds, Context, Value, method, tool};
use std::borrow::Cow;
use std::collections::BTreeMap;

pub(crate) fn render(
    text: &str,
    nodes: &[Node],
    context: &Context,
    bounds: &Bounds,
) -> Result<String, Error> {
    let mut renderer = Renderer {
        variables: context.0.clone(),
        bounds: *bounds,
        steps: 0,
        at: 0,
    };
    let mut out = String::new();
    renderer
        .nodes(nodes, &mut out)
        .map_err(|fault| error::at(text, fault))?;
    Ok(out)
}

/// What the nodes after this one are to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Stop,
}

struct Renderer {
    variables: BTreeMap<String, Value>,
    bounds: Bounds,
    steps: u32,
    /// The reference or loop last come to, for errors.
    at: usize,
}

impl Renderer {
    fn nodes(&mut self, nodes: &[Node], out: &mut String) -> Result<Flow, Fault> {
        for node in nodes {
            self.step()?;
            let flow = match node {
                Node::Text(text) => {
                    out.push_str(text);
                    Flow::On
                }
                Node::Reference(reference) => {
                    self.print(reference, out)?;
                    Flow::On
                }
                Node::Set(target, value) => {
                    self.set(target, value)?;
                    Flow::On
                }
                Node::If(branches) => self.branch(branches, out)?,
                Node::Foreach {
                    name,
                    over,
                    body,
                    offset,
                } => {
                    self.at = *offset;
                    self.foreach(name, over, body, out)?
                }
                Node::Break => Flow::Break,
                Node::Stop => Flow::Stop,
            };
            self.fits(out.len())?;
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn print(&mut self, reference: &Reference, out: &mut String) -> Result<(), Fault> {
        let value = self.value(reference)?;
        let escapes = reference.escapes;
        if value.is_null() {
            out.push_str(&"\\".repeat(escapes));
            if !reference.quiet || escapes > 0 {
                out.push_str(&reference.literal);
            }
            return Ok(());
        }
        out.push_str(&"\\".repeat(escapes / 2));
        if escapes % 2 == 1 {
            out.push_str(&reference.literal);
        } else {
            out.push_str(&value.print());
        }
        Ok(())
    }

    fn set(&mut self, target: &Reference, value: &Expression) -> Result<(), Fault> {
        let value = self.evaluate(value)?;
        if value.is_null() {
            return Ok(());
        }
        let Some((last, path)) = target.parts.split_last() else {
            self.variables.insert(target.root.clone(), value);
            return Ok(());
        };
        let holder = self.walk(&target.root, path, target.offset)?;
        let key = match last {
            Part::Property(name) => Value::text(name),
            Part::Index(index) => self.evaluate(index)?,
            Part::Method(..) => return Ok(()),
        };
        method::put(&holder, &key, value).map_err(|message| (target.offset, message))
    }

    fn branch(
        &mut self,
        branches: &[(Option<Expression>, Vec<Node>)],
        out: &mut String,
    ) -> Result<Flow, Fault> {
        for (condition, body) in branches {
            let taken = match condition {
                Some(condition) => self.evaluate(condition)?.is_true(),
                None => true,
            };
            if taken {
                return self.nodes(body, out);
            }
        }
        Ok(Flow::On)
    }

    fn foreach(
        &mut self,
        name: &str,
        over: &Expression,
        body: &[Node],
        out: &mut String,
    ) -> Result<Flow, Fault> {
        let items = match self.evaluate(over)? {
            Value::List(items) => items.borrow().clone(),
            Value::Map(fields) => fields.borrow().iter().map(|(_, it)| it.clone()).collect(),
            _ => return Ok(Flow::On),
        };
        let names = [name, "foreach", "velocityCount"];
        let before = names.map(|name| self.variables.get(name).cloned());
        let last = items.len();
        let mut flow = Flow::On;
        for (index, item) in items.into_iter().enumerate() {
            let count = index + 1;
            let state = Value::map(vec![
                ("index".to_owned(), whole_number(index as i64)),
                ("count".to_owned(), whole_number(count as i64)),
                ("hasNext".to_owned(), Value::Bool(count < last)),
                ("first".to_owned(), Value::Bool(index == 0)),
                ("last".to_owned(), Value::Bool(count == last)),
                (
                    "parent".to_owned(),
                    before[1].clone().unwrap_or(Value::Null),
                ),
            ]);
            self.variables.insert(name.to_owned(), item);
            self.variables.insert("foreach".to_owned(), state);
            let counted = whole_number(count as i64);
            self.variables.insert("velocityCount".to_owned(), counted);
            flow = self.nodes(body, out)?;
            if flow != Flow::On {
                break;
            }
        }
        for (name, value) in names.into_iter().zip(before) {
            match value {
                Some(value) => self.variables.insert(name.to_owned(), value),
                None => self.variables.remove(name),
            };
        }
        Ok(if flow == Flow::Stop {
            Flow::Stop
        } else {
            Flow::On
        })
    }

    fn value(&mut self, reference: &Reference) -> Result<Value, Fault> {
        self.at = reference.offset;
        self.walk(&reference.root, &reference.parts, reference.offset)
    }

    fn walk(&mut self, root: &str, parts: &[Part], offset: usize) -> Result<Value, Fault> {
        let mut value = match self.variables.get(root) {
            Some(value) => value.clone(),
            None => tool::named(root),
        };
        for part in parts {
            self.step()?;
            if value.is_null() {
                return Ok(value);
            }
            let found = match part {
                Part::Property(name) => Ok(method::property(&value, name)),
                Part::Index(index) => method::index(&value, &self.evaluate(index)?),
                Part::Method(name, arguments) => {
                    let arguments = self.all(arguments)?;
                    let most = self.bounds.max_output_bytes;
                    method::call(&value, name, &arguments, most)
                }
            };
            value = found.map_err(|message| (offset, message))?;
            if let Value::Text(text) = &value {
                self.fits(text.len())?;
            }
        }
        Ok(value)
    }

    fn all(&mut self, expressions: &[Expression]) -> Result<Vec<Value>, Fault> {
        expressions.iter().map(|it| self.evaluate(it)).collect()
    }

    fn evaluate(&mut self, expression: &Expression) -> Result<Value, Fault> {
        self.step()?;
        Ok(match expression {
            Expression::Null => Value::Null,
            Expression::Bool(it) => Value::Bool(*it),
            Expression::Whole(it) => whole_number(*it),
            Expression::Double(it) => Value::Double(*it),
            Expression::Text(text) => Value::Text(shared(text)),
            Expression::Interpolated(nodes) => {
                let mut text = String::new();
                self.nodes(nodes, &mut text)?;
                Value::text(&text)
            }
            Expression::Reference(reference) => self.value(reference)?,
            Expression::List(items) => Value::list(self.all(items)?),
            Expression::Range(first, last) => {
                let (first, last) = (self.evaluate(first)?, self.evaluate(last)?);
                self.range(&first, &last)?
            }
            Expression::Map(fields) => {
                let mut entries = Vec::with_capacity(fields.len());
                for (key, value) in fields {
                    entries.push((self.evaluate(key)?.print(), self.evaluate(value)?));
                }
                Value::map(entries)
            }
            Expression::Not(it) => Value::Bool(!self.evaluate(it)?.is_true()),
            Expression::Two(left, operator, right) => self.two(left, *operator, right)?,
        })
    }

    fn range(&mut self, first: &Value, last: &Value) -> Result<Value, Fault> {
        let (Some(first), Some(last)) = (first.whole(), last.whole()) else {
            return Ok(Value::Null);
        };
        let length = first.abs_diff(last);
        if length >= u64::from(self.bounds.max_steps - self.steps.min(self.bounds.max_steps)) {
            return Err((self.at, "this range is too long".to_owned()));
        }
        self.steps += length as u32;
        let items = if first <= last {
            (first..=last).map(whole_number).collect()
        } else {
            (last..=first).rev().map(whole_number).collect()
        };
        Ok(Value::list(items))
    }

    fn two(
        &mut self,
        left: &Expression,
        operator: Operator,
        right: &Expression,
    ) -> Result<Value, Fault> {
        let a = self.evaluate(left)?;
        match operator {
            Operator::Or if a.is_true() => return Ok(Value::Bool(true)),
            Operator::And if !a.is_true() => return Ok(Value::Bool(false)),
            _ => {}
        }
        let b = self.evaluate(right)?;
        let compared = a.number().zip(b.number());
        Ok(match operator {
            Operator::Or | Operator::And => Value::Bool(b.is_true()),
            Operator::Equal => Value::Bool(a.equals(&b)),
            Operator::NotEqual => Value::Bool(!a.equals(&b)),
            Operator::Less => Value::Bool(compared.is_some_and(|(a, b)| a < b)),
            Operator::LessOrEqual => Value::Bool(compared.is_some_and(|(a, b)| a <= b)),
            Operator::Greater => Value::Bool(compared.is_some_and(|(a, b)| a > b)),
            Operator::GreaterOrEqual => Value::Bool(compared.is_some_and(|(a, b)| a >= b)),
            Operator::Add if is_text(&a) || is_text(&b) => {
                let text = format!("{}{}", operand(left, &a), operand(right, &b));
                self.fits(text.len())?;
                Value::text(&text)
            }
            _ => arithmetic(&a, operator, &b),
        })
    }

    fn step(&mut self) -> Result<(), Fault> {
        self.steps += 1;
        if self.steps > self.bounds.max_steps {
            let most = self.bounds.max_steps;
            return Err((self.at, format!("stopped after {most} steps")));
        }
        Ok(())
    }

    fn fits(&self, bytes: usize) -> Result<(), Fault> {
        let most = self.bounds.max_output_bytes;
        if bytes > most {
            return Err((self.at, format!("a text grew beyond {most} bytes")));
        }
        Ok(())
    }
}

fn is_text(value: &Value) -> bool {
    matches!(value, Value::Text(_))
}

/// What a text is joined with: a reference without a value as it is written.
fn operand<'a>(expression: &'a Expression, value: &Value) -> Cow<'a, str> {
    match expression {
        Expression::Reference(reference) if value.is_null() => Cow::Borrowed(&reference.literal),
        _ => Cow::Owned(value.print()),
    }
}

/// Java's arithmetic: whole numbers stay whole; by zero gives null, as Velocity has it.
pub(crate) fn arithmetic(a: &Value, operator: Operator, b: &Value) -> Value {
    if let (Some(a), Some(b)) = (a.whole(), b.whole()) {
        let result = match operator {
            Operator::Add => a.checked_add(b),
            Operator::Subtract => a.checked_sub(b),
            Operator::Multiply => a.checked_mul(b),
            Operator::Divide => a.checked_div(b),
            Operator::Modulo => a.checked_rem(b),
            _ => None,
        };
        return result.map_or(Value::Null, whole_number);
    }
    let (Some(a), Some(b)) = (a.number(), b.number()) else {
        return Value::Null;
    };
    match operator {
        Operator::Add => Value::Double(a + b),
        Operator::Subtract => Value::Double(a - b),
        Operator::Multiply => Value::Double(a * b),
        Operator::Divide if b != 0.0 => Value::Double(a / b),
        Operator::Modulo if b != 0.0 => Value::Double(a % b),
        _ => Value::Null,
    }
}
