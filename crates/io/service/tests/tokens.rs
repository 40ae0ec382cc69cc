//! What is told of clients that can have no token, from the start of the service on and before any call.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use reqwest::StatusCode;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tollgate_service::Service;

/// Less than any wait that a caller could have been put to (the action's 60 s), more than a slow machine needs.
const AT_ONCE: Duration = Duration::from_secs(20);
const GRANT: &str = "200 OK\r\ncontent-type: application/json\r\n\r\n{\"access_token\":\"t0k3n-of-this-test\",\"expires_in\":3600}";
const DENIED: &str = "401 No\r\ncontent-type: application/json\r\n\r\n\
    {\"error\":\"invalid_client\",\"error_description\":\"client not found: test-secret-0123456789\"}";
const PAGE: &str = "404 No\r\ncontent-type: text/html\r\n\r\n<html>not here</html>";

/// A server that answers everything so, once it is to answer at all.
struct Endpoint {
    address: String,
    well: Arc<AtomicBool>,
}

impl Endpoint {
    /// Answers `bad` (with nothing, it never answers) until it is well; then it grants.
    async fn start(bad: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let well = Arc::new(AtomicBool::new(false));
        let is_well = Arc::clone(&well);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let is_well = Arc::clone(&is_well);
                tokio::spawn(async move {
                    let mut read = [0; 4096];
                    if stream.read(&mut read).await.is_err() {
                        return;
                    }
                    let says = if is_well.load(Ordering::SeqCst) {
                        Some(GRANT)
                    } else {
                        bad
                    };
                    match says {
                        Some(says) => {
                            let answer = format!("HTTP/1.1 {says}")
                                .replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
                            // An error means that nobody waits for it.
                            let _ = stream.write_all(answer.as_bytes()).await;
                        }
                        None => std::future::pending().await,
                    }
                });
            }
        });
        Self { address, well }
    }

    fn url(&self) -> String {
        format!("http://{}/oauth/token", self.address)
    }
}

struct World {
    service: Service,
    base: String,
    http: reqwest::Client,
    _folder: tempfile::TempDir,
}

impl World {
    /// A service whose clients have these token URLs, in front of an upstream that grants everything.
    async fn start(token_urls: &[&str]) -> Self {
        let upstream = Endpoint::start(Some(GRANT)).await.address;
        let folder = tempfile::tempdir().unwrap();
        let action = json!({
            "name": "Ask", "integrationType": "purecloud-data-actions", "actionType": "custom", "secure": false,
            "config": {
                "request": {"requestUrlTemplate": "/ask", "requestType": "GET", "headers": {}, "requestTemplate": ""},
                "response": {"translationMap": {}, "translationMapDefaults": {}, "successTemplate": "{}"}
            },
            "contract": {
                "input": {"inputSchema": {"type": "object"}}, "output": {"successSchema": {"type": "object"}}
            }
        });
        std::fs::write(folder.path().join("ask.json"), action.to_string()).unwrap();
        let mut text = format!(
            r#"
[server]
listen = "127.0.0.1:0"
[upstream]
token_timeout = "500ms"
[[caller]]
client_id = "flows"
client_secret_env = "SECRET"
[[integration]]
name = "Platform"
type = "purecloud-data-actions"
base_url = "http://{upstream}"
clients = ["c0"{}]
actions = {{ folder = "." }}
"#,
            if token_urls.len() > 1 { ", \"c1\"" } else { "" }
        );
        for (number, url) in token_urls.iter().enumerate() {
            write!(
                text,
                "[[client]]\nname = \"c{number}\"\nclient_id = \"id\"\nclient_secret_env = \"SECRET\"\ntoken_url = \"{url}\"\n"
            )
            .unwrap();
        }
        let service = harness::serve(folder.path(), &text).await.unwrap();
        Self {
            base: format!("http://{}", service.address()),
            service,
            http: reqwest::Client::new(),
            _folder: folder,
        }
    }

    async fn get(&self, path: &str) -> Value {
        let token = harness::login(&self.http, &self.base, "flows").await;
        let request = self.http.get(format!("{}{path}", self.base));
        request
            .bearer_auth(token)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    async fn state(&self) -> (Value, String) {
        let list = self.get("/api/v2/integrations").await;
        let state = list["entities"][0]["reportedState"].clone();
        let detail = state["detail"]["message"].as_str().unwrap_or_default();
        (state["code"].clone(), detail.to_owned())
    }

    /// Waits until the integration's state is that, and gives the reason.
    async fn until(&self, code: &str, said: &str) -> String {
        let begin = Instant::now();
        loop {
            let (found, detail) = self.state().await;
            if found == code && detail.contains(said) {
                return detail;
            }
            assert!(begin.elapsed() < AT_ONCE * 3, "{found} {detail}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn execute(&self) -> (StatusCode, Value) {
        let list = self.get("/api/v2/integrations/actions").await;
        let id = list["entities"][0]["id"].as_str().unwrap();
        let url = format!("{}/api/v2/integrations/actions/{id}/execute", self.base);
        let token = harness::login(&self.http, &self.base, "flows").await;
        let begin = Instant::now();
        let request = self.http.post(url).bearer_auth(token).body("{}");
        let answer = request.send().await.unwrap();
        assert!(begin.elapsed() < AT_ONCE, "{answer:?}");
        (answer.status(), answer.json().await.unwrap())
    }
}

/// A port that nobody listens on.
async fn closed() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().to_string()
}

#[tokio::test]
async fn whatever_is_wrong_with_a_token_endpoint_is_told_to_the_first_call_and_before_it() {
    let (denied, page) = (
        Endpoint::start(Some(DENIED)).await,
        Endpoint::start(Some(PAGE)).await,
    );
    let (mute, closed) = (Endpoint::start(None).await, closed().await);
    for (url, says) in [
        (denied.url(), "401 invalid_client (client not found"),
        (page.url(), "404 with a web page"),
        (mute.url(), "did not answer within 500ms"),
        (
            format!("http://{closed}/oauth/token"),
            "can't connect to 127.0.0.1:",
        ),
        (
            format!("https://{}/oauth/token", page.address),
            "no TLS with 127.0.0.1:",
        ),
        (
            "http://no-such-host.invalid/oauth/token".to_owned(),
            "no address for no-such-host.invalid",
        ),
    ] {
        // Calls that come before anything is known.
        let world = World::start(&[&url]).await;
        for _ in 0..2 {
            let (status, error) = world.execute().await;
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{url}: {error}");
            assert_eq!(
                error["messageParams"]["tollgateCode"], "no.token",
                "{error}"
            );
            let message = error["message"].as_str().unwrap();
            assert!(
                message.contains(says) && message.contains("c0"),
                "{url}: {message}"
            );
            for part in ["raise the limit", "test-secret", "/oauth"] {
                assert!(!message.contains(part), "{part}: {message}");
            }
        }
        world.service.drain(Duration::ZERO).await;
        // And without any call.
        let world = World::start(&[&url]).await;
        let why = world.until("ERROR", says).await;
        assert!(why.contains("c0") && !why.contains("test-secret"), "{why}");
        let upstreams = world.get("/api/v2/tollgate/upstreams").await;
        let reason = upstreams["clients"][0]["trouble"]["reason"]
            .as_str()
            .unwrap();
        assert!(reason.contains(says), "{reason}");
        world.service.drain(Duration::ZERO).await;
    }
}

#[tokio::test]
async fn an_endpoint_that_is_well_again_is_found_out_without_a_call() {
    let endpoint = Endpoint::start(Some(DENIED)).await;
    let world = World::start(&[&endpoint.url()]).await;
    world.until("ERROR", "invalid_client").await;
    endpoint.well.store(true, Ordering::SeqCst);
    assert_eq!(world.until("ACTIVE", "").await, "");
    assert_eq!(world.execute().await.0, StatusCode::OK);
    world.service.drain(Duration::ZERO).await;
}

#[tokio::test]
async fn calls_go_over_the_clients_that_have_tokens_and_the_other_is_named() {
    for wrong in [Some(DENIED), None] {
        let (wrong, right) = (
            Endpoint::start(wrong).await,
            Endpoint::start(Some(GRANT)).await,
        );
        for order in [[&wrong, &right], [&right, &wrong]] {
            let number = usize::from(order[0].address == right.address);
            let world =
                World::start(&order.map(Endpoint::url).each_ref().map(String::as_str)).await;
            for _ in 0..3 {
                assert_eq!(world.execute().await.0, StatusCode::OK);
            }
            let why = world.until("ACTIVE", "other clients").await;
            assert!(why.contains(&format!("\"c{number}\"")), "{why}");
            let upstreams = world.get("/api/v2/tollgate/upstreams").await;
            assert!(
                upstreams["clients"][number]["trouble"].is_object(),
                "{upstreams}"
            );
            assert!(
                upstreams["clients"][1 - number]["trouble"].is_null(),
                "{upstreams}"
            );
            world.service.drain(Duration::ZERO).await;
        }
    }
}
