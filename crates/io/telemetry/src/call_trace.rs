//! A call's place in its trace, and what is noted for its spans while it is under way.

use http::HeaderValue;
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tollgate_driver::{Mark, Url};

/// Parts of one call's work that are noted, at the most; a call that logs in anew renders twice.
const MOST_PARTS: usize = 8;

/// A call's place in its trace.
#[derive(Debug)]
pub struct CallTrace {
    context: SpanContext,
    parent: Option<SpanContext>,
    /// When it began: on three clocks that go on alike.
    begun: (SystemTime, Instant, tollgate_model::Instant),
    parts: Mutex<Vec<Part>>,
    target: OnceLock<Target>,
}

/// A part of the call's own work.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) from: SystemTime,
    pub(crate) to: SystemTime,
}

/// Where the call's requests go.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) method: String,
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    pub(crate) template: Arc<str>,
}

impl CallTrace {
    pub(crate) fn new(
        context: SpanContext,
        parent: Option<SpanContext>,
        at: tollgate_model::Instant,
    ) -> Self {
        Self {
            context,
            parent,
            begun: (SystemTime::now(), Instant::now(), at),
            parts: Mutex::default(),
            target: OnceLock::new(),
        }
    }

    /// The call's own span, as those see it that come after it.
    #[must_use]
    pub fn context(&self) -> &SpanContext {
        &self.context
    }

    /// Whether there will be spans of it.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.context.is_sampled()
    }

    /// Does a part of the call's work, and notes how long it took.
    pub async fn part<T>(&self, name: &'static str, work: impl Future<Output = T>) -> T {
        let from = self.now();
        let done = work.await;
        let part = Part {
            name,
            from,
            to: self.now(),
        };
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_sampled() && parts.len() < MOST_PARTS {
            parts.push(part);
        }
        done
    }

    /// Notes where the call's requests go; `template`: the path with placeholders.
    pub fn goes_to(&self, method: &http::Method, url: &Url, template: &Arc<str>) {
        if self.is_sampled() {
            self.target.get_or_init(|| Target {
                method: method.to_string(),
                host: url.host_str().unwrap_or_default().to_owned(),
                port: url.port_or_known_default(),
                template: Arc::clone(template),
            });
        }
    }

    pub(crate) fn parent(&self) -> Option<&SpanContext> {
        self.parent.as_ref()
    }

    pub(crate) fn target(&self) -> Option<&Target> {
        self.target.get()
    }

    pub(crate) fn parts(&self) -> Vec<Part> {
        let parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.clone()
    }

    /// When the call began.
    pub(crate) fn begin(&self) -> SystemTime {
        self.begun.0
    }

    /// Now. The clock on the wall may be put back meanwhile; this one isn't.
    pub(crate) fn now(&self) -> SystemTime {
        self.begun.0 + self.begun.1.elapsed()
    }

    /// An instant of the driver's time line.
    pub(crate) fn at(&self, instant: tollgate_model::Instant) -> SystemTime {
        self.begun.0 + instant.since(self.begun.2)
    }

    /// The begin, and so much later.
    pub(crate) fn after(&self, span: Duration) -> SystemTime {
        self.begun.0 + span
    }
}

impl Mark for CallTrace {
    fn attempt(&self) -> (u64, Option<HeaderValue>) {
        let span = RandomIdGenerator::default().new_span_id();
        let header = format!(
            "00-{}-{}-{:02x}",
            self.context.trace_id(),
            span,
            self.context.trace_flags() & TraceFlags::SAMPLED
        );
        let number = u64::from_be_bytes(span.to_bytes());
        (number, HeaderValue::from_str(&header).ok())
    }

    fn state(&self) -> Option<HeaderValue> {
        let state = self.context.trace_state().header();
        let state = (!state.is_empty()).then_some(state)?;
        HeaderValue::from_str(&state).ok()
    }
}

/// The id of a span by its number.
pub(crate) fn span_id(number: u64) -> SpanId {
    SpanId::from(number)
}
