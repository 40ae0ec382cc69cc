//! Gateways at the service's own listener: those that a host name or the begin of a path leads to, and the one that gets
//! what the API doesn't have.

use crate::gateway::Gateway;
use axum::body::Body;
use axum::response::Response;
use axum::{Extension, Router};
use http::{Request, header};
use std::sync::Arc;
use tollgate_api::Elsewhere;
use tollgate_config::Entrance;
use tower::ServiceExt as _;

/// The gateways in front of the service's API.
#[derive(Clone)]
pub struct Front {
    gateways: Arc<[Gateway]>,
    api: Router,
}

impl Front {
    /// Requests that are for none of the gateways go to the API.
    pub fn router(gateways: Vec<Gateway>, api: Router) -> Router {
        let (rest, mut gateways): (Vec<_>, Vec<_>) = gateways
            .into_iter()
            .partition(|it| it.settings().entrance == Entrance::UnknownPaths);
        let api = match rest.into_iter().next() {
            Some(gateway) => api.layer(Extension(elsewhere(gateway))),
            None => api,
        };
        if gateways.is_empty() {
            return api;
        }
        // The longest prefix first: one below another is reached.
        gateways.sort_by_key(|it| match &it.settings().entrance {
            Entrance::Prefix(prefix) => usize::MAX - prefix.len(),
            Entrance::Listener(_) | Entrance::Host(_) | Entrance::UnknownPaths => 0,
        });
        let front = Self {
            gateways: gateways.into(),
            api,
        };
        Router::new().fallback(move |request: Request<Body>| front.answer(request))
    }

    async fn answer(self, request: Request<Body>) -> Response {
        let path = request.uri().path().to_owned();
        let host = host(&request);
        for gateway in &*self.gateways {
            let below = match &gateway.settings().entrance {
                Entrance::Listener(_) | Entrance::UnknownPaths => None,
                Entrance::Host(name) => (host.as_ref() == Some(name)).then_some(path.as_str()),
                Entrance::Prefix(prefix) => below(&path, prefix),
            };
            if let Some(below) = below {
                return gateway.answer(below, request).await;
            }
        }
        match self.api.oneshot(request).await {
            Ok(answer) => answer,
            Err(never) => match never {},
        }
    }
}

/// Answers what the API doesn't have by a gateway.
fn elsewhere(gateway: Gateway) -> Elsewhere {
    Elsewhere::new(move |request: Request<Body>| {
        let gateway = gateway.clone();
        async move {
            let path = request.uri().path().to_owned();
            gateway.answer(&path, request).await
        }
    })
}

/// What is left of the path behind the prefix.
fn below<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    match path.strip_prefix(prefix)? {
        "" => Some("/"),
        below => below.starts_with('/').then_some(below),
    }
}

/// The host that the request is for, in lower case and without its port.
fn host(request: &Request<Body>) -> Option<String> {
    let named = request.uri().authority().map(|it| it.as_str());
    let header = || request.headers().get(header::HOST)?.to_str().ok();
    let host = named.or_else(header)?;
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    Some(name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_at_a_slash() {
        assert_eq!(below("/g/api/v2", "/g"), Some("/api/v2"));
        assert_eq!(below("/g", "/g"), Some("/"));
        assert_eq!(below("/g//api", "/g"), Some("//api"));
        assert_eq!(below("/gx/api", "/g"), None);
        assert_eq!(below("//g/api", "/g"), None);
    }

    #[test]
    fn a_host_has_no_port_and_no_capitals() {
        let host = |uri: &str, header: Option<&str>| {
            let request = Request::builder().uri(uri);
            let request = header
                .into_iter()
                .fold(request, |it, host| it.header("host", host));
            super::host(&request.body(Body::empty()).unwrap())
        };
        assert_eq!(host("/", Some("A.example:80")).unwrap(), "a.example");
        assert_eq!(host("/", Some("a.example")).unwrap(), "a.example");
        assert_eq!(
            host("http://b.example/", Some("a.example")).unwrap(),
            "b.example"
        );
        assert_eq!(host("/", None), None);
    }
}
