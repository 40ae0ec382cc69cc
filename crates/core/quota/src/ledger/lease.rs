//! A part of a limit, for a time.
//!
//! Several processes that use one limit divide its slots among them. Each holds a *lease*: so many of the allowed
//! slots, until an instant. Why the parts together obey the limit is in the crate's documentation ("Leases").

use super::Ledger;
use std::time::Duration;
use tollgate_model::{Instant, Rule};

/// A part of a limit's slots that is this process's until an instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lease {
    /// Slots that may be held at once. More than the limit allows are not used.
    pub slots: u32,
    /// From then on nothing is taken, unless another lease has come.
    pub until: Instant,
    /// Whether it can be expected to go on: starts behind `until` are foretold as if it did.
    pub is_renewed: bool,
}

/// What a lease was lowered by.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GivenBack {
    /// Slots that nobody held.
    pub free: u32,
    /// Slots that are held until then, by whoever gets them: the latest first.
    pub settled: Vec<(Instant, u32)>,
}

impl GivenBack {
    /// All slots that were given back: by so many the lease is lower.
    #[must_use]
    pub fn slots(&self) -> u32 {
        let settled = self.settled.iter().map(|(_, slots)| slots);
        self.free + settled.sum::<u32>()
    }
}

impl Ledger {
    /// The part of the limit that may be used; none where all of it may.
    #[must_use]
    #[inline]
    pub fn lease(&self) -> Option<Lease> {
        self.lease
    }

    /// Bounds what is taken from now on to a part of the limit. A smaller part drains, it takes nothing back: that the
    /// parts of all processes together obey the limit takes [`Self::give_back`].
    pub fn set_lease(&mut self, lease: Option<Lease>) {
        self.lease = lease;
    }

    /// Whether nothing may be taken any more because the lease has ended.
    #[must_use]
    #[inline]
    pub fn has_lease_ended(&self, now: Instant) -> bool {
        self.lease.is_some_and(|lease| lease.until <= now)
    }

    /// Whether a start that could be at `at` can't be: the lease has ended, or ends by then and is not renewed.
    #[must_use]
    #[inline]
    pub fn lease_ends_by(&self, at: Instant, now: Instant) -> bool {
        self.lease
            .is_some_and(|lease| lease.until <= now || (!lease.is_renewed && lease.until <= at))
    }

    /// Holds slots until `until` for calls that another process has made in a part of the limit that is this one's from
    /// now on. What headers have told of these calls is told of slots that are held here now, so it isn't somebody
    /// else's any more.
    pub fn take_over(&mut self, slots: u32, until: Instant) {
        self.hold(slots, until);
        if let Some(learned) = &mut self.learned {
            learned.take_over(slots, until);
        }
    }

    /// Gives back so many of the lease's slots, or as many as can be: free ones first, then settled ones, the latest
    /// first, so that starts which were foretold early stand. Settled slots are held here no longer, whoever gets them
    /// has to hold them. Open slots are never given back, nor are those whose ends headers have told; of a concurrency
    /// limit only free ones are.
    pub fn give_back(&mut self, slots: u32, now: Instant) -> GivenBack {
        self.forget_ended(now);
        let Some(mut lease) = self.lease else {
            return GivenBack::default();
        };
        let most = slots.min(lease.slots);
        let free = lease.slots.saturating_sub(self.taken()).min(most);
        let mut settled: Vec<(Instant, u32)> = Vec::new();
        if let Rule::Window { .. } = self.rule {
            let from = self.ends.len() - self.ends.len().min((most - free) as usize);
            for end in self.ends.drain(from..).rev() {
                match settled.last_mut() {
                    Some((last, slots)) if *last == end => *slots += 1,
                    _ => settled.push((end, 1)),
                }
            }
        }
        let given_back = GivenBack { free, settled };
        lease.slots -= given_back.slots();
        self.lease = Some(lease);
        given_back
    }

    /// Slots that are this process's: all that are allowed, unless they are divided.
    #[must_use]
    #[inline]
    pub fn leased(&self) -> u32 {
        let allowed = self.allowed();
        self.lease.map_or(allowed, |lease| lease.slots.min(allowed))
    }

    /// When what could start at `at` starts: never, if the lease isn't there any more then.
    #[inline]
    pub(super) fn in_lease(&self, at: Instant, now: Instant) -> Instant {
        match self.lease_ends_by(at, now) {
            true => Instant::NEVER,
            false => at,
        }
    }

    /// The last instant until `at` at which something may be taken, as far as the lease goes; none if there is none.
    #[inline]
    pub(super) fn last_in_lease(&self, at: Instant, now: Instant) -> Option<Instant> {
        match self.lease {
            Some(lease) if lease.until <= now => None,
            Some(lease) if !lease.is_renewed => {
                Some(at.min(lease.until.before(Duration::from_nanos(1))))
            }
            _ => Some(at),
        }
    }
}
