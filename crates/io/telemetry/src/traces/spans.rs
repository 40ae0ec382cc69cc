//! The spans of one call, made of its record. `docs/traces.md` has the table of them.
//!
//! Names and attributes are those of OpenTelemetry's semantic conventions for HTTP (*documented*: "Semantic conventions for
//! HTTP spans", "General attributes") where there are such; all others begin with `tollgate.`. Two that the conventions ask for
//! are left out: `url.full` and `url.path`, since addresses hold inputs and may hold secrets; `url.template` is there.

use crate::call_trace::{CallTrace, Target, span_id};
use crate::record::{CallRecord, Subject, TracedCall};
use opentelemetry::trace::{Link, SpanContext, SpanId, SpanKind, Status};
use opentelemetry::{InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::trace::{
    IdGenerator as _, RandomIdGenerator, SpanData, SpanEvents, SpanLinks,
};
use std::borrow::Cow;
use std::time::{Duration, SystemTime};
use tollgate_driver::AttemptNote;
use tollgate_engine::LossKind;

/// A wait that is shorter, and of which nobody says what for, is none.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// The call's own span, and those of its parts.
pub(super) fn of(record: &CallRecord<'_>, traced: &TracedCall<'_>) -> Vec<SpanData> {
    let family = Family {
        trace: traced.trace,
        end: traced.trace.after(record.whole),
    };
    let mut spans = vec![whole(record, traced, &family)];
    for part in traced.trace.parts() {
        spans.push(family.child(part.name, (part.from, part.to), Vec::new()));
    }
    for (at, note) in traced.attempts.iter().enumerate() {
        let waited = (
            family.trace.at(note.waited_since),
            family.trace.at(note.sent),
        );
        let limit = record.waited_for.filter(|_| at == 0);
        spans.extend(family.wait(waited, limit));
        spans.push(family.attempt(at, note));
    }
    if let Some((from, to)) = traced.waited_in_vain {
        let waited = (family.trace.at(from), family.trace.at(to));
        let limit = match traced.attempts.is_empty() {
            true => record.limit.or(record.waited_for),
            false => record.limit,
        };
        let limit = limit.filter(|_| record.has_waited());
        spans.extend(family.wait(waited, limit));
    }
    spans
}

/// The call's own span.
fn whole(record: &CallRecord<'_>, traced: &TracedCall<'_>, family: &Family<'_>) -> SpanData {
    let (trace, parent) = (traced.trace, traced.trace.parent());
    let mut attributes = vec![
        KeyValue::new("tollgate.call.id", record.id.to_string()),
        KeyValue::new("tollgate.flow", record.flow.to_owned()),
        KeyValue::new("tollgate.integration", record.integration.to_owned()),
        KeyValue::new("tollgate.outcome", record.outcome.as_str()),
        KeyValue::new("tollgate.attempts", i64::from(record.attempts)),
        KeyValue::new("tollgate.waited", record.waited.as_secs_f64()),
    ];
    if let Subject::Action(name) = record.subject {
        attributes.push(KeyValue::new("tollgate.action", name.to_owned()));
    }
    let parent_call = record.parent.map(|it| it.to_string());
    let texts = [
        ("tollgate.call.parent", parent_call.as_deref()),
        ("tollgate.limit", record.limit),
        ("tollgate.source", record.source.map(|it| it.as_str())),
        ("tollgate.caller.correlation", record.caller_correlation),
        ("tollgate.upstream.correlation", record.upstream_correlation),
        ("error.type", record.cause),
    ];
    for (name, text) in texts {
        let text = text.map(str::to_owned);
        attributes.extend(text.map(|text| KeyValue::new(name, text)));
    }
    let mut links = SpanLinks::default();
    let made_by = traced.made_by.cloned();
    (links.links).extend(made_by.map(|made_by| Link::new(made_by, Vec::new(), 0)));
    SpanData {
        span_context: trace.context().clone(),
        parent_span_id: parent.map_or(SpanId::INVALID, SpanContext::span_id),
        parent_span_is_remote: parent.is_some_and(SpanContext::is_remote),
        span_kind: match record.parent {
            None => SpanKind::Server,
            Some(_) => SpanKind::Internal,
        },
        name: record.subject.to_string().into(),
        links,
        status: match record.cause {
            None => Status::Unset,
            Some(cause) => Status::error(cause),
        },
        ..family.child("", (trace.begin(), family.end), attributes)
    }
}

/// What the spans of one call have in common.
struct Family<'a> {
    trace: &'a CallTrace,
    /// The call's end: none of its parts ends later.
    end: SystemTime,
}

impl Family<'_> {
    /// A span below the call's own.
    fn child(
        &self,
        name: impl Into<Cow<'static, str>>,
        (from, to): (SystemTime, SystemTime),
        attributes: Vec<KeyValue>,
    ) -> SpanData {
        let above = self.trace.context();
        let start = from.min(self.end);
        SpanData {
            span_context: SpanContext::new(
                above.trace_id(),
                RandomIdGenerator::default().new_span_id(),
                above.trace_flags(),
                false,
                above.trace_state().clone(),
            ),
            parent_span_id: above.span_id(),
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name: name.into(),
            start_time: start,
            end_time: to.min(self.end).max(start),
            attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: InstrumentationScope::builder("tollgate")
                .with_version(env!("CARGO_PKG_VERSION"))
                .build(),
        }
    }

    /// A wait for a start; for which limit, if that is known.
    fn wait(&self, waited: (SystemTime, SystemTime), limit: Option<&str>) -> Option<SpanData> {
        let long = waited.1.duration_since(waited.0).unwrap_or_default();
        if limit.is_none() && long < SHORTEST_WAIT {
            return None;
        }
        let limit = limit.map(str::to_owned);
        let limit = limit.map(|limit| KeyValue::new("tollgate.limit", limit));
        Some(self.child("wait", waited, limit.into_iter().collect()))
    }

    /// One request on the wire; `at`: how many were before.
    fn attempt(&self, at: usize, note: &AttemptNote) -> SpanData {
        let target = self.trace.target();
        let mut attributes: Vec<_> = target.into_iter().flat_map(place).collect();
        let mut put =
            |name: &'static str, value: Value| attributes.push(KeyValue::new(name, value));
        if at > 0 {
            put("http.request.resend_count", (at as i64).into());
        }
        if let Some(status) = note.status {
            put("http.response.status_code", i64::from(status).into());
        }
        if let Some(correlation) = &note.correlation {
            let correlation = correlation.to_string();
            put("tollgate.upstream.correlation", correlation.into());
        }
        let error = match (note.status, note.lost, note.ended) {
            (Some(status), ..) => (status >= 400).then(|| status.to_string()),
            (None, Some(lost), _) => Some(word(lost).to_owned()),
            (None, None, None) => Some("given_up".to_owned()),
            (None, None, Some(_)) => None,
        };
        if let Some(error) = &error {
            put("error.type", error.clone().into());
        }
        let name = target.map_or_else(
            || "attempt".to_owned(),
            |to| format!("{} {}", to.method, to.template),
        );
        let ended = note.ended.map_or(self.end, |ended| self.trace.at(ended));
        let child = self.child(name, (self.trace.at(note.sent), ended), attributes);
        let own = &child.span_context;
        let span = note.span.map_or(own.span_id(), span_id);
        SpanData {
            span_context: SpanContext::new(
                own.trace_id(),
                span,
                own.trace_flags(),
                false,
                own.trace_state().clone(),
            ),
            span_kind: SpanKind::Client,
            status: error.map_or(Status::Unset, |_| Status::error("")),
            ..child
        }
    }
}

/// How an attempt was lost.
const fn word(lost: LossKind) -> &'static str {
    match lost {
        LossKind::NeverSent => "never_sent",
        LossKind::Unprocessed => "unprocessed",
        LossKind::Closed => "closed",
        LossKind::NoAnswer => "no_answer",
    }
}

/// What the conventions say of where a request goes.
fn place(to: &Target) -> impl Iterator<Item = KeyValue> {
    let port = to
        .port
        .map(|port| KeyValue::new("server.port", i64::from(port)));
    [
        KeyValue::new("http.request.method", to.method.clone()),
        KeyValue::new("server.address", to.host.clone()),
        KeyValue::new("url.template", to.template.to_string()),
    ]
    .into_iter()
    .chain(port)
}
