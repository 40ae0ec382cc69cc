//! The places in which jobs are carried out, and whose jobs have them.
//!
//! A job may have its place for minutes, if its upstream hangs. So that one caller's jobs can't have all places while
//! another's wait, a caller gets a further one only as long as it has less than [`SHARE`] times as many as are free:
//! alone it has three quarters of them, two come to three sevenths each as their jobs end, and there is a place left for
//! whoever comes next. (*Known* as dynamic thresholds, of the buffers of switches.) Of four places or fewer there is no such
//! rest to keep.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use tokio::task::{Id, JoinError, JoinSet};
use tollgate_store::{Claim, ClaimExcept};

/// So many times as many places as are free may be one caller's.
const SHARE: u32 = 3;

/// So many places, and what is under way in them.
pub(crate) struct Places {
    most: u32,
    running: JoinSet<()>,
    callers: HashMap<Id, String>,
}

/// What may be begun now.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Room {
    /// So many together, whoever they are of; then it is to be asked for again.
    pub(crate) most: u32,
    /// None of these callers, which have enough.
    pub(crate) except: Vec<String>,
}

impl Room {
    /// What may be taken, by one who holds these.
    pub(crate) fn but<'a>(&'a self, held: &'a [Claim]) -> (u32, ClaimExcept<'a>) {
        let callers = self.except.as_slice();
        (self.most, ClaimExcept { callers, held })
    }

    /// The pause before it is asked for again, where so many were begun: none if there may be more.
    pub(crate) fn pause(&self, begun: usize, usual: Duration) -> Duration {
        match begun < self.most as usize {
            true => usual,
            false => Duration::ZERO,
        }
    }
}

impl Places {
    pub(crate) fn new(most: u32) -> Self {
        Self {
            most,
            running: JoinSet::new(),
            callers: HashMap::new(),
        }
    }

    /// What may be begun now; none where each place is taken.
    pub(crate) fn room(&self) -> Option<Room> {
        let mut held = BTreeMap::<&String, u32>::new();
        for caller in self.callers.values() {
            *held.entry(caller).or_default() += 1;
        }
        room(self.most, held)
    }

    /// Begins a caller's work in a place.
    pub(crate) fn spawn(
        &mut self,
        caller: String,
        work: impl Future<Output = ()> + Send + 'static,
    ) {
        let task = self.running.spawn(work);
        self.callers.insert(task.id(), caller);
    }

    /// Waits until one place is free again; none where none is taken.
    pub(crate) async fn freed(&mut self) -> Option<()> {
        let ended = self.running.join_next_with_id().await?;
        let id = ended.map_or_else(|error: JoinError| error.id(), |(id, ())| id);
        self.callers.remove(&id);
        Some(())
    }
}

fn room(most: u32, held: BTreeMap<&String, u32>) -> Option<Room> {
    let free = most.saturating_sub(held.values().sum());
    let allowed = free.saturating_mul(SHARE);
    let (few, enough): (Vec<_>, Vec<_>) = held.into_iter().partition(|(_, has)| *has < allowed);
    // All of them may be of the caller that has the most of those that may have more.
    let has = few.into_iter().map(|(_, has)| has).max().unwrap_or(0);
    (free > 0).then(|| Room {
        most: (allowed.saturating_sub(has) / (SHARE + 1)).max(1),
        except: enough
            .into_iter()
            .map(|(caller, _)| caller.clone())
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many places each caller has, where all of them want more than there are.
    fn filled<const N: usize>(most: u32, callers: [&str; N]) -> [u32; N] {
        let callers = callers.map(str::to_owned);
        let mut has = [0; N];
        loop {
            let held = callers.iter().zip(has).filter(|(_, has)| *has > 0);
            let Some(room) = room(most, held.collect()) else {
                return has;
            };
            let may = |at: &usize| !room.except.contains(&callers[*at]);
            let Some(next) = (0..N).filter(may).min_by_key(|at| has[*at]) else {
                return has;
            };
            has[next] += room.most;
        }
    }

    #[test]
    fn no_caller_has_all_places() {
        assert_eq!(filled(16, ["a"]), [12]);
        assert_eq!(filled(64, ["a"]), [48]);
        let [first, second] = filled(16, ["a", "b"]);
        assert!(second > 0 && first + second < 16, "{first} and {second}");
        assert_eq!(filled(1, ["a"]), [1]);
        assert_eq!(filled(2, ["a", "b"]), [1, 1]);
    }

    #[test]
    fn who_comes_gets_a_place_beside_one_that_wants_all() {
        let (many, other) = ("many".to_owned(), "other".to_owned());
        let beside = room(16, [(&many, 12)].into()).unwrap();
        assert_eq!(beside.except, std::slice::from_ref(&many));
        let beside = room(16, [(&many, 12), (&other, 1)].into()).unwrap();
        assert_eq!((beside.most, beside.except), (2, vec![many.clone()]));
        assert_eq!(room(16, [(&many, 16)].into()), None);
    }
}
