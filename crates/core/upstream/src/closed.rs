//! Requests that no gateway passes on, whatever a caller's list says.

use crate::{Endpoint, RequestPath};
use std::sync::LazyLock;

/// Why a request is never passed on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Closed {
    /// It is a login's, or of the caller's own token: these are the service's own, where it has them.
    Own,
    /// It is of notification channels, which belong to one token and lead to a WebSocket.
    Notifications,
}

static CLOSED: LazyLock<Vec<(Endpoint, Closed)>> = LazyLock::new(|| {
    let written = [
        ("* /oauth", Closed::Own),
        ("* /oauth/**", Closed::Own),
        ("* /login", Closed::Own),
        ("* /login/**", Closed::Own),
        ("* /api/v2/tokens/me", Closed::Own),
        ("* /api/v2/notifications", Closed::Notifications),
        ("* /api/v2/notifications/**", Closed::Notifications),
    ];
    let read = written
        .iter()
        .filter_map(|(text, why)| Some((text.parse().ok()?, *why)));
    read.collect()
});

impl Closed {
    /// Why such a request is never passed on, however its path is written; none where it may be.
    #[must_use]
    pub fn of(method: &str, path: RequestPath<'_>) -> Option<Self> {
        let found = CLOSED.iter().find(|(it, _)| it.counts(method, path));
        found.map(|(_, why)| *why)
    }

    /// Why none of the requests that the endpoint names is ever passed on; none where one may be.
    #[must_use]
    pub fn of_all(endpoint: &Endpoint) -> Option<Self> {
        let found = CLOSED.iter().find(|(it, _)| endpoint.is_within(it));
        found.map(|(_, why)| *why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_closed_is_closed_for_each_and_for_all() {
        assert_eq!(CLOSED.len(), 7);
        for (endpoint, request, why) in [
            ("POST /oauth/token", "/oauth/token", Some(Closed::Own)),
            ("* /Login/**", "/login/x/y", Some(Closed::Own)),
            ("GET /oauth", "/OAUTH/", Some(Closed::Own)),
            (
                "* /api/v2/tokens/me",
                "/api/v2/tokens/%6De",
                Some(Closed::Own),
            ),
            (
                "POST /api/v2/notifications/channels/{id}/subscriptions",
                "/api/v2/notifications/channels/7/subscriptions",
                Some(Closed::Notifications),
            ),
            ("GET /api/v2/tokens/{id}", "/api/v2/tokens/7", None),
            ("GET /api/v2/users", "/api/v2/users", None),
            ("* /**", "/api", None),
            ("* /{x}/**", "/login2", None),
        ] {
            let method = "GET";
            let path = RequestPath::new(request).unwrap();
            assert_eq!(Closed::of(method, path), why, "{request}");
            assert_eq!(
                Closed::of_all(&endpoint.parse().unwrap()),
                why,
                "{endpoint}"
            );
        }
    }
}
