//! Answers that speak of a limit whatever their status, over real sockets: the call is sent again; and answers
//! of the same statuses that don't: they stand.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use http::Method;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use support::{setup, tables, window};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tollgate_driver::{Bounds, Call, Driver};
use tollgate_model::Scope;

/// Answers the first request with this, and all others with 200.
async fn upstream(first: String) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/things/7", listener.local_addr().unwrap());
    let served = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&served);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut read = Vec::new();
            while !read.ends_with(b"\r\n\r\n") {
                let mut more = [0; 1024];
                let length = stream.read(&mut more).await.unwrap();
                if length == 0 {
                    break;
                }
                read.extend_from_slice(&more[..length]);
            }
            if read.is_empty() {
                continue;
            }
            let answer = match count.fetch_add(1, Ordering::SeqCst) {
                0 => first.clone(),
                _ => response(200, "", "fine"),
            };
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, served)
}

fn response(status: u16, header: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\n{header}content-length: {length}\r\n\r\n{body}"
    )
}

/// The status that the caller of a POST gets, and how many requests were made for it.
async fn ends(status: u16, header: &str, body: &str) -> (u16, usize) {
    let (url, served) = upstream(response(status, header, body)).await;
    let minute = Duration::from_secs(60);
    let engine = tables(Some(window("upstream", Scope::Host, 100, minute)));
    let driver = Driver::start(setup(engine, Vec::new(), Bounds::default())).unwrap();
    let call = Call {
        path_template: Some("/things/${id}".into()),
        ..support::call(Method::POST, &url, minute, minute)
    };
    let answer = driver.execute(call).await.unwrap();
    let limited = driver.snapshot().await.unwrap().limited;
    let served = served.load(Ordering::SeqCst);
    assert_eq!(limited as usize, served - 1);
    (answer.status, served)
}

#[tokio::test]
async fn an_answer_that_speaks_of_a_limit_is_a_refusal() {
    const FULL: &str = "date: Tue, 02 Jun 2026 12:00:00 GMT\r\nx-ratelimit-limit: 60\r\n\
                        x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 1\r\n";
    for (status, header, body) in [
        (403, "retry-after: 0\r\n", "{}"),
        (503, "retry-after: 0.25\r\n", "{}"),
        (503, "retry-after-ms: 20\r\n", "{}"),
        (403, FULL, "{}"),
        (
            403,
            "",
            r#"{"message":"You have exceeded a secondary rate limit."}"#,
        ),
        (403, "", r#"[{"errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#),
        (400, "", r#"{"__type":"ThrottlingException"}"#),
        (503, "", "<Error><Code>SlowDown</Code></Error>"),
        (429, "", ""),
    ] {
        assert_eq!(
            ends(status, header, body).await,
            (200, 2),
            "{status} {header} {body}"
        );
    }
}

#[tokio::test]
async fn an_answer_that_speaks_of_none_stands() {
    const LEFT: &str =
        "x-ratelimit-limit: 60\r\nx-ratelimit-remaining: 9\r\nx-ratelimit-reset: 1\r\n";
    for (status, header, body) in [
        (
            403,
            "",
            r#"{"message":"Resource not accessible by integration"}"#,
        ),
        (403, LEFT, "{}"),
        (403, "retry-after: -1\r\n", "{}"),
        (503, "", "<h1>Service unavailable</h1>"),
        (400, "", r#"{"message":"limit must be positive"}"#),
        (404, "retry-after: 1\r\n", "{}"),
    ] {
        assert_eq!(
            ends(status, header, body).await,
            (status, 1),
            "{status} {header} {body}"
        );
    }
}
