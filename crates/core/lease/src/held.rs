//! What a node has of one limit.

use crate::demand::Wants;
use crate::want::least_move;
use crate::{Claim, GuaranteedWant, Right};
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_model::Instant;

/// What a node shares of one limit, as its configuration has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SharedLimit {
    /// See [`Claim::name`].
    pub name: Option<String>,
    /// What it allows in all.
    pub allowed: u32,
    /// See [`Claim::tail`].
    pub tail: Duration,
    /// See [`Claim::moves_singly`].
    pub moves_singly: bool,
}

/// A node's part of a limit, and the end of its lease.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lease {
    /// The node's part.
    pub slots: u32,
    /// Slots that came with this answer and are held until these instants, since other nodes' calls count under them.
    pub phantoms: Vec<(Instant, u32)>,
    /// Whether slots are among them of the process that the node succeeds: what that one has used is used of this part.
    pub is_inherited: bool,
    /// Nothing is sent from then on.
    pub until: Instant,
    /// By flow that has a guarantee: starts in any period of the limit's that go before all others here.
    pub guaranteed: BTreeMap<String, u32>,
}

/// What a node has of one limit, and what the value knows of that.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) shared: SharedLimit,
    /// See [`Claim::shortest_tail`].
    pub(crate) shortest_tail: Duration,
    /// What it allows as the value has it.
    pub(crate) allowed: u32,
    pub(crate) slots: u32,
    /// See [`Claim::inherited`].
    pub(crate) inherited: u32,
    /// Given back, and not acknowledged: by which try it was said first, and when each is free.
    pub(crate) given_back: Vec<(u64, Instant, u32)>,
    pub(crate) wants: Wants,
    /// What the value was told last.
    pub(crate) told: u32,
    pub(crate) told_guaranteed: Vec<GuaranteedWant>,
    pub(crate) owed: u32,
    pub(crate) is_capped: bool,
    pub(crate) is_needed: bool,
    /// What it has of guarantees, by flow.
    pub(crate) rights: BTreeMap<String, Right>,
}

impl Held {
    pub(crate) fn claim(&self, now: Instant) -> Claim {
        let given = self.given_back.iter();
        let given = given.map(|(_, until, slots)| (until.since(now), *slots));
        Claim {
            name: self.shared.name.clone(),
            allowed: self.shared.allowed,
            tail: self.shared.tail,
            moves_singly: self.shared.moves_singly,
            shortest_tail: self.shortest_tail,
            slots: self.slots,
            inherited: self.inherited,
            given_back: given.collect(),
            wants: self.wants.by_class.clone(),
            guaranteed: self.wants.guaranteed.clone(),
        }
    }

    /// Whether what the node would use is another number than the value was told, and this matters to somebody.
    pub(crate) fn has_news(&self) -> bool {
        self.has_news_of_classes() || self.wants.guaranteed.iter().any(|it| self.is_news(it))
    }

    fn has_news_of_classes(&self) -> bool {
        let wanted = self.wants.all();
        let least = least_move(self.shared.moves_singly, self.allowed, self.told);
        if wanted > self.slots {
            !self.is_capped && wanted.saturating_sub(self.told.max(self.slots)) >= least
        } else {
            // Counted from what it has: what it wanted beyond that nobody could take from it. A quarter more than the least,
            // since what is given by one exchange is free a moment later, and then more of it.
            let given = self.told.min(self.slots).saturating_sub(wanted);
            self.is_needed && given >= least + least / 4
        }
    }
    /// Whether what a flow would use by right of its guarantee is news.
    fn is_news(&self, want: &GuaranteedWant) -> bool {
        let right = self.rights.get(&want.flow).copied().unwrap_or_default();
        let told = self.told_guaranteed.iter().find(|it| it.flow == want.flow);
        let (slots, held) = told.map_or((0, 0), |told| (told.slots, told.held));
        let least = least_move(false, want.guarantee, slots);
        let more = want.slots.saturating_sub(slots.max(right.slots));
        let less = slots.saturating_sub(want.slots);
        let less = less.max(held.saturating_sub(want.held));
        (!right.is_capped && more >= least) || (right.is_needed && less >= least)
    }
}
