//! Requests that name no host, several, or one that is none: they are refused before a service sees them.

use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper::{Request, Response};
use std::convert::Infallible;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tollgate_listen::{Bounds, Listener, RequestBody};

async fn server() -> Listener {
    let service = service_fn(|_: Request<RequestBody>| async {
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"served"))))
    });
    let address = ([127, 0, 0, 1], 0).into();
    let server = Listener::start(address, Bounds::default(), service).await;
    server.expect("a port")
}

/// All that is answered to these bytes, until the connection is closed.
async fn told(server: &Listener, said: &str) -> String {
    let stream = TcpStream::connect(server.address()).await;
    let mut stream = stream.expect("connected");
    stream.write_all(said.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("answered");
    answer
}

#[tokio::test]
async fn a_request_names_one_host() {
    let server = server().await;
    let end = "Connection: close\r\n\r\n";
    for (version, hosts, is_served) in [
        ("1.1", "Host: a.example\r\n", true),
        ("1.1", "Host: a.example:8080\r\n", true),
        ("1.1", "Host: [::1]:8080\r\n", true),
        ("1.1", "Host:\r\n", true),
        ("1.0", "", true),
        ("1.0", "Host: a.example\r\n", true),
        ("1.1", "", false),
        ("1.1", "Host: a.example\r\nHost: b.example\r\n", false),
        (
            "1.1",
            "Host: a.example\r\nX: y\r\nhOST: a.example\r\n",
            false,
        ),
        ("1.0", "Host: a.example\r\nHost: b.example\r\n", false),
        ("1.1", "Host: a.example, b.example\r\n", false),
        ("1.1", "Host: a.example/path\r\n", false),
        ("1.1", "Host: user@a.example\r\n", false),
        ("1.1", "Host: \u{e4}.example\r\n", false),
    ] {
        let answer = told(&server, &format!("GET / HTTP/{version}\r\n{hosts}{end}")).await;
        let status = answer.get(9..12).unwrap_or_default();
        let expected = if is_served { "200" } else { "400" };
        assert_eq!(status, expected, "{version} {hosts:?}: {answer}");
        assert_eq!(answer.ends_with("served"), is_served, "{answer}");
    }
}

#[tokio::test]
async fn what_follows_a_refused_request_is_not_read() {
    let server = server().await;
    let twice = "POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 3\r\n\r\nabc";
    let answer = told(
        &server,
        &format!("{twice}GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    )
    .await;
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    assert!(answer.contains(r#""code":"bad.request""#), "{answer}");
    assert!(answer.contains("more than one Host"), "{answer}");
}
