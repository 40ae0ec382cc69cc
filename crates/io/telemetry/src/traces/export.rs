//! Sends spans, behind the callers' backs.
//!
//! One task takes spans from a queue, and sends them when there are [`BATCH`] of them, or [`PAUSE`] after the first. The exporter
//! tries a batch again for a while where the collector says so; then the batch is lost, and the next one is tried. That a
//! collector is away is said once, and that it takes spans again.

use super::client::Client;
use super::settings::{TraceSettings, TracesError};
use super::variables;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout, timeout_at};
use tollgate_driver::Messenger;

/// Calls whose spans wait to be sent.
const MOST_WAITING: usize = 4096;
/// Spans that are sent at once, or a few more.
const BATCH: usize = 512;
/// How long spans wait for others.
const PAUSE: Duration = Duration::from_secs(1);
/// Longest time that one batch may take, further tries included.
const WITHIN: Duration = Duration::from_secs(10);
/// Longest wait for the last spans at the end.
const LAST: Duration = Duration::from_secs(5);
/// The name of this service where nobody says another.
const SERVICE: &str = "tollgate";

/// Takes spans.
#[derive(Debug)]
pub(super) struct Export {
    queue: Sender<Message>,
    counts: Arc<Counts>,
}

#[derive(Debug)]
enum Message {
    Spans(Vec<SpanData>),
    /// Answered when all before it is sent, or lost.
    End(oneshot::Sender<()>),
}

/// Spans by what became of them.
#[derive(Debug, Default)]
struct Counts {
    sent: AtomicU64,
    lost: AtomicU64,
}

impl Export {
    pub(super) fn start(
        settings: &TraceSettings,
        messenger: Messenger,
    ) -> Result<Self, TracesError> {
        let exporter = exporter(settings, messenger)?;
        let (queue, messages) = channel(MOST_WAITING);
        let counts = Arc::new(Counts::default());
        let sending = Sending {
            exporter,
            counts: Arc::clone(&counts),
            is_away: false,
        };
        tokio::spawn(sending.run(messages));
        Ok(Self { queue, counts })
    }

    /// Has these sent, if there is room.
    pub(super) fn put(&self, spans: Vec<SpanData>) {
        let many = spans.len() as u64;
        if self.queue.try_send(Message::Spans(spans)).is_err() {
            self.counts.lost.fetch_add(many, Relaxed);
        }
    }

    pub(super) fn sent(&self) -> u64 {
        self.counts.sent.load(Relaxed)
    }

    pub(super) fn lost(&self) -> u64 {
        self.counts.lost.load(Relaxed)
    }

    pub(super) async fn settle(&self) {
        let settled = async {
            let (reply, ended) = oneshot::channel();
            if self.queue.send(Message::End(reply)).await.is_ok() {
                // An error means that the task has ended.
                let _ = ended.await;
            }
        };
        if timeout(LAST, settled).await.is_err() {
            tracing::info!("the last spans were not sent in time");
        }
    }
}

fn exporter(settings: &TraceSettings, messenger: Messenger) -> Result<SpanExporter, TracesError> {
    let headers = settings.headers.iter();
    let headers = headers.map(|(name, value)| (name.clone(), value.expose().to_owned()));
    let client = Client {
        messenger,
        within: WITHIN,
    };
    let mut builder = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_headers(headers.collect::<HashMap<_, _>>())
        .with_timeout(WITHIN);
    if let Some(endpoint) = &settings.endpoint {
        builder = builder.with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')));
    }
    let built = builder.build();
    let mut exporter = built.map_err(|error| TracesError::new(error.to_string()))?;
    exporter.set_resource(&resource(settings));
    Ok(exporter)
}

/// What all spans of this process have.
fn resource(settings: &TraceSettings) -> Resource {
    let version = opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let builder = Resource::builder().with_attribute(version);
    let attributes = variables::variable("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
    let is_named = variables::variable("OTEL_SERVICE_NAME").is_some()
        || attributes
            .split(',')
            .any(|it| it.trim().starts_with("service.name="));
    match &settings.service_name {
        Some(name) => builder.with_service_name(name.clone()),
        None if is_named => builder,
        None => builder.with_service_name(SERVICE),
    }
    .build()
}

/// The task's state.
struct Sending {
    exporter: SpanExporter,
    counts: Arc<Counts>,
    /// Whether the last batch was lost.
    is_away: bool,
}

impl Sending {
    /// Until the last handle is gone.
    async fn run(mut self, mut messages: Receiver<Message>) {
        while let Some(first) = messages.recv().await {
            let mut batch = Vec::new();
            let mut end = take(first, &mut batch);
            let by = Instant::now() + PAUSE;
            while end.is_none() && batch.len() < BATCH {
                match timeout_at(by, messages.recv()).await {
                    Ok(Some(next)) => end = take(next, &mut batch),
                    Ok(None) | Err(_) => break,
                }
            }
            self.send(batch).await;
            if let Some(reply) = end {
                // An error means that the one who waited has given up.
                let _ = reply.send(());
            }
        }
    }

    async fn send(&mut self, batch: Vec<SpanData>) {
        let many = batch.len() as u64;
        if many == 0 {
            return;
        }
        let sent = timeout(WITHIN, self.exporter.export(batch)).await;
        let why = match sent {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some(format!("no answer within {WITHIN:?}")),
        };
        let counted = match &why {
            None => &self.counts.sent,
            Some(_) => &self.counts.lost,
        };
        counted.fetch_add(many, Relaxed);
        match (why, self.is_away) {
            (Some(why), false) => {
                self.is_away = true;
                tracing::warn!(
                    why,
                    "the collector of traces doesn't take spans; they are lost until it does. Look at endpoint and headers of \
                     [trace], and at the collector; calls go on without it"
                );
            }
            (None, true) => {
                self.is_away = false;
                tracing::info!("the collector of traces takes spans again");
            }
            _ => {}
        }
    }
}

/// Adds what a message has to the batch. Gives whoever waits for the end.
fn take(message: Message, batch: &mut Vec<SpanData>) -> Option<oneshot::Sender<()>> {
    match message {
        Message::Spans(spans) => {
            batch.extend(spans);
            None
        }
        Message::End(reply) => Some(reply),
    }
}
