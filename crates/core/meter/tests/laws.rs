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
