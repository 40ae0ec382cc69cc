//! What our own operations take of their caller: one table, which is asked before any of them.
//!
//! An operation looks closer where its role has to hold over something: an action, an integration. What the table
//! refuses, none allows.
//!
//! **A viewer is kept out of all that isn't listed for it**, the platform's operations included: what is to be seen of an
//! operation that is new is decided here, and until then it isn't seen. It may read and end its own token.

use crate::error::ApiError;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use tollgate_callers::{Forbidden, Principal};
use tollgate_store::Role;

/// What an operation takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Right {
    /// Any role, be it that of who only looks: what is shown names no other caller.
    Look,
    /// To see how all of the service stands: `view` or `administer`, over everything.
    Watch,
    /// Any role but that of who only looks.
    Work,
    /// This role, over something; the operation says over what.
    Hold(Role),
}

/// Our own operations, by method and path, and those of the platform that a viewer has as well.
#[rustfmt::skip]
pub(crate) const TABLE: [(&str, &str, Right); 28] = [
    ("GET", "/metrics", Right::Look),
    ("GET", "/api/v2/tollgate/overview", Right::Watch),
    ("GET", "/api/v2/tollgate/history", Right::Watch),
    ("GET", "/api/v2/tollgate/events", Right::Watch),
    ("GET", "/api/v2/tollgate/failures", Right::Watch),
    ("GET", "/api/v2/tollgate/calls/{callId}", Right::Watch),
    ("GET", "/api/v2/tollgate/limits", Right::Look),
    ("PUT", "/api/v2/tollgate/limits", Right::Hold(Role::Administer)),
    ("GET", "/api/v2/tollgate/flows", Right::Look),
    ("GET", "/api/v2/tollgate/closings", Right::Look),
    ("DELETE", "/api/v2/tollgate/closings", Right::Hold(Role::Administer)),
    ("GET", "/api/v2/tollgate/learned", Right::Look),
    ("DELETE", "/api/v2/tollgate/learned", Right::Hold(Role::Administer)),
    ("GET", "/api/v2/tollgate/upstreams", Right::Look),
    ("GET", "/api/v2/tollgate/cluster", Right::Look),
    ("GET", "/api/v2/tollgate/cache", Right::Look),
    ("DELETE", "/api/v2/tollgate/cache/{actionId}", Right::Hold(Role::Author)),
    ("GET", "/api/v2/tollgate/log", Right::Hold(Role::Administer)),
    ("PUT", "/api/v2/tollgate/log", Right::Hold(Role::Administer)),
    ("POST", "/api/v2/tollgate/reload", Right::Hold(Role::Administer)),
    ("GET", "/api/v2/tollgate/actions/{actionId}/export", Right::Work),
    ("POST", "/api/v2/tollgate/actions/{integration}/{name}/execute", Right::Work),
    ("GET", "/api/v2/tollgate/jobs", Right::Work),
    ("GET", "/api/v2/tollgate/jobs/{jobId}", Right::Work),
    ("DELETE", "/api/v2/tollgate/jobs/{jobId}", Right::Work),
    ("POST", "/api/v2/tollgate/workflows", Right::Hold(Role::Execute)),
    ("GET", "/api/v2/tokens/me", Right::Look),
    ("DELETE", "/api/v2/tokens/me", Right::Look),
];

impl Right {
    /// What an operation takes; a HEAD is answered as a GET is.
    fn of(method: &Method, path: &str) -> Self {
        let method = match *method {
            Method::HEAD => "GET",
            _ => method.as_str(),
        };
        let mut listed = TABLE.iter();
        let found = listed.find(|(of, at, _)| (*of, *at) == (method, path));
        // The platform's operations say themselves what they take, and some take no role at all.
        found.map_or(Self::Work, |(_, _, right)| *right)
    }

    fn allows(self, caller: &Principal) -> Result<(), Forbidden> {
        match self {
            Self::Look => Ok(()),
            Self::Watch => caller.needs_watch(),
            Self::Work if caller.only_looks() => Err(Forbidden {
                needed: "any role but view",
            }),
            Self::Work => Ok(()),
            Self::Hold(role) if caller.holds(role) => Ok(()),
            Self::Hold(role) => Err(Forbidden {
                needed: role.word(),
            }),
        }
    }
}

/// Lets nobody through who may not ask for the operation at all.
pub(crate) async fn check(request: Request, next: Next) -> Result<Response, ApiError> {
    let extensions = request.extensions();
    let path = extensions.get::<MatchedPath>().map(MatchedPath::as_str);
    let right = Right::of(request.method(), path.unwrap_or_default());
    if let Some(caller) = extensions.get::<Principal>() {
        right.allows(caller)?;
    }
    Ok(next.run(request).await)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::router::document;

    #[test]
    fn each_operation_of_our_own_is_listed_and_nothing_else() {
        let document = document();
        let paths = document["paths"].as_object().unwrap();
        let guarded = paths.iter().flat_map(|(path, operations)| {
            let operations = operations.as_object().into_iter().flatten();
            let guarded = operations.filter(|(_, it)| it.get("security").is_none());
            guarded.map(move |(method, _)| (method.to_ascii_uppercase(), path.as_str()))
        });
        let guarded: Vec<_> = guarded.collect();
        let is_listed = |method: &str, path: &str| {
            let mut listed = TABLE.iter();
            listed.any(|(of, at, _)| (*of, *at) == (method, path))
        };
        for (method, path) in &guarded {
            let own = path.contains("/tollgate/") || *path == "/metrics";
            assert!(!own || is_listed(method, path), "{method} {path}");
        }
        for (method, path, right) in TABLE {
            let known = guarded
                .iter()
                .any(|(of, at)| (of.as_str(), *at) == (method, path));
            assert!(known, "{method} {path} isn't an operation");
            let only_reads = method == "GET" || path == "/api/v2/tokens/me";
            let of_viewers = matches!(right, Right::Look | Right::Watch);
            assert!(only_reads || !of_viewers, "{method} {path}");
        }
    }
}
