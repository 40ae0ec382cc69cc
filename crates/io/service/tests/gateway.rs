//! Requests that pass through a gateway, over sockets: what reaches the upstream, and what never does.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use bytes::Bytes;
use harness::{login, serve};
use http::StatusCode;
use http_body::Frame;
use http_body_util::StreamBody;
use serde_json::json;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tollgate_service::Service;

/// What the upstream has seen: request lines with the headers and bodies that came along.
type Seen = Arc<Mutex<Vec<Arrival>>>;

#[derive(Clone, Debug)]
struct Arrival {
    line: String,
    headers: http::HeaderMap,
    body: usize,
}

struct World {
    service: Service,
    base: String,
    gateway: String,
    seen: Seen,
    http: reqwest::Client,
    token: String,
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
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}")
}

impl World {
    /// `more`: of the gateway and the integration, at the end of the file.
    async fn start(more: &str) -> Self {
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

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.gateway);
        let method = method.parse().unwrap();
        self.http.request(method, url).bearer_auth(&self.token)
    }

    fn arrivals(&self) -> Vec<Arrival> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    /// Sends bytes as they are and gives the answer's status; 0 if there is none.
    async fn raw(&self, bytes: &str) -> u16 {
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

const OWN_LISTENER: &str = "listen = \"127.0.0.1:0\"";

async fn code(answer: reqwest::Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let body: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(body["status"], status);
    (status, body["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_request_reaches_the_upstream_as_it_is_but_for_the_token() {
    let world = World::start(OWN_LISTENER).await;
    let answer = world
        .request("GET", "/api/v2/users/7?pageSize=25&q=a%20b&q=c")
        .header("x-custom", "mine")
        .header("accept-language", "de")
        .header("tollgate-deadline", "30s")
        .header("connection", "x-gone")
        .header("x-gone", "1")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let headers = answer.headers().clone();
    assert_eq!(headers["x-upstream"], "yes");
    assert!(headers.contains_key("tollgate-waited"));
    assert!(!headers.contains_key("x-hop"));
    assert_eq!(answer.text().await.unwrap(), "answer");

    let seen = world.arrivals().pop().unwrap();
    assert_eq!(seen.line, "GET /api/v2/users/7?pageSize=25&q=a%20b&q=c");
    assert_eq!(
        seen.headers["authorization"],
        "Bearer of-the-pool-0123456789"
    );
    assert_eq!(seen.headers["x-custom"], "mine");
    assert_eq!(seen.headers["accept-language"], "de");
    for gone in ["tollgate-deadline", "x-gone"] {
        assert!(!seen.headers.contains_key(gone), "{gone}");
    }
}

#[tokio::test]
async fn statuses_redirects_and_heads_come_back_as_they_are() {
    let world = World::start(OWN_LISTENER).await;
    let answer = world
        .request("GET", "/api/v2/missing")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.text().await.unwrap(), "nothing here");
    let answer = world.request("GET", "/api/v2/moved").send().await.unwrap();
    assert_eq!(answer.status(), 302);
    assert_eq!(answer.headers()["location"], "/elsewhere");
    let answer = world.request("HEAD", "/api/v2/users").send().await.unwrap();
    assert_eq!(answer.headers()["content-length"], "6");
    let answer = world.request("GET", "/api/v2/big").send().await.unwrap();
    assert_eq!(answer.headers()["content-length"], "3000000");
    assert_eq!(answer.bytes().await.unwrap().len(), 3_000_000);
}

#[tokio::test]
async fn bodies_are_bounded_and_long_ones_are_never_held() {
    let bounds = format!("{OWN_LISTENER}\nmax_body_bytes = 2_000_000\nreplay_bytes = 1000");
    let world = World::start(&bounds).await;
    let upload = async |bytes: usize, is_known: bool| {
        let bytes = vec![b'x'; bytes];
        let body = match is_known {
            true => reqwest::Body::from(bytes),
            false => {
                let parts: Vec<_> = bytes.chunks(10_000).map(Bytes::copy_from_slice).collect();
                let frames = parts
                    .into_iter()
                    .map(|it| Ok::<_, io::Error>(Frame::data(it)));
                reqwest::Body::wrap(StreamBody::new(futures_util::stream::iter(frames)))
            }
        };
        let sent = world.request("POST", "/api/v2/uploads/x").body(body).send();
        sent.await.unwrap()
    };
    for is_known in [true, false] {
        for bytes in [0, 10, 1000, 1001, 2_000_000] {
            let answer = upload(bytes, is_known).await;
            assert_eq!(answer.status(), 200, "{bytes} {is_known}");
            assert_eq!(world.arrivals().pop().unwrap().body, bytes);
        }
        let answer = upload(2_000_001, is_known).await;
        let expected = (413, "request.entity.too.large".to_owned());
        assert_eq!(code(answer).await, expected);
        assert!(world.arrivals().is_empty());
    }
}

#[tokio::test]
async fn callers_pass_what_is_listed_and_nothing_else() {
    let mut world = World::start(OWN_LISTENER).await;
    let tried = [
        ("program", "GET", "/api/v2/users", 200, ""),
        (
            "program",
            "POST",
            "/api/v2/users",
            403,
            "gateway.not.listed",
        ),
        (
            "program",
            "GET",
            "/api/v2/queues",
            403,
            "gateway.not.listed",
        ),
        (
            "program",
            "GET",
            "/api/v2/users/7/roles",
            403,
            "gateway.not.listed",
        ),
        ("program", "GET", "/api/v2/Users", 403, "gateway.not.listed"),
        (
            "program",
            "GET",
            "/api/v2/user%73",
            403,
            "gateway.not.listed",
        ),
        (
            "program",
            "PURGE",
            "/api/v2/users",
            405,
            "method.not.allowed",
        ),
        ("flows", "GET", "/api/v2/users", 403, "gateway.not.listed"),
        (
            "elsewhere",
            "GET",
            "/api/v2/users",
            403,
            "missing.permissions",
        ),
        ("everything", "GET", "/api/v2/anything/at/all", 200, ""),
        (
            "everything",
            "DELETE",
            "/api/v2/tokens/mE",
            404,
            "not.found",
        ),
        (
            "everything",
            "POST",
            "/api/v2/notifications/channels",
            501,
            "gateway.notifications",
        ),
    ];
    let mut passed = 0;
    for (caller, method, path, status, word) in tried {
        world.token = login(&world.http, &world.gateway, caller).await;
        let answer = world.request(method, path).send().await.unwrap();
        if status == 200 {
            assert_eq!(answer.status(), 200, "{caller} {method} {path}");
            passed += 1;
        } else {
            let found = code(answer).await;
            assert_eq!(found, (status, word.to_owned()), "{caller} {method} {path}");
        }
    }
    assert_eq!(world.arrivals().len(), passed);
    let answer = world.http.get(format!("{}/api/v2/users", world.gateway));
    assert_eq!(answer.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn who_logs_out_ends_its_own_token_and_not_the_pools() {
    let world = World::start(OWN_LISTENER).await;
    let ended = world
        .request("DELETE", "/api/v2/tokens/me")
        .send()
        .await
        .unwrap();
    assert_eq!(ended.status(), 204);
    let answer = world.request("GET", "/api/v2/users").send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert!(world.arrivals().is_empty());
}

#[tokio::test]
async fn a_limit_of_one_endpoint_holds_however_its_path_is_written() {
    let mut world = World::start(OWN_LISTENER).await;
    world.token = login(&world.http, &world.gateway, "everything").await;
    let put = async |path: &str| {
        let request = world.request("PUT", path).header("tollgate-deadline", "1s");
        request.send().await.unwrap()
    };
    assert_eq!(put("/api/v2/architect/ivrs/1").await.status(), 200);
    assert_eq!(put("/API/v2/architect/%69vrs/2/").await.status(), 200);
    let refused = put("/api/v2/architect/ivrs/3").await;
    assert!(!refused.headers().contains_key("retry-after"));
    let body: serde_json::Value = refused.json().await.unwrap();
    assert_eq!(body["status"], 429);
    assert_eq!(body["messageParams"]["limit"], "ivrs");
    assert_eq!(put("/api/v2/architect/other/3").await.status(), 200);
}

/// What was tried to get past the list, or to make the upstream read another request than was checked.
#[tokio::test]
async fn nothing_that_is_bent_passes() {
    let world = World::start(OWN_LISTENER).await;
    let token = &world.token;
    let auth = format!("Host: gateway\r\nAuthorization: Bearer {token}\r\n");
    let end = "Connection: close\r\n\r\n";
    let mut tried = Vec::new();
    for path in [
        "/api/v2/users/../queues",
        "/api/v2/users/..",
        "/api/v2/users/.",
        "/api/v2/users/%2e%2e/queues",
        "/api/v2/users/%2E%2e",
        "/api/v2/users/.%2e",
        "/api/v2/users/..%2fqueues",
        "/api/v2/users/7%2Froles",
        "/api/v2/users/7%5croles",
        "/api/v2/users/7\\roles",
        "/api/v2/users/%252e%252e",
        "/api/v2/users/..;x",
        "/api/v2/users/7;x=1",
        "/api/v2/users/%00",
        "/api/v2/users/7%0d%0aX-Evil:%201",
        "//api/v2/users",
        "/api//v2/users",
        "/api/v2/users//7",
        "/api/v2/users/%",
        "/api/v2/users/%zz",
        "/api/v2/users/{id}",
        "/./api/v2/users",
        "*",
        "http://evil.example/api/v2/users",
        "http://gateway/api/v2/users",
        "https://gateway/api/v2/users",
        "evil.example:443",
        "@evil.example/",
        "/api/v2/users\t",
        "/api/v2/users HTTP/1.1",
    ] {
        tried.push((
            path.to_owned(),
            format!("GET {path} HTTP/1.1\r\n{auth}{end}"),
        ));
    }
    let get = "GET /api/v2/users HTTP/1.1\r\n";
    let put = "POST /api/v2/uploads/x HTTP/1.1\r\n";
    let hidden = "GET /api/v2/queues HTTP/1.1\r\nHost: gateway\r\n\r\n";
    for (what, request) in [
        (
            "CONNECT",
            format!("CONNECT evil.example:443 HTTP/1.1\r\n{auth}{end}"),
        ),
        (
            "TRACE",
            format!("TRACE /api/v2/users HTTP/1.1\r\n{auth}{end}"),
        ),
        (
            "upgrade",
            format!("{get}{auth}Upgrade: websocket\r\nConnection: upgrade\r\n\r\n"),
        ),
        (
            "h2c",
            format!(
                "{get}{auth}Upgrade: h2c\r\nHTTP2-Settings: AAAA\r\nConnection: upgrade\r\n\r\n"
            ),
        ),
        (
            "two lengths",
            format!("{put}{auth}Content-Length: 3\r\nContent-Length: 4\r\n\r\nxxxx"),
        ),
        (
            "a list of lengths",
            format!("{put}{auth}Content-Length: 3, 4\r\n\r\nxxxx"),
        ),
        (
            "a signed length",
            format!("{put}{auth}Content-Length: +3\r\n\r\nxxx"),
        ),
        (
            "an unknown coding",
            format!("{put}{auth}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        ),
        (
            "chunked twice",
            format!("{put}{auth}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
        ),
        (
            "chunked in HTTP/1.0",
            format!(
                "POST /api/v2/uploads/x HTTP/1.0\r\n{auth}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            ),
        ),
        (
            "a bad chunk size",
            format!("{put}{auth}Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n"),
        ),
        (
            "a negative chunk size",
            format!("{put}{auth}Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n"),
        ),
        (
            "a space before the colon",
            format!("{put}{auth}Content-Length : 3\r\n\r\nxxx"),
        ),
        (
            "a folded header",
            format!("{get}{auth}X-A: b\r\n Authorization: c\r\n\r\n"),
        ),
        (
            "a bare line feed in a header",
            format!("{get}{auth}X-A: b\nX-B: c\rX-C: d\r\n\r\n"),
        ),
        ("a NUL in a header", format!("{get}{auth}X-A: b\0c\r\n\r\n")),
    ] {
        tried.push((what.to_owned(), request));
    }
    for (what, request) in &tried {
        let status = world.raw(request).await;
        println!(
            "| {:32} | {} |",
            what.escape_debug().to_string(),
            if status == 0 {
                "closed".to_owned()
            } else {
                status.to_string()
            }
        );
        let is_refused = status == 0 || (400..600).contains(&status);
        assert!(is_refused, "{what}: {status}");
        let passed = world.arrivals();
        assert!(passed.is_empty(), "{what}: {passed:?}");
    }

    // These are read in one way alone, and what is hidden in their bodies stays there.
    for (what, request) in [
        (
            "both framings",
            format!(
                "{put}{auth}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n{end}0\r\n\r\n{hidden}"
            ),
        ),
        (
            "a request in a body",
            format!(
                "{put}{auth}Content-Length: {}\r\n{end}{hidden}",
                hidden.len()
            ),
        ),
        (
            "a request in chunks",
            format!(
                "{put}{auth}Transfer-Encoding: chunked\r\n{end}{:x}\r\n{hidden}\r\n0\r\n\r\n",
                hidden.len()
            ),
        ),
        (
            "a body of a GET",
            format!(
                "{get}{auth}Content-Length: {}\r\n{end}{hidden}",
                hidden.len()
            ),
        ),
    ] {
        let status = world.raw(&request).await;
        let seen = world.arrivals();
        println!("| {what:32} | {status}, {} seen |", seen.len());
        assert!(seen.len() <= 1, "{what}: {seen:?}");
        for arrival in seen {
            assert!(!arrival.line.contains("queues"), "{what}: {arrival:?}");
            let framings = ["content-length", "transfer-encoding"];
            let framings = framings
                .iter()
                .filter(|name| arrival.headers.contains_key(**name));
            assert!(framings.count() <= 1, "{what}: {arrival:?}");
        }
    }

    // Headers that would speak for somebody else.
    let bent = format!(
        "{get}{auth}Authorization: Bearer other\r\nX-Forwarded-Host: evil\r\nProxy-Authorization: x\r\nTE: trailers\r\n\
         Connection: close, authorization, x-forwarded-host\r\n\r\n"
    );
    world.raw(&bent).await;
    for arrival in world.arrivals() {
        let all: Vec<_> = arrival.headers.get_all("authorization").iter().collect();
        assert_eq!(all, ["Bearer of-the-pool-0123456789"]);
        assert!(!arrival.headers.contains_key("proxy-authorization"));
        assert!(!arrival.headers.contains_key("te"));
    }
}

#[tokio::test]
async fn a_gateway_may_lie_behind_a_path_or_a_host_of_the_services_listener() {
    let mut world = World::start("path = \"/platform\"").await;
    world.gateway.push_str("/platform");
    let answer = world.request("GET", "/api/v2/users").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let token = login(&world.http, &world.gateway, "program").await;
    assert!(!token.is_empty());
    let own = world.http.get(format!("{}/health", world.base));
    assert_eq!(own.send().await.unwrap().status(), 200);
    world.gateway = world.base.clone();
    let auth = format!("Host: x\r\nAuthorization: Bearer {}\r\n\r\n", world.token);
    for path in [
        "/platform/../api/v2/users",
        "/x/../platform/api/v2/users",
        "//platform/api/v2/users",
    ] {
        let status = world.raw(&format!("GET {path} HTTP/1.1\r\n{auth}")).await;
        assert!((400..500).contains(&status), "{path}: {status}");
    }
    assert_eq!(world.arrivals().len(), 1);

    let world = World::start("host = \"Genesys.example\"").await;
    let host = |name: &str| {
        let request = world.request("GET", "/api/v2/users");
        request.header("host", name).send()
    };
    assert_eq!(host("genesys.EXAMPLE:8080").await.unwrap().status(), 200);
    assert_eq!(host("other.example").await.unwrap().status(), 404);
    assert_eq!(world.arrivals().len(), 1);
    drop(world.service);
}
