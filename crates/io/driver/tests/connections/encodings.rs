//! What requests say of bodies, and bodies that come packed.

use super::support::{self, at_once, credentials, setup, tables};
use super::{Certificate, LONG, Server, driver, request, serve};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, header};
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tollgate_driver::{Answer, BodyError, Bounds, Call, Driver, Failure};
use tollgate_model::RouteId;

const MOST: usize = 100_000;

/// Packs with a tool of Debian's.
fn pack(tool: &str, plain: &[u8]) -> Vec<u8> {
    let mut process = Command::new(tool)
        .arg("-c")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{tool}, of Debian's package of that name: {error}"));
    let mut input = process.stdin.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || input.write_all(plain).unwrap());
        process.wait_with_output().unwrap().stdout
    })
}

/// An HTTP/1.1 server that answers each request with these bytes, and keeps what it was sent.
struct Upstream {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicU64>,
}

impl Upstream {
    async fn start(answer: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let upstream = Self {
            address,
            heads: Arc::default(),
            connections: Arc::default(),
        };
        let (heads, connections) = (
            Arc::clone(&upstream.heads),
            Arc::clone(&upstream.connections),
        );
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(Self::serve(stream, answer.clone(), Arc::clone(&heads)));
            }
        });
        upstream
    }

    async fn serve(mut stream: TcpStream, answer: Vec<u8>, heads: Arc<Mutex<Vec<String>>>) {
        let mut head = Vec::new();
        while let Ok(byte) = stream.read_u8().await {
            head.push(byte);
            if head.ends_with(b"\r\n\r\n") {
                let text = String::from_utf8(std::mem::take(&mut head)).unwrap();
                let text = text.to_ascii_lowercase();
                let length = text.split_once("content-length: ");
                let length = length.and_then(|(_, rest)| rest.lines().next()?.parse().ok());
                let mut body = vec![0; length.unwrap_or(0)];
                stream.read_exact(&mut body).await.unwrap();
                heads.lock().unwrap().push(text);
                if stream.write_all(&answer).await.is_err() {
                    return;
                }
            }
        }
    }

    fn call(&self, method: Method) -> Call {
        request(method, &format!("http://{}/", self.address), LONG)
    }

    fn last_head(&self) -> String {
        self.heads.lock().unwrap().last().unwrap().clone()
    }
}

/// An answer with these headers, and the length of this body.
fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn bounded() -> Driver {
    let bounds = Bounds {
        max_response_bytes: MOST,
        ..Bounds::default()
    };
    driver(&Certificate::new(), bounds)
}

async fn body_of(driver: &Driver, call: Call) -> Result<Bytes, BodyError> {
    let Answer { body, attempts, .. } = driver.execute(call).await.unwrap();
    assert_eq!(attempts, 1, "an answer that can't be read stays an answer");
    body
}

#[tokio::test]
async fn codings_are_asked_for_unless_the_request_names_its_own() {
    let upstream = Upstream::start(answer("200 OK", "", b"ok")).await;
    let driver = bounded();
    let asked = |name: header::HeaderName, value: &'static str| {
        let mut call = upstream.call(Method::GET);
        let value = HeaderValue::from_static(value);
        call.request.headers = HeaderMap::from_iter([(name, value)]);
        call
    };
    for (call, line) in [
        (
            upstream.call(Method::GET),
            "accept-encoding: gzip, deflate, br, zstd\r\n",
        ),
        (
            asked(header::ACCEPT_ENCODING, "identity"),
            "accept-encoding: identity\r\n",
        ),
        (
            asked(header::ACCEPT_ENCODING, "br;q=0.5"),
            "accept-encoding: br;q=0.5\r\n",
        ),
        (
            asked(header::RANGE, "bytes=0-9"),
            "accept-encoding: identity\r\n",
        ),
    ] {
        driver.execute(call).await.unwrap();
        let head = upstream.last_head();
        assert!(head.contains(line), "{line} {head}");
        assert_eq!(head.matches("accept-encoding").count(), 1, "{head}");
    }
}

#[tokio::test]
async fn packed_answers_are_unpacked_on_connections_that_are_kept() {
    let plain = r#"{"name":"Zoë"}"#.repeat(1000).into_bytes();
    let driver = bounded();
    for (coding, tool) in [("gzip", "gzip"), ("br", "brotli"), ("zstd", "zstd")] {
        let packed = pack(tool, &plain);
        let coded = format!("content-encoding: {coding}\r\n");
        let whole = answer("200 OK", &coded, &packed);
        let mut chunked =
            format!("HTTP/1.1 200 OK\r\n{coded}transfer-encoding: chunked\r\n\r\n").into_bytes();
        for part in packed.chunks(7) {
            chunked.extend(format!("{:x}\r\n", part.len()).bytes());
            chunked.extend(part);
            chunked.extend(b"\r\n");
        }
        chunked.extend(b"0\r\n\r\n");
        for sent in [whole, chunked] {
            let upstream = Upstream::start(sent).await;
            for method in [Method::GET, Method::POST, Method::GET] {
                let mut call = upstream.call(method);
                // Whatever was asked for.
                let own = (header::ACCEPT_ENCODING, HeaderValue::from_static("x"));
                call.request.headers = HeaderMap::from_iter([own]);
                assert_eq!(body_of(&driver, call).await.unwrap(), plain);
            }
            assert_eq!(upstream.connections.load(Ordering::SeqCst), 1);
        }
    }
}

#[tokio::test]
async fn what_can_not_be_unpacked_says_why_and_costs_no_connection() {
    let driver = bounded();
    let gzip = pack("gzip", &vec![b'x'; 2 * MOST]);
    let cut = &gzip[..gzip.len() - 1];
    for (coding, body, words) in [
        ("gzip", &gzip[..], "longer than 100000 bytes"),
        ("gzip", cut, "longer than 100000 bytes"),
        ("deflate", &gzip[..], "deflate"),
        ("br", &gzip[..], "br"),
        ("zstd", &gzip[..], "zstd"),
        ("gzip", b"{\"ok\":true}", "gzip"),
        ("sdch", b"{\"ok\":true}", "`sdch`"),
    ] {
        let coded = format!("content-encoding: {coding}\r\n");
        let upstream = Upstream::start(answer("200 OK", &coded, body)).await;
        for _ in 0..2 {
            let told = body_of(&driver, upstream.call(Method::GET)).await;
            let told = told.unwrap_err().to_string();
            assert!(told.contains(words), "{told}");
        }
        assert_eq!(upstream.connections.load(Ordering::SeqCst), 1);
    }
}

/// 1 GiB, which no machine unpacks in the time.
#[tokio::test]
async fn unpacking_ends_with_the_attempts_time() {
    let bomb = pack("gzip", &vec![0; 16 * 1024 * 1024]).repeat(64);
    let upstream = Upstream::start(answer("200 OK", "content-encoding: gzip\r\n", &bomb)).await;
    let bounds = Bounds {
        max_response_bytes: 2 << 30,
        ..Bounds::default()
    };
    let driver = driver(&Certificate::new(), bounds);
    let mut call = upstream.call(Method::POST);
    call.timeout = Duration::from_millis(100);
    let lost = driver.execute(call).await;
    assert_eq!(lost.unwrap_err(), Failure::TimedOut);
}

#[tokio::test]
async fn an_answer_that_is_too_long_as_it_is_sent_is_not_read_to_its_end() {
    let driver = bounded();
    let long = vec![b'x'; 2 * MOST];
    let upstream = Upstream::start(answer("200 OK", "", &long)).await;
    for _ in 0..2 {
        let told = body_of(&driver, upstream.call(Method::GET)).await;
        assert_eq!(told, Err(BodyError::TooLong { most: MOST }));
    }
    assert_eq!(upstream.connections.load(Ordering::SeqCst), 2);
    let just = answer("200 OK", "", &long[..MOST]);
    let upstream = Upstream::start(just).await;
    let read = body_of(&driver, upstream.call(Method::GET)).await;
    assert_eq!(read.unwrap().len(), MOST);
}

#[tokio::test]
async fn answers_without_a_body_have_none_whatever_their_headers_say() {
    let driver = bounded();
    let says = "content-encoding: gzip\r\ncontent-type: application/json\r\n";
    let none = |status: &str| format!("HTTP/1.1 {status}\r\n{says}\r\n").into_bytes();
    let length = format!("HTTP/1.1 200 OK\r\n{says}content-length: 500\r\n\r\n");
    for (method, sent, status) in [
        (Method::POST, none("204 No Content"), 204),
        (Method::GET, none("304 Not Modified"), 304),
        (Method::HEAD, length.into_bytes(), 200),
        (Method::POST, answer("200 OK", says, b""), 200),
    ] {
        let upstream = Upstream::start(sent).await;
        for _ in 0..2 {
            let answer = driver.execute(upstream.call(method.clone())).await.unwrap();
            assert_eq!(answer.status, status);
            assert_eq!(answer.body.unwrap(), "");
        }
        assert_eq!(upstream.connections.load(Ordering::SeqCst), 1);
    }
}

/// A driver whose one route takes tokens that this server grants.
fn with_tokens(of: &Upstream) -> Driver {
    let engine = support::with_tokens(tables(Some(at_once(10))), 1, None);
    let clients = vec![credentials(&format!("http://{}/", of.address))];
    Driver::start(setup(engine, clients, Bounds::default())).unwrap()
}

#[tokio::test]
async fn tokens_come_packed_too() {
    let grant = br#"{"access_token":"t0k3n","expires_in":3600}"#;
    let gzip = answer("200 OK", "content-encoding: gzip\r\n", &pack("gzip", grant));
    let upstream = Upstream::start(gzip).await;
    let driver = with_tokens(&upstream);
    let read = body_of(&driver, upstream.call(Method::GET)).await;
    assert_eq!(&read.unwrap()[..], grant);
    assert!(upstream.last_head().contains("bearer t0k3n"));

    let broken = answer("200 OK", "content-encoding: br\r\n", grant);
    let upstream = Upstream::start(broken).await;
    let driver = with_tokens(&upstream);
    let mut call = upstream.call(Method::GET);
    call.deadline = Duration::from_secs(1);
    let refused = driver.execute(call).await;
    assert!(
        matches!(refused, Err(Failure::Refused { .. })),
        "{refused:?}"
    );
    let reason = driver.token_trouble(RouteId(0)).unwrap().reason;
    assert!(reason.contains("Content-Encoding is br"), "{reason}");
    assert!(!reason.contains("t0k3n"), "{reason}");
}

/// What requests say of their body's length, by method, without a body and with one of two bytes.
const LENGTHS: [(Method, Option<&str>, Option<&str>); 6] = [
    (Method::POST, Some("0"), Some("2")),
    (Method::PUT, Some("0"), Some("2")),
    (Method::PATCH, Some("0"), Some("2")),
    (Method::DELETE, None, Some("2")),
    (Method::GET, None, None),
    (Method::HEAD, None, None),
];

#[tokio::test]
async fn requests_say_their_length_over_http1() {
    let upstream = Upstream::start(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()).await;
    let driver = bounded();
    for (method, empty, full) in LENGTHS {
        for (body, length) in [("", empty), ("{}", full)] {
            if body == "{}" && full.is_none() {
                continue;
            }
            let mut call = upstream.call(method.clone());
            call.request.body = Bytes::from_static(body.as_bytes()).into();
            // Not its author's to say.
            let wrong = (header::CONTENT_LENGTH, HeaderValue::from_static("77"));
            call.request.headers = HeaderMap::from_iter([wrong]);
            driver.execute(call).await.unwrap();
            let head = upstream.last_head();
            let line = length.map(|length| format!("content-length: {length}\r\n"));
            match line {
                Some(line) => assert!(head.contains(&line), "{head}"),
                None => assert!(!head.contains("content-length"), "{head}"),
            }
            assert!(!head.contains("transfer-encoding"), "{head}");
        }
    }
}

#[tokio::test]
async fn requests_say_their_length_over_http2_and_packed_answers_are_unpacked() {
    let certificate = Certificate::new();
    let packed = pack("gzip", b"ok");
    let server = Server::start(&certificate, "127.0.0.1:0", move |_, stream| {
        let packed = packed.clone();
        serve(stream, move |_, (request, mut respond)| {
            let packed = packed.clone();
            async move {
                let length = request.headers().get(header::CONTENT_LENGTH);
                let length = length.map_or("none", |length| length.to_str().unwrap());
                let ended = request.body().is_end_stream();
                let answer = Response::builder()
                    .header("said-length", length)
                    .header("ended-at-once", ended.to_string())
                    .header(header::CONTENT_ENCODING, "gzip");
                let head = request.method() == Method::HEAD;
                let answer = answer.body(()).unwrap();
                if let Ok(mut body) = respond.send_response(answer, head)
                    && !head
                {
                    // An error means that the client has gone.
                    let _ = body.send_data(packed.into(), true);
                }
            }
        })
    })
    .await;
    let driver = driver(&certificate, Bounds::default());
    for (method, empty, full) in LENGTHS {
        for (body, length) in [("", empty), ("{}", full)] {
            if body == "{}" && full.is_none() {
                continue;
            }
            let url = format!("https://{}/", server.address);
            let mut call = request(method.clone(), &url, LONG);
            call.request.body = Bytes::from_static(body.as_bytes()).into();
            let answer = driver.execute(call).await.unwrap();
            let said = |name| answer.headers.get(name).unwrap().to_str().unwrap();
            assert_eq!(said("said-length"), length.unwrap_or("none"), "{method}");
            assert_eq!(said("ended-at-once"), body.is_empty().to_string());
            let expected: &[u8] = if method == Method::HEAD { b"" } else { b"ok" };
            assert_eq!(answer.body.as_deref().unwrap(), expected);
        }
    }
    assert_eq!(server.connections(), 1);
}
