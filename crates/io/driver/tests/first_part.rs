//! Answers that are passed on, until their first part: what breaks before it is no answer, and it isn't waited for
//! long.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use http::Method;
use std::time::Duration;
use support::{at_once, call, setup, tables};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tollgate_driver::{Bounds, Driver, Failure};

const LONG: Duration = Duration::from_secs(60);

/// One call at once.
fn driver() -> Driver {
    let mut engine = tables(Some(at_once(1)));
    engine.policy.retry_pause = Duration::from_millis(1);
    Driver::start(setup(engine, vec![], Bounds::default())).unwrap()
}

const WHOLE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";

/// An upstream that sends its first connection these bytes, once a request's head has come, and closes it or keeps
/// it. Others get a whole answer.
async fn says(bytes: &'static [u8], closes: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut bytes = bytes;
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let bytes = std::mem::replace(&mut bytes, WHOLE);
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                stream.write_all(bytes).await.unwrap();
                if !closes {
                    let _ = stream.read_to_end(&mut Vec::new()).await;
                }
            });
        }
    });
    url
}

#[tokio::test]
async fn an_answer_that_breaks_before_its_first_part_is_none() {
    let driver = driver();
    for (bytes, closes) in [
        (
            &b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n"[..],
            false,
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            true,
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n",
            true,
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true),
    ] {
        let call = call(Method::POST, &says(bytes, closes).await, LONG, LONG);
        let failure = driver.forward(call).await.unwrap_err();
        assert!(
            matches!(&failure, Failure::NoAnswer(_)),
            "{bytes:?}: {failure:?}"
        );
    }
}

#[tokio::test]
async fn an_idempotent_request_is_sent_again_then() {
    let driver = driver();
    let broken = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut call = call(Method::GET, &says(broken, true).await, LONG, LONG);
    call.idempotent = true;
    let answer = driver.forward(call).await.unwrap();
    assert_eq!((answer.status, answer.attempts), (200, 2));
}

#[tokio::test]
async fn a_head_is_not_held_for_a_part_that_does_not_come() {
    let driver = driver();
    for head in [
        &b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",
    ] {
        let call = call(Method::GET, &says(head, false).await, LONG, LONG);
        let answer = driver.forward(call).await.unwrap();
        assert_eq!(answer.status, 200);
    }
}
