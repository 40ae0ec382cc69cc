//! Until when limits are closed by a 429, as this node has told the others or heard of them.

use std::collections::BTreeMap;
use tollgate_lease::{LimitKey, Notice};
use tollgate_model::Instant;

/// The closings that this node and the others know of.
#[derive(Default)]
pub(crate) struct Closings(BTreeMap<LimitKey, Instant>);

impl Closings {
    /// What the others don't know yet, where the engine has the limit closed until then or open.
    pub(crate) fn news(
        &mut self,
        key: &str,
        until: Option<Instant>,
        now: Instant,
    ) -> Option<Notice<Instant>> {
        let known = self.0.get(key).copied().filter(|known| *known > now);
        let (text, end) = match (known, until) {
            (known, Some(until)) if known != Some(until) => (Some("429".to_owned()), until),
            (Some(known), None) => (None, known),
            _ => return None,
        };
        match text {
            Some(_) => self.0.insert(key.to_owned(), end),
            None => self.0.remove(key),
        };
        let end = Some(end);
        Some(Notice { text, end })
    }

    /// Others have told that the limit is closed until then.
    pub(crate) fn hear(&mut self, key: &str, end: Instant) {
        let known = self.0.entry(key.to_owned()).or_insert(end);
        *known = end.max(*known);
    }

    /// Others have told that the limit is open.
    pub(crate) fn forget(&mut self, key: &str) {
        self.0.remove(key);
    }
}
