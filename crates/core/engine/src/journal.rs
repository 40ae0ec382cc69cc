//! What the next process must know of this one's use of the shared limits.
//!
//! **The rule.** Before a call is carried out, a [`Record`] on disk covers it: at least so many slots
//! of the limit may have been taken since the last [`Checkpoint`]. So whenever the process dies, even
//! between two instructions, checkpoint and records together say no less than was sent. Records come
//! in blocks, a thirty-second part of the limit at a time, so that few calls need one.
//!
//! The next process holds the checkpoint's settled slots to their ends, and everything without a
//! known answer (open at the checkpoint, or recorded since) as if it were counted a grace after its
//! own start: no call of a dead process is on its way longer than that. Slots held long enough are
//! all that the quota's proofs ask, so **a restart never causes a 429**.
//!
//! The span since the checkpoint is the caller's to give, and must surely have passed: with nothing
//! sure, zero. Too short a span only holds slots for longer.
//!
//! A token's own windows are not recorded: the next process fetches tokens of its own.

use std::collections::VecDeque;
use std::time::Duration;
use tollgate_model::{Instant, LimitId, Scope};
use tollgate_quota::Usage;

/// Parts of a limit that are recorded at a time.
const BLOCKS: u32 = 32;
/// How much later than an attempt's end the record says.
const ROUND_UP: Duration = Duration::from_secs(10);

/// To be on disk before the commands that [`crate::Engine::poll_command`] gives after it are carried
/// out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record {
    /// Of which limit.
    pub limit: LimitId,
    /// Slots that may have been taken since the checkpoint.
    pub taken: u32,
    /// From the checkpoint to when the last of the calls has surely ended.
    pub until: Duration,
}

/// The use of all shared limits at an instant.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Checkpoint {
    /// In the order of the configuration.
    pub limits: Vec<LimitUsage>,
}

/// One limit in a checkpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LimitUsage {
    /// The limit's name; with the scope it tells which limit of the next configuration this is.
    pub name: String,
    /// Its scope.
    pub scope: Scope,
    /// Its period; none for concurrency.
    pub period: Option<Duration>,
    /// Its slots at the checkpoint.
    pub usage: Usage,
    /// Slots that may have been taken since.
    pub taken: u32,
    /// From the checkpoint to when the last call has surely ended.
    pub until: Duration,
}

impl Checkpoint {
    /// Adds what was recorded after it. Of several records of a limit the last counts.
    pub fn add(&mut self, record: Record) {
        if let Some(it) = self.limits.get_mut(record.limit.index()) {
            it.taken = record.taken;
            it.until = it.until.max(record.until);
        }
    }
}

/// What was taken and what was recorded since the last checkpoint, by `LimitId`.
#[derive(Debug)]
pub(crate) struct Journal {
    since: Instant,
    limits: Vec<Taken>,
    /// Limits whose record is out of date.
    due: VecDeque<LimitId>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Taken {
    taken: u32,
    recorded: u32,
    until: Instant,
    is_due: bool,
    /// The end of the last call ever sent, whichever checkpoint it was after.
    last_end: Instant,
}

impl Journal {
    pub(crate) fn new(limits: usize, now: Instant) -> Self {
        Self {
            since: now,
            limits: vec![Taken::default(); limits],
            due: VecDeque::new(),
        }
    }

    /// Takes further limits over; records of them count from the next checkpoint on.
    pub(crate) fn extend(&mut self, limits: usize) {
        self.limits.resize(limits, Taken::default());
    }

    /// A call takes `cost` of what the limit allows, and is given up at `give_up` at the latest.
    pub(crate) fn take(&mut self, limit: LimitId, cost: u32, allowed: u32, give_up: Instant) {
        let it = &mut self.limits[limit.index()];
        it.taken = it.taken.saturating_add(cost);
        it.last_end = it.last_end.max(give_up);
        if it.taken <= it.recorded && give_up <= it.until {
            return;
        }
        if it.taken > it.recorded {
            it.recorded = it.taken.saturating_add((allowed / BLOCKS).max(1));
        }
        if give_up > it.until {
            it.until = give_up + ROUND_UP;
        }
        if !it.is_due {
            it.is_due = true;
            self.due.push_back(limit);
        }
    }

    pub(crate) fn next(&mut self) -> Option<Record> {
        let limit = self.due.pop_front()?;
        let it = &mut self.limits[limit.index()];
        it.is_due = false;
        Some(Record {
            limit,
            taken: it.recorded,
            until: it.until.since(self.since),
        })
    }

    /// Starts anew behind a checkpoint; gives when the last call of each limit has surely ended.
    pub(crate) fn restart(&mut self, now: Instant) -> Vec<Duration> {
        self.since = now;
        self.due.clear();
        let limits = self.limits.iter_mut();
        let ends = limits.map(|it| {
            let last_end = it.last_end;
            *it = Taken {
                last_end,
                ..Taken::default()
            };
            last_end.since(now)
        });
        ends.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: LimitId = LimitId(0);

    fn at(seconds: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(seconds)
    }

    fn record(taken: u32, until: u64) -> Option<Record> {
        Some(Record {
            limit: LIMIT,
            taken,
            until: Duration::from_secs(until),
        })
    }

    #[test]
    fn a_record_covers_a_block_of_calls() {
        let mut journal = Journal::new(1, at(0));
        let mut recorded = Vec::new();
        for taken in 1..=12 {
            journal.take(LIMIT, 1, 100, at(5));
            recorded.extend(journal.next().map(|it| (taken, it.taken)));
        }
        // A thirty-second part of a hundred is three.
        assert_eq!(recorded, [(1, 4), (5, 8), (9, 12)]);
        let mut journal = Journal::new(1, at(0));
        journal.take(LIMIT, 2, 10, at(5));
        assert_eq!(journal.next(), record(3, 15), "of a small limit one");
        journal.take(LIMIT, 2, 10, at(5));
        journal.take(LIMIT, 3, 10, at(5));
        assert_eq!(journal.next(), record(8, 15), "the last counts");
        assert_eq!(journal.next(), None);
    }

    #[test]
    fn a_record_covers_the_end_of_every_call() {
        let mut journal = Journal::new(1, at(2));
        journal.take(LIMIT, 1, 100, at(5));
        assert_eq!(journal.next(), record(4, 13));
        journal.take(LIMIT, 1, 100, at(15));
        assert_eq!(journal.next(), None, "covered");
        journal.take(LIMIT, 1, 100, at(16));
        assert_eq!(journal.next(), record(4, 24));
        journal.take(LIMIT, 1, 100, at(7));
        assert_eq!(journal.next(), None);
        // The checkpoint knows the end of the last call; what is recorded counts from there.
        assert_eq!(journal.restart(at(10)), [Duration::from_secs(6)]);
        assert_eq!(journal.next(), None);
        journal.take(LIMIT, 1, 100, at(11));
        assert_eq!(journal.next(), record(4, 11));
        assert_eq!(journal.restart(at(12)), [Duration::from_secs(4)]);
        assert_eq!(journal.restart(at(20)), [Duration::ZERO]);
    }

    #[test]
    fn of_several_records_the_last_number_counts_and_the_latest_end() {
        let mut checkpoint = Checkpoint {
            limits: vec![LimitUsage {
                name: "one".into(),
                scope: Scope::Organisation,
                period: None,
                usage: Usage::default(),
                taken: 0,
                until: Duration::from_secs(4),
            }],
        };
        for (taken, until) in [(3, 7), (6, 2)] {
            record(taken, until)
                .into_iter()
                .for_each(|it| checkpoint.add(it));
        }
        let it = &checkpoint.limits[0];
        assert_eq!((it.taken, it.until), (6, Duration::from_secs(7)));
    }
}
