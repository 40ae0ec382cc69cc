//! What is guaranteed to a flow, shared out among the members at which it asks.
//!
//! On one node a guarantee is a right: so many starts in any period go before all others. It keeps no slot free for a flow
//! that doesn't ask. So rights are what is shared out, of which all members together have no more than the guarantee:
//!
//! - Each member gets what its flow wants there; where that is too much together, who wants least is served first.
//! - A start by right counts for a period, wherever the flow asks next. Where a member has had more of them than its part, as
//!   after its flow has gone to another one, the others get theirs as those run out. So over all members, too, no period has
//!   more starts by right than are guaranteed.
//! - What nobody wants is spread evenly, for a burst at any member. A right that isn't used costs nobody anything.
//!
//! A member holds to what it was told until its next exchange. Until then two that were told by different values may have more
//! together than is guaranteed. It is used only by calls at a member that said that none would come; these are news, so that
//! lasts for as long as the pause between two requests. The limit itself is not concerned: a right is one to go first
//! within the member's part.

use crate::fill::fill;
use crate::part::Part;
use crate::want::least_move;
use crate::{GuaranteedWant, MemberId, Right};
use std::collections::{BTreeMap, BTreeSet};

/// What members have of the guarantees of those flows that ask for something under a limit.
#[derive(Debug)]
pub(crate) struct Guarantees<'a> {
    parts: &'a BTreeMap<MemberId, Part>,
    by_flow: BTreeMap<&'a str, Guaranteed>,
}

/// What members have of one flow's guarantee, in the order of the members.
#[derive(Debug)]
pub(crate) struct Guaranteed {
    pub(crate) class: u8,
    pub(crate) shares: Vec<FlowShare>,
}

/// What one member has of one flow's guarantee.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct FlowShare {
    /// What the flow would hold here.
    wants: u32,
    /// Of this, what it has a right to.
    gets: u32,
    /// Slots that are held here by right, or will be.
    pub(crate) held: u32,
    /// Its right, with its part of what nobody wants.
    right: u32,
}

impl<'a> Guarantees<'a> {
    pub(crate) fn of(parts: &'a BTreeMap<MemberId, Part>) -> Self {
        let asking = parts.values().flat_map(|part| &part.guaranteed);
        let flows: BTreeSet<&str> = asking.map(|want| want.flow.as_str()).collect();
        let by_flow = flows.into_iter().map(|flow| {
            let wants = parts.values().map(|part| part.guaranteed(flow));
            (flow, Guaranteed::share(wants.collect()))
        });
        let by_flow = by_flow.collect();
        Self { parts, by_flow }
    }

    /// Those of each flow, in the order of their names.
    pub(crate) fn each(&self) -> impl Iterator<Item = &Guaranteed> {
        self.by_flow.values()
    }

    /// What the member is told of a flow that it has stated, with what it wants or without.
    pub(crate) fn told(&self, member: &MemberId, stated: &GuaranteedWant) -> Right {
        let Some(place) = self.parts.keys().position(|it| it == member) else {
            return Right::default();
        };
        let of_nobody;
        let shares = match self.by_flow.get(stated.flow.as_str()) {
            Some(guaranteed) => &guaranteed.shares,
            None => {
                of_nobody = share(stated.guarantee, vec![(0, 0); self.parts.len()]);
                &of_nobody
            }
        };
        let is_short = |it: &FlowShare| it.gets < it.wants;
        let others = shares.iter().enumerate().filter(|(at, _)| *at != place);
        Right {
            slots: shares[place].right,
            is_capped: is_short(&shares[place]),
            is_needed: others.map(|(_, it)| it).any(is_short),
        }
    }

    /// What the member gets of what a flow wants there.
    pub(crate) fn gets(&self, member: &MemberId, flow: &str) -> u32 {
        let place = self.parts.keys().position(|it| it == member);
        let shares = self.by_flow.get(flow).map(|it| &it.shares);
        let its = place.and_then(|place| shares?.get(place));
        its.map_or(0, |it| it.gets)
    }

    /// Whether the member has or lacks much that it wasn't told of.
    pub(crate) fn is_news(&self, member: &MemberId) -> bool {
        let stated = self.parts.get(member).into_iter();
        let mut stated = stated.flat_map(|part| &part.guaranteed);
        stated.any(|want| {
            let gets = self.gets(member, &want.flow);
            gets.abs_diff(want.told) >= least_move(false, want.guarantee, want.told)
        })
    }
}

impl Guaranteed {
    /// Shares out what members state, none where one states nothing. Where they state different guarantees the largest one
    /// holds.
    fn share(stated: Vec<Option<&GuaranteedWant>>) -> Self {
        let known = || stated.iter().flatten();
        let guarantee = known().map(|want| want.guarantee).max();
        let class = known().map(|want| want.class).min();
        let wants = stated.iter();
        let wants = wants.map(|it| it.map_or((0, 0), |want| (want.slots, want.held)));
        Self {
            class: class.unwrap_or_default(),
            shares: share(guarantee.unwrap_or_default(), wants.collect()),
        }
    }
}

/// Shares a guarantee out among members that want so many slots, and hold so many of them.
fn share(guarantee: u32, members: Vec<(u32, u32)>) -> Vec<FlowShare> {
    let each = |slots: Vec<u32>| slots.into_iter().map(|it| (it, 1)).collect::<Vec<_>>();
    let sum = |slots: &[u32]| slots.iter().sum::<u32>();
    let (wants, holds): (Vec<u32>, Vec<u32>) = members.into_iter().unzip();
    let fair = fill(guarantee, &each(wants.clone()));
    let holds = fill(guarantee, &each(holds));
    let lacks = fair.iter().zip(&holds);
    let lacks = lacks.map(|(fair, holds)| fair.saturating_sub(*holds));
    let more = fill(guarantee - sum(&holds), &each(lacks.collect()));
    let held: Vec<u32> = holds
        .iter()
        .zip(more)
        .map(|(holds, more)| holds + more)
        .collect();
    let left = guarantee - sum(&held);
    let rest = fill(left, &vec![(left, 1); held.len()]);
    let shares = wants.into_iter().zip(fair).zip(held.into_iter().zip(rest));
    let shares = shares.map(|((wants, fair), (held, rest))| {
        let gets = held.min(fair);
        let right = gets + rest;
        FlowShare {
            wants,
            gets,
            held,
            right,
        }
    });
    shares.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_model::Stream;

    /// What members have a right to, of those that want and hold this.
    fn rights(guarantee: u32, members: &[(u32, u32)]) -> Vec<u32> {
        let shares = share(guarantee, members.to_vec());
        shares.iter().map(|it| it.right).collect()
    }

    #[test]
    fn each_member_has_what_its_flow_wants_there() {
        assert_eq!(rights(60, &[(60, 60), (0, 0), (0, 0)]), [60, 0, 0]);
        assert_eq!(rights(60, &[(90, 30), (10, 10), (0, 0)]), [50, 10, 0]);
        assert_eq!(rights(60, &[(60, 30), (60, 30)]), [30, 30]);
    }

    #[test]
    fn what_nobody_wants_is_spread_evenly() {
        assert_eq!(rights(60, &[(0, 0); 3]), [20; 3]);
        assert_eq!(rights(2, &[(0, 0); 3]).iter().sum::<u32>(), 2);
        assert_eq!(rights(60, &[(30, 20), (0, 0), (0, 0)]), [40, 10, 10]);
    }

    #[test]
    fn a_start_by_right_counts_wherever_the_flow_asks_next() {
        // It has gone from the first member to the second, whose calls wait for what the first one still holds.
        assert_eq!(rights(60, &[(60, 60), (30, 0)]), [30, 0]);
        assert_eq!(rights(60, &[(40, 40), (30, 0)]), [30, 20]);
        assert_eq!(rights(60, &[(10, 10), (50, 40)]), [10, 50]);
    }

    #[test]
    fn all_members_together_have_no_more_than_is_guaranteed() {
        let mut stream = Stream::new(1);
        for _ in 0..100_000 {
            let guarantee = stream.below(40) as u32;
            let members = (0..1 + stream.below(5)).map(|_| {
                let holds = stream.below(20) as u32;
                (holds + stream.below(20) as u32, holds)
            });
            let members: Vec<(u32, u32)> = members.collect();
            let shares = share(guarantee, members.clone());
            let sum = |of: fn(&FlowShare) -> u32| shares.iter().map(of).sum::<u32>();
            assert!(sum(|it| it.right) <= guarantee, "{guarantee} {members:?}");
            assert!(sum(|it| it.held) <= guarantee, "{guarantee} {members:?}");
            let wants: u32 = members.iter().map(|(wants, _)| wants).sum();
            for (share, (wants_it, holds)) in shares.iter().zip(&members) {
                assert!(share.gets <= *wants_it);
                let is_whole = wants <= guarantee;
                assert!(
                    !is_whole || share.gets == *wants_it,
                    "{guarantee} {members:?}"
                );
                let all_held: u32 = members.iter().map(|(_, holds)| holds).sum();
                assert!(all_held > guarantee || share.held >= *holds);
            }
            if wants <= guarantee {
                assert_eq!(sum(|it| it.right), guarantee, "{members:?}");
            }
        }
    }
}
