//! Who has more of a limit than it is to have, and who has less: what makes slots move.

use crate::guarantee::Guarantees;
use crate::share::Share;
use crate::target::Target;
use crate::time::at_least;
use crate::want::{least_move, wanted};
use crate::{Grant, GuaranteedWant, MemberId, StoreTime};
use std::collections::BTreeMap;

/// A limit's parts beside their targets.
pub(crate) struct Balance<'a> {
    share: &'a Share,
    targets: BTreeMap<&'a MemberId, Target>,
    guarantees: Guarantees<'a>,
}

impl<'a> Balance<'a> {
    pub(crate) fn of(share: &'a Share) -> Self {
        let guarantees = share.guarantees();
        Self {
            share,
            targets: share.targets_by(&guarantees),
            guarantees,
        }
    }

    /// What a member is to have; nothing if it is none.
    fn target(&self, member: &MemberId) -> Target {
        self.targets.get(member).copied().unwrap_or_default()
    }

    /// Slots that the member is to give back: what it has beyond its target, if others are short of theirs, or if more
    /// is leased than the limit allows.
    pub(crate) fn owed(&self, member: &MemberId) -> u32 {
        let has = self.slots(member);
        let over = has.saturating_sub(self.target(member).slots);
        let must = self.share.leased() > self.share.allowed;
        if must || (over >= self.least_move(has) && self.is_any_short()) {
            over
        } else {
            0
        }
    }

    /// The members that are to exchange soon: who owes, who is short of what is there, and whose flows have another part of
    /// what is guaranteed to them.
    pub(crate) fn called(self) -> impl Iterator<Item = &'a MemberId> {
        let there = self.share.available();
        let gets = |member: &MemberId, target: &Target| {
            self.is_short(member, target) && there >= self.least_move(target.slots)
        };
        let is_called = |(member, target): (&&MemberId, &Target)| {
            self.owed(member) > 0 || gets(member, target) || self.guarantees.is_news(member)
        };
        let called = self.targets.iter().filter(|it| is_called(*it));
        let called: Vec<&MemberId> = called.map(|(member, _)| *member).collect();
        called.into_iter()
    }

    /// What the member is told, which has stated these flows' guarantees.
    pub(crate) fn told(
        &self,
        member: &MemberId,
        stated: &[GuaranteedWant],
        now: StoreTime,
    ) -> Grant {
        let part = self.share.parts.get(member);
        let phantoms = part.into_iter().flat_map(|part| &part.phantoms);
        let phantoms = phantoms.map(|(free, slots)| (at_least(free.since(now)), *slots));
        Grant {
            allowed: self.share.allowed,
            slots: part.map_or(0, |part| part.slots),
            phantoms: phantoms.collect(),
            is_inherited: part.is_some_and(|part| part.is_inherited),
            owed: self.owed(member),
            is_capped: self.is_capped(member),
            is_needed: self.is_needed(member),
            guaranteed: stated
                .iter()
                .map(|want| (want.flow.clone(), self.guarantees.told(member, want)))
                .collect(),
        }
    }

    /// Whether the member's share of what all want is less than it wants, so that to want more brings it nothing.
    fn is_capped(&self, member: &MemberId) -> bool {
        let part = self.share.parts.get(member);
        self.target(member).wanted < part.map_or(0, |part| wanted(&part.wants))
    }

    /// Whether another member wants more than it has.
    fn is_needed(&self, member: &MemberId) -> bool {
        let others = self.share.parts.iter().filter(|(id, _)| *id != member);
        let mut others = others.map(|(_, part)| (wanted(&part.wants), part.slots));
        others.any(|(wants, has)| wants.saturating_sub(has) >= self.least_move(wants))
    }

    fn slots(&self, member: &MemberId) -> u32 {
        self.share.parts.get(member).map_or(0, |part| part.slots)
    }

    /// Whether the member lacks what it wants, or half of what it would have with nothing wanted.
    fn is_short(&self, member: &MemberId, target: &Target) -> bool {
        let has = self.slots(member);
        target.wanted.saturating_sub(has) >= self.least_move(target.wanted)
            || has < target.slots / 2
    }

    fn is_any_short(&self) -> bool {
        let mut targets = self.targets.iter();
        targets.any(|(member, target)| self.is_short(member, target))
    }

    /// The least number of slots that is worth a move, where a member has or wants so many.
    fn least_move(&self, slots: u32) -> u32 {
        least_move(self.share.moves_singly, self.share.allowed, slots)
    }
}
