//! Errors in the platform's shape.

mod access;
mod answer;
mod body;
mod inline;

use crate::ends::{RETRY_AFTER, end};
use access::{jobs_full, transfers_full};
pub(crate) use body::ErrorBody;
use http::StatusCode;
pub(crate) use inline::{RESULT, with_output};
use serde_json::{Map, Value};
use std::time::Duration;
use tollgate_definitions::{LookupError, NameError, RefreshError};
use tollgate_execution::{Cause, ExecuteError};
use tollgate_json::DocError;
use tollgate_store::{Entity, StoreError};
use tollgate_telemetry::{CallId, Seldom};
use tollgate_workers::WorkerError;

/// An answer that says what is wrong and what to do. Boxed: errors are rare, and results are moved often.
#[derive(Clone, Debug)]
pub struct ApiError(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    status: StatusCode,
    code: &'static str,
    /// Our own word, which tells more apart.
    own: Option<&'static str>,
    /// The `errorCode` of its detail.
    detail: Option<&'static str>,
    message: String,
    params: Map<String, Value>,
    errors: Vec<String>,
    retry_after: Option<Duration>,
    /// The name of the call that ended so.
    call: Option<CallId>,
    /// When the call could have started at the earliest.
    earliest_start: Option<Duration>,
}

impl ApiError {
    /// An error of which nothing more is to be told. `code` is the platform's word for it, or ours.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            status,
            code,
            own: None,
            detail: None,
            message: message.into(),
            params: Map::new(),
            errors: Vec::new(),
            retry_after: None,
            call: None,
            earliest_start: None,
        }))
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

    /// What isn't there.
    #[must_use]
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not.found", message)
    }

    /// What the caller's roles don't allow; `needed` is the role that would.
    pub(crate) fn forbidden(message: impl Into<String>, needed: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "missing.permissions", message).with("needed", needed)
    }

    /// What stands in the way of the request.
    #[must_use]
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
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

    pub(crate) fn status(&self) -> StatusCode {
        self.0.status
    }

    /// Our own word for it, which tells more apart.
    #[must_use]
    pub fn own_code(&self) -> &'static str {
        self.0.own.unwrap_or(self.0.code)
    }
}

/// How a call ended, by the table of ends.
impl From<ExecuteError> for ApiError {
    fn from(error: ExecuteError) -> Self {
        let of = end(error.cause, error.upstream_status);
        let mut api = Self::new(of.status, of.code, error.message.clone());
        let millis = error
            .earliest_start
            .map(|span| span.as_millis().to_string());
        let params = [
            ("tollgateCode", of.own.map(str::to_owned)),
            (
                "upstreamStatus",
                error.upstream_status.map(|it| it.to_string()),
            ),
            ("upstreamBody", error.upstream_body.clone()),
            ("client", error.client.clone()),
            ("call", error.call.clone()),
            ("limit", error.limit.clone()),
            ("earliestStartMillis", millis),
        ];
        for (name, value) in params {
            if let Some(value) = value {
                api = api.with(name, value);
            }
        }
        api.0.own = of.own;
        api.0.call = error.call_id;
        api.0.earliest_start = error.earliest_start;
        api.0.detail = match error.in_login {
            true => end(Cause::Login, None).detail,
            false => of.detail,
        };
        api.0.errors.clone_from(&error.violations);
        match error.retry_after {
            Some(span) => api.retry_after(span),
            None => api,
        }
    }
}

impl From<LookupError> for ApiError {
    fn from(error: LookupError) -> Self {
        ExecuteError::from(error).into()
    }
}

impl From<NameError> for ApiError {
    fn from(error: NameError) -> Self {
        match &error {
            NameError::NoIntegration(_) | NameError::NoAction { .. } => {
                Self::not_found(error.to_string())
            }
            NameError::Integrations { ids, .. } | NameError::Actions { ids, .. } => {
                Self::conflict("name.not.unique", error.to_string()).with("ids", ids.join(","))
            }
        }
    }
}

impl From<WorkerError> for ApiError {
    fn from(refused: WorkerError) -> Self {
        ExecuteError::from(refused).into()
    }
}

impl From<RefreshError> for ApiError {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Store(error) => error.into(),
            RefreshError::Workers(refused) => refused.into(),
            RefreshError::Ended => WorkerError::Died.into(),
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
/// Tells the log now and then that the store fails: each request that needs it has this to say.
fn note_away(error: &StoreError) {
    static AWAY: Seldom = Seldom::once_in(Duration::from_secs(10));
    if AWAY.is_due() {
        tracing::error!(%error, "store");
    } else {
        tracing::debug!(%error, "store");
    }
}

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
            StoreError::LastAdministrator => Self::conflict(
                "last.administrator",
                "Nothing was changed: this is the last OAuth client that may administer everything, and without one \
                 nobody could change any. Give another active client the role administer everywhere first, or a \
                 [[caller]] of the configuration file.",
            ),
            StoreError::OtherGrant(_) => Self::bad_request(message),
            StoreError::Full { entity: Entity::Job, limit } => jobs_full(*limit),
            StoreError::Full { entity: Entity::Transfer, limit } => transfers_full(*limit),
            StoreError::Full { limit, .. } | StoreError::TooLarge { limit } => {
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
                note_away(&error);
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
