//! What is counted with each call.
//!
//! **Bounds.** So many triples of flow, integration and action have figures of their own ([`MOST_CALLED`]); the calls of
//! others are counted as `_other`, by flow. The same holds for limits that refuse, for causes, and for integrations
//! ([`MOST`] of each). A flow is one of the configuration's; what a learned limit is called, and the path of a request
//! that passes through, may be as many as endpoints that are called.

use super::bounded::{Bounded, Entry, OTHER};
use super::flows::{FlowCounts, FlowFigures};
use super::{Exposition, table};
use crate::record::{CallOutcome, CallRecord, Subject};
use prometheus_client::metrics::histogram::Histogram;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tollgate_cache::Source;
use tollgate_driver::AnswerCounts;

/// Triples of flow, integration and action with figures of their own.
pub(crate) const MOST_CALLED: usize = 500;
/// Limits that refuse, by flow and reason; causes, by flow and integration; integrations: so many of each.
pub(crate) const MOST: usize = 1_000;

/// Upper ends of the buckets, in seconds: from a call that needn't wait to one that waits as long as a caller does.
const BUCKETS: [f64; 15] = [
    0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];

/// What is counted with each call.
#[derive(Debug)]
pub struct CallCounts {
    /// By flow, integration, method of a request that passes through, and action or path.
    calls: Bounded<Series, 4>,
    /// By flow, limit and reason.
    refusals: Bounded<AtomicU64, 3>,
    /// By flow, integration and reason.
    failures: Bounded<AtomicU64, 3>,
    /// By integration.
    answers: Bounded<Arc<AnswerCounts>, 1>,
    flows: FlowCounts,
}

/// The calls of one flow, integration and action.
#[derive(Debug)]
struct Series {
    outcomes: [AtomicU64; CallOutcome::ALL.len()],
    sources: [AtomicU64; Source::ALL.len()],
    retries: AtomicU64,
    waiting: Histogram,
    upstream: Histogram,
    whole: Histogram,
}

/// Where a call was counted, which knows its names.
#[derive(Clone, Debug)]
pub(crate) struct Counted(Arc<Entry<Series, 4>>);

impl Counted {
    /// Flow, integration, and what was called.
    pub(crate) fn names(&self) -> (&str, &str, String) {
        let [flow, integration, method, action] = self.0.labels();
        let passed = match method {
            "" => action.to_owned(),
            _ => format!("{method} {action}"),
        };
        (flow, integration, passed)
    }
}

impl Default for Series {
    fn default() -> Self {
        Self {
            outcomes: Default::default(),
            sources: Default::default(),
            retries: AtomicU64::new(0),
            waiting: Histogram::new(BUCKETS),
            upstream: Histogram::new(BUCKETS),
            whole: Histogram::new(BUCKETS),
        }
    }
}

impl Default for CallCounts {
    fn default() -> Self {
        Self {
            calls: Bounded::new(MOST_CALLED),
            refusals: Bounded::new(MOST),
            failures: Bounded::new(MOST),
            answers: Bounded::new(MOST),
            flows: FlowCounts::default(),
        }
    }
}

impl CallCounts {
    /// Where the answers of an integration's upstream are counted.
    #[must_use]
    pub fn answers_of(&self, integration: &str) -> Arc<AnswerCounts> {
        Arc::clone(&self.answers.of([integration], [OTHER]).value)
    }

    /// Counts a call that has ended, and says where.
    pub(crate) fn count(&self, record: &CallRecord<'_>) -> Counted {
        let CallRecord {
            flow, integration, ..
        } = *record;
        let (method, action) = match record.subject {
            Subject::Action(name) => ("", name),
            Subject::Passed { method, template } => (method, template),
        };
        let labels = [flow, integration, method, action];
        let series = self.calls.of(labels, [flow, OTHER, "", OTHER]);
        series.value.count(record);
        self.flows.count(record);
        let Some(reason) = record.cause else {
            return Counted(series);
        };
        let counted = match record.outcome {
            CallOutcome::Refused => {
                let limit = record.limit.unwrap_or_default();
                self.refusals
                    .of([flow, limit, reason], [flow, OTHER, reason])
            }
            _ => self
                .failures
                .of([flow, integration, reason], [flow, OTHER, reason]),
        };
        counted.value.fetch_add(1, Relaxed);
        Counted(series)
    }

    /// What became of each flow's calls.
    #[must_use]
    pub fn flows(&self) -> Vec<FlowFigures> {
        self.flows.read()
    }

    /// How many calls were refused so far: by flow, limit and reason.
    pub fn refusals(&self, mut take: impl FnMut([&str; 3], u64)) {
        for entry in self.refusals.all() {
            take(entry.labels(), entry.value.load(Relaxed));
        }
    }

    /// How many calls have failed so far: by flow, integration and reason.
    pub fn failures(&self, mut take: impl FnMut([&str; 3], u64)) {
        for entry in self.failures.all() {
            take(entry.labels(), entry.value.load(Relaxed));
        }
    }

    /// How many attempts were answered so far: by integration, in the classes of [`AnswerCounts`].
    pub fn answers(&self, mut take: impl FnMut(&str, &AnswerCounts)) {
        for entry in self.answers.all() {
            let [integration] = entry.labels();
            take(integration, &entry.value);
        }
    }

    /// Writes down what was counted so far.
    pub fn show(&self, to: &mut Exposition) {
        for entry in self.calls.all() {
            let [flow, integration, method, action] = entry.labels();
            let passed = format!("{method} {action}");
            let action = if method.is_empty() { action } else { &passed };
            entry.value.show([flow, integration, action], to);
        }
        for entry in self.refusals.all() {
            let count = entry.value.load(Relaxed);
            to.put(&table::REFUSALS, &entry.labels(), count);
        }
        for entry in self.failures.all() {
            let count = entry.value.load(Relaxed);
            to.put(&table::FAILURES, &entry.labels(), count);
        }
        for entry in self.answers.all() {
            let [integration] = entry.labels();
            for (class, count) in entry.value.read() {
                to.put(&table::UPSTREAM_ANSWERS, &[integration, class], count);
            }
        }
    }
}

impl Series {
    fn count(&self, record: &CallRecord<'_>) {
        self.outcomes[record.outcome as usize].fetch_add(1, Relaxed);
        if let Some(source) = record.source {
            self.sources[source as usize].fetch_add(1, Relaxed);
        }
        if record.outcome != CallOutcome::Cached {
            let retries = u64::from(record.attempts.saturating_sub(1));
            self.retries.fetch_add(retries, Relaxed);
            if record.has_waited() {
                self.waiting.observe(record.waited.as_secs_f64());
            }
            if let Some(upstream) = record.upstream {
                self.upstream.observe(upstream.as_secs_f64());
            }
        }
        if record.cause.is_none() && record.outcome != CallOutcome::Abandoned {
            self.whole.observe(record.whole.as_secs_f64());
        }
    }

    fn show(&self, [flow, integration, action]: [&str; 3], to: &mut Exposition) {
        let labels = [flow, integration, action];
        let with = |last| [flow, integration, action, last];
        for (outcome, count) in CallOutcome::ALL.into_iter().zip(&self.outcomes) {
            let count = count.load(Relaxed);
            to.put(&table::CALLS, &with(outcome.as_str()), count);
        }
        // Most actions have no kept outputs.
        let sources = self.sources.each_ref().map(|count| count.load(Relaxed));
        if sources.iter().any(|count| *count > 0) {
            for (source, count) in Source::ALL.into_iter().zip(sources) {
                to.put(&table::CACHE_OUTPUTS, &with(source.as_str()), count);
            }
        }
        to.put(&table::CALL_RETRIES, &labels, self.retries.load(Relaxed));
        to.put(&table::CALL_WAITING, &labels, &self.waiting);
        to.put(&table::CALL_UPSTREAM, &labels, &self.upstream);
        to.put(&table::CALL_WHOLE, &labels, &self.whole);
    }
}
