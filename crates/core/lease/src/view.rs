//! What can be seen of a value without an exchange.

use crate::{LimitKey, MemberId, Value, Wants};
use std::collections::BTreeMap;

impl Value {
    /// The members that are to exchange soon: who has what others are short of, or is short of what nobody has.
    pub fn called(&self) -> impl Iterator<Item = &MemberId> {
        let is_called = |member: &&MemberId| self.limits.values().any(|it| it.calls(member));
        self.members.keys().filter(is_called)
    }

    /// What the member is to give back of each limit, since others need it, if it wants no more than this from now on.
    #[must_use]
    pub fn owed(
        &self,
        member: &MemberId,
        wants: &BTreeMap<LimitKey, Wants>,
    ) -> BTreeMap<LimitKey, u32> {
        let owed = self.limits.iter().map(|(key, share)| {
            let owed = match wants.get(key) {
                Some(wants) => share.clone().owed_with(member, wants),
                None => share.owed(member),
            };
            (key.clone(), owed)
        });
        owed.filter(|(_, slots)| *slots > 0).collect()
    }

    /// Each limit, as it is shared out.
    pub fn views(&self) -> impl Iterator<Item = LimitView<'_>> {
        self.limits.iter().map(|(key, share)| LimitView {
            key,
            allowed: share.allowed,
            leased: share.leased(),
            returning: share.returning(),
            unknown: share.unknown(),
            free: share.free(),
        })
    }

    /// The members.
    pub fn listed(&self) -> impl Iterator<Item = &MemberId> {
        self.members.keys()
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
    /// Its scope and name.
    pub key: &'a LimitKey,
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
}
