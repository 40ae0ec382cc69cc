//! The meter of the check that is under way on this thread, and how a check is stopped.
//!
//! The library that checks documents against schemas can't be told to stop. But it sees a document only
//! through the accessors of [`super::document`], and patterns only through [`super::pattern`]; those ask
//! the meter. Where it grants nothing more, they unwind out of the library (with `resume_unwind`, which
//! isn't a panic: no hook runs, nothing is printed) to [`run`], which hands back nothing. The library keeps
//! no state between two checks that unwinding could leave half-made.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use tollgate_meter::{Budget, Exhausted, Meter};

thread_local! {
    static UNDER_WAY: RefCell<Option<(Meter, u64)>> = const { RefCell::new(None) };
}

/// Of a check: all that is left. More than any meter has, so that a check that is stopped stops its meter.
const REST: Budget = Budget {
    steps: u64::MAX,
    bytes: u64::MAX,
    piece: u64::MAX,
};

/// What unwinds out of the library.
struct Stopped;

/// Takes the meter away again, however the check ends.
struct Lent(Option<(Meter, u64)>);

impl Drop for Lent {
    fn drop(&mut self) {
        UNDER_WAY.replace(self.0.take());
    }
}

/// Runs a check with this meter; nothing if the meter stopped it. `weight`: steps of an item or a field.
pub(super) fn run<T>(meter: &Meter, weight: u64, check: impl FnOnce() -> T) -> Option<T> {
    let lent = Lent(UNDER_WAY.replace(Some((meter.part(REST), weight))));
    let ended = catch_unwind(AssertUnwindSafe(check));
    let part = UNDER_WAY.take();
    drop(lent);
    let joined = part.map_or(Ok(()), |(part, _)| meter.join(&part, REST));
    match ended {
        Ok(result) => joined.ok().map(|()| result),
        Err(payload) if payload.is::<Stopped>() => None,
        Err(panic) => resume_unwind(panic),
    }
}

/// Asks the meter of the check that is under way; doesn't come back if it refuses.
pub(super) fn ask(request: impl FnOnce(&Meter) -> Result<(), Exhausted>) {
    let granted = UNDER_WAY.with_borrow(|meter| match meter {
        Some((meter, _)) => request(meter).is_ok(),
        None => true,
    });
    if !granted {
        resume_unwind(Box::new(Stopped));
    }
}

/// Asks for the steps of an item or a field.
pub(super) fn item() {
    let granted = UNDER_WAY.with_borrow(|meter| match meter {
        Some((meter, weight)) => meter.steps(*weight).is_ok(),
        None => true,
    });
    if !granted {
        resume_unwind(Box::new(Stopped));
    }
}

/// Asks for steps.
#[inline]
pub(super) fn steps(steps: u64) {
    ask(|meter| meter.steps(steps));
}

/// The largest compiled form of a pattern of `patternProperties`, in bytes.
pub(super) const NAMED_BYTES: usize = 1 << 14;
/// Bytes that such a pattern may remember while it is matched.
pub(super) const NAMED_MEMORY: usize = 1 << 16;
/// Steps of matching one byte of a name against the largest of these patterns, at worst.
const NAMED_PER_BYTE: u64 = NAMED_BYTES as u64 / 24 / 16;

/// Matches a name as the library is about to, as far as the meter is concerned.
pub(super) fn look_at_name(name: &str) {
    let bytes = name.len() as u64;
    ask(|meter| meter.piece(bytes * NAMED_PER_BYTE, 1 + bytes / 64));
}
