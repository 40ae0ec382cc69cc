//! Who is next.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;

/// A calculation, which tells its result itself.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// Calculations that wait, and how many run of each party.
pub(crate) struct Queue {
    parties: HashMap<Arc<str>, Party>,
    /// Parties with something waiting, the next one first.
    turns: VecDeque<Arc<str>>,
    waiting: usize,
    /// How many of one party may run at once.
    most_each: usize,
    closed: bool,
}

#[derive(Default)]
struct Party {
    jobs: VecDeque<Job>,
    running: usize,
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("parties", &self.parties.len())
            .field("waiting", &self.waiting)
            .finish_non_exhaustive()
    }
}

impl Queue {
    pub(crate) fn new(threads: usize) -> Self {
        Self {
            parties: HashMap::new(),
            turns: VecDeque::new(),
            waiting: 0,
            most_each: threads.saturating_sub(1).max(1),
            closed: false,
        }
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    pub(crate) fn waiting_of(&self, party: &str) -> usize {
        self.parties.get(party).map_or(0, |party| party.jobs.len())
    }

    pub(crate) fn push(&mut self, party: &str, job: Job) {
        self.waiting += 1;
        if let Some(held) = self.parties.get_mut(party) {
            held.jobs.push_back(job);
            if held.jobs.len() == 1 {
                self.turns.push_back(party.into());
            }
            return;
        }
        let name: Arc<str> = party.into();
        let mut fresh = Party::default();
        fresh.jobs.push_back(job);
        self.parties.insert(Arc::clone(&name), fresh);
        self.turns.push_back(name);
    }

    /// The next calculation that may run, and whose it is. [`Queue::done`] tells of its end.
    pub(crate) fn take(&mut self) -> Option<(Arc<str>, Job)> {
        let most = self.most_each;
        let free = |name: &Arc<str>| self.parties.get(name).is_some_and(|it| it.running < most);
        let at = self.turns.iter().position(free)?;
        let name = self.turns.remove(at)?;
        let party = self.parties.get_mut(&name)?;
        let job = party.jobs.pop_front()?;
        party.running += 1;
        self.waiting -= 1;
        if !party.jobs.is_empty() {
            self.turns.push_back(Arc::clone(&name));
        }
        Some((name, job))
    }

    pub(crate) fn done(&mut self, party: &str) {
        let Some(held) = self.parties.get_mut(party) else {
            return;
        };
        held.running -= 1;
        if held.running == 0 && held.jobs.is_empty() {
            self.parties.remove(party);
        }
    }

    /// No more is run; who awaits something that waits is told that it died.
    pub(crate) fn close(&mut self) {
        self.closed = true;
        self.turns.clear();
        self.parties.clear();
        self.waiting = 0;
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }
}
