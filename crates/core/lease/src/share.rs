//! One limit in the value: who has which part of it, and what is on its way back.

use crate::guarantee::Guarantees;
use crate::part::Part;
use crate::target::{Target, targets};
use crate::time::{Nanos, at_least};
use crate::{Claim, MemberId, StoreTime, Wants};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_model::tally;

/// A limit: parts, what returns, and what is not known add up to no more than it allows. The rest is free.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Share {
    /// What the member that came last calls it; none where that is its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// What it allows in all: the least that a member states.
    pub(crate) allowed: u32,
    /// How long a call may count that was sent at the end of a lease: the longest that a member states.
    pub(crate) tail: Nanos,
    /// See [`Claim::moves_singly`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) moves_singly: bool,
    pub(crate) parts: BTreeMap<MemberId, Part>,
    /// Slots that calls still count under which nobody sends any more, by when they are free.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) returning: BTreeMap<StoreTime, u32>,
    /// Of what returns, what is kept for members whose leases have ended without a word.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) kept: BTreeMap<MemberId, Kept>,
    /// Slots that somebody may have, until nobody can have them: after a doubt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unknown: Option<(StoreTime, u32)>,
}

/// The part of a member whose leases have ended, until its calls are surely over. It is the member's again if it comes
/// before that: nobody else has had it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// When its slots are free.
    free: StoreTime,
    part: Part,
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

    /// Of these, what is kept for members whose leases have ended.
    fn kept(&self) -> u32 {
        sum(self.kept.values().map(|kept| kept.part.slots))
    }

    /// Slots that can be given to members, at once or when they are free.
    pub(crate) fn available(&self) -> u32 {
        self.free() + self.returning().saturating_sub(self.kept())
    }

    /// Slots that somebody may have.
    pub(crate) fn unknown(&self) -> u32 {
        self.unknown.map_or(0, |(_, slots)| slots)
    }

    /// Slots that somebody has, may have, or whose calls count; more than are allowed where the number was lowered.
    fn taken(&self) -> u32 {
        sum([self.leased(), self.returning(), self.unknown()])
    }

    /// Slots that nobody has, and nobody's calls count under.
    pub(crate) fn free(&self) -> u32 {
        self.allowed.saturating_sub(self.taken())
    }

    /// Takes over what a member states, and what it would use.
    pub(crate) fn state(&mut self, member: &MemberId, claim: &Claim) {
        self.name.clone_from(&claim.name);
        self.moves_singly = claim.moves_singly;
        let part = self.parts.entry(member.clone()).or_default();
        part.allowed = claim.allowed;
        part.tail = claim.tail.into();
        part.wants.clone_from(&claim.wants);
        part.ask(&claim.guaranteed);
        part.phantoms.clear();
        part.is_inherited = false;
        self.agree();
    }

    /// The least number and the longest tail that members state hold. After a doubt a number may have been higher before,
    /// and strangers may have what it is raised by.
    fn agree(&mut self) {
        if let Some(least) = self.parts.values().map(|part| part.allowed).min() {
            if let Some((_, unknown)) = &mut self.unknown {
                let raised = *unknown + least.saturating_sub(self.allowed);
                *unknown = raised.min(least.max(*unknown));
            }
            self.allowed = least;
        }
        // Of a member that is gone the entry in `returning` has the tail already.
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
    pub(crate) fn expire(&mut self, member: &MemberId, at: StoreTime) -> Option<Kept> {
        let part = self.parts.remove(member)?;
        let free = at + at_least(self.tail.max(part.tail).span());
        if part.slots > 0 {
            *self.returning.entry(free).or_default() += part.slots;
        }
        self.agree();
        Some(Kept { free, part })
    }

    /// The member's leases have ended by `at` without a word: what it had is kept for it while its calls may count.
    pub(crate) fn keep(&mut self, member: &MemberId, at: StoreTime) {
        if let Some(kept) = self.expire(member, at).filter(|kept| kept.part.slots > 0) {
            self.kept.insert(member.clone(), kept);
        }
    }

    /// The member has come again: what was kept for it is its part.
    pub(crate) fn restore(&mut self, member: &MemberId) {
        let Some(Kept { free, mut part }) = self.kept.remove(member) else {
            return;
        };
        let returning = self.returning.entry(free).or_default();
        part.slots = part.slots.min(*returning);
        *returning -= part.slots;
        self.returning.retain(|_, slots| *slots > 0);
        self.parts.insert(member.clone(), part);
    }

    /// The heir has the part of a member that has died, as far as it knows of that part; what it doesn't know of returns.
    pub(crate) fn inherit(&mut self, dead: &MemberId, heir: &MemberId, known: u32, now: StoreTime) {
        let Some(mut part) = self.parts.remove(dead) else {
            return;
        };
        if let Some(of_heir) = self.parts.get_mut(heir) {
            let slots = part.slots.min(known);
            part.slots -= slots;
            of_heir.slots += slots;
            of_heir.is_inherited = slots > 0;
            if of_heir.is_inherited {
                of_heir.phantoms.clone_from(&part.phantoms);
            }
        }
        self.parts.insert(dead.clone(), part);
        self.expire(dead, now);
    }

    /// Nothing is believed of who has what: all of it may be somebody's until then.
    pub(crate) fn forget(&mut self, until: StoreTime) {
        let all = self.allowed.max(self.taken());
        self.parts.clear();
        self.returning.clear();
        self.kept.clear();
        self.unknown = Some((until, all));
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
        self.kept.retain(|_, kept| kept.free > now);
        self.unknown = self.unknown.filter(|(until, _)| *until > now);
    }

    /// Whether nobody states the limit, and no slot of it is on its way back.
    pub(crate) fn is_over(&self) -> bool {
        self.parts.is_empty() && self.returning.is_empty() && self.unknown.is_none()
    }

    /// What each member is to have.
    pub(crate) fn targets(&self) -> BTreeMap<&MemberId, Target> {
        self.targets_by(&self.guarantees())
    }

    /// The same, where the guarantees have been shared out.
    pub(crate) fn targets_by(&self, guarantees: &Guarantees<'_>) -> BTreeMap<&MemberId, Target> {
        let total = self
            .allowed
            .saturating_sub(self.unknown().saturating_add(self.kept()));
        targets(total, &self.parts, guarantees)
    }

    /// What each member has of flows' guarantees.
    pub(crate) fn guarantees(&self) -> Guarantees<'_> {
        Guarantees::of(&self.parts)
    }

    /// The member is told what it has of flows' guarantees.
    pub(crate) fn note_told(&mut self, member: &MemberId) {
        let guarantees = self.guarantees();
        let stated = self.parts.get(member).into_iter();
        let stated = stated.flat_map(|part| &part.guaranteed);
        let told: Vec<u32> = stated
            .map(|want| guarantees.gets(member, &want.flow))
            .collect();
        if let Some(part) = self.parts.get_mut(member) {
            let told = part.guaranteed.iter_mut().zip(told);
            told.for_each(|(want, told)| want.told = told);
        }
    }

    /// Of what returns and is free then, what is kept for nobody.
    fn kept_for_nobody(&self) -> BTreeMap<StoreTime, u32> {
        let mut returning = self.returning.clone();
        for kept in self.kept.values() {
            if let Some(slots) = returning.get_mut(&kept.free) {
                *slots = slots.saturating_sub(kept.part.slots);
            }
        }
        returning.retain(|_, slots| *slots > 0);
        returning
    }

    /// Gives a member what it is to have and nobody else has: free slots first, then those that are free soonest.
    pub(crate) fn grant(&mut self, member: &MemberId) {
        let target = self.targets().get(member).map_or(0, |it| it.slots);
        let free = self.free();
        // What is leased beyond a number that was lowered is paid off by what returns.
        let mut over = self.taken().saturating_sub(self.allowed);
        let soonest = self.kept_for_nobody();
        let Some(part) = self.parts.get_mut(member) else {
            return;
        };
        let mut short = target.saturating_sub(part.slots);
        let at_once = short.min(free);
        part.slots += at_once;
        short -= at_once;
        for (free, there) in soonest {
            let given = short.min(there.saturating_sub(over));
            if given == 0 {
                break;
            }
            over = 0;
            part.slots += given;
            part.phantoms.push((free, given));
            short -= given;
            *self.returning.entry(free).or_default() -= given;
        }
        self.returning.retain(|_, slots| *slots > 0);
    }

    /// The member wants this from now on.
    pub(crate) fn want(&mut self, member: &MemberId, wants: &Wants) {
        if let Some(part) = self.parts.get_mut(member) {
            part.wants.clone_from(&wants.by_class);
            part.ask(&wants.guaranteed);
        }
    }
}

fn sum(slots: impl IntoIterator<Item = u32>) -> u32 {
    tally(slots.into_iter().map(u64::from).sum::<u64>())
}
