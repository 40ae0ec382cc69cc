//! One limit in the value: who has which part of it, and what is on its way back.

use crate::part::Part;
use crate::target::{Target, targets};
use crate::time::at_least;
use crate::{Claim, Grant, MemberId, StoreTime, Want, Wants};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_model::tally;

/// A limit: parts, what returns, and what is not known add up to no more than it allows. The rest is free.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Share {
    /// What it allows in all: the least that a member states.
    pub(crate) allowed: u32,
    /// How long a call may count that was sent at the end of a lease: the longest that a member states.
    #[serde(with = "crate::time::span")]
    pub(crate) tail: Duration,
    pub(crate) parts: BTreeMap<MemberId, Part>,
    /// Slots that calls still count under which nobody sends any more, by when they are free.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) returning: BTreeMap<StoreTime, u32>,
    /// Slots that somebody may have, until nobody can have them: after a doubt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unknown: Option<(StoreTime, u32)>,
}

impl Share {
    /// Slots that are some member's.
    pub(crate) fn leased(&self) -> u32 {
        sum(self.parts.values().map(|part| part.slots))
    }

    /// Slots that calls may still count under which nobody sends any more.
    pub(crate) fn returning(&self) -> u32 {
        sum(self.returning.values().copied())
    }

    /// Slots that somebody may have.
    pub(crate) fn unknown(&self) -> u32 {
        self.unknown.map_or(0, |(_, slots)| slots)
    }

    /// Slots that nobody has, and nobody's calls count under.
    pub(crate) fn free(&self) -> u32 {
        let taken = sum([self.leased(), self.returning(), self.unknown()]);
        self.allowed.saturating_sub(taken)
    }

    /// Takes over what a member states, and what it would use.
    pub(crate) fn state(&mut self, member: &MemberId, claim: &Claim) {
        let part = self.parts.entry(member.clone()).or_default();
        part.allowed = claim.allowed;
        part.tail = claim.tail;
        part.wants.clone_from(&claim.wants);
        part.guaranteed.clone_from(&claim.guaranteed);
        part.phantoms.clear();
        self.agree();
    }

    /// The least number and the longest tail that members state hold.
    fn agree(&mut self) {
        if let Some(least) = self.parts.values().map(|part| part.allowed).min() {
            self.allowed = least;
        }
        // A tail is never shortened while what it was stated for may still be under way.
        let longest = self.parts.values().map(|part| part.tail).max();
        self.tail = longest.unwrap_or(self.tail);
    }

    /// Takes back what a member has given up, each slot from when it is free.
    pub(crate) fn take_back(
        &mut self,
        member: &MemberId,
        given: &[(Duration, u32)],
        now: StoreTime,
    ) {
        let Some(part) = self.parts.get_mut(member) else {
            return;
        };
        for &(span, slots) in given {
            let slots = slots.min(part.slots);
            part.slots -= slots;
            if !span.is_zero() && slots > 0 {
                *self.returning.entry(now + at_least(span)).or_default() += slots;
            }
        }
    }

    /// The member sends nothing any more that it didn't send by `at`: all it had is free a tail later.
    pub(crate) fn expire(&mut self, member: &MemberId, at: StoreTime) {
        let Some(part) = self.parts.remove(member) else {
            return;
        };
        if part.slots > 0 {
            let free = at + at_least(self.tail.max(part.tail));
            *self.returning.entry(free).or_default() += part.slots;
        }
        self.agree();
    }

    /// Nothing is believed of who has what: all of it may be somebody's until then.
    pub(crate) fn forget(&mut self, until: StoreTime) {
        self.parts.clear();
        self.returning.clear();
        self.unknown = Some((until, self.allowed));
    }

    /// A member that is not known any more shows what it has.
    pub(crate) fn claim(&mut self, member: &MemberId, slots: u32) {
        if let Some((_, unknown)) = &mut self.unknown {
            *unknown = unknown.saturating_sub(slots);
        }
        self.parts.entry(member.clone()).or_default().slots = slots;
    }

    /// What is over is free.
    pub(crate) fn release(&mut self, now: StoreTime) {
        self.returning.retain(|free, _| *free > now);
        self.unknown = self.unknown.filter(|(until, _)| *until > now);
    }

    /// Whether nobody states the limit, and no slot of it is on its way back.
    pub(crate) fn is_over(&self) -> bool {
        self.parts.is_empty() && self.returning.is_empty() && self.unknown.is_none()
    }

    fn targets(&self) -> BTreeMap<&MemberId, Target> {
        targets(self.allowed.saturating_sub(self.unknown()), &self.parts)
    }

    /// Gives a member what it is to have and nobody else has: free slots first, then those that are free soonest.
    pub(crate) fn grant(&mut self, member: &MemberId) {
        let target = self.targets().get(member).map_or(0, |it| it.slots);
        let free = self.free();
        // What is leased beyond a number that was lowered is paid off by what returns.
        let mut over = sum([self.leased(), self.returning(), self.unknown()]);
        over = over.saturating_sub(self.allowed);
        let Some(part) = self.parts.get_mut(member) else {
            return;
        };
        let mut short = target.saturating_sub(part.slots);
        let at_once = short.min(free);
        part.slots += at_once;
        short -= at_once;
        while short > 0
            && let Some(mut soonest) = self.returning.first_entry()
        {
            let given = short.min(soonest.get().saturating_sub(over));
            if given == 0 {
                break;
            }
            over = 0;
            part.slots += given;
            part.phantoms.push((*soonest.key(), given));
            short -= given;
            *soonest.get_mut() -= given;
            if *soonest.get() == 0 {
                soonest.remove();
            }
        }
    }

    /// Slots that the member is to give back: what it has beyond its target, if others are short of theirs, or if more
    /// is leased than the limit allows.
    pub(crate) fn owed(&self, member: &MemberId) -> u32 {
        let targets = self.targets();
        let over = self.over(member, &targets);
        let must = self.leased() > self.allowed;
        let least = self.least_move(self.slots(member));
        if over >= least && (must || self.is_any_short(&targets)) {
            over
        } else {
            0
        }
    }

    /// See [`Self::owed`], where the member wants this from now on.
    pub(crate) fn owed_with(mut self, member: &MemberId, wants: &Wants) -> u32 {
        if let Some(part) = self.parts.get_mut(member) {
            part.wants.clone_from(&wants.by_class);
            part.guaranteed.clone_from(&wants.guaranteed);
        }
        self.owed(member)
    }

    /// Whether the member is to exchange soon: it owes, or is short and what it is short of is there.
    pub(crate) fn calls(&self, member: &MemberId) -> bool {
        let targets = self.targets();
        let there = self.free() + self.returning();
        let gets = targets
            .get(member)
            .filter(|target| self.is_short(member, target));
        self.owed(member) > 0 || gets.is_some_and(|it| there >= self.least_move(it.slots))
    }

    fn over(&self, member: &MemberId, targets: &BTreeMap<&MemberId, Target>) -> u32 {
        let target = targets.get(member).map_or(0, |it| it.slots);
        self.slots(member).saturating_sub(target)
    }

    fn slots(&self, member: &MemberId) -> u32 {
        self.parts.get(member).map_or(0, |part| part.slots)
    }

    /// Whether the member lacks what it wants, or half of what it would have with nothing wanted.
    fn is_short(&self, member: &MemberId, target: &Target) -> bool {
        let has = self.slots(member);
        target.wanted.saturating_sub(has) >= self.least_move(target.wanted)
            || has < target.slots / 2
    }

    fn is_any_short(&self, targets: &BTreeMap<&MemberId, Target>) -> bool {
        targets
            .iter()
            .any(|(member, target)| self.is_short(member, target))
    }

    /// The least number of slots that is worth a move, where a member has or wants so many.
    fn least_move(&self, slots: u32) -> u32 {
        least_move(self.allowed, slots)
    }

    /// Whether the member's share of what all want is less than it wants, so that to want more brings it nothing.
    fn is_capped(&self, member: &MemberId) -> bool {
        let wants = self.parts.get(member).map_or(0, |part| wanted(&part.wants));
        self.targets()
            .get(member)
            .is_some_and(|target| target.wanted < wants)
    }

    /// Whether another member wants more than it has.
    fn is_needed(&self, member: &MemberId) -> bool {
        let others = self.parts.iter().filter(|(id, _)| *id != member);
        let mut others = others.map(|(_, part)| (wanted(&part.wants), part.slots));
        others.any(|(wants, has)| wants.saturating_sub(has) >= self.least_move(wants))
    }

    /// What the member is told.
    pub(crate) fn told(&self, member: &MemberId, now: StoreTime) -> Grant {
        let part = self.parts.get(member);
        let phantoms = part.into_iter().flat_map(|part| &part.phantoms);
        let phantoms = phantoms.map(|(free, slots)| (at_least(free.since(now)), *slots));
        Grant {
            allowed: self.allowed,
            slots: part.map_or(0, |part| part.slots),
            phantoms: phantoms.collect(),
            owed: self.owed(member),
            is_capped: self.is_capped(member),
            is_needed: self.is_needed(member),
            learning: self.unknown.map(|(until, slots)| (until.since(now), slots)),
        }
    }
}

/// The least number of slots that is worth a move to or from a member that has or wants so many of a limit: chance alone
/// moves a want by its root.
pub(crate) fn least_move(allowed: u32, slots: u32) -> u32 {
    (allowed / 100).max(slots.isqrt()).max(1)
}

pub(crate) fn wanted(wants: &[Want]) -> u32 {
    sum(wants.iter().map(|want| want.slots))
}

fn sum(slots: impl IntoIterator<Item = u32>) -> u32 {
    tally(slots.into_iter().map(u64::from).sum::<u64>())
}
