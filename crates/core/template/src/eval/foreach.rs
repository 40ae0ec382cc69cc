//! Loops: what they go over, what their bodies see, and how they end.

use super::{Halt, Outcome, Renderer};
use crate::bounds::SLOT;
use crate::node::Foreach;
use crate::value::{Scope, Special, Value};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Bytes of a loop's `$foreach`.
const SCOPE: usize = 160;

impl Renderer<'_> {
    pub(super) fn foreach(&mut self, node: &Foreach, out: &mut String) -> Outcome {
        let over = self.evaluate(&node.over)?;
        self.meter.at = node.place;
        let Some(items) = self.items(&over)? else {
            return self.not_iterable(node, &over);
        };
        let copied = items.len() * SLOT + SCOPE;
        let held = self.meter.hold(copied);
        self.check(held)?;
        let slots = self.scope;
        let names = [node.slot, slots.count, slots.has_next];
        let before = names.map(|slot| self.variables.get(slot).clone());
        let scope = self.enter();
        let mut ended = Ok(());
        // Whether a null element's name is hidden; once shown it stays so.
        let mut hides = None;
        let last = items.len();
        let changes = changes(&over);
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 && changes != self::changes(&over) {
                // Java ends where the list ends now, if that is here; else it refuses to go on.
                if length(&over) != Some(index) {
                    let message = "what a loop goes over must not grow or shrink in its body";
                    ended = self.check(Err(message.to_owned()));
                }
                break;
            }
            let null = item.is_null();
            self.begin_turn(node, &scope, (index, index + 1 < last), item);
            if null {
                self.variables.hide(node.slot, hides.unwrap_or(true));
            }
            ended = self.step().and_then(|()| self.nodes(&node.body, out));
            if null {
                hides = Some(self.variables.show());
            }
            if ended.is_err() {
                break;
            }
        }
        for (slot, value) in names.into_iter().zip(before) {
            self.variables.restore(slot, value);
        }
        let left = self.leave();
        // A scope that the template kept is still there.
        self.meter.release(match Rc::strong_count(&scope) {
            1 => copied,
            _ => copied - SCOPE,
        });
        match ended {
            Err(Halt::Fault(fault)) => Err(Halt::Fault(fault)),
            Ok(()) | Err(Halt::Break) => left,
            Err(Halt::BreakFrom(id)) if id == scope.id => left,
            ended => left.and(ended),
        }
    }

    /// Sets what a turn of the loop sees.
    fn begin_turn(
        &mut self,
        node: &Foreach,
        scope: &Scope,
        (index, has_next): (usize, bool),
        item: Value,
    ) {
        let slots = self.scope;
        self.meter.at = node.place;
        self.variables.set(slots.count, Value::count(index + 1));
        self.variables.set(slots.has_next, Value::Bool(has_next));
        let before = self.variables.set(node.slot, item);
        self.meter.release(before.owned_bytes());
        scope.index.set(i32::try_from(index).unwrap_or(i32::MAX));
        scope.has_next.set(has_next);
    }

    /// What a loop goes over: none if it can't.
    fn items(&mut self, over: &Value) -> Outcome<Option<Vec<Value>>> {
        let items = match over {
            Value::List(list) => list.0.items.borrow().clone(),
            Value::Map(map) => {
                let entries = map.0.entries.borrow();
                entries.iter().map(|(_, value)| value.clone()).collect()
            }
            Value::Special(Special::Scope(scope)) => {
                let stored = scope.storage.borrow();
                stored.iter().map(|(_, value)| value.clone()).collect()
            }
            _ => return Ok(None),
        };
        let work = self.meter.work(items.len());
        self.check(work)?;
        Ok(Some(items))
    }

    fn enter(&mut self) -> Rc<Scope> {
        self.loops += 1;
        let (parent, replaced) = match self.variables.get(self.scope.foreach) {
            Value::Special(Special::Scope(scope)) => (Some(scope.clone()), Value::Null),
            other => (None, other.clone()),
        };
        let scope = Rc::new(Scope {
            id: self.loops,
            index: Cell::new(-1),
            has_next: Cell::new(false),
            parent,
            replaced,
            storage: RefCell::new(Vec::new()),
        });
        let value = Value::Special(Special::Scope(scope.clone()));
        self.variables.set(self.scope.foreach, value);
        scope
    }

    /// `$foreach` is again what it was, unless the template made it something else. Where it made it null,
    /// the reference fails, and so does this.
    fn leave(&mut self) -> Outcome {
        let before = match self.variables.get(self.scope.foreach) {
            Value::Special(Special::Scope(scope)) => match &scope.parent {
                Some(parent) => Value::Special(Special::Scope(parent.clone())),
                None => scope.replaced.clone(),
            },
            Value::Null => {
                return self.check(Err("$foreach is null at the end of its loop".to_owned()));
            }
            _ => return Ok(()),
        };
        self.variables.restore(self.scope.foreach, before);
        Ok(())
    }
}

fn changes(over: &Value) -> u32 {
    match over {
        Value::List(list) => list.0.changes.get(),
        Value::Map(map) => map.0.changes.get(),
        _ => 0,
    }
}

fn length(over: &Value) -> Option<usize> {
    match over {
        Value::List(list) => Some(list.0.items.borrow().len()),
        _ => None,
    }
}
