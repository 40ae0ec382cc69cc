//! What answers requests at a listener, which may become another one while the listener and its connections stay.

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::response::Response;
use axum::routing::future::RouteFuture;
use http::Request;
use std::convert::Infallible;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};
use tower::Service;

/// Answers each request by the router that is shown when it comes. Clones show the same one.
#[derive(Clone)]
pub(crate) struct Shown(Arc<RwLock<Router>>);

impl Shown {
    pub(crate) fn new(router: Router) -> Self {
        Self(Arc::new(RwLock::new(router)))
    }

    /// Shows what the other shows from now on. Requests under way end as they began.
    pub(crate) fn show(&self, other: &Self) {
        let router = other.router();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = router;
    }

    fn router(&self) -> Router {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        shown.clone()
    }
}

impl<B> Service<Request<B>> for Shown
where
    B: HttpBody<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // A router is always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.router().call(request)
    }
}
