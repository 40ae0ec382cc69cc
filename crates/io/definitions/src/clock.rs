//! The time of day.

use std::time::{SystemTime, UNIX_EPOCH};
use tollgate_store::WallTime;

/// Milliseconds since 1970, for the store.
#[must_use]
pub fn wall_time() -> WallTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    WallTime(since.map_or(0, |span| {
        i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
    }))
}
