//! A call from the moment it is asked for to its record, which is made however it ends.
//!
//! Whoever waits for a call may leave: then its future is dropped wherever it stands, and the record is made of what is
//! known by then.

use crate::error::ExecuteError;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tollgate_cache::Source;
use tollgate_driver::{Driver, Progress};
use tollgate_telemetry::traces::{CallTrace, SpanContext};
use tollgate_telemetry::{
    CallId, CallOrigin, CallOutcome, CallRecord, Foretold, Subject, Telemetry, TracedCall,
};

/// A call under way.
pub(crate) struct UnderWay<'a> {
    telemetry: &'a Telemetry,
    driver: &'a Driver,
    id: CallId,
    parent: Option<CallId>,
    origin: CallOrigin,
    flow: &'a str,
    integration: &'a str,
    subject: Subject<'a>,
    pub(crate) is_composite: bool,
    /// How far its execution is; nothing is noted there of a call that has none of its own.
    pub(crate) progress: Arc<Progress>,
    /// Its place in its trace.
    pub(crate) trace: Option<Arc<CallTrace>>,
    begun: (SystemTime, Instant),
    foretold: Foretold,
    is_over: bool,
}

/// How a call has ended.
#[derive(Clone, Copy, Default)]
pub(crate) struct Ending<'a> {
    /// There is no output for this reason.
    pub(crate) error: Option<&'a ExecuteError>,
    /// How long it waited, where that isn't what its execution did.
    pub(crate) waited: Option<Duration>,
    /// Where its output comes from.
    pub(crate) source: Option<Source>,
    /// The status that the upstream answered.
    pub(crate) status: Option<u16>,
    /// The call that has made its output, where another one has, and calls are traced.
    pub(crate) made_by: Option<&'a SpanContext>,
}

impl<'a> UnderWay<'a> {
    /// A call that is asked for now.
    pub(crate) fn begin(
        (telemetry, driver): (&'a Telemetry, &'a Driver),
        (id, parent, origin): (CallId, Option<CallId>, CallOrigin),
        (flow, integration): (&'a str, &'a str),
        subject: Subject<'a>,
        foretold: Foretold,
    ) -> Self {
        let trace = telemetry.begin_trace(origin.span.as_ref(), || driver.now());
        Self {
            telemetry,
            driver,
            id,
            parent,
            origin,
            flow,
            integration,
            subject,
            is_composite: false,
            progress: Arc::default(),
            trace,
            begun: (SystemTime::now(), Instant::now()),
            foretold,
            is_over: false,
        }
    }

    /// The call is over.
    pub(crate) fn end(mut self, ending: Ending<'_>) {
        let outcome = match ending {
            Ending {
                source: Some(Source::Shared | Source::Fresh | Source::Stale),
                ..
            } => CallOutcome::Cached,
            _ if self.is_composite => CallOutcome::Composite,
            Ending { error: None, .. } => CallOutcome::Answered,
            Ending {
                error: Some(error), ..
            } if error.cause.is_refusal() => CallOutcome::Refused,
            Ending { .. } => CallOutcome::Failed,
        };
        self.record(outcome, ending);
    }

    fn record(&mut self, outcome: CallOutcome, ending: Ending<'_>) {
        self.is_over = true;
        let (asked, begun) = self.begun;
        let waited = ending
            .waited
            .unwrap_or_else(|| self.progress.waited(self.driver.now()));
        let of_error = ending.error.and_then(|error| error.upstream_status);
        let status = ending.status.or(of_error);
        let progress = &*self.progress;
        let (correlation, waited_for) = (progress.correlation(), progress.waited_for());
        let trace = self.trace.as_deref();
        let attempts = match trace.is_some_and(CallTrace::is_sampled) {
            true => progress.notes(),
            false => Vec::new(),
        };
        let record = CallRecord {
            id: self.id,
            parent: self.parent,
            asked,
            whole: begun.elapsed(),
            waited,
            upstream: self.progress.under_way().filter(|_| status.is_some()),
            attempts: self.progress.attempts(),
            flow: self.flow,
            integration: self.integration,
            subject: self.subject,
            outcome,
            source: ending.source,
            cause: ending.error.map(|error| error.cause.code()),
            limit: ending.error.and_then(|error| error.limit.as_deref()),
            waited_for: waited_for.as_deref(),
            caller_correlation: self.origin.correlation.as_deref(),
            upstream_correlation: correlation.as_deref(),
            status,
            trace: trace.map(|trace| TracedCall {
                trace,
                attempts: &attempts,
                waited_in_vain: progress.waited_in_vain(self.driver.now()),
                made_by: ending.made_by,
            }),
        };
        let foretold = self.foretold.take();
        self.telemetry.ended(&record, foretold);
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let outcome = match self.is_composite {
            true => CallOutcome::Composite,
            false => CallOutcome::Abandoned,
        };
        self.record(outcome, Ending::default());
    }
}
