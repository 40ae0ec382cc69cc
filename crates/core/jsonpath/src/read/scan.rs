//! `..`: a step is tried in every container, parents first.
//!
//! What counts as a try depends on the step, as the reference has it: names where all of them exist, indices
//! in arrays, wildcards everywhere, filters in the containers that pass themselves. In an array, the step that
//! follows the tried one is taken from *every* item, whatever the tried one selects; [`crate::chain::Latch`]
//! puts that right where that step is the last.

use super::Reader;
use super::step::Walk;
use crate::chain::Step;
use crate::stop::Stop;
use serde_json::Value;

impl Reader<'_> {
    /// Tries the step at a place of the path here, then in every container inside.
    pub(crate) fn scan<'p: 'v, 'v>(
        &mut self,
        walk: &mut Walk<'p, 'v>,
        at: usize,
        value: &'v Value,
    ) -> Result<(), Stop<'p>> {
        let Some(placed) = walk.chain.steps.get(at) else {
            return Err(Stop::Fault(&"a scan is followed by nothing"));
        };
        match value {
            Value::Object(members) => {
                self.visit()?;
                match &placed.step {
                    Step::Name(name) if members.contains_key(name) => {
                        self.member(walk, at, name, members)?;
                    }
                    Step::Names(names) if at + 1 == walk.chain.steps.len() => {
                        self.charge(names.len())?;
                        if names.iter().all(|name| members.contains_key(name)) {
                            self.step(walk, at, value)?;
                        }
                    }
                    Step::Names(_) | Step::Wildcard => self.step(walk, at, value)?,
                    Step::Filter(filter) if self.passes(filter, value, walk.scope)? => {
                        self.arrive(walk, at, value)?;
                    }
                    _ => {}
                }
                self.deeper()?;
                for member in members.values() {
                    self.scan(walk, at, member)?;
                }
                self.higher();
            }
            Value::Array(items) => {
                self.visit()?;
                let tried = match &placed.step {
                    Step::Index(_) | Step::Indices(_) | Step::Slice(..) | Step::Wildcard => true,
                    Step::Filter(filter) => self.passes(filter, value, walk.scope)?,
                    _ => false,
                };
                if tried {
                    self.try_array(walk, at, value, items)?;
                }
                self.deeper()?;
                for item in items {
                    self.scan(walk, at, item)?;
                }
                self.higher();
            }
            _ => {}
        }
        Ok(())
    }

    fn try_array<'p: 'v, 'v>(
        &mut self,
        walk: &mut Walk<'p, 'v>,
        at: usize,
        value: &'v Value,
        items: &'v [Value],
    ) -> Result<(), Stop<'p>> {
        if at + 1 == walk.chain.steps.len() {
            return self.step(walk, at, value);
        }
        let latched = at + 2 == walk.chain.steps.len();
        for (place, item) in items.iter().enumerate() {
            if let (true, Some(latch)) = (latched, &walk.chain.latch) {
                let place = i64::try_from(place).unwrap_or(i64::MAX);
                if let Some(noted) = self.latch(latch.slot) {
                    *noted = place;
                }
            }
            self.step(walk, at + 1, item)?;
        }
        Ok(())
    }
}
