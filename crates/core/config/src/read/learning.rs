//! `[learning]`: what is learned of limits that are not as they are configured.

use super::limits;
use tollgate_engine::Policy;
use tollgate_settings::Section;

/// Each takes a place in the engine's tables from the start on.
const MOST_LIMITS: u64 = 1_000;
const MOST_ENDPOINTS: u64 = 10_000;

/// The policy, with what the file says of learning.
pub(super) fn read(root: &Section<'_, '_>, policy: Policy) -> Policy {
    let Some(section) = root.section("learning") else {
        return policy;
    };
    let whole = |key, most| {
        let number = section.whole(key, 1..=most);
        number.and_then(|number| u32::try_from(number).ok())
    };
    let limits = whole("max_limits", MOST_LIMITS).unwrap_or(policy.learned_limits);
    let endpoints = whole("max_endpoints", MOST_ENDPOINTS).unwrap_or(policy.endpoint_routes);
    let follow = limits::follow(&section);
    let on = section.flag("on").unwrap_or(true);
    section.finish();
    Policy {
        learned_limits: if on { limits } else { 0 },
        endpoint_routes: endpoints,
        follow: follow.map_or(policy.follow, |follow| follow.value),
        ..policy
    }
}
