//! From nodes and values to text.

mod expression;
mod foreach;
mod refuse;

use crate::bounds::Meter;
use crate::context::Variables;
use crate::error::{self, Error, Place, Source};
use crate::found::Failure;
use crate::node::{Expression, Node, Part, Print, Reference, Slot, Step};
use crate::tool;
use crate::value::{Special, Tool, Value, print};
use crate::{Bounds, Context, References, Template, method};

/// Why a rendering goes no further.
pub(crate) enum Halt {
    Fault(Box<Error>),
    /// Out of the innermost loop.
    Break,
    /// Out of the loop of that number.
    BreakFrom(u32),
    /// To the end of the template.
    Stop,
}

type Outcome<T = ()> = Result<T, Halt>;

/// Appends the rendered text to `out`.
pub(crate) fn render(
    template: &Template,
    context: &Context,
    bounds: &Bounds,
    whole: &tollgate_meter::Meter,
    out: &mut String,
) -> Result<(), Error> {
    let mut renderer = Renderer {
        variables: Variables::new(context, &template.names),
        meter: Meter::new(bounds, whole),
        sources: &template.sources,
        names: &template.names,
        strict: match template.references {
            References::AsWritten => None,
            References::Strict { template } => Some(template),
        },
        loops: 0,
        scope: template.scope,
        depth: 0,
    };
    let rendered = renderer.nodes(&template.nodes, out);
    let ended = renderer.meter.end(out.len());
    match rendered {
        Err(Halt::Fault(error)) => Err(*error),
        Ok(()) | Err(Halt::Break | Halt::BreakFrom(_) | Halt::Stop) => match ended {
            Ok(()) => Ok(()),
            Err(message) => Err(error::within(renderer.sources, renderer.meter.at, message)),
        },
    }
}

/// The slots of the names a loop sets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScopeSlots {
    pub(crate) foreach: Slot,
    pub(crate) count: Slot,
    pub(crate) has_next: Slot,
}

struct Renderer<'a> {
    variables: Variables<'a>,
    meter: Meter<'a>,
    sources: &'a [Source],
    names: &'a [String],
    /// What errors call the template, where its references are strict.
    strict: Option<&'static str>,
    /// Loops begun, to tell them apart.
    loops: u32,
    scope: ScopeSlots,
    depth: u32,
}

impl Renderer<'_> {
    fn nodes(&mut self, nodes: &[Node], out: &mut String) -> Outcome {
        for node in nodes {
            self.step()?;
            match node {
                Node::Text(text) => out.push_str(text),
                Node::Print(print) => self.print(print, out)?,
                Node::Set(target, value) => self.set(target.as_deref(), value)?,
                Node::If(branches) => self.branch(branches, out)?,
                Node::Foreach(foreach) => self.foreach(foreach, out)?,
                Node::Break(None, _) => return Err(Halt::Break),
                Node::Break(Some(which), place) => return self.break_from(which, *place),
                Node::Undefined(name, place) => return self.undefined(name, *place),
                Node::Stop(argument) => {
                    if let Some(argument) = argument {
                        self.evaluate(argument)?;
                    }
                    return Err(Halt::Stop);
                }
            }
            let fits = self.meter.fits(out.len());
            self.check(fits)?;
        }
        Ok(())
    }

    fn print(&mut self, node: &Print, out: &mut String) -> Outcome {
        if node.reference.parts.is_empty() {
            // A name alone is printed where it is, without a copy.
            self.meter.at = node.reference.place;
            let value = self.variables.get(node.reference.slot);
            if !node.escaped && !value.is_null() {
                out.push_str(&node.before);
                let printed = print(value, out, &mut self.meter);
                return self.check(printed);
            }
        } else if !node.escaped {
            if self.print_property(node, out)? {
                return Ok(());
            }
            let start = out.len();
            if self.print_escaped(node, out)? {
                return Ok(());
            }
            out.truncate(start);
        }
        let value = self.value(&node.reference)?;
        if value.is_null() {
            self.print_null(node, out)?;
        } else if node.escaped {
            out.push_str(&node.instead);
        } else {
            out.push_str(&node.before);
            let printed = print(&value, out, &mut self.meter);
            self.check(printed)?;
        }
        Ok(())
    }

    /// `$name.property` of a map, the commonest of references, printed where it is, without a copy; no, and nothing
    /// is counted, if it is something else or has no value.
    fn print_property(&mut self, node: &Print, out: &mut String) -> Outcome<bool> {
        let reference = &node.reference;
        let [
            Step {
                part: Part::Property(name),
                ..
            },
        ] = reference.parts.as_slice()
        else {
            return Ok(false);
        };
        self.meter.at = reference.place;
        let Value::Map(map) = self.variables.get(reference.slot) else {
            return Ok(false);
        };
        let entries = map.0.entries.borrow();
        let Some(value) = method::named(&entries, name).filter(|value| !value.is_null()) else {
            return Ok(false);
        };
        out.push_str(&node.before);
        let counted = self.meter.step();
        let printed = counted
            .and_then(|()| self.meter.work(entries.len()))
            .and_then(|()| print(value, out, &mut self.meter));
        drop(entries);
        self.check(printed)?;
        Ok(true)
    }

    /// `$esc.x(…)`, the commonest of calls, straight into the output; no if it is something else.
    fn print_escaped(&mut self, node: &Print, out: &mut String) -> Outcome<bool> {
        let reference = &node.reference;
        let [
            Step {
                part: Part::Method(method),
                ..
            },
        ] = reference.parts.as_slice()
        else {
            return Ok(false);
        };
        let [argument] = method.arguments.as_slice() else {
            return Ok(false);
        };
        if !matches!(
            self.variables.get(reference.slot),
            Value::Special(Special::Tool(Tool::Esc))
        ) {
            return Ok(false);
        }
        let Some(escape) = tool::Escape::named(&method.name) else {
            return Ok(false);
        };
        self.meter.at = reference.place;
        self.step()?;
        let value = self.evaluate(argument)?;
        if value.is_null() {
            self.print_null(node, out)?;
            return Ok(true);
        }
        out.push_str(&node.before);
        let escaped = match &value {
            Value::Text(text) => escape.write(text, out, &mut self.meter),
            other => {
                let mut text = String::new();
                print(other, &mut text, &mut self.meter)
                    .and_then(|()| self.meter.hold(text.len()))
                    .and_then(|()| escape.write(&text, out, &mut self.meter))
                    .map(|()| self.meter.release(text.len()))
            }
        };
        self.check(escaped)?;
        Ok(true)
    }

    fn set(&mut self, target: Option<&Reference>, value: &Expression) -> Outcome {
        let value = self.evaluate(value)?;
        let settable = self.strict.is_some() || !value.is_null();
        let Some(target) = target.filter(|_| settable) else {
            return Ok(());
        };
        let Some((last, path)) = target.parts.split_last() else {
            let before = self.variables.set(target.slot, value);
            self.meter.release(before.owned_bytes());
            return Ok(());
        };
        if self.variables.get(target.slot).is_null() {
            return self.null_root(target);
        }
        let holder = self.walk(target, path)?;
        if holder.is_null() {
            return self.part_of_null(target, last);
        }
        let mut index = Value::Null;
        let put = match &last.part {
            Part::Property(_) | Part::Method(_) => {
                method::set_property(&holder, last.name(), value.clone(), &mut self.meter)
            }
            Part::Index(at) => {
                index = self.evaluate(at)?;
                method::set_index(&holder, &index, value.clone(), &mut self.meter)
            }
        };
        self.meter.at = target.place;
        match put {
            Ok(()) => Ok(()),
            Err(Failure::Fault(message)) => self.check(Err(message)),
            Err(Failure::Absent) => self.not_settable(target, last, &holder, [&index, &value]),
        }
    }

    fn branch(
        &mut self,
        branches: &[(Option<Expression>, Vec<Node>)],
        out: &mut String,
    ) -> Outcome {
        for (condition, body) in branches {
            let taken = match condition {
                Some(condition) => self.truth(condition)?,
                None => true,
            };
            if taken {
                return self.nodes(body, out);
            }
        }
        Ok(())
    }

    fn break_from(&mut self, which: &Expression, place: Place) -> Outcome {
        match self.evaluate(which)? {
            Value::Special(Special::Scope(scope)) => Err(Halt::BreakFrom(scope.id)),
            other => {
                self.meter.at = place;
                let message = format!("#break takes a loop such as $foreach, not {}", other.kind());
                self.check(Err(message))
            }
        }
    }

    fn step(&mut self) -> Outcome {
        let step = self.meter.step();
        self.check(step)
    }

    /// Turns a complaint into a fault at the place last come to.
    fn check<T>(&self, result: Result<T, String>) -> Outcome<T> {
        match result {
            Ok(value) => Ok(value),
            Err(message) => Err(self.fault(message)),
        }
    }

    #[cold]
    #[inline(never)]
    fn fault(&self, message: String) -> Halt {
        let error = error::within(self.sources, self.meter.at, message);
        Halt::Fault(Box::new(error))
    }
}
