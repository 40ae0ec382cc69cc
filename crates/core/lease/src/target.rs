//! How a limit is to be shared out: what each member is to have, by what all of them want.
//!
//! The order is the engine's own, over the whole cluster. First guarantees: what a flow is guaranteed is its members'
//! as far as they want it (`guarantee`). Then classes, the first one first, but that each class that asks keeps the floor
//! ([`FLOOR_PERCENT`]), what its flows have by guarantees included. Within a class slots go to who has least of what it
//! wants, in proportion to the weight of the flows that ask there. What nobody wants goes to all in equal parts: no slot
//! lies in the store where nobody can use it, and a burst begins on any node without a round trip.

use crate::MemberId;
use crate::fill::fill;
use crate::guarantee::Guarantees;
use crate::part::Part;
use std::collections::BTreeMap;
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
pub(crate) fn targets<'a>(
    total: u32,
    parts: &'a BTreeMap<MemberId, Part>,
    guarantees: &Guarantees<'_>,
) -> BTreeMap<&'a MemberId, Target> {
    let mut left = total;
    let mut wanted = vec![0; parts.len()];
    // What is still wanted, by class and member.
    let mut wants = by_class(parts);
    let floors = wants.iter().skip(1);
    let floors = floors.map(|(class, of_class)| (*class, floor(total, of_class)));
    let mut floors: BTreeMap<u8, u32> = floors.collect();
    for guaranteed in guarantees.each() {
        for (member, share) in guaranteed.shares.iter().enumerate() {
            let given = share.held.min(left);
            wanted[member] += given;
            left -= given;
            if let Some(of_class) = wants.get_mut(&guaranteed.class) {
                of_class[member].0 = of_class[member].0.saturating_sub(given);
            }
            // It is of what the class has.
            if let Some(floor) = floors.get_mut(&guaranteed.class) {
                *floor = floor.saturating_sub(given);
            }
        }
    }
    for (class, of_class) in &wants {
        floors.remove(class);
        let of_lower: u32 = floors.values().sum();
        let filled = fill(left.saturating_sub(of_lower), of_class);
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

fn floor(total: u32, wants: &[(u32, u32)]) -> u32 {
    let asked: u64 = wants.iter().map(|(slots, _)| u64::from(*slots)).sum();
    let floor = u64::from(total) * u64::from(FLOOR_PERCENT) / 100;
    tally(floor.min(asked))
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
        let targets = targets(total, &parts, &Guarantees::of(&parts));
        targets.values().map(|it| (it.wanted, it.slots)).collect()
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
            ..GuaranteedWant::default()
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
        let targets = targets(300, &parts, &Guarantees::of(&parts));
        let targets: Vec<u32> = targets.values().map(|it| it.slots).collect();
        assert_eq!(targets, [270, 30], "the floor is among it, as on one node");
    }
}
