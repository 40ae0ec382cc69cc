//! What strict references refuse, in Velocity's words.
//!
//! Velocity fails where its lenient mode prints a reference as it is written, or passes over what it can't
//! do. Its words say what is wrong and where, and are what people search for; so they are kept as they are,
//! the `'>='` that every order's complaint about a number has included.

use super::{Halt, Outcome, Renderer};
use crate::error::{self, Place, Refused, Why};
use crate::found::Failure;
use crate::node::{Expression, Foreach, Link, Operator, Part, Print, Reference, Slot, Step};
use crate::value::Value;

impl Renderer<'_> {
    /// A null that is to be printed; prints what lenient references do.
    #[cold]
    #[inline(never)]
    pub(super) fn print_null(&self, node: &Print, out: &mut String) -> Outcome {
        if self.strict.is_none() || node.escaped {
            out.push_str(&node.missing);
            return Ok(());
        }
        if node.quiet {
            return Ok(());
        }
        let Reference {
            literal,
            place,
            slot,
            ..
        } = &node.reference;
        self.refuse(*place, Some(*slot), Why::Null, |at| {
            format!("Reference {literal} evaluated to null when attempting to render at {at}")
        })
    }

    /// A name that is null, or that nothing has set.
    #[cold]
    #[inline(never)]
    pub(super) fn null_root(&self, reference: &Reference) -> Outcome {
        if self.strict.is_none()
            || reference.may_be_unset
            || !self.variables.is_unset(reference.slot)
        {
            return Ok(());
        }
        let name = self.name(reference.slot);
        self.refuse(reference.place, Some(reference.slot), Why::Unset, |at| {
            format!("Variable ${name} has not been set at {at}")
        })
    }

    /// A part that is asked of a null: null, where references are lenient.
    #[cold]
    #[inline(never)]
    pub(super) fn part_of_null(&self, reference: &Reference, step: &Step) -> Outcome {
        if self.strict.is_none() {
            return Ok(());
        }
        let name = step.name();
        self.refuse(step.place, Some(reference.slot), Why::Null, |at| {
            format!("Attempted to access '{name}' on a null value at {at}")
        })
    }

    /// A part that fails, or that a value doesn't have: null then, where references are lenient.
    #[cold]
    #[inline(never)]
    pub(super) fn failed(
        &self,
        failure: Failure,
        reference: &Reference,
        step: &Step,
        holder: &Value,
        arguments: &[Value],
    ) -> Outcome<Value> {
        if let Failure::Fault(message) = failure {
            let error = error::within(self.sources, reference.place, message);
            return Err(Halt::Fault(Box::new(error)));
        }
        if self.strict.is_none() {
            return Ok(Value::Null);
        }
        let class = holder.class();
        let what = match &step.part {
            Part::Property(name) => format!("property '{name}'"),
            Part::Method(method) => format!("method {}({})", method.name, classes(arguments, ", ")),
            Part::Index(_) => format!("method get({})", classes(arguments, ", ")),
        };
        self.refuse(step.place, Some(reference.slot), Why::Kind, |at| {
            format!("Object '{class}' does not contain {what} at {at}")
        })
    }

    /// A part that can't be set: nothing is, where references are lenient.
    #[cold]
    #[inline(never)]
    pub(super) fn not_settable(
        &self,
        target: &Reference,
        step: &Step,
        holder: &Value,
        [index, value]: [&Value; 2],
    ) -> Outcome {
        if self.strict.is_none() {
            return Ok(());
        }
        let class = holder.class();
        let name = step.name();
        if let Part::Index(_) = step.part {
            let types = [index.class(), value.class()].join(",");
            return self.refuse(step.place, Some(target.slot), Why::Kind, |at| {
                format!(
                    "Found neither a 'set' or 'put' method with param types '({types})' on class \
                     '{class}' at {at}"
                )
            });
        }
        self.refuse(target.place, Some(target.slot), Why::Kind, |at| {
            format!("Object '{class}' does not contain property '{name}' at {at}")
        })
    }

    /// A loop over what is no list.
    #[cold]
    #[inline(never)]
    pub(super) fn not_iterable(&self, node: &Foreach, over: &Value) -> Outcome {
        if self.strict.is_none() || over.is_null() {
            return Ok(());
        }
        let (written, class) = (&node.over_written, over.class());
        self.refuse(node.over_place, root(&node.over), Why::Kind, |at| {
            format!(
                "#foreach parameter {written} at {at} is of type {class} and is either of wrong type or \
                 cannot be iterated."
            )
        })
    }

    /// An order of what has none: it doesn't hold, where references are lenient.
    #[cold]
    #[inline(never)]
    pub(super) fn unordered(
        &self,
        (left, left_written, left_root): (&Value, &str, Option<Slot>),
        link: &Link,
        right: &Value,
    ) -> Outcome<Value> {
        if self.strict.is_none() {
            return Ok(Value::Bool(false));
        }
        let right_root = root(&link.right);
        if left.is_null() || right.is_null() {
            let (side, written, root) = match left.is_null() {
                true => ("Left", left_written, left_root),
                false => ("Right", link.right.literal(), right_root),
            };
            let sign = link.operator.sign();
            return self.refuse(link.place, root, Why::Null, |at| {
                format!("{side} side ({written}) of '{sign}' operation has null value at {at}")
            });
        }
        let (side, root) = match left.is_number() {
            true => ("Right", right_root),
            false => ("Left", left_root),
        };
        let valid = match link.operator {
            Operator::Less => "valid ",
            _ => "",
        };
        self.refuse(link.place, root, Why::Kind, |at| {
            format!("{side} side of '>=' operation is not a {valid}Number at {at}")
        })
    }

    #[cold]
    #[inline(never)]
    pub(super) fn undefined<T>(&self, name: &str, place: Place) -> Outcome<T> {
        self.refuse(place, None, Why::Macro, |at| {
            format!("Macro '#{name}' is not defined at {at}")
        })
    }

    fn refuse<T>(
        &self,
        place: Place,
        root: Option<Slot>,
        why: Why,
        words: impl FnOnce(&str) -> String,
    ) -> Outcome<T> {
        let mut error = error::within(self.sources, place, String::new());
        let template = self.strict.unwrap_or_default();
        let (line, column) = (error.line, error.column);
        error.message = words(&format!("{template}[line {line}, column {column}]"));
        error.refused = Some(Refused {
            name: root.map(|slot| self.name(slot).to_owned()),
            why,
        });
        Err(Halt::Fault(Box::new(error)))
    }

    fn name(&self, slot: Slot) -> &str {
        self.names.get(slot as usize).map_or("", String::as_str)
    }
}

/// The name that an expression starts with, if it is a reference.
pub(super) fn root(expression: &Expression) -> Option<Slot> {
    match expression {
        Expression::Reference(reference) => Some(reference.slot),
        _ => None,
    }
}

fn classes(values: &[Value], between: &str) -> String {
    let classes: Vec<&str> = values.iter().map(Value::class).collect();
    classes.join(between)
}
