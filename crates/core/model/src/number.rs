//! Numbers that become counts. What happens to one that doesn't fit is said here, and nowhere else: it becomes
//! the nearest count that there is.

use std::time::Duration;

/// A span in nanoseconds; `u64::MAX`, 584 years, for a longer one.
#[must_use]
pub const fn nanos(span: Duration) -> u64 {
    let seconds = span.as_secs().saturating_mul(1_000_000_000);
    seconds.saturating_add(span.subsec_nanos() as u64)
}

/// A span in full milliseconds; `u64::MAX` for a longer one.
#[must_use]
pub fn millis(span: Duration) -> u64 {
    span.as_millis().try_into().unwrap_or(u64::MAX)
}

/// What a number counts in full: 3 for 3.9, 0 for a negative one and for what is no number.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` goes to the nearest"
)]
pub const fn count(number: f64) -> u64 {
    number as u64
}

/// How many things there are, in the 32 bits that calls are counted with.
#[must_use]
#[inline]
pub fn tally(things: impl TryInto<u32>) -> u32 {
    things.try_into().unwrap_or(u32::MAX)
}
