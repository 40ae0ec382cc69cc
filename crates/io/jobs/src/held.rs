//! The claims that this node holds, and until when it relies on each of them.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tollgate_store::Claim;

/// The claims.
#[derive(Debug, Default)]
pub(crate) struct Held {
    until: Mutex<BTreeMap<Claim, Instant>>,
    changed: Notify,
}

impl Held {
    /// Relies on a claim until then.
    pub(crate) fn add(&self, claim: &Claim, until: Instant) {
        self.until().insert(claim.clone(), until);
    }

    /// Forgets a claim.
    pub(crate) fn remove(&self, claim: &Claim) {
        self.until().remove(claim);
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Claim> {
        self.until().keys().cloned().collect()
    }

    /// Relies on these until then, as far as they are still held, and on those that are lost no more.
    pub(crate) fn renewed(&self, claims: &[Claim], lost: &[Claim], until: Instant) {
        let mut held = self.until();
        for claim in claims {
            if let Some(of) = held.get_mut(claim) {
                *of = until;
            }
        }
        for claim in lost {
            held.remove(claim);
        }
        drop(held);
        self.changed.notify_waiters();
    }

    /// For how long a claim is relied on from now on.
    pub(crate) fn left(&self, claim: &Claim) -> Duration {
        let until = self.until().get(claim).copied();
        until.map_or(Duration::ZERO, |until| {
            until.saturating_duration_since(Instant::now())
        })
    }

    /// Does work for as long as the claim can be relied on; none if that ended before the work did. The work is
    /// dropped then.
    pub(crate) async fn within<T>(
        &self,
        claim: &Claim,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let mut work = pin!(work);
        loop {
            let mut changed = pin!(self.changed.notified());
            // From here on no change is missed.
            changed.as_mut().enable();
            let until = self.until().get(claim).copied();
            let until = until.filter(|until| *until > Instant::now())?;
            tokio::select! {
                biased;
                () = changed => {}
                () = sleep_until(until) => {}
                done = &mut work => return Some(done),
            }
        }
    }

    fn until(&self) -> MutexGuard<'_, BTreeMap<Claim, Instant>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
