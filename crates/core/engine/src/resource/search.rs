//! The instant at which enough slots have come free, where no formula tells it.

use std::time::Duration;
use tollgate_model::Instant;

/// How exactly the instant is found. It is never told too late.
const EXACT: Duration = Duration::from_millis(1);
/// How far ahead is searched.
const FURTHEST: Duration = Duration::from_secs(7 * 86_400);

/// The first instant from now on at which there is enough.
pub(super) fn search(now: Instant, mut enough: impl FnMut(Instant) -> bool) -> Instant {
    if enough(now) {
        return now;
    }
    let (mut few, mut many) = (Duration::ZERO, EXACT);
    while !enough(now + many) {
        if many > FURTHEST {
            return Instant::NEVER;
        }
        (few, many) = (many, many * 2);
    }
    while many - few > EXACT {
        let middle = (few + many) / 2;
        if enough(now + middle) {
            many = middle;
        } else {
            few = middle;
        }
    }
    now + few
}
