//! The meter's laws, for any order of requests.

use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tollgate_meter::{Budget, Exhausted, LOOK_EVERY, Meter, Pattern, PatternError};

#[derive(Debug, Clone)]
enum Ask {
    Steps(u64),
    Hold(usize),
    Release(usize),
    Piece(u64, u64),
}

fn ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        (0_u64..4000).prop_map(Ask::Steps),
        (0_usize..4000).prop_map(Ask::Hold),
        (0_usize..4000).prop_map(Ask::Release),
        ((0_u64..4000), (0_u64..100)).prop_map(|(worst, usual)| Ask::Piece(worst, usual)),
    ]
}

proptest! {
    #[test]
    fn never_more_than_the_budget_and_once_stopped_stopped(
        steps in 0_u64..20_000,
        bytes in 0_u64..20_000,
        piece in 0_u64..5_000,
        asks in proptest::collection::vec(ask(), 0..60),
    ) {
        let meter = Meter::new(Budget { steps, bytes, piece });
        let (mut granted, mut held, mut ended) = (0, 0_u64, None);
        for ask in asks {
            let answer = match ask {
                Ask::Steps(n) => meter.steps(n).map(|()| granted += n),
                Ask::Piece(worst, usual) => meter.piece(worst, usual).map(|()| {
                    assert!(worst <= piece);
                    granted += usual;
                }),
                Ask::Hold(n) => meter.hold(n).map(|()| held += n as u64),
                Ask::Release(n) => {
                    meter.release(n);
                    held = held.saturating_sub(n as u64);
                    Ok(())
                }
            };
            prop_assert!(granted <= steps && held <= bytes);
            prop_assert_eq!((meter.steps_used(), meter.bytes_held()), (granted, held));
            match (answer, ended, matches!(ask, Ask::Release(_))) {
                (_, _, true) => {}
                (Ok(()), before, _) => prop_assert_eq!(before, None),
                (Err(why), before, _) => {
                    prop_assert!(before.is_none_or(|before| before == why));
                    ended = Some(why);
                }
            }
            prop_assert_eq!(meter.stopped(), ended);
        }
    }

    #[test]
    fn a_part_counts_as_the_whole_would(
        steps in 0_u64..6_000,
        sizes in proptest::collection::vec(0_u64..400, 0..60),
        cut in 0_usize..60,
    ) {
        let budget = Budget { steps, ..Budget::EXECUTION };
        let rest = Budget { steps: u64::MAX, bytes: u64::MAX, piece: u64::MAX };
        let (whole, alone) = (Meter::new(budget), Meter::new(budget));
        let (before, after) = sizes.split_at(cut.min(sizes.len()));
        let first = before.iter().all(|size| whole.steps(*size).is_ok());
        let part = whole.part(rest);
        let second = after.iter().all(|size| part.steps(*size).is_ok());
        prop_assert!(first || second == after.is_empty());
        let joined = whole.join(&part, rest);
        let granted = sizes.iter().all(|size| alone.steps(*size).is_ok());
        prop_assert_eq!(joined.is_ok(), granted);
        prop_assert_eq!(whole.stopped(), alone.stopped());
        prop_assert!(whole.steps_used() <= steps);
    }

    #[test]
    fn steps_at_once_are_granted_without_a_look(before in 0_u64..5_000, steps in 0_u64..5_000) {
        let raised = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&raised);
        let interrupt = Arc::new(move || seen.load(Ordering::Relaxed));
        let meter = Meter::interruptible(Budget { steps, ..Budget::EXECUTION }, interrupt);
        let _ = meter.steps(before);
        raised.store(true, Ordering::Relaxed);
        let free = meter.steps_at_once();
        prop_assert!(free < LOOK_EVERY && free <= steps);
        if free > 0 {
            prop_assert_eq!(meter.steps(free), Ok(()));
        }
        prop_assert!(meter.steps(1).is_err());
    }

    #[test]
    fn an_interrupt_stops_within_a_look(before in 0_u64..10_000, size in 1_u64..300) {
        let raised = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&raised);
        let interrupt = Arc::new(move || seen.load(Ordering::Relaxed));
        let meter = Meter::interruptible(Budget::EXECUTION, interrupt);
        for _ in 0..before {
            prop_assert_eq!(meter.steps(1), Ok(()));
        }
        raised.store(true, Ordering::Relaxed);
        let mut after = 0;
        while meter.steps(size).is_ok() {
            after += size;
        }
        prop_assert!(after <= LOOK_EVERY, "{}", after);
        prop_assert_eq!(meter.stopped(), Some(Exhausted::Interrupted));
    }
}

#[test]
fn a_budget_can_be_used_up_to_the_last_step() {
    let budget = Budget {
        steps: 3000,
        ..Budget::EXECUTION
    };
    let meter = Meter::new(budget);
    for _ in 0..3000 {
        assert_eq!(meter.steps(1), Ok(()));
    }
    assert_eq!(meter.steps(1), Err(Exhausted::Steps(3000)));
    assert_eq!(meter.hold(1), Err(Exhausted::Steps(3000)));
}

#[test]
fn a_pattern_that_is_too_large_is_called_so_within_one_execution() {
    let meter = Meter::default();
    let error = Pattern::compile("((a{1000}){1000}){1000}", &meter).unwrap_err();
    assert_eq!(error, PatternError::TooLarge);
    assert_eq!(meter.stopped(), None);
}
