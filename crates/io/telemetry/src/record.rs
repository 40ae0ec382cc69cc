//! What is told of a call that has come to its end.

use crate::call_trace::CallTrace;
use opentelemetry::trace::SpanContext;
use std::fmt;
use std::time::{Duration, SystemTime};
use tokio::sync::oneshot;
use tollgate_cache::Source;
use tollgate_driver::AttemptNote;
use tollgate_engine::ShadowDecision;
use tollgate_model::Instant;
use uuid::Uuid;

/// A call's name: drawn when it is asked for, and the same in its answer, its record and the log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CallId(Uuid);

impl CallId {
    /// A name that no other call has.
    #[must_use]
    pub fn draw() -> Self {
        Self(Uuid::new_v4())
    }
}

impl From<Uuid> for CallId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

/// One call, once it is over. It borrows what it tells.
#[derive(Clone, Copy, Debug)]
pub struct CallRecord<'a> {
    /// Its name.
    pub id: CallId,
    /// Whose it is, where it isn't a caller's own: the composite's call, or the workflow's run.
    pub parent: Option<CallId>,
    /// When it was asked for.
    pub asked: SystemTime,
    /// From then to its end; of a request that passes through, to the begin of the answer.
    pub whole: Duration,
    /// How long it waited for its start: to the first send, or until it was clear that there would be none.
    pub waited: Duration,
    /// From the first send to the answer, retries included; none where the upstream gave none.
    pub upstream: Option<Duration>,
    /// Requests that were sent for it.
    pub attempts: u32,
    /// The flow that called.
    pub flow: &'a str,
    /// The integration that was called.
    pub integration: &'a str,
    /// What was called of it.
    pub subject: Subject<'a>,
    /// How it ended.
    pub outcome: CallOutcome,
    /// Where its output comes from; none where outputs are never kept, and where there is none.
    pub source: Option<Source>,
    /// Why it has no output, in the word that its caller has as `tollgateCode`.
    pub cause: Option<&'static str>,
    /// The limit that refused it, where one did.
    pub limit: Option<&'a str>,
    /// The limit that kept it from starting at once, where one did and it was taken in all the same.
    pub waited_for: Option<&'a str>,
    /// The name that its caller knows it by, where the caller's request gave one.
    pub caller_correlation: Option<&'a str>,
    /// The name that the upstream gave its answer to the last attempt.
    pub upstream_correlation: Option<&'a str>,
    /// The status that the upstream answered; none where it gave no answer, and of one whose answer was mapped.
    pub status: Option<u16>,
    /// What its spans are made of; none where calls aren't traced.
    pub trace: Option<TracedCall<'a>>,
}

/// What the spans of a call are made of, beside its record.
#[derive(Clone, Copy, Debug)]
pub struct TracedCall<'a> {
    /// Its place in the trace.
    pub trace: &'a CallTrace,
    /// How its attempts went; none where it isn't sampled.
    pub attempts: &'a [AttemptNote],
    /// From when to when it waited for a start that it didn't get.
    pub waited_in_vain: Option<(Instant, Instant)>,
    /// The call that has made its output, where another one has.
    pub made_by: Option<&'a SpanContext>,
}

impl CallRecord<'_> {
    /// Whether its caller has no output, for a reason that it was told.
    #[must_use]
    pub fn is_trouble(&self) -> bool {
        self.cause.is_some() || matches!(self.outcome, CallOutcome::Refused | CallOutcome::Failed)
    }

    /// Whether it waited for a start: it was sent, or waited in vain. What is refused at once has not.
    #[must_use]
    pub fn has_waited(&self) -> bool {
        self.attempts > 0 || matches!(self.cause, Some("expired" | "shed"))
    }
}

/// Where it will be told what would have become of a call, were nothing in shadow; none where nothing is.
pub type Foretold = Option<oneshot::Receiver<ShadowDecision>>;

/// What was called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject<'a> {
    /// An action, by its name.
    Action(&'a str),
    /// A request that passed through.
    Passed {
        /// Its method.
        method: &'a str,
        /// Its path, with placeholders.
        template: &'a str,
    },
}

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Action(name) => f.write_str(name),
            Self::Passed { method, template } => write!(f, "{method} {template}"),
        }
    }
}

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum CallOutcome {
    /// The upstream was asked for it, and there is an output.
    Answered,
    /// Its output was made by another call.
    Cached,
    /// A limit of ours held it off.
    Refused,
    /// It has no output for another reason.
    Failed,
    /// It is a composite, however it ended: its calls have records of their own.
    Composite,
    /// Its caller left before it ended.
    Abandoned,
}

impl CallOutcome {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Answered,
        Self::Cached,
        Self::Refused,
        Self::Failed,
        Self::Composite,
        Self::Abandoned,
    ];

    /// The word used in records, metrics and the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Cached => "cached",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Composite => "composite",
            Self::Abandoned => "abandoned",
        }
    }
}
