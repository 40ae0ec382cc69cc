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
use tollgate_model::{Instant, LimitId, Rule, Scope};
use tollgate_quota::{Since, Usage};

/// Parts of a limit that are recorded at a time.
const BLOCKS: u32 = 32;
/// How much later than an attempt's end the record says, lest each needs one.
const ROUND_UP: Duration = Duration::from_secs(1);

/// To be on disk before the commands that [`crate::Engine::poll_command`] gives after it are carried
/// out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record {
    /// Of which limit: its place in [`Checkpoint::limits`].
    pub limit: u32,
    /// What may have been taken of it since the checkpoint.
    pub since: Since,
}

/// The use of all shared limits at an instant.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Checkpoint {
    /// In the order of the configuration.
    pub limits: Vec<LimitUsage>,
    /// Routes that a 429 has shut: their names, and for how much longer.
    pub closed_routes: Vec<(String, Duration)>,
    /// Clients that a 429 has shut: their names, and for how much longer.
    pub closed_clients: Vec<(String, Duration)>,
    /// Limits that were learned from refusals.
    pub learned: Vec<LearnedLimit>,
}

/// A limit that was learned from refusals, in a checkpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LearnedLimit {
    /// Name of the pool whose tokens calls to the upstream take; of calls that take none, of their route.
    pub upstream: String,
    /// Whose calls count together.
    pub group: LearnedGroup,
    /// How it counts.
    pub rule: Rule,
    /// Whether a refused call takes a slot, too: the upstream counts what it refuses.
    pub counts_refused: bool,
    /// Calls that were accepted while it was learned.
    pub accepted: u64,
    /// Calls that were refused while it was learned.
    pub refused: u64,
}

/// Whose calls count together under a learned limit, by name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LearnedGroup {
    /// Those of each token for itself.
    Token,
    /// Those of each token of the client for itself.
    ClientTokens(String),
    /// Those for the endpoint.
    Endpoint(String),
    /// Those with the client's tokens.
    Client(String),
    /// All to the upstream.
    Upstream,
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
    /// What may have been taken of it since.
    pub since: Since,
    /// This process's part, if it shares the limit with others.
    pub part: Option<LeasedPart>,
}

/// A process's part of a limit, in a checkpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeasedPart {
    /// What processes that share the limit call it: see [`crate::LimitSpec::key`].
    pub key: String,
    /// The part.
    pub slots: u32,
}

impl Checkpoint {
    /// Adds what was recorded after it. Of several records of a limit the last counts.
    pub fn add(&mut self, record: Record) {
        if let Some(it) = self.limits.get_mut(record.limit as usize) {
            let until = it.since.until.max(record.since.until);
            it.since = Since {
                until,
                ..record.since
            };
        }
    }
}

/// What was taken and what was recorded since the last checkpoint, by `LimitId`.
#[derive(Debug)]
pub(crate) struct Journal {
    since: Instant,
    limits: Vec<TakenSlots>,
    /// Limits whose record is out of date.
    due: VecDeque<LimitId>,
    /// Whether slots or closures have changed since the checkpoint.
    pub(crate) changed: bool,
}

/// What an earlier process has used.
#[derive(Clone, Debug)]
pub(crate) struct EarlierProcess {
    pub(crate) checkpoint: Checkpoint,
    /// What had surely passed since the checkpoint when this process began.
    pub(crate) elapsed: Duration,
    /// When this process began.
    pub(crate) begun: Instant,
}

impl EarlierProcess {
    /// What has surely passed since the checkpoint.
    pub(crate) fn elapsed_by(&self, now: Instant) -> Duration {
        self.elapsed + now.since(self.begun)
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct TakenSlots {
    taken: u32,
    recorded: u32,
    /// Zero of a window.
    at_once: u32,
    until: Instant,
    is_due: bool,
}

/// A call that takes slots of a limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallSlots {
    pub(crate) slots: u32,
    /// What the limit allows.
    pub(crate) allowed: u32,
    /// Of a concurrency limit: slots held at once, this one included. Zero of a window.
    pub(crate) at_once: u32,
    /// When the call is given up, at the latest.
    pub(crate) give_up: Instant,
}

impl Journal {
    pub(crate) fn new(limits: usize, now: Instant) -> Self {
        Self {
            since: now,
            limits: vec![TakenSlots::default(); limits],
            due: VecDeque::new(),
            changed: false,
        }
    }

    /// Takes further limits over; records of them count from the next checkpoint on.
    pub(crate) fn extend(&mut self, limits: usize) {
        self.limits.resize(limits, TakenSlots::default());
    }

    pub(crate) fn take(&mut self, limit: LimitId, call: CallSlots) {
        self.changed = true;
        let it = &mut self.limits[limit.index()];
        it.taken = it.taken.saturating_add(call.slots);
        let more = it.taken > it.recorded;
        let more_at_once = call.at_once > it.at_once;
        let later = call.give_up > it.until;
        if !(more || more_at_once || later) {
            return;
        }
        let block = (call.allowed / BLOCKS).max(1);
        if more {
            it.recorded = it.taken.saturating_add(block);
        }
        if more_at_once {
            it.at_once = call.at_once.saturating_add(block);
        }
        if later {
            it.until = call.give_up + ROUND_UP;
        }
        if !it.is_due {
            it.is_due = true;
            self.due.push_back(limit);
        }
    }

    pub(crate) fn next(&mut self) -> Option<(LimitId, Since)> {
        let limit = self.due.pop_front()?;
        let it = &mut self.limits[limit.index()];
        it.is_due = false;
        let since = Since {
            taken: it.recorded,
            at_once: Some(it.at_once).filter(|&slots| slots > 0),
            until: it.until.since(self.since),
        };
        Some((limit, since))
    }

    /// Starts anew behind a checkpoint.
    pub(crate) fn restart(&mut self, now: Instant) {
        self.since = now;
        self.due.clear();
        self.changed = false;
        self.limits.fill(TakenSlots::default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: LimitId = LimitId(0);

    fn at(seconds: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(seconds)
    }

    fn record(taken: u32, at_once: Option<u32>, until: u64) -> Option<(LimitId, Since)> {
        let until = Duration::from_secs(until);
        let since = Since {
            taken,
            at_once,
            until,
        };
        Some((LIMIT, since))
    }

    fn taking(slots: u32, allowed: u32, give_up: u64) -> CallSlots {
        CallSlots {
            slots,
            allowed,
            at_once: 0,
            give_up: at(give_up),
        }
    }

    #[test]
    fn a_record_covers_a_block_of_calls() {
        let mut journal = Journal::new(1, at(0));
        let mut recorded = Vec::new();
        for taken in 1..=12 {
            journal.take(LIMIT, taking(1, 100, 5));
            recorded.extend(journal.next().map(|(_, since)| (taken, since.taken)));
        }
        // A thirty-second part of a hundred is three.
        assert_eq!(recorded, [(1, 4), (5, 8), (9, 12)]);
        let mut journal = Journal::new(1, at(0));
        journal.take(LIMIT, taking(2, 10, 5));
        assert_eq!(journal.next(), record(3, None, 6), "of a small limit one");
        journal.take(LIMIT, taking(2, 10, 5));
        journal.take(LIMIT, taking(3, 10, 5));
        assert_eq!(journal.next(), record(8, None, 6), "the last counts");
        assert_eq!(journal.next(), None);
    }

    #[test]
    fn a_record_covers_the_end_of_every_call() {
        let mut journal = Journal::new(1, at(2));
        journal.take(LIMIT, taking(1, 100, 5));
        assert_eq!(journal.next(), record(4, None, 4));
        journal.take(LIMIT, taking(1, 100, 6));
        assert_eq!(journal.next(), None, "covered");
        journal.take(LIMIT, taking(1, 100, 7));
        assert_eq!(journal.next(), record(4, None, 6));
        journal.take(LIMIT, taking(1, 100, 4));
        assert_eq!(journal.next(), None);
        // What is recorded counts from the checkpoint.
        journal.restart(at(10));
        assert_eq!(journal.next(), None);
        journal.take(LIMIT, taking(1, 100, 11));
        assert_eq!(journal.next(), record(4, None, 2));
    }

    #[test]
    fn a_record_covers_the_calls_that_are_under_way_at_once() {
        let mut journal = Journal::new(1, at(0));
        let mut recorded = Vec::new();
        for at_once in [1, 2, 1, 2, 3, 3, 1] {
            let call = CallSlots {
                at_once,
                ..taking(1, 20, 5)
            };
            journal.take(LIMIT, call);
            recorded.extend(journal.next().and_then(|(_, since)| since.at_once));
        }
        // The number taken is recorded every other time, the number at once when it has grown.
        assert_eq!(recorded, [2, 2, 4, 4]);
        assert!(journal.changed);
        journal.restart(at(1));
        assert!(!journal.changed);
    }

    #[test]
    fn of_several_records_the_last_number_counts_and_the_latest_end() {
        let mut checkpoint = Checkpoint {
            limits: vec![LimitUsage {
                name: "one".into(),
                scope: Scope::Organisation,
                period: None,
                usage: Usage::default(),
                since: Since {
                    until: Duration::from_secs(4),
                    ..Since::default()
                },
                part: None,
            }],
            ..Checkpoint::default()
        };
        for (taken, until) in [(3, 7), (6, 2)] {
            let since = record(taken, Some(2), until).map(|(_, since)| since);
            checkpoint.add(Record {
                limit: 0,
                since: since.unwrap(),
            });
        }
        let it = &checkpoint.limits[0].since;
        assert_eq!((it.taken, it.until), (6, Duration::from_secs(7)));
        assert_eq!(it.at_once, Some(2));
    }
}
