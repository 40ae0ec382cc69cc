//! Sharing a number out by what each one wants of it, and by weight.

use std::collections::BTreeSet;
use tollgate_model::tally;

/// Shares `total` out so that nobody gets more than it wants, and who has less than it wants has no less, by its
/// weight, than any other. `wants` are slots and weights.
pub(crate) fn fill(total: u32, wants: &[(u32, u32)]) -> Vec<u32> {
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

    #[test]
    fn nobody_gets_more_than_it_wants_while_another_has_less() {
        assert_eq!(fill(10, &[(8, 1), (8, 1), (2, 1)]), [4, 4, 2]);
        assert_eq!(fill(10, &[(8, 3), (8, 1)]), [7, 3]);
        assert_eq!(fill(100, &[(8, 3), (8, 1)]), [8, 8]);
        assert_eq!(fill(2, &[(1, 1), (1, 1), (1, 1)]), [0, 1, 1]);
        assert_eq!(fill(0, &[(1, 1)]), [0]);
        assert_eq!(fill(7, &[]), Vec::<u32>::new());
    }
}
