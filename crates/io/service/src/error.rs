//! Errors in the platform's shape.

use crate::ends::{Cause, RETRY_AFTER};
use crate::json::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::time::Duration;
use tollgate_definitions::guard::AddressError;
use tollgate_definitions::{LookupError, RefreshError};
use tollgate_driver::Redactor;
use tollgate_json::DocError;
use tollgate_store::StoreError;

/// An answer that says what is wrong and what to do. Boxed: errors are rare, and results are moved often.
#[derive(Clone, Debug)]
pub(crate) struct ApiError(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    status: StatusCode,
    code: &'static str,
    /// Of an execution: why it ended.
    cause: Option<Cause>,
    /// The `errorCode` of its detail.
    detail: Option<&'static str>,
    message: String,
    params: Map<String, Value>,
    errors: Vec<String>,
    retry_after: Option<Duration>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            status,
            code,
            cause: None,
            detail: None,
            message: message.into(),
            params: Map::new(),
            errors: Vec::new(),
            retry_after: None,
        }))
    }

    /// How an execution ended, by the table of [`crate::ends`].
    pub(crate) fn of(cause: Cause, message: impl Into<String>) -> Self {
        Self::ended(cause, None, message)
    }

    /// An execution that ended with an upstream's status that is not 2xx.
    pub(crate) fn of_upstream(status: u16, message: impl Into<String>) -> Self {
        Self::ended(Cause::of_upstream(status), Some(status), message)
            .with("upstreamStatus", status)
    }

    fn ended(cause: Cause, upstream: Option<u16>, message: impl Into<String>) -> Self {
        let (status, code) = cause.status(upstream);
        let mut error = Self::new(status, code, message).with("tollgateCode", cause.own());
        error.0.cause = Some(cause);
        error.0.detail = cause.detail();
        error
    }

    /// The same, as the end of the login that an execution needs; `login` says which kind of one.
    pub(crate) fn of_login(mut self, login: &str) -> Self {
        if self.0.cause.is_some_and(Cause::fails_a_login) {
            let refused = Self::of(Cause::Login, "");
            (self.0.status, self.0.code) = (refused.0.status, refused.0.code);
            self.0.cause = refused.0.cause;
            self.0.params.extend(refused.0.params);
        }
        self.0.detail = Cause::Login.detail();
        self.0
            .message
            .insert_str(0, &format!("The {login} failed: "));
        self
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad.request", message)
    }

    /// A fault of this program, told of in the log.
    pub(crate) fn internal() -> Self {
        let message = "Something went wrong in tollgate itself; see the service's log.";
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::new(status, "internal.server.error", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not.found", message)
    }

    /// What the caller's roles don't allow; `needed` is the role that would.
    pub(crate) fn forbidden(message: impl Into<String>, needed: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "missing.permissions", message).with("needed", needed)
    }

    pub(crate) fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// A fact for programs, such as the limit's name. The platform's `messageParams` are texts.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.0
            .params
            .insert(name.to_owned(), Value::String(value.to_string()));
        self
    }

    /// What is wrong in particular, each an error of its own in the answer.
    #[must_use]
    pub(crate) fn because(mut self, errors: Vec<String>) -> Self {
        self.0.errors = errors;
        self
    }

    /// Tells the caller when it is worth trying again.
    #[must_use]
    pub(crate) fn retry_after(mut self, span: Duration) -> Self {
        self.0.retry_after = Some(span);
        if self.0.status == StatusCode::TOO_MANY_REQUESTS {
            self.0.code = RETRY_AFTER;
        }
        self
    }

    /// The same without any secret: what an execution says may quote what its upstream answered.
    #[must_use]
    pub(crate) fn struck(mut self, redactor: &Redactor) -> Self {
        let strike = |text: &mut String| {
            if let Cow::Owned(struck) = redactor.strike(text) {
                *text = struck;
            }
        };
        strike(&mut self.0.message);
        self.0.errors.iter_mut().for_each(strike);
        for param in self.0.params.values_mut() {
            if let Value::String(text) = param {
                strike(text);
            }
        }
        self
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.0.status
    }

    /// Our own word for it, which tells more apart.
    pub(crate) fn own_code(&self) -> &'static str {
        self.0.cause.map_or(self.0.code, Cause::own)
    }

    /// Why the execution ended, if it is of one.
    pub(crate) fn cause(&self) -> Option<Cause> {
        self.0.cause
    }

    /// What it says.
    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    /// The body, as part of another answer.
    pub(crate) fn body(&self) -> Value {
        self.to_json(&uuid::Uuid::new_v4().to_string())
    }

    fn to_json(&self, context: &str) -> Value {
        let parts = &self.0;
        let status = parts.status.as_u16();
        let nested = |message: &String| {
            json!({
                "message": message, "code": parts.code, "status": status, "messageParams": {},
                "contextId": context, "details": [], "errors": [],
            })
        };
        let details = parts.detail.iter();
        json!({
            "message": parts.message,
            "code": parts.code,
            "status": status,
            "messageParams": parts.params,
            "contextId": context,
            "details": details.map(|code| json!({"errorCode": code})).collect::<Vec<_>>(),
            "errors": parts.errors.iter().map(nested).collect::<Vec<_>>(),
        })
    }
}

/// Why something of the catalogue can't be called, in the API's words.
impl From<LookupError> for ApiError {
    fn from(error: LookupError) -> Self {
        let message = error.to_string();
        match error {
            LookupError::NoAction(_) | LookupError::NoIntegration(_) => Self::not_found(message),
            LookupError::Unusable(_) => Self::of(Cause::NotUsable, message),
            LookupError::Inactive { .. } => Self::of(Cause::NotActive, message),
        }
    }
}

impl From<AddressError> for ApiError {
    fn from(error: AddressError) -> Self {
        Self::of(Cause::Address, error.to_string())
    }
}

impl From<RefreshError> for ApiError {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Store(error) => error.into(),
            RefreshError::Workers(refused) => refused.into(),
        }
    }
}

/// What is wrong with a request's body.
impl From<DocError> for ApiError {
    fn from(error: DocError) -> Self {
        Self::bad_request(match error {
            DocError::NotJson(_) | DocError::NotAnObject(_) => {
                format!("The request body {error}.")
            }
            DocError::Missing(_) | DocError::Unexpected { .. } => format!("{error}."),
        })
    }
}

/// What the store says, in the API's words. Which status follows from which error is the table in the
/// crate's documentation.
impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let unavailable = StatusCode::SERVICE_UNAVAILABLE;
        let internal = StatusCode::INTERNAL_SERVER_ERROR;
        let message = format!("{error}.");
        match &error {
            StoreError::NotFound { .. } => Self::not_found(format!("There is {message}")),
            StoreError::Stale { current, .. } => Self::conflict(
                "version.conflict",
                format!("Changed since it was read: {error}; nothing was changed now. Get it and try again."),
            )
            .with("version", current.0),
            StoreError::Conflict { what, .. } => {
                Self::conflict("already.exists", format!("Nothing was changed: {message}"))
                    .with("field", what)
            }
            StoreError::InUse { by, id, .. } => {
                Self::conflict("in.use", format!("Nothing was changed: {message}"))
                    .with(by.word(), id)
            }
            StoreError::Full { limit, .. } => {
                Self::conflict("limit.reached", format!("Nothing was changed: {message}"))
                    .with("limit", limit)
            }
            StoreError::TooLarge { limit } => {
                Self::conflict("limit.reached", format!("Nothing was changed: {message}"))
                    .with("limit", limit)
            }
            StoreError::Invalid(_) => Self::bad_request(message),
            StoreError::Denied => Self::new(
                StatusCode::UNAUTHORIZED,
                "bad.credentials",
                "Invalid login credentials.",
            ),
            StoreError::Busy { .. } => Self::new(unavailable, "store.busy", message)
                .retry_after(Duration::from_secs(1)),
            StoreError::DiskFull => Self::new(unavailable, "store.full", message)
                .retry_after(Duration::from_secs(60)),
            StoreError::Database { .. } => {
                tracing::error!(%error, "store");
                // The database's own words may name hosts and tables; the log has them.
                let message = "The store can't be reached or failed; see the service's log.";
                Self::new(unavailable, "store.unavailable", message)
                    .retry_after(Duration::from_secs(5))
            }
            StoreError::Unsealable { .. } | StoreError::Corrupt { .. } => {
                tracing::error!(%error, "store");
                let message = "What the store holds can't be used; see the service's log.";
                Self::new(internal, "store.corrupt", message)
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let context = uuid::Uuid::new_v4().to_string();
        tracing::debug!(
            context,
            status = self.0.status.as_u16(),
            code = self.0.code,
            "error"
        );
        let mut response = (self.0.status, Json(self.to_json(&context))).into_response();
        let headers = response.headers_mut();
        if let Ok(context) = HeaderValue::from_str(&context) {
            headers.insert("inin-correlation-id", context);
        }
        if let Some(span) = self.0.retry_after {
            // Rounded up: a caller that comes back too early is refused again.
            let seconds = span.as_secs() + u64::from(span.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}
