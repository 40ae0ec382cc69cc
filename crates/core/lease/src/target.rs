//! How a limit is to be shared out: what each member is to have, by what all of them want.
//!
//! The order is the engine's own, over the whole cluster. First guarantees: what a flow is guaranteed is its members'
//! as far as they want it. Then classes, the first one first, but that each class that asks keeps the floor
//! ([`FLOOR_PERCENT`]). Within a class slots go to who has least of what it wants, in proportion to the weight of the
//! flows that ask there. What nobody wants goes to all in equal parts: no slot lies in the store where nobody can use
//! it, and a burst begins on any node without a round trip.

use crate::MemberId;
use crate::part::Part;
use std::collections::{BTreeMap, BTreeSet};
use tollgate_model::tally;

/// What each class below the first gets at least of a limit while it asks, in percent: as the engine has it.
const FLOOR_PERCENT: u32 = 1;

/// What a member is to have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Target {
    /// Of this, what it wants.
    pub(crate) wanted: u32,
    /// In all.
    pub(crate) slots: u32,
}

/// What each member is to have of so many slots.
pub(crate) fn targets(total: u32, parts: &BTreeMap<MemberId, Part>) -> BTreeMap<&MemberId, Target> {
    let mut left = total;
    let mut wanted = vec![0; parts.len()];
    // What is still wanted, by class and member.
    let mut wants = by_class(parts);
    for (flow, (class, guarantee)) in guarantees(parts) {
        let of_flow = parts.values().map(|part| part.guaranteed(flow));
        let of_flow: Vec<(u32, u32)> = of_flow.map(|slots| (slots, 1)).collect();
        let filled = fill(guarantee.min(left), &of_flow);
        for (member, given) in filled.into_iter().enumerate() {
            wanted[member] += given;
            left -= given;
            if let Some(of_class) = wants.get_mut(&class) {
                of_class[member].0 = of_class[member].0.saturating_sub(given);
            }
        }
    }
    let mut floors: u32 = wants.values().skip(1).map(|it| floor(total, it)).sum();
    for (place, of_class) in wants.values().enumerate() {
        if place > 0 {
            floors -= floor(total, of_class);
        }
        let filled = fill(left.saturating_sub(floors), of_class);
        for (member, given) in filled.into_iter().enumerate() {
            wanted[member] += given;
            left -= given;
        }
    }
    let rest = fill(left, &vec![(left, 1); parts.len()]);
    let of_members = wanted.into_iter().zip(rest);
    let targets = of_members.map(|(wanted, rest)| Target {
        wanted,
        slots: wanted + rest,
    });
    parts.keys().zip(targets).collect()
}

/// What each member wants in each class, with its weight there.
fn by_class(parts: &BTreeMap<MemberId, Part>) -> BTreeMap<u8, Vec<(u32, u32)>> {
    let mut wants = BTreeMap::new();
    for (member, part) in parts.values().enumerate() {
        for want in &part.wants {
            let of_class = wants.entry(want.class);
            let of_class = of_class.or_insert_with(|| vec![(0, 1); parts.len()]);
            of_class[member] = (want.slots, want.weight.max(1));
        }
    }
    wants
}

/// The flows with guarantees: class and guarantee, the most that a member states.
fn guarantees(parts: &BTreeMap<MemberId, Part>) -> BTreeMap<&str, (u8, u32)> {
    let mut flows = BTreeMap::new();
    for want in parts.values().flat_map(|part| &part.guaranteed) {
        let known = flows.entry(want.flow.as_str());
        let known = known.or_insert((want.class, want.guarantee));
        known.1 = known.1.max(want.guarantee);
    }
    flows
}

fn floor(total: u32, wants: &[(u32, u32)]) -> u32 {
    let asked: u64 = wants.iter().map(|(slots, _)| u64::from(*slots)).sum();
    let floor = u64::from(total) * u64::from(FLOOR_PERCENT) / 100;
    tally(floor.min(asked))
}

/// Shares `total` out so that nobody gets more than it wants, and who has less than it wants has no less, by its
/// weight, than any other. `wants` are slots and weights.
fn fill(total: u32, wants: &[(u32, u32)]) -> Vec<u32> {
    let mut given = vec![0; wants.len()];
    let mut left = total;
    let mut weights: u64 = wants.iter().map(|(_, weight)| u64::from(*weight)).sum();
    // Who wants least for its weight is served first, and leaves its rest to the others.
    let mut order: Vec<usize> = (0..wants.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (wants[a], wants[b]);
        (u64::from(a.0) * u64::from(b.1)).cmp(&(u64::from(b.0) * u64::from(a.1)))
    });
    for &member in &order {
        let (slots, weight) = wants[member];
        let fair = u64::from(left) * u64::from(weight) / weights.max(1);
        given[member] = tally(fair).min(slots);
        left -= given[member];
        weights -= u64::from(weight);
    }
    // Single slots that rounding left over.
    let mut unserved: BTreeSet<usize> = (0..wants.len()).collect();
    while left > 0 {
        unserved.retain(|&member| given[member] < wants[member].0);
        if unserved.is_empty() {
            break;
        }
        for &member in unserved.iter().take(left as usize) {
            given[member] += 1;
            left -= 1;
        }
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GuaranteedWant, Want};

    fn want(class: u8, slots: u32) -> Want {
        Want {
            class,
            weight: 1,
            slots,
        }
    }

    fn shared(total: u32, of_members: &[&[Want]]) -> Vec<(u32, u32)> {
        let parts = of_members.iter().zip(0..).map(|(wants, process)| {
            let part = Part {
                wants: wants.to_vec(),
                ..Part::default()
            };
            (MemberId::new("n", process), part)
        });
        let parts = parts.collect();
        let targets = targets(total, &parts);
        targets.values().map(|it| (it.wanted, it.slots)).collect()
    }

    #[test]
    fn nobody_gets_more_than_it_wants_while_another_has_less() {
        assert_eq!(fill(10, &[(8, 1), (8, 1), (2, 1)]), [4, 4, 2]);
        assert_eq!(fill(10, &[(8, 3), (8, 1)]), [7, 3]);
        assert_eq!(fill(100, &[(8, 3), (8, 1)]), [8, 8]);
        assert_eq!(fill(2, &[(1, 1), (1, 1), (1, 1)]), [0, 1, 1]);
        assert_eq!(fill(0, &[(1, 1)]), [0]);
        assert_eq!(fill(7, &[]), Vec::<u32>::new());
    }

    #[test]
    fn what_nobody_wants_is_shared_in_equal_parts() {
        let none: &[Want] = &[];
        assert_eq!(shared(300, &[none, none, none]), [(0, 100); 3]);
        assert_eq!(
            shared(300, &[&[want(0, 120)], none, none]),
            [(120, 180), (0, 60), (0, 60)]
        );
    }

    #[test]
    fn the_first_class_goes_first_and_others_keep_the_floor() {
        let targets = shared(300, &[&[want(0, 290)], &[want(1, 200)]]);
        assert_eq!(targets, [(290, 290), (10, 10)]);
        let targets = shared(300, &[&[want(0, 400)], &[want(1, 200)]]);
        assert_eq!(targets, [(297, 297), (3, 3)]);
    }

    #[test]
    fn a_guarantee_goes_before_the_first_class() {
        let guaranteed = GuaranteedWant {
            flow: "callbacks".into(),
            class: 1,
            guarantee: 30,
            slots: 80,
        };
        let first = Part {
            wants: vec![want(0, 400)],
            ..Part::default()
        };
        let second = Part {
            wants: vec![want(1, 80)],
            guaranteed: vec![guaranteed],
            ..Part::default()
        };
        let parts = [first, second].into_iter().zip(0..);
        let parts = parts.map(|(part, process)| (MemberId::new("n", process), part));
        let parts = parts.collect();
        let targets: Vec<u32> = targets(300, &parts).values().map(|it| it.slots).collect();
        assert_eq!(targets, [267, 33]);
    }
}
