//! Traces: spans of each call, sent to a collector by OpenTelemetry's protocol (OTLP over HTTP).
//!
//! **Made at the end.** No span is held open while a call is under way. A call that is traced has a [`CallTrace`], which knows
//! its place in the trace and notes what happens to it; when the call has ended, its spans are made of its record and of
//! that. A call that isn't sampled has one too, since who comes after it has to know that ([`CallTrace::context`]), but notes
//! nothing. Without a collector there is none, and a call costs a look at an empty option.
//!
//! **Who decides** which calls are sampled: the caller, where its request says so (`traceparent`); else a part of all traces is,
//! by the trace's number, so that all who see a trace decide alike.
//!
//! **Nothing waits for a collector.** Spans go through a queue with a bound (`export`); what finds no room there, or isn't
//! taken, is counted and gone.

mod client;
mod export;
mod settings;
mod spans;
mod variables;

pub use crate::call_trace::CallTrace;
pub use opentelemetry::trace::SpanContext;
pub use settings::{TraceSettings, TracesError};
pub use variables::wanted as wanted_by_variables;

use crate::record::CallRecord;
use export::Export;
use opentelemetry::Context;
use opentelemetry::trace::{SpanKind, TraceContextExt as _, TraceFlags, TraceState};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{
    IdGenerator as _, RandomIdGenerator, Sampler, SamplingDecision, ShouldSample as _,
};
use std::sync::Arc;
use tollgate_driver::Messenger;
use tollgate_model::Instant;

/// Makes spans of calls, and has them sent. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Traces {
    sampler: Sampler,
    export: Arc<Export>,
}

impl Traces {
    /// Begins to send spans by this way out.
    ///
    /// # Errors
    /// A setting or a variable that can't be used.
    pub fn start(settings: &TraceSettings, messenger: Messenger) -> Result<Self, TracesError> {
        let ratio = match settings.sample_ratio {
            Some(ratio) => ratio,
            None => variables::sample_ratio()?,
        };
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(ratio)));
        let export = Arc::new(Export::start(settings, messenger)?);
        Ok(Self { sampler, export })
    }

    /// The place of a call that begins now, which is also the instant `at` of the driver's time line.
    pub(crate) fn begin(&self, parent: Option<&SpanContext>, at: Instant) -> CallTrace {
        let ids = RandomIdGenerator::default();
        let trace = parent.map_or_else(|| ids.new_trace_id(), SpanContext::trace_id);
        let above = parent.map(|it| Context::new().with_remote_span_context(it.clone()));
        let decided =
            self.sampler
                .should_sample(above.as_ref(), trace, "call", &SpanKind::Server, &[], &[]);
        let is_sampled = decided.decision == SamplingDecision::RecordAndSample;
        let flags = TraceFlags::default().with_sampled(is_sampled);
        let state = parent.map_or(TraceState::NONE, |it| it.trace_state().clone());
        let context = SpanContext::new(trace, ids.new_span_id(), flags, false, state);
        CallTrace::new(context, parent.cloned(), at)
    }

    /// Sends the spans of a call that has ended.
    pub(crate) fn ended(&self, record: &CallRecord<'_>) {
        if let Some(traced) = record.trace.filter(|traced| traced.trace.is_sampled()) {
            self.export.put(spans::of(record, &traced));
        }
    }

    /// Spans that were not sent.
    pub(crate) fn lost(&self) -> u64 {
        self.export.lost()
    }

    /// Spans that the collector has taken.
    pub(crate) fn sent(&self) -> u64 {
        self.export.sent()
    }

    /// Waits until all is sent that waits to be, but not for long.
    pub(crate) async fn settle(&self) {
        self.export.settle().await;
    }
}

/// The span that a request's headers name as its own (`traceparent`, `tracestate`); none where they name none that is well formed.
pub(crate) fn context_of(headers: &http::HeaderMap) -> Option<SpanContext> {
    use opentelemetry::propagation::TextMapPropagator as _;
    if !headers.contains_key(tollgate_driver::TRACEPARENT) {
        return None;
    }
    let read = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
    let context = read.span().span_context().clone();
    context.is_valid().then_some(context)
}
