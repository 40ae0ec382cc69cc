//! A ledger's slots in few words, for the process that comes after this one.

use super::Ledger;
use std::time::Duration;
use tollgate_model::{Instant, Rule, nanos};

/// Steps into which the ends of settled slots are gathered.
const STEPS: u32 = 64;

/// What a limit's slots looked like at an instant. Spans are from then.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    /// Slots without a known end.
    pub open: u32,
    /// Of a concurrency limit: when the calls that hold the open slots are given up at the latest, so much
    /// later, the earliest first. Of fewer than `open` if it is not known of some.
    pub running: Vec<(Duration, u32)>,
    /// Slots that end no later than so much later, the earliest first.
    pub ends: Vec<(Duration, u32)>,
    /// How much longer it is closed.
    pub closed: Duration,
}

/// What may have happened to a concurrency limit between a checkpoint and the process's end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Since {
    /// Slots taken, at the most.
    pub taken: u32,
    /// Slots held at once when the last of these was taken, at the most; none if it is not known.
    pub at_once: Option<u32>,
    /// From the checkpoint to when the last of these calls is given up, at the latest.
    pub until: Duration,
}

impl Ledger {
    /// The slots held at `now`, their ends rounded up to the 64th part of a period (a second for a
    /// concurrency limit).
    ///
    /// Steps are counted from the first checkpoint on, and on from there by the processes after it: an end
    /// is rounded up once and then stays, however often it is handed on.
    #[must_use]
    pub fn usage(&mut self, now: Instant) -> Usage {
        let mut all = Vec::with_capacity(self.ends.len());
        self.each_end(|end| all.push(end));
        Usage {
            open: self.open,
            running: Vec::new(),
            ends: self.in_steps(all, now),
            closed: self.closed_until.since(now),
        }
    }

    /// Those of the instants that are later than `now`, rounded up as [`Self::usage`] does it: how much
    /// later, and how many.
    #[must_use]
    pub fn in_steps(&mut self, mut instants: Vec<Instant>, now: Instant) -> Vec<(Duration, u32)> {
        let step = self.step();
        if self.steps_from == Instant::ZERO {
            self.steps_from = now;
        }
        let first = self.steps_from.as_nanos() % step;
        instants.sort_unstable();
        let mut gathered: Vec<(Duration, u32)> = Vec::new();
        for instant in instants.into_iter().filter(|&it| it > now) {
            let steps = instant.as_nanos().saturating_sub(first).div_ceil(step);
            let end = Instant::from_nanos(first.saturating_add(steps.saturating_mul(step)));
            let span = end.since(now);
            match gathered.last_mut() {
                Some((last, slots)) if *last == span => *slots += 1,
                _ => gathered.push((span, 1)),
            }
        }
        gathered
    }

    /// In nanoseconds.
    fn step(&self) -> u64 {
        let step = self.period().unwrap_or(Duration::from_secs(64)) / STEPS;
        nanos(step).max(1)
    }

    /// Holds what an earlier process has used. `usage` was true `elapsed` ago or longer; since then
    /// up to `since` more slots were taken. Slots without a known end are counted no later than
    /// `counted_by`; a concurrency limit's are free by then.
    pub fn restore(
        &mut self,
        usage: &Usage,
        since: u32,
        elapsed: Duration,
        counted_by: Instant,
        now: Instant,
    ) {
        // Not bounded by what is allowed: that may have been more then, and may be again.
        let unknown = usage.open.saturating_add(since);
        let end = match self.rule {
            Rule::Window { period, .. } => counted_by + period,
            Rule::Concurrency { .. } => counted_by,
        };
        for (end, slots) in self.known_ends(usage, elapsed, now) {
            self.hold(slots, end);
        }
        self.hold(unknown, end);
        self.close(now + usage.closed.saturating_sub(elapsed));
    }

    /// Holds what may be under way of a concurrency limit's calls. A call that was under way at the earlier process's end runs until
    /// it would have been given up, and `grace` longer; at the least until `grace` from `begun`, when this
    /// process began.
    ///
    /// **No more is held than may be under way.** Each call under way at the process's end holds a slot that
    /// the checkpoint has, or one taken since. So at any later instant no more are under way than there are
    /// of these whose ends are still to come. And no more are than were at once when the last slot was
    /// taken, for since then slots only came free. The latest ends, as many as were at once, are the least
    /// of both at every instant.
    pub fn restore_at_once(
        &mut self,
        usage: &Usage,
        since: Since,
        elapsed: Duration,
        (begun, grace): (Instant, Duration),
        now: Instant,
    ) {
        let before = elapsed.saturating_sub(now.since(begun));
        let end = |span: Duration| begun + span.saturating_sub(before) + grace;
        let mut ends = self.known_ends(usage, elapsed, now);
        let running = usage.running.iter();
        ends.extend(running.map(|&(span, slots)| (end(span), slots)));
        let known: u32 = usage.running.iter().map(|(_, slots)| slots).sum();
        let unknown = usage.open.saturating_sub(known).saturating_add(since.taken);
        ends.push((end(since.until), unknown));
        ends.sort_unstable();
        let mut left = since.at_once.unwrap_or(u32::MAX);
        for (_, slots) in ends.iter_mut().rev() {
            *slots = left.min(*slots);
            left -= *slots;
        }
        for (end, slots) in ends {
            self.hold(slots, end);
        }
        self.close(now + usage.closed.saturating_sub(elapsed));
    }

    /// Those of the usage's ends that are still to come. Goes on with their steps.
    fn known_ends(
        &mut self,
        usage: &Usage,
        elapsed: Duration,
        now: Instant,
    ) -> Vec<(Instant, u32)> {
        let left = usage.ends.iter().filter_map(|&(span, slots)| {
            let left = span.checked_sub(elapsed).filter(|left| !left.is_zero())?;
            Some((now + left, slots))
        });
        let left: Vec<_> = left.collect();
        if let Some(&(end, _)) = left.first() {
            self.steps_from = end;
        }
        left
    }
}
