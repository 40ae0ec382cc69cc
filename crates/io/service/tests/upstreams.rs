//! What callers, administrators and the page learn of an upstream in trouble.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tollgate_service::Service;

/// Less than any wait that a caller could have been put to, more than a slow machine needs.
const AT_ONCE: Duration = Duration::from_secs(20);
const GRANT: &str = r#"{"access_token":"t0k3n-of-this-test","expires_in":3600}"#;

/// Status, further headers and body of the next answers: of the token endpoint, and of all else.
#[derive(Clone)]
struct Says {
    token: (u16, &'static str, &'static str),
    call: (u16, &'static str, &'static str),
}

struct World {
    says: Arc<Mutex<Says>>,
    service: Service,
    base: String,
    http: reqwest::Client,
    _folder: tempfile::TempDir,
}

impl World {
    async fn start() -> Self {
        Self::with((200, "", GRANT)).await
    }

    /// One whose token endpoint answers so from the begin on.
    async fn with(token: (u16, &'static str, &'static str)) -> Self {
        let says = Arc::new(Mutex::new(Says {
            token,
            call: (200, "", r#"{"ok":true}"#),
        }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = listener.local_addr().unwrap();
        let heard = Arc::clone(&says);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(answer(stream, Arc::clone(&heard)));
            }
        });
        let folder = tempfile::tempdir().unwrap();
        let action = json!({
            "name": "Ask", "integrationType": "purecloud-data-actions", "actionType": "custom", "secure": false,
            "config": {
                "request": {"requestUrlTemplate": "/ask", "requestType": "POST", "headers": {}, "requestTemplate": "{}"},
                "response": {"translationMap": {}, "translationMapDefaults": {}, "successTemplate": "${rawResult}"}
            },
            "contract": {
                "input": {"inputSchema": {"type": "object"}}, "output": {"successSchema": {"type": "object"}}
            }
        });
        std::fs::write(folder.path().join("ask.json"), action.to_string()).unwrap();
        let text = format!(
            r#"
[[caller]]
client_id = "flows"
client_secret_env = "SECRET"
[[caller]]
client_id = "admin"
client_secret_env = "SECRET"
roles = ["administer"]
[[client]]
name = "pool-a"
client_id = "id"
client_secret_env = "SECRET"
token_url = "http://{upstream}/oauth/token"
[[integration]]
name = "Platform"
type = "purecloud-data-actions"
base_url = "http://{upstream}"
clients = ["pool-a"]
actions = {{ folder = "." }}
[server]
listen = "127.0.0.1:0"
"#
        );
        let service = harness::serve(folder.path(), &text).await.unwrap();
        Self {
            says,
            base: format!("http://{}", service.address()),
            service,
            http: reqwest::Client::new(),
            _folder: folder,
        }
    }

    fn say(&self, change: impl FnOnce(&mut Says)) {
        change(&mut self.says.lock().unwrap());
    }

    async fn ask_as(&self, who: &str, method: Method, path: &str) -> (StatusCode, Value) {
        let token = harness::login(&self.http, &self.base, who).await;
        let request = self.http.request(method, format!("{}{path}", self.base));
        let answer = request.bearer_auth(token).body("{}").send().await.unwrap();
        let status = answer.status();
        (status, answer.json().await.unwrap_or_default())
    }

    async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.ask_as("flows", Method::GET, path).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    async fn execute(&self) -> (StatusCode, Value) {
        let list = self.get("/api/v2/integrations/actions").await;
        let id = list["entities"][0]["id"].as_str().unwrap();
        let path = format!("/api/v2/integrations/actions/{id}/execute");
        let begin = Instant::now();
        let answer = self.ask_as("flows", Method::POST, &path).await;
        assert!(begin.elapsed() < AT_ONCE, "{answer:?}");
        answer
    }

    async fn state(&self) -> Value {
        let list = self.get("/api/v2/integrations").await;
        list["entities"][0]["reportedState"].clone()
    }
}

async fn answer(mut stream: TcpStream, says: Arc<Mutex<Says>>) {
    let mut read = Vec::new();
    loop {
        let mut part = [0; 4096];
        match stream.read(&mut part).await {
            Ok(length) if length > 0 => read.extend_from_slice(&part[..length]),
            _ => return,
        }
        let text = String::from_utf8_lossy(&read).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| {
            let value = line.to_ascii_lowercase();
            value
                .strip_prefix("content-length: ")?
                .parse::<usize>()
                .ok()
        });
        if body.len() < length.unwrap_or(0) {
            continue;
        }
        read.clear();
        let says = says.lock().unwrap().clone();
        let of_token = head.contains("/oauth/token");
        let (status, headers, body) = if of_token { says.token } else { says.call };
        let length = body.len();
        let answer =
            format!("HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\n\r\n{body}");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn an_endpoint_that_refuses_is_told_at_once_to_all_and_forgotten_when_it_grants() {
    let world = World::with((401, "", r#"{"error":"invalid_client"}"#)).await;
    for _ in 0..3 {
        let (status, error) = world.execute().await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{error}");
        assert_eq!(error["code"], "service.unavailable");
        assert_eq!(error["messageParams"]["tollgateCode"], "no.token");
        let message = error["message"].as_str().unwrap();
        for part in ["pool-a", "127.0.0.1:", "401 invalid_client", "secret"] {
            assert!(message.contains(part), "{part}: {message}");
        }
        for part in ["raise the limit", "/oauth", "a-secret-of"] {
            assert!(!message.contains(part), "{part}: {message}");
        }
    }
    let state = world.state().await;
    assert_eq!(state["code"], "ERROR");
    let why = state["detail"]["message"].as_str().unwrap();
    assert!(
        why.contains("pool-a") && why.contains("401 invalid_client"),
        "{why}"
    );
    let upstreams = world.get("/api/v2/tollgate/upstreams").await;
    assert_eq!(upstreams["clients"][0]["name"], "pool-a");
    let reason = upstreams["clients"][0]["trouble"]["reason"]
        .as_str()
        .unwrap();
    assert!(reason.contains("401"), "{reason}");
    // It is asked again although everybody was refused.
    world.say(|says| says.token = (200, "", GRANT));
    let begin = Instant::now();
    while world.state().await["code"] != "ACTIVE" {
        assert!(begin.elapsed() < AT_ONCE * 3);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(world.execute().await.0, StatusCode::OK);
    world.service.drain(Duration::ZERO).await;
}

#[tokio::test]
async fn tokens_that_the_upstream_refuses_are_no_lack_of_quota() {
    let world = World::start().await;
    world.say(|says| says.call = (401, "", "{}"));
    let (status, error) = world.execute().await;
    assert_eq!(
        (status, &error["messageParams"]["tollgateCode"]),
        (StatusCode::BAD_REQUEST, &json!("upstream.error"))
    );
    let (status, error) = world.execute().await;
    assert_eq!(
        (status, &error["messageParams"]["tollgateCode"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("no.token"))
    );
    assert!(
        error["message"].as_str().unwrap().contains("401"),
        "{error}"
    );
    assert_eq!(world.state().await["code"], "ERROR");
}

#[tokio::test]
async fn answers_of_an_upstream_in_trouble_are_not_called_answered() {
    let world = World::start().await;
    assert_eq!(world.execute().await.0, StatusCode::OK);
    world.say(|says| says.call = (500, "", "{}"));
    assert_eq!(world.execute().await.0, StatusCode::BAD_GATEWAY);
    world.say(|says| says.call = (404, "", "{}"));
    assert_eq!(world.execute().await.0, StatusCode::NOT_FOUND);
    let flow = world.get("/api/v2/tollgate/flows").await["entities"][0].clone();
    let counts = ["answered", "failed", "refused"].map(|name| flow[name].as_u64().unwrap());
    assert_eq!(counts, [2, 1, 0], "{flow}");
}

#[tokio::test]
async fn what_refusals_close_is_shown_and_an_administrator_opens_it() {
    let world = World::start().await;
    world.say(|says| says.call = (429, "retry-after: 86000\r\n", "{}"));
    // The first may be by chance; the call is tried again, and the second closes the token.
    let (status, _) = world.execute().await;
    assert!(status.is_client_error() || status.is_server_error());
    world.say(|says| says.call = (200, "inin-ratelimit-count: many\r\n", "{}"));
    let closings = world.get("/api/v2/tollgate/closings").await;
    let closed = &closings["entities"][0];
    assert_eq!(
        (&closed["kind"], &closed["name"]),
        (&json!("token"), &json!("pool-a"))
    );
    // No longer than the token's window, though a day is asked for.
    let millis = closed["closedMillis"].as_u64().unwrap();
    assert!((50_000..=60_000).contains(&millis), "{closings}");
    let path = "/api/v2/tollgate/closings";
    let (status, _) = world.ask_as("flows", Method::DELETE, path).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let other = format!("{path}?kind=limit");
    let (_, opened) = world.ask_as("admin", Method::DELETE, &other).await;
    assert_eq!(opened, json!({"opened": 0}));
    let (_, opened) = world.ask_as("admin", Method::DELETE, path).await;
    assert_eq!(opened, json!({"opened": 1}));
    assert_eq!(world.get(path).await["entities"], json!([]));
    assert_eq!(world.execute().await.0, StatusCode::OK);
    let upstreams = world.get("/api/v2/tollgate/upstreams").await;
    assert_eq!(upstreams["limited"], 2);
    assert_eq!(upstreams["headersIgnored"], 1);
}
