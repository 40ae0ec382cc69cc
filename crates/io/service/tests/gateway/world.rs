//! A service with a gateway, and an upstream that notes what comes.

use crate::harness::{self, login, serve};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use bytes::Bytes;
use http::StatusCode;
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tollgate_service::Service;

/// What the upstream has seen: request lines with the headers and bodies that came along.
pub(crate) type Seen = Arc<Mutex<Vec<Arrival>>>;

#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) line: String,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: usize,
}

pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) base: String,
    pub(crate) gateway: String,
    seen: Seen,
    pub(crate) http: reqwest::Client,
    pub(crate) token: String,
    _folder: tempfile::TempDir,
}

/// An upstream that grants tokens and notes what comes.
async fn upstream(seen: Seen) -> String {
    async fn note(State(seen): State<Seen>, request: Request) -> Response {
        let (head, body) = request.into_parts();
        let Ok(body) = to_bytes(body, usize::MAX).await else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        let target = head.uri.path_and_query().unwrap();
        let line = format!("{} {target}", head.method);
        let path = head.uri.path().to_owned();
        seen.lock().unwrap().push(Arrival {
            line,
            headers: head.headers,
            body: body.len(),
        });
        match path.as_str() {
            "/api/v2/missing" => (StatusCode::NOT_FOUND, "nothing here").into_response(),
            "/api/v2/moved" => (StatusCode::FOUND, [("location", "/elsewhere")]).into_response(),
            "/api/v2/big" => Body::from(vec![b'x'; 3_000_000]).into_response(),
            _ => (
                [
                    ("x-upstream", "yes"),
                    ("connection", "x-hop"),
                    ("x-hop", "1"),
                ],
                "answer",
            )
                .into_response(),
        }
    }
    let token = || async {
        Bytes::from(
            json!({"access_token": "of-the-pool-0123456789", "expires_in": 3600}).to_string(),
        )
    };
    let router = Router::new()
        .route("/oauth/token", post(token))
        .fallback(note)
        .with_state(seen);
    harness::upstream(router).await
}

impl World {
    /// `more`: of the gateway and the integration, at the end of the file.
    pub(crate) async fn start(more: &str) -> Self {
        let seen = Seen::default();
        let upstream = upstream(Arc::clone(&seen)).await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("actions")).unwrap();
        let text = format!(
            r#"
[server]
listen = "127.0.0.1:0"
calculation_threads = 1
[[caller]]
client_id = "program"
client_secret_env = "SECRET"
pass_through = [
    "GET /api/v2/users", "GET /api/v2/users/{{id}}", "HEAD /api/v2/users", "POST /api/v2/uploads/**",
    "PUT /api/v2/architect/ivrs/{{id}}", "GET /api/v2/missing", "GET /api/v2/moved", "GET /api/v2/big",
    "DELETE /api/v2/tokens/{{id}}", "GET /api/v2/notifications/{{id}}", "OPTIONS /api/v2/users",
]
[[caller]]
client_id = "flows"
client_secret_env = "SECRET"
[[caller]]
client_id = "elsewhere"
client_secret_env = "SECRET"
integrations = ["Other"]
pass_through = ["* /**"]
[[caller]]
client_id = "everything"
client_secret_env = "SECRET"
pass_through = ["* /**"]
[[client]]
name = "pool"
client_id = "pool"
client_secret_env = "SECRET"
token_url = "{upstream}/oauth/token"
max_tokens = 1
[[integration]]
name = "Platform"
type = "purecloud-data-actions"
base_url = "{upstream}"
clients = ["pool"]
actions = {{ folder = "actions" }}
[[integration.endpoint]]
request = "PUT /api/v2/architect/ivrs/{{id}}"
[[integration.endpoint.limit]]
name = "ivrs"
allowed = 2
period = "60s"
[[integration]]
name = "Other"
type = "custom-rest-actions"
actions = {{ folder = "actions" }}
[[gateway]]
integration = "Platform"
{more}
"#
        );
        let service = serve(folder.path(), &text).await.unwrap();
        let base = service.url();
        let gateway = service.gateway_urls().pop().unwrap_or_else(|| base.clone());
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let token = login(&http, &gateway, "program").await;
        Self {
            service,
            base,
            gateway,
            seen,
            http,
            token,
            _folder: folder,
        }
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.gateway);
        let method = method.parse().unwrap();
        self.http.request(method, url).bearer_auth(&self.token)
    }

    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    /// Sends bytes as they are and gives the answer's status; 0 if there is none.
    pub(crate) async fn raw(&self, bytes: &str) -> u16 {
        let address = self.gateway.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        // Some requests are never whole, and wait for more.
        let _ = tokio::time::timeout(Duration::from_secs(2), read).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|it| it.parse().ok());
        status.unwrap_or(0)
    }
}

/// Of a gateway with a listener of its own.
pub(crate) const OWN_LISTENER: &str = "listen = \"127.0.0.1:0\"";

/// An error's status and code.
pub(crate) async fn code(answer: reqwest::Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let body: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(body["status"], status);
    (status, body["code"].as_str().unwrap().to_owned())
}
