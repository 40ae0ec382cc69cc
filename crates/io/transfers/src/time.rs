//! Times of the store.

use std::time::Duration;
use tollgate_store::WallTime;

/// A time, so much later; saturates.
pub(crate) fn later(time: WallTime, span: Duration) -> WallTime {
    let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    WallTime(time.0.saturating_add(millis))
}
