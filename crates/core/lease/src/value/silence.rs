//! Members that are silent: whether they have died, are cut off or stand still, the value can't know.
//!
//! What a member had is out for a tail after its lease's end, since its calls may count as long. For so long it is kept for the
//! member: given to nobody, it can't be missing to anybody if the member comes again.
//!
//! Where it is known that a member has died, and all that it sent, there is nothing to wait for: the process that knows this
//! goes on with its part.

use super::Value;
use crate::{MemberId, Request};

impl Value {
    /// Members whose leases have surely ended are members no more, and what they had is kept for them while their calls may
    /// count. Not so the one that asks: it sends nothing after the end of its lease, and nobody else has what is still
    /// listed as its own.
    pub(super) fn expire(&mut self, asking: &MemberId) {
        let now = self.clock;
        let over = self.members.iter();
        let over = over.filter(|(id, member)| *id != asking && member.until() <= now);
        let over: Vec<_> = over.map(|(id, it)| (id.clone(), it.clone())).collect();
        for (id, member) in over {
            self.members.remove(&id);
            for share in self.limits.values_mut() {
                share.keep(&id, member.until());
            }
            self.away.insert(id, member);
        }
    }

    /// What is over is free, and kept for nobody.
    pub(super) fn release(&mut self) {
        let now = self.clock;
        self.limits.values_mut().for_each(|it| it.release(now));
        let limits = &self.limits;
        let is_kept = |id: &MemberId| limits.values().any(|share| share.kept.contains_key(id));
        self.away.retain(|id, _| is_kept(id));
    }

    /// The member has come again before what it had was free.
    pub(super) fn take_up(&mut self, member: &MemberId) {
        if let Some(known) = self.away.remove(member) {
            self.members.insert(member.clone(), known);
            for share in self.limits.values_mut() {
                share.restore(member);
            }
        }
    }

    /// A process that comes in the place of one that has died has what that one had.
    pub(super) fn inherit(&mut self, request: &Request) {
        let known = self.members.keys().chain(self.away.keys());
        let mut known = known.filter(|id| Some(id.process()) == request.succeeds);
        let Some(dead) = known.find(|id| **id != request.member).cloned() else {
            return;
        };
        self.take_up(&dead);
        self.members.remove(&dead);
        let now = self.clock;
        for (key, share) in &mut self.limits {
            let known = request.claims.get(key).map_or(0, |claim| claim.inherited);
            share.inherit(&dead, &request.member, known, now);
        }
    }
}
