//! What can be seen of a value without an exchange.

use crate::balance::Balance;
use crate::want::wanted;
use crate::{Doubt, GuaranteedWant, LimitKey, MemberId, Right, StoreTime, Value, Wants};
use std::collections::BTreeSet;
use std::time::Duration;

impl Value {
    /// The members that are to exchange soon: who has what others are short of, is short of what nobody has, or was not
    /// told of a notice.
    #[must_use]
    pub fn called(&self) -> BTreeSet<&MemberId> {
        let shares = self.limits.values();
        let by_limits = shares.flat_map(|share| Balance::of(share).called());
        let untold = self.members.iter();
        let untold = untold.filter(|(_, member)| member.turn < self.notices.turn);
        by_limits.chain(untold.map(|(id, _)| id)).collect()
    }

    /// What members were told that all are to know: key and text, in the order of the keys.
    pub fn notices(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.notices.all.iter();
        all.filter_map(|(key, noted)| Some((key.as_str(), noted.notice.text.as_deref()?)))
    }

    /// What the member is to give back of a limit, since others need it, if it wants no more than this from now on.
    pub(crate) fn owed(&self, key: &str, member: &MemberId, wants: &Wants) -> u32 {
        let Some(share) = self.limits.get(key) else {
            return 0;
        };
        let mut share = share.clone();
        share.want(member, wants);
        Balance::of(&share).owed(member)
    }

    /// Each limit, as it is shared out.
    pub fn views(&self) -> impl Iterator<Item = LimitView<'_>> {
        self.limits.iter().map(|(key, share)| LimitView {
            key,
            name: share.name.as_deref().unwrap_or(key),
            allowed: share.allowed,
            leased: share.leased(),
            returning: share.returning(),
            unknown: share.unknown(),
            free: share.free(),
            returned_in: self.until(share.returning.keys().next_back()),
            known_in: self.until(share.unknown.as_ref().map(|(until, _)| until)),
        })
    }

    fn until(&self, instant: Option<&StoreTime>) -> Duration {
        instant.map_or(Duration::ZERO, |instant| instant.since(self.clock))
    }

    /// Who has which part of a limit.
    pub fn parts(&self, key: &str) -> impl Iterator<Item = PartView<'_>> {
        let parts = self.limits.get(key).into_iter();
        parts
            .flat_map(|share| &share.parts)
            .map(|(member, part)| PartView {
                member,
                slots: part.slots,
                wants: wanted(&part.wants),
            })
    }

    /// What each member would be told of a flow's guarantee, of which so much is guaranteed where nobody asks for any.
    pub fn rights(&self, key: &str, flow: &GuaranteedWant) -> impl Iterator<Item = Right> {
        let share = self.limits.get(key).into_iter();
        share.flat_map(|share| {
            let guarantees = share.guarantees();
            let told = |member| guarantees.told(member, flow);
            share.parts.keys().map(told).collect::<Vec<_>>()
        })
    }

    /// The members, and how their leases stood at the last exchange.
    pub fn members(&self) -> impl Iterator<Item = MemberView<'_>> {
        self.members.iter().map(|(member, known)| MemberView {
            member,
            since: self.clock.since(known.at),
            left: known.until().since(self.clock),
        })
    }

    /// Whether the value is learned anew, and why.
    #[must_use]
    pub fn learning(&self) -> Option<LearningView> {
        let unknown = self.limits.values().filter_map(|it| it.unknown.as_ref());
        let unknown = unknown.filter(|(_, slots)| *slots > 0);
        let last = unknown.map(|(until, _)| until).max();
        (self.is_learning() || last.is_some()).then(|| LearningView {
            why: self.doubt,
            over_in: self.until(last.max(Some(&self.strangers_until))),
        })
    }

    /// The longest that leases last which members were granted.
    #[must_use]
    pub fn lease(&self) -> Duration {
        self.lease.span()
    }

    /// How often the value was not trusted since it was made.
    #[must_use]
    pub fn doubts(&self) -> u64 {
        self.doubts
    }
}

/// How a limit is shared out, in slots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LimitView<'a> {
    /// What nodes call it.
    pub key: &'a LimitKey,
    /// What people call it: its scope and name.
    pub name: &'a str,
    /// What it allows in all.
    pub allowed: u32,
    /// Members' parts.
    pub leased: u32,
    /// On their way back.
    pub returning: u32,
    /// Of nobody known, after a doubt.
    pub unknown: u32,
    /// Of nobody.
    pub free: u32,
    /// How long after the last exchange all that is on its way back will be free.
    pub returned_in: Duration,
    /// How long after the last exchange nobody unknown can have anything any more.
    pub known_in: Duration,
}

/// A value that is learned anew: members show what they have, and what nobody shows is given to nobody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LearningView {
    /// Why it was not trusted; none where an older version found that.
    pub why: Option<Doubt>,
    /// How long after the last exchange all of it will be known.
    pub over_in: Duration,
}

/// A member's part of a limit, in slots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartView<'a> {
    /// Whose it is.
    pub member: &'a MemberId,
    /// What it has.
    pub slots: u32,
    /// What it would use.
    pub wants: u32,
}

/// A member at the last exchange of any member, in the store's time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemberView<'a> {
    /// Who it is.
    pub member: &'a MemberId,
    /// How long ago its own last exchange was then.
    pub since: Duration,
    /// How long its leases were to last from then.
    pub left: Duration,
}
