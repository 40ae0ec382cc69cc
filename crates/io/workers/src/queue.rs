//! Who is next.
//!
//! Each party has a *tag*: the time that its calculations have run, as far as that is comparable. Of the
//! parties with something waiting, the one with the lowest tag is next; among equal ones, who has waited
//! longest. A party that comes back after a while isn't owed all that it didn't use meanwhile: its tag is
//! raised to [`CREDIT`] below the lowest of those that wait. So a party that uses less than its share is next
//! as soon as a thread is free, however many others want all that they can get.

use crate::Pressure;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A calculation, which tells its result itself. Says true if it gave way and is to be done again.
pub(crate) type Job = Box<dyn FnMut(Pressure) -> bool + Send>;

/// How far a party's tag may be below those of the others when it comes.
const CREDIT: Duration = Duration::from_millis(50);

/// Calculations that wait, and how many run of each party.
pub(crate) struct Queue {
    parties: HashMap<Arc<str>, Party>,
    /// Parties with something waiting; of equal tags, the next one first.
    turns: VecDeque<Arc<str>>,
    /// The lowest tag of those that waited when something was last taken.
    now: Duration,
    waiting: usize,
    /// Threads that have nothing to do.
    pub(crate) idle: usize,
    /// How many of one party may run at once.
    most_each: usize,
    closed: bool,
}

#[derive(Default)]
struct Party {
    /// Not yet begun.
    fresh: VecDeque<Job>,
    /// Those that gave way.
    again: VecDeque<Job>,
    running: usize,
    tag: Duration,
}

impl Party {
    fn waits(&self) -> bool {
        !self.fresh.is_empty() || !self.again.is_empty()
    }

    fn is_idle(&self) -> bool {
        self.running == 0 && !self.waits()
    }
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
            now: Duration::ZERO,
            waiting: 0,
            idle: 0,
            most_each: threads.saturating_sub(1).max(1),
            closed: false,
        }
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    pub(crate) fn waiting_of(&self, party: &str) -> usize {
        let waiting = |party: &Party| party.fresh.len() + party.again.len();
        self.parties.get(party).map_or(0, waiting)
    }

    pub(crate) fn push(&mut self, party: &str, job: Job) {
        let floor = self.now.saturating_sub(CREDIT);
        if !self.parties.contains_key(party) {
            // Whose tag would be raised is as good as unknown.
            self.parties
                .retain(|_, party| !party.is_idle() || party.tag > floor);
            self.parties.insert(party.into(), Party::default());
        }
        self.wait(party, |party| {
            if party.is_idle() {
                party.tag = party.tag.max(floor);
            }
            party.fresh.push_back(job);
        });
    }

    /// Takes back what gave way.
    pub(crate) fn put_back(&mut self, party: &str, job: Job) {
        if !self.closed {
            self.wait(party, |party| party.again.push_back(job));
        }
    }

    fn wait(&mut self, name: &str, add: impl FnOnce(&mut Party)) {
        let Some(party) = self.parties.get_mut(name) else {
            return;
        };
        if !party.waits() {
            self.turns.push_back(name.into());
        }
        add(party);
        self.waiting += 1;
    }

    /// The next calculation that may run, and whose it is: on a patient thread one that gave way, if there is
    /// any. [`Queue::done`] tells of its end.
    pub(crate) fn take(&mut self, patient: bool) -> Option<(Arc<str>, Job)> {
        let waiting = self.turns.iter().filter_map(|name| self.parties.get(name));
        let lowest = waiting.map(|party| party.tag).min()?;
        self.now = self.now.max(lowest);
        let next = self.turns.iter().enumerate().filter_map(|(at, name)| {
            let party = self.parties.get(name)?;
            let rank = (patient && party.again.is_empty(), party.tag);
            (party.running < self.most_each).then_some((rank, at))
        });
        let (_, at) = next.min()?;
        let name = self.turns.remove(at)?;
        let party = self.parties.get_mut(&name)?;
        let (first, second) = match patient {
            true => (&mut party.again, &mut party.fresh),
            false => (&mut party.fresh, &mut party.again),
        };
        let job = first.pop_front().or_else(|| second.pop_front())?;
        party.running += 1;
        self.waiting -= 1;
        if party.waits() {
            self.turns.push_back(Arc::clone(&name));
        }
        Some((name, job))
    }

    /// Whether another party should have the thread on which this one's calculation has run for so long.
    pub(crate) fn presses(&self, party: &str, ran: Duration) -> bool {
        if self.waiting <= self.idle {
            return false;
        }
        let Some(own) = self.parties.get(party) else {
            return false;
        };
        let tag = own.tag + ran;
        let others = self.turns.iter().filter(|name| &***name != party);
        others
            .filter_map(|name| self.parties.get(name))
            .any(|other| other.running < self.most_each && other.tag < tag)
    }

    /// A calculation has run for so long, and has ended or is about to be put back.
    pub(crate) fn done(&mut self, party: &str, ran: Duration) {
        if let Some(held) = self.parties.get_mut(party) {
            held.running -= 1;
            held.tag += ran;
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

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn queue(parties: &[&str]) -> Queue {
        let mut queue = Queue::new(2);
        for party in parties {
            queue.push(party, Box::new(|_| false));
        }
        queue
    }

    /// Whose calculations are taken, each of which runs for so long.
    fn taken(queue: &mut Queue, ran: Duration) -> Vec<String> {
        let next = || {
            let (name, _) = queue.take(false)?;
            queue.done(&name, ran);
            Some(name.to_string())
        };
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn parties_that_use_the_same_take_turns() {
        let mut queue = queue(&["a", "a", "a", "b", "b", "c"]);
        assert_eq!(taken(&mut queue, MS), ["a", "b", "c", "a", "b", "a"]);
    }

    #[test]
    fn who_used_less_is_next_however_many_others_wait() {
        let mut queue = queue(&[]);
        for round in 0..20 {
            for n in 0..100 {
                queue.push(&format!("n{n}"), Box::new(|_| false));
            }
            let mut ran = 0;
            let mut next = |queue: &mut Queue| {
                let (name, _) = queue.take(false).unwrap();
                queue.done(&name, 20 * MS);
                ran += 1;
            };
            (0..50).for_each(|_| next(&mut queue));
            // The first time, the others that wait have not used anything either.
            if round > 0 {
                queue.push("z", Box::new(|_| false));
                let (taken, _) = queue.take(false).unwrap();
                assert_eq!(&*taken, "z", "in round {round}");
                queue.done("z", MS);
            }
            (0..50).for_each(|_| next(&mut queue));
            assert_eq!((ran, queue.waiting()), (100, 0));
        }
    }

    #[test]
    fn who_comes_back_is_not_owed_what_it_did_not_use() {
        let mut queue = queue(&["a"; 100]);
        assert_eq!(taken(&mut queue, 10 * MS).len(), 100);
        for party in ["a", "b"].repeat(20) {
            queue.push(party, Box::new(|_| false));
        }
        let order = taken(&mut queue, 10 * MS);
        let ahead = order.iter().position(|name| name == "a").unwrap();
        assert_eq!(ahead, 6, "{order:?}");
    }

    #[test]
    fn what_gave_way_is_taken_first_by_a_patient_thread_and_last_by_others() {
        let mut queue = queue(&["a"]);
        let (name, job) = queue.take(false).unwrap();
        queue.done(&name, 10 * MS);
        queue.put_back(&name, job);
        queue.push("b", Box::new(|_| false));
        assert!(queue.presses("a", MS) && !queue.presses("b", MS));
        assert_eq!(&*queue.take(true).unwrap().0, "a");
        assert_eq!(&*queue.take(true).unwrap().0, "b");
    }
}
