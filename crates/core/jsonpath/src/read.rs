//! Following the steps through a document.

use crate::filter::Filter;
use crate::function::Function;
use crate::step::{Step, place, slice};
use crate::{MAX_DEPTH, MAX_VISITS, ReadError};
use serde_json::{Map, Value};
use std::borrow::Cow;
use tollgate_meter::Meter;

/// Everything the steps lead to, in document order.
pub(crate) fn matches<'a>(
    steps: &[Step],
    document: &'a Value,
    definite: bool,
    function: Option<Function>,
    meter: &Meter,
) -> Result<Vec<Cow<'a, Value>>, ReadError> {
    let mut reader = Reader {
        document,
        definite,
        function,
        found: Vec::new(),
        visits: 0,
        settled: 0,
        free_until: 0,
        meter,
    };
    let followed = reader.follow(steps, document, true);
    let settled = reader.settle();
    followed.and(settled)?;
    Ok(reader.found)
}

struct Reader<'a, 'm> {
    document: &'a Value,
    definite: bool,
    function: Option<Function>,
    found: Vec<Cow<'a, Value>>,
    visits: usize,
    /// Of them, those that the meter knows of.
    settled: usize,
    /// Visits up to which nothing has to be asked.
    free_until: usize,
    meter: &'m Meter,
}

/// Bytes of a place that was found.
pub(crate) const FOUND: usize = 128;

impl<'a> Reader<'a, '_> {
    /// `certain`: every step so far was definite, so what doesn't fit is an error.
    fn follow(&mut self, steps: &[Step], value: &'a Value, certain: bool) -> Result<(), ReadError> {
        self.visit()?;
        let Some((step, rest)) = steps.split_first() else {
            return self.arrive(value, certain);
        };
        match (step, value) {
            (Step::Name(name), Value::Object(members)) => match members.get(name) {
                Some(member) => self.follow(rest, member, certain),
                None if self.definite => Err(missing(&format!("no member {name:?}"))),
                None => Ok(()),
            },
            (Step::Names(names), Value::Object(members)) => {
                self.settle()?;
                let mut some = Map::new();
                for name in names {
                    if let Some(member) = members.get(name) {
                        self.meter.hold_copy(member)?;
                        some.insert(name.clone(), member.clone());
                    }
                }
                self.meter.hold(FOUND)?;
                self.found.push(Cow::Owned(Value::Object(some)));
                Ok(())
            }
            (Step::Index(index), Value::Array(items)) => self.index(*index, items, rest, certain),
            (Step::Indices(all), Value::Array(items)) => all
                .iter()
                .try_for_each(|index| self.index(*index, items, rest, certain)),
            (Step::Slice(from, to), Value::Array(items)) => {
                self.each(rest, &items[slice(*from, *to, items.len())])
            }
            (Step::Wildcard, Value::Array(items)) => self.each(rest, items),
            (Step::Wildcard, Value::Object(members)) => self.each(rest, members.values()),
            (Step::Wildcard, _) => Ok(()),
            (Step::Filter(filter), Value::Array(items)) => {
                for item in items {
                    if self.accepts(filter, item)? {
                        self.follow(rest, item, false)?;
                    }
                }
                Ok(())
            }
            (Step::Filter(filter), Value::Object(_)) => {
                if self.accepts(filter, value)? {
                    self.follow(rest, value, false)
                } else {
                    Ok(())
                }
            }
            (Step::Scan, _) => self.scan(rest, value, 0),
            _ if certain => Err(missing(&format!("{} has no such part", kind(value)))),
            _ => Ok(()),
        }
    }

    /// Whether the candidate passes; what was copied to find out is held no longer.
    fn accepts(&mut self, filter: &Filter, candidate: &Value) -> Result<bool, ReadError> {
        self.settle()?;
        let held = self.meter.bytes_held();
        let accepts = filter.accepts(candidate, self.document, self.meter)?;
        let copied = self.meter.bytes_held() - held;
        if copied > 0 {
            let copied = usize::try_from(copied).unwrap_or(usize::MAX);
            self.meter.release(copied);
        }
        Ok(accepts)
    }

    /// Each visit is a step. The meter is told of them in lots, no larger than what it grants without a look.
    #[inline]
    fn visit(&mut self) -> Result<(), ReadError> {
        self.visits += 1;
        if self.visits > self.free_until {
            return self.ask();
        }
        Ok(())
    }

    #[cold]
    fn ask(&mut self) -> Result<(), ReadError> {
        if self.visits > MAX_VISITS {
            return Err(ReadError::TooLarge(
                "the path looks at too many places of the document",
            ));
        }
        self.settle()?;
        let lot = usize::try_from(self.meter.steps_at_once()).unwrap_or(usize::MAX);
        self.free_until = self.visits.saturating_add(lot).min(MAX_VISITS);
        Ok(())
    }

    /// Tells the meter of the visits that it doesn't know of; comes before whatever else is asked of it.
    #[inline]
    fn settle(&mut self) -> Result<(), ReadError> {
        let new = self.visits - self.settled;
        self.settled = self.visits;
        self.free_until = self.visits;
        if new > 0 {
            self.meter.steps(new as u64)?;
        }
        Ok(())
    }

    fn arrive(&mut self, value: &'a Value, certain: bool) -> Result<(), ReadError> {
        self.meter.hold(FOUND)?;
        if let (Some(_), Value::Array(items)) = (self.function, value) {
            self.settle()?;
            self.meter.work(items.len() * FOUND)?;
        }
        match self.function.map(|function| function.apply(value)) {
            None => self.found.push(Cow::Borrowed(value)),
            Some(Ok(result)) => self.found.push(Cow::Owned(result)),
            Some(Err(error)) if certain => return Err(error),
            Some(Err(_)) => {}
        }
        Ok(())
    }

    fn index(
        &mut self,
        index: i64,
        items: &'a [Value],
        rest: &[Step],
        certain: bool,
    ) -> Result<(), ReadError> {
        match place(index, items.len()) {
            Some(at) => self.follow(rest, &items[at], certain && self.definite),
            None if certain => Err(missing(&format!("no item [{index}] among {}", items.len()))),
            None => Ok(()),
        }
    }

    fn each(
        &mut self,
        rest: &[Step],
        values: impl IntoIterator<Item = &'a Value>,
    ) -> Result<(), ReadError> {
        values
            .into_iter()
            .try_for_each(|value| self.follow(rest, value, false))
    }

    /// Tries the next step here, then in every container inside.
    fn scan(&mut self, steps: &[Step], value: &'a Value, depth: usize) -> Result<(), ReadError> {
        if depth > MAX_DEPTH {
            return Err(ReadError::TooLarge("the document nests too deeply to scan"));
        }
        self.visit()?;
        let here = match (steps.first(), value) {
            (Some(Step::Names(names)), Value::Object(members)) => {
                self.settle()?;
                self.meter.steps(names.len() as u64)?;
                names.iter().all(|n| members.contains_key(n))
            }
            (Some(Step::Filter(_)), Value::Object(_)) => true,
            (Some(Step::Filter(_)), _) => false,
            _ => true,
        };
        if here {
            self.follow(steps, value, false)?;
        }
        match value {
            Value::Array(items) => items
                .iter()
                .try_for_each(|item| self.scan(steps, item, depth + 1)),
            Value::Object(members) => members
                .values()
                .try_for_each(|member| self.scan(steps, member, depth + 1)),
            _ => Ok(()),
        }
    }
}

/// Takes what copying a value costs off the room that is left.
pub(crate) fn weigh(value: &Value, room: &mut usize) -> Result<(), ReadError> {
    let text = |text: &str| 1 + text.len() / 64;
    let cost = match value {
        Value::String(it) => text(it),
        Value::Object(members) => members.keys().map(|key| text(key)).sum(),
        _ => 1,
    };
    *room = room.checked_sub(cost).ok_or(ReadError::TooLarge(
        "the path finds more than can be copied",
    ))?;
    match value {
        Value::Array(items) => items.iter().try_for_each(|it| weigh(it, room)),
        Value::Object(members) => members.values().try_for_each(|it| weigh(it, room)),
        _ => Ok(()),
    }
}

/// What a name or an index leads to.
pub(crate) fn single<'a>(step: &Step, value: &'a Value) -> Result<&'a Value, ReadError> {
    match (step, value) {
        (Step::Name(name), Value::Object(members)) => {
            let member = members.get(name);
            member.ok_or_else(|| missing(&format!("no member {name:?}")))
        }
        (Step::Index(index), Value::Array(items)) => match place(*index, items.len()) {
            Some(at) => Ok(&items[at]),
            None => Err(missing(&format!("no item [{index}] among {}", items.len()))),
        },
        _ => Err(missing(&format!("{} has no such part", kind(value)))),
    }
}

fn missing(what: &str) -> ReadError {
    ReadError::NotFound(what.to_owned())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
