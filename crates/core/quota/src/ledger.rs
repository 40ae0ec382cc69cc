//! One limit's slots: which are held, until when, and how many may be taken.

mod announced;
mod arrival;
mod floor;
mod forecast;
mod header;
mod in_force;
mod learned;
mod lease;
mod others;
mod reserve;
mod scout;
mod shift;
mod sum;
mod usage;

pub use announced::{Announcement, Span, Verdict};
pub use header::Header;
pub use lease::{GivenBack, Lease};
pub use others::ForeignCalls;
pub use shift::Shift;
pub use usage::{Since, Usage};

use announced::Announcements;
use forecast::{Hold, Lag};
use learned::Learned;
use std::collections::VecDeque;
use std::time::Duration;
use tollgate_model::{Instant, Rule, tally};

/// The slots held under one limit.
///
/// A slot is *open* while its end is not known, and *settled* once it is. The caller sends only
/// while [`Self::has_room`], and ends each slot it took by exactly one of [`Self::settle`] and
/// [`Self::cancel`] for a window, [`Self::leave`] for a concurrency limit. A call may cost several
/// slots of a window; it is always one call of a concurrency limit.
#[derive(Clone, Debug)]
pub struct Ledger {
    rule: Rule,
    /// The rule that is configured; `rule` is the one in force.
    configured: Rule,
    /// Slots without a known end.
    open: u32,
    /// Ends of the settled slots, ascending.
    ends: VecDeque<Instant>,
    closed_until: Instant,
    /// How long calls hold their slots; of a concurrency limit.
    hold: Hold,
    /// How much longer than a period a window's slot is held of late, from a call's sending.
    lag: Lag,
    /// What headers have told; none before the first.
    learned: Option<Box<Learned>>,
    /// Slots that are for somebody else; what headers have found of somebody else's is among them.
    left_free: u32,
    /// The part of what is allowed that is ours; none where all of it is.
    lease: Option<Lease>,
    /// Which number and period headers say to be in force; none before the first.
    announced: Option<Box<Announcements>>,
    /// A step's begin, by which ends are rounded for the next process; zero before the first checkpoint.
    steps_from: Instant,
}

impl Ledger {
    /// An empty ledger.
    #[must_use]
    pub fn new(rule: Rule) -> Self {
        Self {
            rule,
            configured: rule,
            open: 0,
            ends: VecDeque::new(),
            closed_until: Instant::ZERO,
            hold: Hold::default(),
            lag: Lag::default(),
            learned: None,
            left_free: 0,
            lease: None,
            announced: None,
            steps_from: Instant::ZERO,
        }
    }

    /// Slots that may be held at once.
    #[must_use]
    pub fn allowed(&self) -> u32 {
        self.rule.allowed()
    }

    /// The window's length; none for a concurrency limit.
    #[must_use]
    pub fn period(&self) -> Option<Duration> {
        self.rule.period()
    }

    /// Slots held at `now`.
    #[must_use]
    #[inline]
    pub fn held(&self, now: Instant) -> u32 {
        let ended = self.ends.partition_point(|&end| end <= now);
        let learned = self.learned.as_ref().map_or(0, |it| it.held(now));
        self.open + tally(self.ends.len() - ended) + learned
    }

    /// Until when the ledger is shut, if it is.
    #[must_use]
    pub fn closed_until(&self, now: Instant) -> Option<Instant> {
        (self.closed_until > now).then_some(self.closed_until)
    }

    /// Slots that may be taken at `now`.
    #[must_use]
    pub fn room(&mut self, now: Instant) -> u32 {
        self.forget_ended(now);
        if self.closed_until > now || self.has_lease_ended(now) {
            return 0;
        }
        self.given().saturating_sub(self.taken())
    }

    /// Slots that may be taken at `now`, if at least this many are left free for somebody else.
    #[must_use]
    pub fn room_beside(&mut self, left_free: u32, now: Instant) -> u32 {
        let before = self.left_free;
        self.left_free = before.max(left_free);
        let room = self.room(now);
        self.left_free = before;
        room
    }

    /// Whether one more call of this cost may be sent.
    #[must_use]
    pub fn has_room(&mut self, now: Instant, cost: u32) -> bool {
        self.room(now) >= self.units(cost) && self.waits_for_scout(now).is_none()
    }

    /// Holds slots for a call that may leave at `now`.
    pub fn take(&mut self, now: Instant, cost: u32) {
        self.scout_goes(now);
        match self.rule {
            Rule::Window {
                period,
                counted_within: Some(bound),
                ..
            } => self.insert(now + bound + period, cost),
            Rule::Window { .. } => self.open += cost,
            Rule::Concurrency { .. } => {
                self.hold.pass(self.open, now);
                self.open += 1;
            }
        }
    }

    /// The call sent at `sent` was counted no later than `counted_by`. No effect on a concurrency limit.
    pub fn settle(&mut self, sent: Instant, counted_by: Instant, cost: u32) {
        self.scout_returns(sent);
        match self.rule {
            Rule::Window {
                period,
                counted_within: Some(bound),
                ..
            } => {
                self.lag.observe(counted_by.since(sent).min(bound), period);
                // Already settled at the bound; an answer within the bound frees the slots earlier.
                if counted_by < sent + bound {
                    let found = self.remove(sent + bound + period, cost);
                    self.insert(counted_by + period, found);
                }
            }
            Rule::Window { period, .. } => {
                debug_assert!(self.open >= cost, "settled slots that were not taken");
                self.lag.observe(counted_by.since(sent), period);
                self.open -= cost;
                self.insert(counted_by + period, cost);
            }
            Rule::Concurrency { .. } => {}
        }
    }

    /// The call sent at `sent` never left, so it was never counted.
    pub fn cancel(&mut self, sent: Instant, cost: u32) {
        self.scout_returns(sent);
        match self.rule {
            Rule::Window {
                period,
                counted_within: Some(bound),
                ..
            } => {
                self.remove(sent + bound + period, cost);
            }
            Rule::Window { .. } => self.open -= cost,
            Rule::Concurrency { .. } => {}
        }
    }

    /// The call is over. No effect on a window.
    pub fn leave(&mut self, now: Instant) {
        if let Rule::Concurrency { .. } = self.rule {
            debug_assert!(self.open > 0, "left a slot that was not taken");
            self.hold.pass(self.open, now);
            self.hold.leave();
            self.open -= 1;
        }
    }

    /// Holds slots until `until` for calls that somebody else has made, or an earlier process.
    pub fn hold(&mut self, slots: u32, until: Instant) {
        self.insert(until, slots);
    }

    /// Shuts the ledger until `until`, or for longer if it was shut for longer.
    pub fn close(&mut self, until: Instant) {
        self.closed_until = self.closed_until.max(until);
    }

    /// Takes [`Ledger::close`] back.
    pub fn open(&mut self) {
        self.closed_until = Instant::ZERO;
    }

    /// Slots that are held and whose end is not known: calls under way.
    #[must_use]
    pub fn under_way(&self) -> u32 {
        self.open
    }

    /// Slots that are left free for somebody else.
    #[must_use]
    pub fn left_free(&self) -> u32 {
        self.left_free
    }

    /// Leaves so many of the allowed slots free for somebody else, from the next taking on. Slots that headers
    /// have found somebody else to hold are among them, so they are not left twice.
    pub fn leave_free(&mut self, slots: u32) {
        self.left_free = slots;
    }

    /// Changes how many slots may be held. A lower number drains; it takes nothing back.
    pub fn set_allowed(&mut self, to: u32) {
        self.rule.set_allowed(to);
    }

    /// The end of the settled slot that is `index` others behind the next to be free. Somebody else's of those that are
    /// others' are not among them.
    fn nth_end(&self, index: usize) -> Option<Instant> {
        match &self.learned {
            Some(learned) => learned.nth_end(&self.ends, index, self.for_others()),
            None => self.ends.get(index).copied(),
        }
    }

    fn occupied(&self) -> u32 {
        let learned = self.learned.as_ref().map_or(0, |it| it.all());
        self.open + tally(self.ends.len()) + learned
    }

    /// Slots that are neither another process's nor left free: ours to take, together with those that headers have found
    /// somebody else to hold beyond what is others'.
    #[must_use]
    pub fn given(&self) -> u32 {
        self.leased().saturating_sub(self.left_free)
    }

    /// Slots held of [`Self::given`].
    fn taken(&self) -> u32 {
        self.occupied() - self.theirs(Instant::ZERO)
    }

    /// Slots that are another process's or left free.
    #[inline]
    fn for_others(&self) -> u32 {
        match self.left_free > 0 || self.lease.is_some() {
            true => self.allowed() - self.given(),
            false => 0,
        }
    }

    /// Slots that somebody else has of those that are others', and still holds after `at`.
    fn theirs(&self, at: Instant) -> u32 {
        match &self.learned {
            Some(learned) => learned.foreign(at).min(self.for_others()),
            None => 0,
        }
    }

    /// Slots that a call of this cost takes.
    fn units(&self, cost: u32) -> u32 {
        match self.rule {
            Rule::Window { .. } => cost,
            Rule::Concurrency { .. } => 1,
        }
    }

    fn forget_ended(&mut self, now: Instant) {
        while self.ends.front().is_some_and(|&end| end <= now) {
            self.ends.pop_front();
        }
        if let Some(learned) = &mut self.learned {
            learned.forget_closed(now);
        }
    }

    /// Answers come almost in order, so the place is at the back or near it.
    fn insert(&mut self, end: Instant, slots: u32) {
        for _ in 0..slots {
            if self.ends.back().is_none_or(|&last| last <= end) {
                self.ends.push_back(end);
            } else {
                let at = self.ends.partition_point(|&other| other <= end);
                self.ends.insert(at, end);
            }
        }
    }

    /// How many were there; an end that has passed may have been forgotten.
    fn remove(&mut self, end: Instant, slots: u32) -> u32 {
        let mut removed = 0;
        while removed < slots {
            let Ok(at) = self.ends.binary_search(&end) else {
                break;
            };
            self.ends.remove(at);
            removed += 1;
        }
        removed
    }
}

#[cfg(test)]
mod tests;
