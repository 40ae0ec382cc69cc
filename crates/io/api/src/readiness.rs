//! Whether a node is to be restarted (`GET /live`), and whether calls are to be sent to it (`GET /ready`).
//!
//! **Alive** is a process whose engine answers. Nothing else counts: a store or a platform that is away doesn't come
//! back by a restart of this process, and a restart costs the calls under way.
//!
//! **Ready** is a node that is no worse a choice than the others. It begins when the first fetch of each client's token
//! has ended, well or badly, and it ends, by word of `/ready` alone, before the listener closes. What all nodes share
//! makes none of them unready of itself: were the store away and that a 503, a balancer would take out *all* nodes, and
//! with them kept answers, web services, and refusals in words. Such things are in the list with their state, and whoever
//! sees all nodes, or starts a new one, may have them count: `/ready?require=store,lease`.
//!
//! **Strangers** may ask both, and cost nothing by it: what is answered was found by a look that the service makes every
//! second ([`Readiness::look`]), and only the draining is newer. Names of checks, words and numbers are all that is told;
//! which integration has no token, and why, is for who logs in (`GET /api/v2/integrations`, `GET
//! /api/v2/tollgate/upstreams`, `GET /api/v2/tollgate/cluster`).

mod asked;
mod finding;

pub(crate) use asked::routes;
pub use finding::{Checked, Finding, Standing};

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tollgate_model::Instant;

/// What was found of a node at the last look. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<Mutex<Vec<Seen>>>);

/// A finding, and since when it is so.
#[derive(Clone, Copy, Debug)]
struct Seen {
    finding: Finding,
    since: Instant,
}

impl Readiness {
    /// Takes over what a look has found. A check of which the last look found the same is so since it was first found. A
    /// node that drains never serves again, whatever is found.
    pub fn look(&self, findings: &[Finding], now: Instant) {
        let mut seen = self.seen();
        let before = std::mem::take(&mut *seen);
        let drains = before.iter().copied().find(|it| it.finding.drains());
        let taken = findings.iter().map(|found| {
            let known = before.iter().find(|it| it.finding.checked == found.checked);
            match (drains, known) {
                (Some(drains), _) if found.checked == Checked::Serving => drains,
                (_, Some(known)) if known.finding.standing == found.standing => Seen {
                    finding: *found,
                    since: known.since,
                },
                _ => Seen {
                    finding: *found,
                    since: now,
                },
            }
        });
        seen.extend(taken);
    }

    /// The node isn't ready from now on: it is about to end.
    pub fn drain(&self, now: Instant) {
        let mut seen = self.seen();
        seen.retain(|it| it.finding.checked != Checked::Serving);
        let finding = Finding::of(Checked::Serving, Standing::Draining);
        seen.insert(
            0,
            Seen {
                finding,
                since: now,
            },
        );
    }

    /// How one check stands; none before the first look.
    fn standing(&self, checked: Checked) -> Option<Standing> {
        let seen = self.seen();
        let found = seen.iter().find(|it| it.finding.checked == checked);
        found.map(|it| it.finding.standing)
    }

    /// What the last look has found of one thing; none before the first look, and where the node doesn't have it.
    pub(crate) fn found(&self, checked: Checked) -> Option<Finding> {
        let seen = self.seen();
        let found = seen.iter().find(|it| it.finding.checked == checked);
        found.map(|it| it.finding)
    }

    /// How it stands, in one line for people: `ready; store away`, `not ready: draining`.
    #[must_use]
    pub fn words(&self) -> String {
        let seen = self.seen();
        let ready = seen.iter().all(|it| !it.finding.stops(&[]));
        let troubles = seen
            .iter()
            .filter(|it| it.finding.standing != Standing::Good);
        let troubles: Vec<_> = troubles.map(|it| it.finding.words()).collect();
        match (ready, &*troubles) {
            (true, []) => "ready".to_owned(),
            (true, troubles) => format!("ready; {}", troubles.join(", ")),
            (false, troubles) => format!("not ready: {}", troubles.join(", ")),
        }
    }

    fn seen(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(seconds: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(seconds)
    }

    fn since(readiness: &Readiness, checked: Checked) -> Instant {
        let seen = readiness.seen();
        let found = seen.iter().find(|it| it.finding.checked == checked);
        found.unwrap().since
    }

    #[test]
    fn what_stays_is_so_since_it_was_first_found() {
        let readiness = Readiness::default();
        let well = Finding::of(Checked::Store, Standing::Good);
        let away = Finding::of(Checked::Store, Standing::Away);
        readiness.look(&[well], at(1));
        readiness.look(&[well], at(2));
        assert_eq!(since(&readiness, Checked::Store), at(1));
        readiness.look(&[away], at(3));
        readiness.look(&[away], at(4));
        assert_eq!(since(&readiness, Checked::Store), at(3));
        readiness.look(&[], at(5));
        readiness.look(&[away], at(6));
        assert_eq!(since(&readiness, Checked::Store), at(6));
    }

    #[test]
    fn a_node_that_drains_never_serves_again() {
        let readiness = Readiness::default();
        let serving = Finding::of(Checked::Serving, Standing::Good);
        readiness.look(&[serving], at(1));
        assert_eq!(readiness.words(), "ready");
        readiness.drain(at(2));
        readiness.look(&[serving], at(3));
        assert_eq!(since(&readiness, Checked::Serving), at(2));
        assert_eq!(readiness.words(), "not ready: draining");
    }

    #[test]
    fn what_all_nodes_share_makes_none_unready() {
        let readiness = Readiness::default();
        let mut findings = vec![
            Finding::of(Checked::Serving, Standing::Good),
            Finding::of(Checked::Store, Standing::Away),
            Finding::without_tokens(2),
            Finding::of(Checked::Lease, Standing::Ended),
        ];
        readiness.look(&findings, at(1));
        assert_eq!(
            readiness.words(),
            "ready; store away, tokens missing for 2 of the integrations, lease ended"
        );
        findings[0] = Finding::of(Checked::Serving, Standing::Starting);
        readiness.look(&findings[..1], at(2));
        assert_eq!(readiness.words(), "not ready: starting");
        readiness.look(&[Finding::of(Checked::Engine, Standing::Silent)], at(3));
        assert_eq!(readiness.words(), "not ready: engine silent");
    }
}
