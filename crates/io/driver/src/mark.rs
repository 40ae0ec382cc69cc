//! What tells an upstream of which trace an attempt is a part (W3C Trace Context).

use http::{HeaderMap, HeaderName, HeaderValue};
use std::fmt::Debug;

/// The headers that say so.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// What vendors of tracing systems add to it.
pub const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Names the attempts of one call.
pub trait Mark: Debug + Send + Sync {
    /// The number of a new attempt's span, and the `traceparent` that says it.
    fn attempt(&self) -> (u64, Option<HeaderValue>);

    /// The `tracestate` that goes with it.
    fn state(&self) -> Option<HeaderValue>;
}

/// Marks a request as a new attempt, unless it says itself of which trace it is a part. Gives the number of the attempt's span.
pub(crate) fn mark(headers: &mut HeaderMap, by: &dyn Mark) -> u64 {
    let (span, parent) = by.attempt();
    if let Some(parent) = parent
        && !headers.contains_key(TRACEPARENT)
    {
        headers.insert(TRACEPARENT, parent);
        if let Some(state) = by.state() {
            headers.insert(TRACESTATE, state);
        }
    }
    span
}
