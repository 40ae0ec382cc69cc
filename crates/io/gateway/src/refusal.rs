//! Why a request doesn't pass.

use http::StatusCode;
use tollgate_api::ApiError;
use tollgate_upstream::BadPath;

/// Why a request doesn't pass, before its turn is asked for.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// The request line names a host, a tunnel or nothing.
    #[error("The request's target must be a path, /…, not a URL, a host or *.")]
    Target,
    /// The path could mean another one to some server.
    #[error("The request's path is not passed on: {0}. Write it plainly.")]
    Path(BadPath),
    /// The method is none that a list can name.
    #[error("The method is not passed on: GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS are.")]
    Method,
    /// The request asks for another protocol.
    #[error("Upgrades to other protocols, such as WebSockets, are not passed through.")]
    Upgrade,
    /// The path is one of notification channels.
    #[error(
        "Notification channels are not passed through: they belong to one token and lead to a WebSocket. Open \
         them at the platform itself."
    )]
    Notifications,
    /// The path belongs to this service, and isn't one that it has.
    #[error(
        "Logins and the caller's own token are this service's here: POST /oauth/token, DELETE /api/v2/tokens/me."
    )]
    Own,
    /// No entry of the caller's list names the request.
    #[error(
        "This caller may not pass {method} {path} through; what it may is listed in its pass_through in the \
         configuration."
    )]
    NotListed {
        /// The request's method.
        method: String,
        /// The request's path.
        path: String,
    },
    /// The body is longer than may be.
    #[error("The request body is longer than {0} bytes.")]
    TooLong(u64),
    /// The body came too slowly.
    #[error("The request body took too long to arrive.")]
    TooSlow,
    /// The body ended before its end.
    #[error("The request body broke off.")]
    BrokeOff,
}

impl Refusal {
    const fn word(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Target => (StatusCode::BAD_REQUEST, "gateway.target"),
            Self::Path(_) => (StatusCode::BAD_REQUEST, "gateway.path"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "method.not.allowed"),
            Self::Upgrade => (StatusCode::NOT_IMPLEMENTED, "gateway.upgrade"),
            Self::Notifications => (StatusCode::NOT_IMPLEMENTED, "gateway.notifications"),
            Self::Own => (StatusCode::NOT_FOUND, "not.found"),
            Self::NotListed { .. } => (StatusCode::FORBIDDEN, "gateway.not.listed"),
            Self::TooLong(_) => (StatusCode::PAYLOAD_TOO_LARGE, "request.entity.too.large"),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "request.timeout"),
            Self::BrokeOff => (StatusCode::BAD_REQUEST, "bad.request"),
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let (status, code) = refusal.word();
        Self::new(status, code, refusal.to_string())
    }
}
