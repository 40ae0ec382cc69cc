//! One step after the other.

use super::place::{place, slice};
use super::{Reader, Scope};
use crate::chain::{Chain, Step};
use crate::found::{FOUND, Found};
use crate::stop::{Denied, Stop, Why};
use serde_json::{Map, Value};

/// A path that is being followed, and what it has found.
pub(crate) struct Walk<'p, 'v> {
    pub(crate) chain: &'p Chain,
    pub(crate) scope: Scope<'v>,
    pub(crate) found: Vec<Found<'v>>,
}

impl Reader<'_> {
    /// Everything that the path leads to, in the order of the document.
    pub(crate) fn search<'p: 'v, 'v>(
        &mut self,
        chain: &'p Chain,
        start: &'v Value,
        scope: Scope<'v>,
    ) -> Result<Vec<Found<'v>>, Stop<'p>> {
        let mut walk = Walk {
            chain,
            scope,
            found: Vec::new(),
        };
        let depth = self.depth;
        self.deeper()?;
        let walked = match chain.steps.is_empty() {
            true => self.push(&mut walk, Found::Place(start)),
            false => self.step(&mut walk, 0, start),
        };
        self.depth = depth;
        if let Err(stop) = walked {
            self.meter.release(walk.found.capacity() * FOUND);
            return Err(stop);
        }
        Ok(walk.found)
    }

    /// Adds to what is found; asks for the room whenever that grows.
    #[inline]
    pub(crate) fn push<'p, 'v>(
        &mut self,
        walk: &mut Walk<'p, 'v>,
        found: Found<'v>,
    ) -> Result<(), Stop<'p>> {
        if walk.found.len() == walk.found.capacity() {
            self.grow(&mut walk.found, 0)?;
        }
        walk.found.push(found);
        Ok(())
    }

    /// Makes room for as many again, for sixteen, or for as many as are likely to come, whichever is most.
    #[cold]
    fn grow<'p>(&mut self, found: &mut Vec<Found<'_>>, likely: usize) -> Result<(), Stop<'p>> {
        /// What is likely doesn't make room for more.
        const MOST: usize = 64;
        let before = found.capacity();
        let meter = self.settled()?;
        // Asked for before it is taken.
        let more = before.max(16).max(likely.min(MOST));
        meter.hold(more * FOUND)?;
        found.reserve_exact(more);
        let over = found.capacity() - before - more;
        meter.hold(over * FOUND)?;
        Ok(())
    }

    /// Takes the step at a place of the path.
    pub(crate) fn step<'p: 'v, 'v>(
        &mut self,
        walk: &mut Walk<'p, 'v>,
        at: usize,
        value: &'v Value,
    ) -> Result<(), Stop<'p>> {
        self.visit()?;
        let placed = &walk.chain.steps[at];
        match (&placed.step, value) {
            (Step::Name(name), Value::Object(members)) => self.member(walk, at, name, members),
            (Step::Names(names), Value::Object(members)) => {
                if at + 1 == walk.chain.steps.len() {
                    return self.merge(walk, names, members);
                }
                names
                    .iter()
                    .try_for_each(|name| self.member(walk, at, name, members))
            }
            (Step::Index(index), Value::Array(items)) => self.index(walk, at, *index, items),
            (Step::Indices(indices), Value::Array(items)) => indices
                .iter()
                .try_for_each(|index| self.index(walk, at, *index, items)),
            (Step::Slice(from, to), Value::Array(items)) => {
                slice(*from, *to, items.len()).try_for_each(|place| {
                    // Below nought from the end.
                    let count = items.len().cast_signed();
                    let place = if place < 0 { place + count } else { place };
                    self.item(walk, at, &items[place.cast_unsigned()])
                })
            }
            (Step::Wildcard, Value::Object(members)) => members
                .values()
                .try_for_each(|member| self.arrive_by_name(walk, at, member)),
            (Step::Wildcard, Value::Array(items)) => self.all_items(walk, at, items),
            (Step::Wildcard, _) => Ok(()),
            (Step::Filter(filter), Value::Object(_)) => {
                if self.passes(filter, value, walk.scope)? {
                    self.arrive(walk, at, value)?;
                }
                Ok(())
            }
            (Step::Filter(filter), Value::Array(items)) => {
                for item in items {
                    if self.passes(filter, item, walk.scope)? {
                        self.item(walk, at, item)?;
                    }
                }
                Ok(())
            }
            (Step::Filter(_), _) if placed.certain => Err(Stop::Invalid(Denied)),
            (Step::Scan, _) => self.scan(walk, at + 1, value),
            (Step::Call(call), _) => self.call(walk, at, call, value),
            _ if placed.certain => Err(Stop::Missing(Why::Part(kind(value)))),
            _ => Ok(()),
        }
    }

    /// Goes on with every item of an array.
    fn all_items<'p: 'v, 'v>(
        &mut self,
        walk: &mut Walk<'p, 'v>,
        at: usize,
        items: &'v [Value],
    ) -> Result<(), Stop<'p>> {
        if walk.found.capacity() == 0 {
            self.grow(&mut walk.found, items.len())?;
        }
        for item in items {
            match self.item(walk, at, item) {
                Err(Stop::Missing(_)) if !walk.scope.strict => {}
                other => other?,
            }
        }
        Ok(())
    }

    #[inline]
    pub(crate) fn member<'p: 'v, 'v>(
        &mut self,
        walk: &mut Walk<'p, 'v>,
        at: usize,
        name: &'p String,
        members: &'v Map<String, Value>,
    ) -> Result<(), Stop<'p>> {
        if let Some(member) = members.get(name) {
            return self.arrive_by_name(walk, at, member);
        }
        let placed = &walk.chain.steps[at];
        let last = at + 1 == walk.chain.steps.len();
        let one = matches!(placed.step, Step::Name(_));
        if walk.scope.strict || !last && placed.certain && one {
            return Err(Stop::Missing(Why::Member(name)));
        }
        Ok(())
    }

    /// Several names that end a path make an object of those members that exist.
    fn merge<'p: 'v, 'v>(
        &mut self,
        walk: &mut Walk<'p, 'v>,
        names: &'p [String],
        members: &'v Map<String, Value>,
    ) -> Result<(), Stop<'p>> {
        let meter = self.settled()?;
        let mut some = Map::new();
        for name in names {
            match members.get(name) {
                Some(member) => {
                    meter.hold_copy(member)?;
                    some.insert(name.clone(), member.clone());
                }
                None if walk.scope.strict => return Err(Stop::Missing(Why::Member(name))),
                None => {}
            }
        }
        self.push(walk, Found::Made(Box::new(Value::Object(some))))
    }

    fn index<'p: 'v, 'v>(
        &mut self,
        walk: &mut Walk<'p, 'v>,
        at: usize,
        index: i32,
        items: &'v [Value],
    ) -> Result<(), Stop<'p>> {
        match place(index, items.len()) {
            Some(place) => self.item(walk, at, &items[place]),
            None => Ok(()),
        }
    }

    /// Goes on with an item of an array. That a function finds no item at its place is not told beyond it.
    #[inline]
    fn item<'p: 'v, 'v>(
        &mut self,
        walk: &mut Walk<'p, 'v>,
        at: usize,
        item: &'v Value,
    ) -> Result<(), Stop<'p>> {
        match self.arrive(walk, at, item) {
            Err(Stop::NoItem) => Ok(()),
            other => other,
        }
    }

    /// Goes on with a member of an object. See [`crate::chain::Latch`] for the one exception.
    #[inline]
    fn arrive_by_name<'p: 'v, 'v>(
        &mut self,
        walk: &mut Walk<'p, 'v>,
        at: usize,
        member: &'v Value,
    ) -> Result<(), Stop<'p>> {
        if at + 1 < walk.chain.steps.len() {
            return self.step(walk, at + 1, member);
        }
        if let Some(latch) = &walk.chain.latch {
            let place = self.latch(latch.slot).map_or(-1, |place| *place);
            if place >= 0 && latch.wanted.map(i64::from) != Some(place) {
                return Ok(());
            }
        }
        self.push(walk, Found::Place(member))
    }

    #[inline]
    pub(crate) fn arrive<'p: 'v, 'v>(
        &mut self,
        walk: &mut Walk<'p, 'v>,
        at: usize,
        value: &'v Value,
    ) -> Result<(), Stop<'p>> {
        if at + 1 < walk.chain.steps.len() {
            return self.step(walk, at + 1, value);
        }
        self.push(walk, Found::Place(value))
    }
}

/// The one value of a path of names and indices.
#[inline]
pub(crate) fn follow<'p, 'v>(chain: &'p Chain, start: &'v Value) -> Result<&'v Value, Stop<'p>> {
    let mut value = start;
    for placed in &chain.steps {
        value = match (&placed.step, value) {
            (Step::Name(name), Value::Object(members)) => {
                let member = members.get(name);
                member.ok_or(Stop::Missing(Why::Member(name)))?
            }
            (Step::Index(index), Value::Array(items)) => match place(*index, items.len()) {
                Some(place) => &items[place],
                None => {
                    return Err(Stop::Missing(Why::Item(
                        *index,
                        items.len().try_into().unwrap_or(u32::MAX),
                    )));
                }
            },
            _ => return Err(Stop::Missing(Why::Part(kind(value)))),
        };
    }
    Ok(value)
}

fn kind(value: &Value) -> &'static &'static str {
    match value {
        Value::Null => &"null",
        Value::Bool(_) => &"a boolean",
        Value::Number(_) => &"a number",
        Value::String(_) => &"a text",
        Value::Array(_) => &"an array",
        Value::Object(_) => &"an object",
    }
}
