//! Pauses while the store doesn't answer: they double up to a bound.

use std::time::Duration;

/// The first pause, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

/// The next pause; `trouble`: the last one, none if the store has answered since.
pub(crate) fn grown(trouble: &mut Option<Duration>) -> Duration {
    let (first, longest) = PAUSES;
    *trouble.insert(trouble.map_or(first, |last| (last * 2).min(longest)))
}
