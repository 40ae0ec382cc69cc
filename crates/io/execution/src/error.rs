//! Why a call has no output, and what its caller is told.

use crate::cause::Cause;
use crate::composite::CallEnd;
use futures_util::FutureExt as _;
use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tollgate_definitions::LookupError;
use tollgate_definitions::guard::AddressError;
use tollgate_driver::Redactor;
use tollgate_telemetry::CallId;
use tollgate_workers::WorkerError;

/// Why a call has no output. Boxed: errors are rare, and results are moved often.
#[derive(Clone, Debug)]
pub struct ExecuteError(Box<Parts>);

/// What an error says.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Why.
    pub cause: Cause,
    /// What happened and what to do, for people.
    pub message: String,
    /// What breaks the contract, each in words.
    pub violations: Vec<String>,
    /// The name of the limit that binds.
    pub limit: Option<String>,
    /// The name of the OAuth client that has no token.
    pub client: Option<String>,
    /// When the call could have started at the earliest, from now.
    pub earliest_start: Option<Duration>,
    /// The status that the upstream answered.
    pub upstream_status: Option<u16>,
    /// The begin of what the upstream answered.
    pub upstream_body: Option<String>,
    /// When it is worth trying again, from now.
    pub retry_after: Option<Duration>,
    /// Whether it is the login that the call needs that ended so.
    pub in_login: bool,
    /// The call of a composite that ended so.
    pub call: Option<String>,
    /// The name of the call that ended so, where it was one that is recorded.
    pub call_id: Option<CallId>,
    /// How all calls of a composite ended; empty where none were made.
    pub calls: Arc<[CallEnd]>,
}

impl std::ops::Deref for ExecuteError {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl ExecuteError {
    /// An error of which nothing more is to be told.
    pub fn new(cause: Cause, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            cause,
            message: message.into(),
            violations: Vec::new(),
            limit: None,
            client: None,
            earliest_start: None,
            upstream_status: None,
            upstream_body: None,
            retry_after: None,
            in_login: false,
            call: None,
            call_id: None,
            calls: Arc::default(),
        }))
    }

    /// A fault of this program, told of in the log.
    #[must_use]
    pub fn fault() -> Self {
        let message = "Something went wrong in tollgate itself; see the service's log.";
        Self::new(Cause::Fault, message)
    }

    /// The same, and what more is to be told.
    #[must_use]
    pub(crate) fn with(mut self, tell: impl FnOnce(&mut Parts)) -> Self {
        tell(&mut self.0);
        self
    }

    /// The same, as the end of the login that a call needs; `login` says which kind of one.
    #[must_use]
    pub(crate) fn of_login(self, login: &str) -> Self {
        self.with(|it| {
            if it.cause.fails_a_login() {
                it.cause = Cause::Login;
            }
            it.in_login = true;
            it.message.insert_str(0, &format!("The {login} failed: "));
        })
    }

    /// The same, as the end of the composite that the call of this name belongs to.
    #[must_use]
    pub(crate) fn of_call(self, name: &str) -> Self {
        self.with(|it| {
            it.call = Some(name.to_owned());
            it.message
                .insert_str(0, &format!("The call {name:?} of the composite failed: "));
        })
    }

    /// The same, as the end of the call of this name.
    #[must_use]
    pub(crate) fn of_id(self, id: CallId) -> Self {
        self.with(|it| it.call_id = Some(id))
    }

    /// The same without any secret: what it says may quote what the upstream answered.
    #[must_use]
    pub(crate) fn struck(self, redactor: &Redactor) -> Self {
        let strike = |text: &mut String| {
            if let Cow::Owned(struck) = redactor.strike(text) {
                *text = struck;
            }
        };
        self.with(|it| {
            strike(&mut it.message);
            it.violations.iter_mut().for_each(strike);
            for text in [&mut it.limit, &mut it.client, &mut it.upstream_body] {
                text.iter_mut().for_each(strike);
            }
        })
    }
}

impl From<LookupError> for ExecuteError {
    fn from(error: LookupError) -> Self {
        let cause = match &error {
            LookupError::NoAction(_) | LookupError::NoIntegration(_) => Cause::Unknown,
            LookupError::Unusable(_) => Cause::NotUsable,
            LookupError::Inactive { .. } => Cause::NotActive,
        };
        Self::new(cause, error.to_string())
    }
}

impl From<AddressError> for ExecuteError {
    fn from(error: AddressError) -> Self {
        Self::new(Cause::Address, error.to_string())
    }
}

impl From<WorkerError> for ExecuteError {
    fn from(refused: WorkerError) -> Self {
        let cause = match refused {
            WorkerError::Full(_) => Cause::Crowded,
            WorkerError::AllFull(_) | WorkerError::Late(_) => Cause::Overcrowded,
            WorkerError::Died => return Self::fault(),
        };
        let message = format!(
            "Not carried out: its templates, paths or contracts take long to calculate, and {refused}. Call again \
             later, send less, or make the action simpler."
        );
        Self::new(cause, message).with(|it| it.retry_after = Some(Duration::from_secs(1)))
    }
}

/// A panic costs this call, and not the run of a workflow that makes it.
pub(crate) async fn caught<T>(
    work: impl Future<Output = Result<T, ExecuteError>>,
) -> Result<T, ExecuteError> {
    let result = AssertUnwindSafe(work).catch_unwind().await;
    result.unwrap_or_else(|_| Err(ExecuteError::fault()))
}
