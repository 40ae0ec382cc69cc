//! The value: all that the store keeps of an organisation's limits, and what one exchange makes of it.

mod error;
mod silence;

use crate::balance::Balance;
use crate::member::Member;
use crate::notices::Notices;
use crate::share::Share;
use crate::time::{Nanos, at_least, at_most};
use crate::{Answer, Claim, Doubt, Elapsed, LimitKey, MemberId, Request, StoreTime};
pub use error::ValueError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The form of the value that this version writes.
const FORMAT: u32 = 3;
/// The oldest form that is read, and not trusted, as no form is but the one that is written: limits have other keys there
/// ([`Doubt::Version`]). A process that writes an older form can't read this one, and sends until its lease ends.
const OLDEST_FORMAT: u32 = 1;

/// What the store keeps.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Value {
    format: u32,
    /// The server that it was last written to.
    server: String,
    pub(crate) clock: StoreTime,
    /// Members that the value doesn't know may have leases until then: after a doubt.
    #[serde(default)]
    pub(crate) strangers_until: StoreTime,
    /// How often the value was not trusted.
    #[serde(default)]
    pub(crate) doubts: u64,
    /// Why it was last not trusted; none too where a version wrote it that didn't keep that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) doubt: Option<Doubt>,
    /// The longest that leases last.
    pub(crate) lease: Nanos,
    pub(crate) members: BTreeMap<MemberId, Member>,
    /// Members whose leases have ended without a word, while something is kept for them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    away: BTreeMap<MemberId, Member>,
    pub(crate) limits: BTreeMap<LimitKey, Share>,
    #[serde(default, skip_serializing_if = "Notices::is_empty")]
    pub(crate) notices: Notices,
}

/// How a member stands to the value.
enum Standing {
    /// The value knows what the member has, and the member knows that it does.
    Known,
    /// A try of the member was processed whose answer it has not taken.
    Unanswered,
    /// The value doesn't know it.
    Unlisted,
}

impl Value {
    /// The value of a cluster of which no process has ever run, or none since long.
    #[must_use]
    pub fn of_nobody(server: &str) -> Self {
        Self {
            format: FORMAT,
            server: server.to_owned(),
            clock: StoreTime::default(),
            strangers_until: StoreTime::default(),
            doubts: 0,
            doubt: None,
            lease: Nanos::default(),
            members: BTreeMap::new(),
            away: BTreeMap::new(),
            limits: BTreeMap::new(),
            notices: Notices::default(),
        }
    }

    /// Reads a value.
    ///
    /// # Errors
    /// It is none, or of a later form.
    pub fn read(text: &[u8]) -> Result<Self, ValueError> {
        let value: Self = tollgate_json::read_bytes_as(text).map_err(ValueError::Fault)?;
        if !(OLDEST_FORMAT..=FORMAT).contains(&value.format) {
            return Err(ValueError::Format(value.format));
        }
        Ok(value)
    }

    /// The text that [`Self::read`] reads.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// What a member's request makes of the value that the store has, and what the member is told.
    ///
    /// `found` is the value with its revision; none if the store has none. `elapsed` is what the member's clock has measured
    /// since it knew of that revision. `server` is what is the same only as long as the same process of the store goes on
    /// with the same history.
    #[must_use]
    pub fn exchange(
        found: Option<(u64, Self)>,
        elapsed: Elapsed,
        server: &str,
        request: &Request,
    ) -> (Self, Answer) {
        let (mut value, mut doubt) = match found {
            None => (Self::of_nobody(server), Some(Doubt::Missing)),
            Some((revision, value)) => {
                let doubt = value.doubt(revision, server, request.seen);
                (value, doubt)
            }
        };
        match doubt {
            Some(doubt) => value.forget(doubt, server, request),
            None => value.clock = value.clock + at_most(elapsed.since_known),
        }
        value.take_up(&request.member);
        let mut standing = value.standing(request, elapsed);
        if standing.is_none() {
            doubt = Some(Doubt::Contradiction);
            value.forget(Doubt::Contradiction, server, request);
            standing = value.standing(request, elapsed);
        }
        value.lease = value.lease.max(request.lease.into());
        match standing {
            Some(Standing::Unanswered) => {}
            Some(Standing::Known) => value.renew(request),
            Some(Standing::Unlisted) | None => {
                value.list(request, elapsed);
                value.inherit(request);
            }
        }
        value.notices.merge(&request.telling.known, value.clock);
        if !value.is_learning() {
            value.notices.take_offers();
        }
        value.notices.release(value.clock);
        value.expire(&request.member);
        value.release();
        if !matches!(standing, Some(Standing::Unanswered)) {
            value.notices.change(&request.telling.news, value.clock);
            value.settle(request);
        }
        value.limits.retain(|_, share| !share.is_over());
        let answer = value.answer(request, doubt);
        (value, answer)
    }

    /// Why the value of this revision is not to be trusted that this server has, by who has seen a revision before.
    pub(crate) fn doubt(&self, revision: u64, server: &str, seen: u64) -> Option<Doubt> {
        if self.format != FORMAT {
            Some(Doubt::Version)
        } else if self.server != server {
            Some(Doubt::OtherServer)
        } else if revision < seen && !self.is_learning() {
            Some(Doubt::Older)
        } else {
            None
        }
    }

    /// Whether members that the value doesn't know may still have leases, and come with what they have.
    pub(crate) fn is_learning(&self) -> bool {
        self.clock < self.strangers_until
    }

    /// Nothing is believed of who has what. Members show what they have; what nobody shows may be a stranger's, who sends
    /// until its lease ends, which is no later than a lease from now, and whose calls count a tail longer.
    fn forget(&mut self, doubt: Doubt, server: &str, request: &Request) {
        server.clone_into(&mut self.server);
        self.format = FORMAT;
        self.members.clear();
        self.away.clear();
        self.notices.forget();
        self.doubts += 1;
        self.doubt = Some(doubt);
        self.strangers_until = self.clock + self.lease.span().max(request.lease);
        for share in self.limits.values_mut() {
            share.forget(self.strangers_until + at_least(share.tail.span()));
        }
    }

    /// None if what the member says contradicts the value.
    fn standing(&self, request: &Request, elapsed: Elapsed) -> Option<Standing> {
        let has_ended = elapsed.since_end.is_some();
        let Some(member) = self.members.get(&request.member) else {
            let has_nothing = request.claims.values().all(|claim| claim.slots == 0);
            let is_new = has_ended || has_nothing || self.is_learning();
            return is_new.then_some(Standing::Unlisted);
        };
        if member.sequence > request.acknowledged {
            let is_ours = member.sequence <= request.sequence;
            return is_ours.then_some(Standing::Unanswered);
        }
        let agrees = |key: &LimitKey| {
            let share = self.limits.get(key);
            let part = share.and_then(|share| share.parts.get(&request.member));
            let claim = request.claims.get(key).map_or(0, Claim::before);
            // What was kept for it until its calls were over is not its own any more, as it knows.
            part.map_or(has_ended || claim == 0, |part| part.slots == claim)
        };
        let mut all = self.limits.keys().chain(request.claims.keys());
        let is_same = member.sequence == request.acknowledged && all.all(agrees);
        is_same.then_some(Standing::Known)
    }

    /// A member goes on: what it gives back returns.
    fn renew(&mut self, request: &Request) {
        let now = self.clock;
        for (key, claim) in &request.claims {
            let share = self.share(key, claim);
            share.take_back(&request.member, &claim.given_back, now);
            share.state(&request.member, claim);
        }
    }

    /// A member that the value doesn't know comes, with what it has.
    ///
    /// Where its leases have ended, that is what it had, for a tail after their end: no value could give it to another sooner,
    /// and its ledger knows its calls. The slots are among the unknown ones then. For had they been the member's in this value
    /// since the last doubt, they would have been kept for it as long.
    fn list(&mut self, request: &Request, elapsed: Elapsed) {
        for (key, claim) in &request.claims {
            let share = self.share(key, claim);
            let shown = match elapsed.since_end {
                None => claim.slots,
                Some(span) if at_least(span) < claim.shortest_tail => {
                    claim.slots.min(share.unknown())
                }
                Some(_) => 0,
            };
            share.claim(&request.member, shown);
            share.state(&request.member, claim);
        }
    }

    /// The limit of that name. One that is new to the value is free, unless strangers may have it.
    fn share(&mut self, key: &LimitKey, claim: &Claim) -> &mut Share {
        let until = self.strangers_until + at_least(claim.tail);
        let unknown = (self.strangers_until > StoreTime::default() && until > self.clock)
            .then_some((until, claim.allowed));
        self.limits.entry(key.clone()).or_insert_with(|| Share {
            allowed: claim.allowed,
            tail: claim.tail.into(),
            unknown,
            ..Share::default()
        })
    }

    /// Notes that the try was processed, and gives the member what it is to have; if it leaves, takes what it had.
    fn settle(&mut self, request: &Request) {
        let now = self.clock;
        if request.leaves {
            self.members.remove(&request.member);
            for share in self.limits.values_mut() {
                share.expire(&request.member, now);
            }
            return;
        }
        let member = Member {
            sequence: request.sequence,
            at: now,
            lease: request.lease.into(),
            turn: self.notices.turn,
        };
        self.members.insert(request.member.clone(), member);
        for (key, share) in &mut self.limits {
            if request.claims.contains_key(key) {
                share.grant(&request.member);
                share.note_told(&request.member);
            } else {
                share.expire(&request.member, now + request.lease);
            }
        }
    }

    fn answer(&self, request: &Request, doubt: Option<Doubt>) -> Answer {
        let member = self.members.get(&request.member);
        let granted = self.limits.iter();
        let granted = granted.filter(|(_, share)| share.parts.contains_key(&request.member));
        Answer {
            sequence: member.map_or(request.sequence, |it| it.sequence),
            lease: member.map_or(Duration::ZERO, |it| at_most(it.lease.span())),
            grants: granted
                .map(|(key, share)| {
                    let claim = request.claims.get(key);
                    let stated = claim.map_or(&[][..], |claim| &claim.guaranteed);
                    let told = Balance::of(share).told(&request.member, stated, self.clock);
                    (key.clone(), told)
                })
                .collect(),
            notices: self.notices.told(self.clock),
            doubt,
        }
    }
}
