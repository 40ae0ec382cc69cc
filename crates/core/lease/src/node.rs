//! The member's side: what it has, until when, and when it asks for more.

mod noticing;
mod view;

use crate::demand::Wants;
use crate::held::Held;
use crate::notices::Board;
use crate::pace::Pace;
use crate::revisions::Revisions;
use crate::tries::Tries;
use crate::{Answer, Lease, LimitKey, MemberId, Request, SharedLimit, Value};
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_model::Instant;

/// A member's state.
#[derive(Clone, Debug)]
pub struct Node {
    member: MemberId,
    /// See [`Request::succeeds`].
    succeeds: Option<u64>,
    lease: Duration,
    sequence: u64,
    acknowledged: u64,
    tries: Tries,
    pace: Pace,
    seen: u64,
    revisions: Revisions,
    /// The end of all leases.
    until: Instant,
    limits: BTreeMap<LimitKey, Held>,
    is_leaving: bool,
    board: Board,
}

impl Node {
    /// A process that has just begun, and has nothing.
    #[must_use]
    pub fn new(
        member: MemberId,
        lease: Duration,
        limits: impl IntoIterator<Item = (LimitKey, SharedLimit)>,
    ) -> Self {
        let mut node = Self {
            member,
            succeeds: None,
            lease,
            sequence: 0,
            acknowledged: 0,
            tries: Tries::default(),
            pace: Pace::default(),
            seen: 0,
            revisions: Revisions::default(),
            until: Instant::ZERO,
            limits: BTreeMap::new(),
            is_leaving: false,
            board: Board::default(),
        };
        for (key, shared) in limits {
            node.share(key, shared);
        }
        node
    }

    /// Shares a further limit from now on, or one whose definition has changed.
    pub fn share(&mut self, key: LimitKey, shared: SharedLimit) {
        if let Some(held) = self.limits.get_mut(&key) {
            // The others' parts are to follow.
            if held.shared != shared {
                self.pace.push();
            }
            held.shortest_tail = held.shortest_tail.min(shared.tail);
            held.shared = shared;
            return;
        }
        // Nothing passes it before it has a part.
        self.pace.push();
        let held = Held {
            allowed: shared.allowed,
            shortest_tail: shared.tail,
            shared,
            slots: 0,
            inherited: 0,
            given_back: Vec::new(),
            wants: Wants::default(),
            told: 0,
            told_guaranteed: Vec::new(),
            owed: 0,
            is_capped: false,
            is_needed: false,
            rights: BTreeMap::new(),
        };
        self.limits.insert(key, held);
    }

    /// The process takes over from the one of this number, which has died, and knows all that it sent. To be said before the
    /// first request.
    pub fn succeed(&mut self, process: u64) {
        self.succeeds = Some(process);
    }

    /// The process that it succeeds had this part of a limit, or has had less since. To be said before the first request.
    pub fn inherit(&mut self, key: &str, slots: u32) {
        if let Some(held) = self.limits.get_mut(key) {
            held.inherited = slots;
        }
    }

    /// What it would use of a limit from now on.
    pub fn want(&mut self, key: &str, wants: Wants) {
        if let Some(held) = self.limits.get_mut(key) {
            held.wants = wants;
        }
    }

    /// There is a value of this revision; whether this node is among [`crate::Value::called`].
    pub fn hint(&mut self, revision: u64, is_called: bool, now: Instant) {
        self.revisions.note(revision, now);
        if is_called {
            self.pace.push();
        }
    }

    /// Calls wait for what others may have to spare: the next request is made at once, and what comes of it is fetched
    /// without delay for a moment.
    pub fn hasten(&mut self, now: Instant) {
        self.pace.hasten(now);
    }

    /// The store has another history: what was known of revisions is of the one before.
    pub fn forget_revisions(&mut self) {
        self.revisions = Revisions::default();
    }

    /// The value of this revision was read from this server: what others are short of there, and this node has beyond its
    /// target by what it wants now; and what others were told ([`Self::heard`]), as far as it has no end.
    pub fn see(&mut self, (revision, value): (u64, &Value), server: &str, now: Instant) {
        self.board.read(&value.notices, now);
        // A value that is not trusted forgets what it was given back, and who was short.
        let is_trusted = value.doubt(revision, server, self.seen).is_none();
        for (key, held) in &mut self.limits {
            held.owed = match is_trusted {
                true => value.owed(key, &self.member, &held.wants),
                false => 0,
            };
        }
    }

    /// From now on it gives all back.
    pub fn leave(&mut self) {
        self.is_leaving = true;
    }

    /// When the next request is to be made.
    #[must_use]
    pub fn due(&self, now: Instant) -> Instant {
        let has_news = || self.limits.values().any(Held::has_news);
        let is_urgent = self.is_leaving || self.board.has_news();
        self.pace.due(self.lease, is_urgent, has_news, now)
    }

    /// What is to be given back before the next request, as far as it can be: slots of each limit.
    #[must_use]
    pub fn owed(&self) -> BTreeMap<LimitKey, u32> {
        let owed = self.limits.iter().map(|(key, held)| {
            let slots = if self.is_leaving {
                held.slots
            } else {
                held.owed
            };
            (key.clone(), slots.min(held.slots))
        });
        owed.filter(|(_, slots)| *slots > 0).collect()
    }

    /// The ledger has less from now on: free slots, and those that calls still count under, each until when.
    pub fn give_back(&mut self, key: &str, free: u32, settled: &[(Instant, u32)]) {
        let Some(held) = self.limits.get_mut(key) else {
            return;
        };
        let next = self.sequence + 1;
        let all = [(Instant::ZERO, free)]
            .into_iter()
            .chain(settled.iter().copied());
        for (until, slots) in all.filter(|(_, slots)| *slots > 0) {
            held.slots -= slots.min(held.slots);
            held.given_back.push((next, until, slots));
        }
        held.owed = 0;
    }

    /// The next request. The ledgers have what [`Self::slots`] says, and no more, from before it is made.
    pub fn request(&mut self, now: Instant) -> Request {
        self.sequence += 1;
        self.tries.note(self.sequence, now);
        self.pace.asked(now);
        let leaves = self.has_left();
        let claims = self.limits.iter_mut().map(|(key, held)| {
            held.told = held.wants.all();
            held.told_guaranteed.clone_from(&held.wants.guaranteed);
            (key.clone(), held.claim(now))
        });
        Request {
            member: self.member.clone(),
            sequence: self.sequence,
            acknowledged: self.acknowledged,
            lease: self.lease,
            seen: self.seen,
            succeeds: self.succeeds,
            leaves,
            claims: claims.collect(),
            telling: self.board.say(self.sequence, now),
        }
    }

    /// The store did not answer, or did not keep what it was given.
    pub fn fail(&mut self, now: Instant) {
        self.pace.failed(now);
    }

    /// The answer has come, with the revision of the value that has it: what the ledgers are to have from now on.
    pub fn answer(
        &mut self,
        answer: &Answer,
        revision: u64,
        now: Instant,
    ) -> BTreeMap<LimitKey, Lease> {
        let Some(asked_at) = self.tries.made(answer.sequence) else {
            return BTreeMap::new();
        };
        self.tries.acknowledge(answer.sequence);
        self.board.answered(answer.sequence, &answer.notices, now);
        self.acknowledged = answer.sequence;
        self.succeeds = None;
        self.seen = revision;
        if answer.doubt.is_some() {
            self.forget_revisions();
        }
        self.hint(revision, false, now);
        self.pace.answered();
        self.until = asked_at + answer.lease;
        let until = self.until;
        let mut leases = BTreeMap::new();
        for (key, held) in &mut self.limits {
            let grant = answer.grants.get(key);
            held.given_back.retain(|(said, ..)| *said > answer.sequence);
            let given: u32 = held.given_back.iter().map(|(.., slots)| slots).sum();
            let granted = grant.map_or(0, |grant| grant.slots);
            held.slots = granted.saturating_sub(given);
            held.allowed = grant.map_or(held.allowed, |grant| grant.allowed);
            held.owed = grant.map_or(0, |grant| grant.owed);
            held.is_capped = grant.is_some_and(|grant| grant.is_capped);
            held.is_needed = grant.is_some_and(|grant| grant.is_needed);
            held.rights = grant.map_or_else(BTreeMap::new, |grant| grant.guaranteed.clone());
            let rights = held.rights.iter();
            let phantoms = grant.into_iter().flat_map(|grant| &grant.phantoms);
            let lease = Lease {
                slots: held.slots,
                phantoms: phantoms
                    .map(|(span, slots)| (now + *span, *slots))
                    .collect(),
                is_inherited: grant.is_some_and(|grant| grant.is_inherited),
                until,
                guaranteed: rights.map(|(flow, it)| (flow.clone(), it.slots)).collect(),
            };
            leases.insert(key.clone(), lease);
        }
        // What was said in a later try than the one that is answered, the value has yet to take.
        let is_behind = answer.sequence < self.sequence;
        if is_behind || self.limits.values().any(|held| held.owed > 0) {
            self.pace.push();
        }
        leases
    }
}
