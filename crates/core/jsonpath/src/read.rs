//! Following a path through a document.
//!
//! The steps are followed depth first, so that what is found is in the reference's order. Three things can end
//! a branch: nothing is there ([`Stop::Missing`]), a question makes no sense ([`Stop::Invalid`]), a function
//! finds no such item ([`Stop::NoItem`]); who catches which of them is the reference's rule, too. A
//! [`Stop::Fault`] ends the whole reading.

mod copy;
mod meter;
mod place;
mod scan;
mod step;

pub(crate) use step::{Walk, follow};

use crate::MAX_DEPTH;
use crate::chain::{Chain, Slots};
use crate::found::{Answer, FOUND, Found};
use crate::stop::{Stop, Why};
use serde_json::Value;
use std::rc::Rc;
use tollgate_meter::Meter;

/// One reading of a path.
pub(crate) struct Reader<'m> {
    pub(crate) meter: &'m Meter,
    /// Places looked at.
    visits: usize,
    /// Of them, those that the meter knows of.
    settled: usize,
    /// Visits up to which nothing has to be asked.
    free_until: usize,
    /// Steps, scans and paths in paths that are being followed.
    depth: usize,
    /// Places of the items that scans went through; below nought before the first.
    latches: Vec<i64>,
    /// Values of paths that are read once for all candidates.
    kept: Vec<Option<Kept>>,
    /// Bytes of them.
    kept_bytes: u64,
    /// Calls of each function.
    counts: Vec<usize>,
}

/// The value of a path that starts from the document.
struct Kept {
    /// The document.
    root: *const Value,
    strict: bool,
    value: Rc<Found<'static>>,
}

/// What a path is read with.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'v> {
    /// The document, which `$` in filters means.
    pub(crate) root: &'v Value,
    /// Whether a missing member is an error even at the end of a path or behind a wildcard: so it is where a
    /// filter asks for the existence of a path.
    pub(crate) strict: bool,
}

/// Steps of paths in paths that may be followed at the same time.
const MAX_NESTED: usize = 4 * MAX_DEPTH;

impl<'m> Reader<'m> {
    pub(crate) fn new(slots: &Slots, meter: &'m Meter) -> Reader<'m> {
        Reader {
            meter,
            visits: 0,
            settled: 0,
            free_until: 0,
            depth: 0,
            latches: vec![-1; slots.latches],
            kept: std::iter::repeat_with(|| None).take(slots.kept).collect(),
            kept_bytes: 0,
            counts: vec![0; slots.counts],
        }
    }

    /// What the path comes to, read from a value.
    pub(crate) fn answer<'p: 'v, 'v>(
        &mut self,
        chain: &'p Chain,
        start: &'v Value,
        scope: Scope<'v>,
    ) -> Result<Answer<'v>, Stop<'p>> {
        if chain.single {
            self.charge(chain.steps.len())?;
            return step::follow(chain, start).map(|value| Answer::One(Found::Place(value)));
        }
        let mut found = self.search(chain, start, scope)?;
        if !chain.definite {
            return Ok(Answer::List(found));
        }
        let last = found.pop();
        self.meter.release(found.capacity() * FOUND);
        last.map(Answer::One).ok_or(Stop::Missing(Why::Nothing))
    }

    /// Goes one level deeper.
    #[inline]
    pub(crate) fn deeper<'p>(&mut self) -> Result<(), Stop<'p>> {
        self.depth += 1;
        if self.depth > MAX_NESTED {
            return Err(Stop::TooLarge(
                &"the document, or the path, nests too deeply to be searched",
            ));
        }
        Ok(())
    }

    pub(crate) fn higher(&mut self) {
        self.depth -= 1;
    }

    /// Bytes that are held, without those of kept values.
    pub(crate) fn held(&self) -> u64 {
        self.meter.bytes_held().saturating_sub(self.kept_bytes)
    }

    /// Tells the meter that what was held since is held no longer.
    #[inline]
    pub(crate) fn release_to(&self, held: u64) {
        let more = self.held().saturating_sub(held);
        if more > 0 {
            self.meter
                .release(usize::try_from(more).unwrap_or(usize::MAX));
        }
    }

    /// The latch of a path: the place of the last item that a scan of it went through.
    pub(crate) fn latch(&mut self, slot: usize) -> Option<&mut i64> {
        self.latches.get_mut(slot)
    }

    /// Counts a call of a function, and says how many there were before.
    pub(crate) fn count(&mut self, slot: usize) -> usize {
        match self.counts.get_mut(slot) {
            Some(count) => {
                *count += 1;
                *count - 1
            }
            None => 0,
        }
    }

    /// The value of a path that starts from the document, read once for the document.
    pub(crate) fn kept<'p: 'v, 'v>(
        &mut self,
        chain: &'p Chain,
        slot: usize,
        scope: Scope<'v>,
    ) -> Result<Rc<Found<'static>>, Stop<'p>> {
        let root = std::ptr::from_ref(scope.root);
        if let Some(Some(kept)) = self.kept.get(slot)
            && kept.root == root
            && kept.strict == scope.strict
        {
            return Ok(kept.value.clone());
        }
        let held = self.held();
        let value = match self.answer(chain, scope.root, scope)? {
            Answer::One(Found::Names(names)) => Found::Names(names),
            answer => Found::Made(Box::new(self.copy(answer)?)),
        };
        self.kept_bytes += self.held() - held;
        let value = Rc::new(value);
        if let Some(place) = self.kept.get_mut(slot) {
            *place = Some(Kept {
                root,
                strict: scope.strict,
                value: value.clone(),
            });
        }
        Ok(value)
    }
}
