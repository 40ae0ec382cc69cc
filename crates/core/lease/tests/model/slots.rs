//! A node's ledger of one limit, as plain as can be: what the engine's does, without its forecasts.

use std::collections::VecDeque;
use tollgate_lease::Lease;
use tollgate_model::Instant;

#[derive(Clone, Debug, Default)]
pub(crate) struct Slots {
    pub(crate) capacity: u32,
    /// What the limit allows in all, as the node has it.
    pub(crate) allowed: u32,
    pub(crate) until: Instant,
    pub(crate) open: u32,
    /// Ends of settled slots and of phantoms, ascending.
    ends: VecDeque<Instant>,
    /// Starts of a period that are the flow's by right of its guarantee.
    pub(crate) right: u32,
    /// Until when each start by right counts, ascending.
    by_right: VecDeque<Instant>,
    /// What the process's file has: all of this at an instant, and how many starts there were since.
    file: Option<(Box<Slots>, u32)>,
}

impl Slots {
    pub(crate) fn of(allowed: u32) -> Self {
        Self {
            allowed,
            ..Self::default()
        }
    }

    pub(crate) fn held(&mut self, now: Instant) -> u32 {
        while self.ends.front().is_some_and(|end| *end <= now) {
            self.ends.pop_front();
        }
        while self.by_right.front().is_some_and(|end| *end <= now) {
            self.by_right.pop_front();
        }
        self.open + self.ends.len() as u32
    }

    /// Slots that are held then still, of those that are held now.
    pub(crate) fn held_until(&self, then: Instant) -> u32 {
        let ends = self.ends.iter().filter(|end| **end > then);
        self.open + ends.count() as u32
    }

    pub(crate) fn has_room(&mut self, now: Instant) -> bool {
        self.held(now) < self.capacity.min(self.allowed)
    }

    pub(crate) fn lease(&mut self, lease: &Lease) {
        self.capacity = lease.slots;
        self.until = lease.until;
        self.right = lease.guaranteed.values().sum();
        for &(until, slots) in &lease.phantoms {
            (0..slots).for_each(|_| self.hold(until));
        }
        // The file has them before anything is sent under what came with them.
        if !lease.phantoms.is_empty() {
            self.checkpoint();
        }
    }

    pub(crate) fn checkpoint(&mut self) {
        self.file = None;
        self.file = Some((Box::new(self.clone()), 0));
    }

    /// What the file has of a process that has died: its part, and what may count under it. Of what was under way, and of
    /// what was sent since, nothing is known but that it is over by then.
    pub(crate) fn found(self, over: Instant) -> Option<Self> {
        let (slots, since) = self.file?;
        let mut slots = *slots;
        for _ in 0..slots.open + since {
            slots.hold(over);
        }
        slots.open = 0;
        Some(slots)
    }

    /// What a process that has died holds is held here.
    pub(crate) fn inherit(&mut self, dead: Self) {
        dead.ends.into_iter().for_each(|end| self.hold(end));
        self.checkpoint();
    }

    /// Holds a slot until then.
    pub(crate) fn hold(&mut self, until: Instant) {
        let place = self.ends.partition_point(|end| *end <= until);
        self.ends.insert(place, until);
    }

    /// A call starts, by right if there is any left.
    pub(crate) fn start(&mut self, until: Instant, now: Instant) {
        self.open += 1;
        if let Some((_, since)) = &mut self.file {
            *since += 1;
        }
        if self.by_right(now) < self.right {
            self.by_right.push_back(until);
        }
    }

    /// Starts by right that count then still.
    pub(crate) fn by_right(&self, then: Instant) -> u32 {
        let ends = self.by_right.iter().filter(|end| **end > then);
        ends.count() as u32
    }

    /// Free slots first, then settled ones, the latest first; never open ones.
    pub(crate) fn give_back(
        &mut self,
        slots: u32,
        settled: bool,
        now: Instant,
    ) -> (u32, Vec<(Instant, u32)>) {
        let held = self.held(now);
        let free = self.capacity.saturating_sub(held).min(slots);
        self.capacity -= free;
        let mut given = Vec::new();
        if settled {
            for _ in free..slots {
                if self.capacity == 0 {
                    break;
                }
                let Some(end) = self.ends.pop_back() else {
                    break;
                };
                self.capacity -= 1;
                given.push((end, 1));
            }
        }
        (free, given)
    }
}
