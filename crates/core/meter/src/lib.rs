//! What one calculation may cost.
//!
//! **What this decides.** How many steps a calculation makes and how many bytes it holds before it is
//! stopped, over *all* its parts: an execution renders a URL, headers and a body, reads paths, matches
//! patterns and checks two contracts, and one [`Meter`] counts for all of them, so that three hundred
//! headers can't each use what one may. **What it does not:** where a calculation runs, and for how long.
//! There is no clock here; who has one hands in an [`Interrupt`], which is asked every [`LOOK_EVERY`] steps.
//!
//! **A step** is the work of some 20 to 50 ns: one node of a template, one place of a document, 64 bytes
//! copied or compared. **Bytes** are those held at the same time, as far as they depend on what an author
//! or a caller wrote: texts built, lists, documents read. **A piece** is work that can't be stopped once it
//! has begun, such as the matching of one pattern against one text; how much it costs at worst is known
//! before, and a piece that could cost more than [`Budget::piece`] isn't begun.
//!
//! **Invariants.** *Never more*: what is granted never exceeds the budget. *Once stopped, stopped*: after
//! the first refusal every further request is refused, for the same reason. *Soon*: after an interrupt is
//! raised, at most [`LOOK_EVERY`] steps are granted. Tested in `tests/laws.rs`.
//!
//! All that is metered is a pure function of its inputs. It can be begun with a small budget where it is
//! wanted, and where that doesn't suffice be thrown away and done again elsewhere with a larger one.

mod budget;
mod json;
mod pattern;

pub use budget::{Budget, Exhausted};
pub use pattern::{Pattern, PatternError};

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

/// How many steps are granted between two looks at the interrupt.
pub const LOOK_EVERY: u64 = 1024;

/// Asks from outside that a calculation stops: says true from then on.
pub type Interrupt = Arc<dyn Fn() -> bool + Send + Sync>;

/// Counts what a calculation costs, and stops it. A meter stays on its thread; the parts of a calculation
/// borrow the one meter, or have a [`Meter::part`].
pub struct Meter {
    budget: Budget,
    interrupt: Option<Interrupt>,
    steps: Cell<u64>,
    bytes: Cell<u64>,
    /// Steps at which the budget and the interrupt are looked at again.
    look_at: Cell<u64>,
    stopped: Cell<Option<Exhausted>>,
}

impl Default for Meter {
    /// A meter for one whole execution.
    #[inline]
    fn default() -> Self {
        Meter::new(Budget::EXECUTION)
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter")
            .field("budget", &self.budget)
            .field("steps", &self.steps.get())
            .field("bytes", &self.bytes.get())
            .field("stopped", &self.stopped.get())
            .finish_non_exhaustive()
    }
}

impl Meter {
    /// A meter that nothing interrupts.
    #[must_use]
    #[inline]
    pub fn new(budget: Budget) -> Meter {
        Meter::build(budget, None)
    }

    /// A meter that stops when the interrupt says so.
    #[must_use]
    pub fn interruptible(budget: Budget, interrupt: Interrupt) -> Meter {
        Meter::build(budget, Some(interrupt))
    }

    /// A meter for a part of the calculation, which has this budget, or what is left if that is less, and
    /// stops when the whole is interrupted. [`Meter::join`] tells of its end.
    #[must_use]
    pub fn part(&self, most: Budget) -> Meter {
        let left = Budget {
            steps: self.steps_left(),
            bytes: self.bytes_left(),
            piece: self.budget.piece,
        };
        let part = Meter::build(most.min(left), self.interrupt.clone());
        // The part looks where the whole would have looked.
        let look_at = self.look_at.get().saturating_sub(self.steps.get());
        part.look_at.set(look_at.min(part.budget.steps));
        part.stopped.set(self.stopped.get());
        part
    }

    /// Counts the steps of a part with this budget, which has ended and holds nothing any more. A part that
    /// was stopped because the whole had less left than that stops the whole.
    ///
    /// # Errors
    /// The whole is to stop.
    pub fn join(&self, part: &Meter, most: Budget) -> Result<(), Exhausted> {
        if let Some(stopped) = self.stopped.get() {
            return Err(stopped);
        }
        match part.stopped() {
            Some(Exhausted::Steps(had)) if had < most.steps => {
                Err(self.stop(Exhausted::Steps(self.budget.steps)))
            }
            Some(Exhausted::Bytes(had)) if had < most.bytes => {
                Err(self.stop(Exhausted::Bytes(self.budget.bytes)))
            }
            Some(why @ (Exhausted::Interrupted | Exhausted::Piece)) => Err(self.stop(why)),
            _ => {
                if part.look_at.get() == 0 {
                    self.look_at.set(0);
                }
                self.steps(part.steps_used())
            }
        }
    }

    #[inline]
    fn build(budget: Budget, interrupt: Option<Interrupt>) -> Meter {
        Meter {
            budget,
            interrupt,
            steps: Cell::new(0),
            bytes: Cell::new(0),
            // The first step looks: what nobody waits for isn't begun.
            look_at: Cell::new(0),
            stopped: Cell::new(None),
        }
    }

    /// Asks for so many steps, before they are made.
    ///
    /// # Errors
    /// They aren't to be made.
    #[inline]
    pub fn steps(&self, steps: u64) -> Result<(), Exhausted> {
        let used = self.steps.get().saturating_add(steps);
        if used < self.look_at.get() {
            self.steps.set(used);
            return Ok(());
        }
        self.look(used)
    }

    #[cold]
    fn look(&self, used: u64) -> Result<(), Exhausted> {
        if let Some(stopped) = self.stopped.get() {
            return Err(stopped);
        }
        if self.interrupt.as_ref().is_some_and(|interrupt| interrupt()) {
            return Err(self.stop(Exhausted::Interrupted));
        }
        if used > self.budget.steps {
            return Err(self.stop(Exhausted::Steps(self.budget.steps)));
        }
        self.steps.set(used);
        let next = used.saturating_add(LOOK_EVERY);
        self.look_at.set(next.min(self.budget.steps));
        Ok(())
    }

    /// Asks for the steps of work on so many bytes.
    ///
    /// # Errors
    /// As [`Meter::steps`].
    #[inline]
    pub fn work(&self, bytes: usize) -> Result<(), Exhausted> {
        self.steps(1 + bytes as u64 / BYTES_PER_STEP)
    }

    /// Asks to hold so many bytes more.
    ///
    /// # Errors
    /// They aren't to be held.
    #[inline]
    pub fn hold(&self, bytes: usize) -> Result<(), Exhausted> {
        if let Some(stopped) = self.stopped.get() {
            return Err(stopped);
        }
        let held = self.bytes.get().saturating_add(bytes as u64);
        if held > self.budget.bytes {
            return Err(self.stop(Exhausted::Bytes(self.budget.bytes)));
        }
        self.bytes.set(held);
        Ok(())
    }

    /// Tells that so many bytes are held no longer.
    #[inline]
    pub fn release(&self, bytes: usize) {
        self.bytes
            .set(self.bytes.get().saturating_sub(bytes as u64));
    }

    /// Asks for work that can't be stopped: what it costs at worst, and what it costs as a rule, which is
    /// what is counted.
    ///
    /// # Errors
    /// It isn't to be begun.
    #[inline]
    pub fn piece(&self, worst: u64, usual: u64) -> Result<(), Exhausted> {
        if let Some(stopped) = self.stopped.get() {
            return Err(stopped);
        }
        if worst > self.budget.piece {
            return Err(self.stop(Exhausted::Piece));
        }
        if worst > LOOK_EVERY {
            self.look_at.set(0);
        }
        self.steps(usual)
    }

    #[cold]
    fn stop(&self, why: Exhausted) -> Exhausted {
        self.stopped.set(Some(why));
        self.look_at.set(0);
        why
    }

    /// Why it was stopped, if it was.
    #[must_use]
    #[inline]
    pub fn stopped(&self) -> Option<Exhausted> {
        self.stopped.get()
    }

    /// Steps granted.
    #[must_use]
    #[inline]
    pub fn steps_used(&self) -> u64 {
        self.steps.get()
    }

    /// Steps that may still be granted.
    #[must_use]
    #[inline]
    pub fn steps_left(&self) -> u64 {
        match self.stopped.get() {
            Some(_) => 0,
            None => self.budget.steps.saturating_sub(self.steps.get()),
        }
    }

    /// Steps that would be granted at once, with no look at the budget or the interrupt. Whoever makes many
    /// may count so many of them alone, and ask for them together afterwards.
    #[inline]
    #[must_use]
    pub fn steps_at_once(&self) -> u64 {
        let next_look = self.look_at.get().saturating_sub(1);
        next_look.saturating_sub(self.steps.get())
    }

    /// Bytes held.
    #[must_use]
    #[inline]
    pub fn bytes_held(&self) -> u64 {
        self.bytes.get()
    }

    /// Bytes that may still be held.
    #[must_use]
    #[inline]
    pub fn bytes_left(&self) -> u64 {
        self.budget.bytes.saturating_sub(self.bytes.get())
    }
}

/// Bytes that are copied or compared in one step.
pub const BYTES_PER_STEP: u64 = 64;
