//! `/api/v2/tollgate/events`: what is seen, as it is seen, by server-sent events.
//!
//! - `sample`, once a second: the line in words, and the figures of that second.
//! - `verdict`, at the begin and when the verdict is another one: numbers alone make none.
//!
//! **Bounds.** [`MOST`] listeners at once; a further one is answered 503. Nothing is queued for a listener: one that is slow
//! misses samples, and one that takes nothing is cut by the listener of connections as any caller is. An event is made once
//! for all listeners, and not at all where there are none. A comment every [`KEEP_ALIVE`] keeps proxies from closing what is
//! silent, should samples fail to come.
//!
//! **It ends** when the token that it began with does, which is looked at before each event, and when the node announces
//! its end, so that who listens comes back to another node, and no listener holds up the drain.

use crate::audience::{Audience, MOST, Told};
use crate::caller::Caller;
use crate::error::ApiError;
use crate::history::labels;
use crate::overview::{Overview, Sources, VerdictView};
use crate::state::Api;
use axum::Extension;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::{self, Stream};
use http::{StatusCode, header};
use serde::Serialize;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tollgate_callers::{Door, Now, Token};
use tollgate_history::verdict::Verdict;
use tollgate_history::{Kind, Row, Sample, waits};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Longest silence.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The operation that tells what is seen.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(listen))
}

/// An event as it is on the wire.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the document alone has it")]
struct StreamedEvent {
    /// `sample` or `verdict`.
    event: String,
    /// JSON. Of a sample: `at` in seconds since 1970, `series` with `kind`, `labels` and those `figures` that aren't 0, and
    /// `overview` as its own operation has it; of a verdict: `state` and `sentence`.
    data: String,
}

/// The figures of a second.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SampleEvent {
    /// In seconds since 1970.
    at: u64,
    series: Vec<SeriesNow>,
    /// How the service stands.
    overview: Overview,
}

/// The figures of a series in a second, those that are 0 left out.
#[derive(Serialize)]
struct SeriesNow {
    kind: &'static str,
    labels: BTreeMap<String, String>,
    figures: BTreeMap<String, u64>,
}

impl From<&Row> for SeriesNow {
    fn from(row: &Row) -> Self {
        let kind = row.key.kind;
        let figures = match kind {
            Kind::Waiting => {
                let micros = |span: Duration| u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
                let waits = waits(&row.values).into_iter();
                let parts = waits.flat_map(|it| [("p50Micros", it.p50), ("p95Micros", it.p95)]);
                let parts = parts.map(|(name, span)| (name, micros(span)));
                parts.chain([("calls", row.values.iter().sum())]).collect()
            }
            _ => {
                let names = kind.fields().iter().map(|field| field.name);
                let figures = names.zip(row.values.iter().copied());
                figures.filter(|(_, value)| *value > 0).collect::<Vec<_>>()
            }
        };
        let figures = figures.into_iter();
        Self {
            kind: kind.word(),
            labels: labels(&row.key),
            figures: figures
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        }
    }
}

/// Tells each second what is seen, and when the verdict is another one.
#[utoipa::path(
    get, path = "/api/v2/tollgate/events", operation_id = "getEvents",
    responses(
        (
            status = 200,
            description = "Server-sent events: `sample` once a second, `verdict` at the begin and when it is another one.",
            content((StreamedEvent = "text/event-stream")),
        ),
        (status = 503, description = "As many listen as may, or the node is about to end."),
    ),
)]
async fn listen(
    State(sources): State<Sources>,
    State(audience): State<Audience>,
    State(door): State<Arc<Door>>,
    token: Option<Extension<Token>>,
    Extension(caller): Caller,
) -> Result<Response, ApiError> {
    caller.needs_watch()?;
    let place = Arc::clone(&audience.places).try_acquire_owned();
    let place = place.map_err(|_| {
        let message = format!("{MOST} listen already, which is as many as may.");
        ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too.many.listeners",
            message,
        )
    })?;
    let listener = Listener {
        samples: audience.samples.subscribe(),
        ends: audience.ends.subscribe(),
        audience,
        sources,
        known: None,
        next: None,
        admitted: token.map(|Extension(token)| (door, token)),
        _place: place,
    };
    let events = Sse::new(listener.events()).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    // What is in between is not to gather it, nor to keep it.
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, events).into_response())
}

struct Listener {
    sources: Sources,
    audience: Audience,
    samples: watch::Receiver<Option<Arc<Sample>>>,
    ends: watch::Receiver<bool>,
    /// The verdict that was told last.
    known: Option<Verdict>,
    /// What is to be told after a verdict.
    next: Option<Told>,
    /// The token that it began with, and who knows whether it is still good; none of a caller without one.
    admitted: Option<(Arc<Door>, Token)>,
    _place: OwnedSemaphorePermit,
}

impl Listener {
    fn events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, async |mut listener| {
            let event = listener.event().await?;
            Some((Ok(event), listener))
        })
    }

    /// The next event; none at the end.
    async fn event(&mut self) -> Option<Event> {
        if let Some(told) = self.next.take() {
            return Some(Event::default().event("sample").data(&*told.data));
        }
        let told = loop {
            if *self.ends.borrow_and_update() {
                return None;
            }
            tokio::select! {
                changed = self.ends.changed() => changed.ok()?,
                changed = self.samples.changed() => {
                    changed.ok()?;
                    let sample = self.samples.borrow_and_update().clone();
                    if let Some(sample) = sample {
                        break told(&self.audience, &sample, &self.sources).await;
                    }
                }
            }
        };
        if let Some((door, token)) = &self.admitted
            && !door.still_watches(token, Now::read()).await
        {
            return None;
        }
        let is_new = self
            .known
            .as_ref()
            .is_none_or(|it| it.differs(&told.verdict));
        if !is_new {
            return Some(Event::default().event("sample").data(&*told.data));
        }
        let verdict = VerdictView::from(&told.verdict);
        self.known = Some(told.verdict.clone());
        self.next = Some(told);
        let data = serde_json::to_string(&verdict).unwrap_or_default();
        Some(Event::default().event("verdict").data(data))
    }
}

/// What is told of a sample, made once for all who listen.
async fn told(audience: &Audience, sample: &Sample, sources: &Sources) -> Told {
    let mut told = audience.told.lock().await;
    if let Some(known) = told.as_ref().filter(|it| it.at == sample.at) {
        return known.clone();
    }
    let (overview, verdict) = sources.overview().await;
    let event = SampleEvent {
        at: sample.at,
        series: sample.rows.iter().map(SeriesNow::from).collect(),
        overview,
    };
    let made = Told {
        at: sample.at,
        data: serde_json::to_string(&event).unwrap_or_default().into(),
        verdict,
    };
    *told = Some(made.clone());
    made
}
