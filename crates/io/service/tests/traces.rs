//! Spans of calls, as a collector gets them, and what an upstream is told of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{any, post};
use harness::action;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message as _;
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tollgate_service::Service;

/// Bounds only how long a broken service keeps the test from failing.
const PATIENCE: Duration = Duration::from_secs(60);
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const ABOVE: &str = "b7ad6b7169203331";

/// A collector: what it was sent.
#[derive(Clone, Default)]
struct Collector {
    spans: Arc<Mutex<Vec<Span>>>,
    keys: Arc<Mutex<Vec<String>>>,
    services: Arc<Mutex<Vec<String>>>,
}

impl Collector {
    async fn start(&self) -> String {
        let collector = self.clone();
        let takes = move |headers: HeaderMap, body: Bytes| {
            collector.take(&headers, body);
            async { StatusCode::OK }
        };
        harness::upstream(Router::new().route("/v1/traces", post(takes))).await
    }

    fn take(&self, headers: &HeaderMap, body: Bytes) {
        let request = ExportTraceServiceRequest::decode(body).unwrap();
        let key = headers["x-api-key"].to_str().unwrap();
        self.keys.lock().unwrap().push(key.to_owned());
        for of_resource in request.resource_spans {
            let resource = of_resource.resource.unwrap();
            let name = attribute(&resource.attributes, "service.name").unwrap();
            self.services.lock().unwrap().push(name);
            for of_scope in of_resource.scope_spans {
                self.spans.lock().unwrap().extend(of_scope.spans);
            }
        }
    }

    /// The spans, once there is one of this call and its family is whole: they come together.
    async fn of_call(&self, call: &str) -> (Span, Vec<Span>) {
        let begun = Instant::now();
        loop {
            let spans = self.spans.lock().unwrap().clone();
            let is_it = |span: &&Span| text(span, "tollgate.call.id").as_deref() == Some(call);
            if let Some(whole) = spans.iter().find(is_it) {
                let below = spans.iter().filter(|it| it.parent_span_id == whole.span_id);
                return (whole.clone(), below.cloned().collect());
            }
            assert!(begun.elapsed() < PATIENCE, "no span of {call}: {spans:#?}");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

fn attribute(of: &[KeyValue], name: &str) -> Option<String> {
    let found = of.iter().find(|it| it.key == name)?;
    match found.value.clone()? {
        AnyValue {
            value: Some(Value::StringValue(text)),
        } => Some(text),
        AnyValue {
            value: Some(Value::IntValue(number)),
        } => Some(number.to_string()),
        other => panic!("{name} is {other:?}"),
    }
}

fn text(of: &Span, name: &str) -> Option<String> {
    attribute(&of.attributes, name)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The upstream's view: the headers of each request.
type Seen = Arc<Mutex<Vec<HeaderMap>>>;

struct World {
    service: Service,
    base: String,
    token: String,
    http: reqwest::Client,
    seen: Seen,
    _folder: tempfile::TempDir,
}

impl World {
    async fn start(trace: &str) -> Self {
        let seen = Seen::default();
        let sees = Arc::clone(&seen);
        let says = move |Path(status): Path<u16>, headers: HeaderMap| {
            sees.lock().unwrap().push(headers);
            async move {
                let body = r#"{"answer": 42}"#;
                (StatusCode::from_u16(status).unwrap(), body)
            }
        };
        let upstream = harness::upstream(Router::new().route("/status/{status}", any(says))).await;
        let folder = tempfile::tempdir().unwrap();
        for (name, status) in [
            ("Well", 200),
            ("Few", 200),
            ("Kept", 200),
            ("Own", 200),
            ("Gone", 404),
        ] {
            let file = folder.path().join(format!("{name}.json"));
            let mut action = action(name, &format!("{upstream}/status/{status}"));
            if name == "Own" {
                action["config"]["request"]["headers"] = json!({"traceparent": "its own"});
            }
            std::fs::write(file, action.to_string()).unwrap();
        }
        let text = format!(
            r#"
{trace}
[[caller]]
client_id = "flows"
client_secret_env = "SECRET"
flows = ["*"]
[[flow]]
name = "voice"
[server]
listen = "127.0.0.1:0"
usage_file = "usage"
[[cache]]
action = "Kept"
fresh_for = "1h"
[[composite]]
name = "Both"
integration = "Web"
outputs = {{ answer = "$.one.answer" }}
[[composite.call]]
as = "one"
action = "Well"
inputs = {{}}
[[integration]]
name = "Web"
type = "custom-rest-actions"
actions = {{ folder = "." }}
allowed_networks = ["127.0.0.1"]
allowed_schemes = ["http"]
allowed_ports = ["1-65535"]
[[integration.action]]
name = "Few"
[[integration.action.limit]]
name = "few"
allowed = 1
period = "2s"
"#
        );
        let service = harness::serve(folder.path(), &text).await.unwrap();
        let base = format!("http://{}", service.address());
        let http = reqwest::Client::new();
        Self {
            token: harness::login(&http, &base, "flows").await,
            service,
            base,
            http,
            seen,
            _folder: folder,
        }
    }

    async fn traced() -> (Self, Collector) {
        let collector = Collector::default();
        let url = collector.start().await;
        let trace = format!(
            "[trace]\nendpoint = \"{url}\"\nheaders = {{ x-api-key = {{ env = \"KEY\" }} }}\nservice_name = \"calls\""
        );
        (Self::start(&trace).await, collector)
    }

    /// Calls with this `traceparent`. The answer's status and the call's id.
    async fn call(&self, action: &str, parent: Option<&str>) -> (u16, String) {
        let url = format!("{}/api/v2/tollgate/actions/Web/{action}/execute", self.base);
        let mut request = self.http.post(url).bearer_auth(&self.token).body("{}");
        request = request.header("tollgate-flow", "voice");
        if let Some(parent) = parent {
            let state = ("tracestate", "vendor=value");
            request = request
                .header("traceparent", parent)
                .header(state.0, state.1);
        }
        let answer = request.send().await.unwrap();
        let id = answer.headers()["inin-correlation-id"].to_str().unwrap();
        (answer.status().as_u16(), id.to_owned())
    }

    /// A header of the last request that the upstream has seen.
    fn last(&self, name: &str) -> Option<String> {
        let seen = self.seen.lock().unwrap();
        let value = seen.last().unwrap().get(name)?;
        Some(value.to_str().unwrap().to_owned())
    }
}

#[tokio::test]
async fn a_callers_span_is_above_the_call_and_the_attempts_above_the_upstreams() {
    let (world, collector) = World::traced().await;
    let parent = format!("00-{TRACE}-{ABOVE}-01");
    let (status, call) = world.call("Well", Some(&parent)).await;
    assert_eq!(status, 200);
    let (whole, below) = collector.of_call(&call).await;
    assert_eq!(hex(&whole.trace_id), TRACE);
    assert_eq!(hex(&whole.parent_span_id), ABOVE);
    assert_eq!(
        (whole.name.as_str(), whole.kind()),
        ("Well", SpanKind::Server)
    );
    for (name, value) in [
        ("tollgate.flow", "voice"),
        ("tollgate.integration", "Web"),
        ("tollgate.action", "Well"),
        ("tollgate.outcome", "answered"),
        ("tollgate.attempts", "1"),
    ] {
        assert_eq!(text(&whole, name).as_deref(), Some(value), "{name}");
    }
    let mut names: Vec<_> = below.iter().map(|it| it.name.as_str()).collect();
    names.retain(|name| *name != "wait");
    names.sort_unstable();
    assert_eq!(names, ["GET /status/200", "render", "translate"]);
    for span in &below {
        let within = whole.start_time_unix_nano..=whole.end_time_unix_nano;
        assert!(
            within.contains(&span.start_time_unix_nano),
            "{span:?} {whole:?}"
        );
        assert!(
            within.contains(&span.end_time_unix_nano),
            "{span:?} {whole:?}"
        );
        assert!(span.start_time_unix_nano <= span.end_time_unix_nano);
        assert_eq!(span.trace_id, whole.trace_id);
    }
    let attempt = below
        .iter()
        .find(|it| it.kind() == SpanKind::Client)
        .unwrap();
    for (name, value) in [
        ("http.request.method", "GET"),
        ("http.response.status_code", "200"),
        ("server.address", "127.0.0.1"),
        ("url.template", "/status/200"),
    ] {
        assert_eq!(text(attempt, name).as_deref(), Some(value), "{name}");
    }
    let seen = format!("00-{TRACE}-{}-01", hex(&attempt.span_id));
    assert_eq!(world.last("traceparent"), Some(seen));
    assert_eq!(world.last("tracestate").as_deref(), Some("vendor=value"));
    assert_eq!(collector.keys.lock().unwrap()[0], harness::SECRET);
    assert_eq!(collector.services.lock().unwrap()[0], "calls");
}

#[tokio::test]
async fn a_wait_says_for_which_limit() {
    let (world, collector) = World::traced().await;
    assert_eq!(world.call("Few", None).await.0, 200);
    let (status, call) = world.call("Few", None).await;
    assert_eq!(status, 200);
    let (_, below) = collector.of_call(&call).await;
    let wait = below.iter().find(|it| it.name == "wait").unwrap();
    assert_eq!(text(wait, "tollgate.limit").as_deref(), Some("few"));
    let attempt = below
        .iter()
        .find(|it| it.kind() == SpanKind::Client)
        .unwrap();
    assert_eq!(wait.end_time_unix_nano, attempt.start_time_unix_nano);
}

#[tokio::test]
async fn a_call_that_another_one_answered_has_a_link_to_it() {
    let (world, collector) = World::traced().await;
    let (first, second) = tokio::join!(world.call("Kept", None), world.call("Kept", None));
    let third = world.call("Kept", None).await;
    let mut wholes = Vec::new();
    for (status, call) in [first, second, third] {
        assert_eq!(status, 200);
        wholes.push(collector.of_call(&call).await.0);
    }
    let (made, taken): (Vec<_>, Vec<_>) = wholes.iter().partition(|it| it.links.is_empty());
    assert_eq!((made.len(), taken.len()), (1, 2));
    for span in taken {
        assert_eq!(text(span, "tollgate.outcome").as_deref(), Some("cached"));
        assert_eq!(span.links.len(), 1);
        assert_eq!(span.links[0].span_id, made[0].span_id);
        assert_eq!(span.links[0].trace_id, made[0].trace_id);
    }
    assert_eq!(world.seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_composites_calls_are_spans_below_its_own() {
    let (world, collector) = World::traced().await;
    let (status, call) = world.call("Both", None).await;
    assert_eq!(status, 200);
    let (whole, below) = collector.of_call(&call).await;
    let well = below.iter().find(|it| it.name == "Well").unwrap();
    assert_eq!(well.kind(), SpanKind::Internal);
    assert_eq!(text(well, "tollgate.call.parent"), Some(call));
    assert_eq!(well.trace_id, whole.trace_id);
}

#[tokio::test]
async fn what_failed_says_why() {
    let (world, collector) = World::traced().await;
    let (status, call) = world.call("Gone", None).await;
    assert_eq!(status, 404);
    let (whole, below) = collector.of_call(&call).await;
    assert_eq!(
        text(&whole, "error.type").as_deref(),
        Some("upstream.error")
    );
    let attempt = below
        .iter()
        .find(|it| it.kind() == SpanKind::Client)
        .unwrap();
    assert_eq!(text(attempt, "error.type").as_deref(), Some("404"));
    assert!(whole.parent_span_id.is_empty(), "it begins here");
}

#[tokio::test]
async fn who_isnt_sampled_is_passed_on_and_an_action_may_say_its_own() {
    let (world, collector) = World::traced().await;
    let parent = format!("00-{TRACE}-{ABOVE}-00");
    assert_eq!(world.call("Well", Some(&parent)).await.0, 200);
    let seen = world.last("traceparent").unwrap();
    assert!(
        seen.starts_with(&format!("00-{TRACE}-")) && seen.ends_with("-00"),
        "{seen}"
    );
    assert!(!seen.contains(ABOVE));
    let (status, call) = world.call("Own", None).await;
    assert_eq!(status, 200);
    assert_eq!(world.last("traceparent").as_deref(), Some("its own"));
    collector.of_call(&call).await;
    let spans = collector.spans.lock().unwrap();
    assert!(spans.iter().all(|span| hex(&span.trace_id) != TRACE));
}

#[tokio::test]
async fn without_a_collector_nobody_is_told_of_a_trace() {
    let world = World::start("").await;
    let parent = format!("00-{TRACE}-{ABOVE}-01");
    assert_eq!(world.call("Well", Some(&parent)).await.0, 200);
    assert_eq!(world.last("traceparent"), None);
    assert_eq!(world.last("tracestate"), None);
}

#[tokio::test]
async fn a_collector_that_is_away_harms_nothing_and_what_it_misses_is_counted() {
    let world = World::start("[trace]\nendpoint = \"http://127.0.0.1:1\"").await;
    for _ in 0..3 {
        assert_eq!(world.call("Well", None).await.0, 200);
    }
    let begun = Instant::now();
    loop {
        let metrics = world.http.get(format!("{}/metrics", world.base));
        let metrics = metrics.bearer_auth(&world.token).send().await.unwrap();
        let text = metrics.text().await.unwrap();
        let lost = text.lines().find_map(|line| {
            let number = line.strip_prefix(r#"tollgate_spans_total{outcome="lost"} "#)?;
            number.parse::<f64>().ok()
        });
        if lost >= Some(12.0) {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{text}");
        sleep(Duration::from_millis(50)).await;
    }
    assert!(world.service.drain(PATIENCE).await);
}
