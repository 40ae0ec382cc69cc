//! HTTP/1.1 servers.

use super::{Certificate, LONG, driver, request};
use http::Method;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tollgate_driver::{Bounds, Failure};

/// Answers of a server, after each request on a connection; the connection closes behind the last.
type Script = fn(u64) -> Option<String>;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

async fn start(script: Script) -> (SocketAddr, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let accepted = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&accepted);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(serve(stream, script));
        }
    });
    (address, accepted)
}

async fn serve(mut stream: TcpStream, script: Script) {
    let mut number = 0;
    let mut head = Vec::new();
    while let Ok(byte) = stream.read_u8().await {
        head.push(byte);
        if head.ends_with(b"\r\n\r\n") {
            head.clear();
            let Some(answer) = script(number) else {
                return;
            };
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
            number += 1;
        }
    }
}

#[tokio::test]
async fn a_connection_is_kept_for_as_long_as_the_server_says() {
    let certificate = Certificate::new();
    for (kept, connections) in [("timeout=1, max=100", 5), ("timeout=60", 1)] {
        let script: Script = match connections {
            1 => |_| Some(OK.replacen("\r\n", "\r\nkeep-alive: timeout=60\r\n", 1)),
            _ => |_| Some(OK.replacen("\r\n", "\r\nkeep-alive: timeout=1, max=100\r\n", 1)),
        };
        let (address, accepted) = start(script).await;
        let driver = driver(&certificate, Bounds::default());
        for _ in 0..5 {
            let call = request(Method::POST, &format!("http://{address}/"), LONG);
            assert_eq!(driver.execute(call).await.unwrap().status, 200);
        }
        assert_eq!(accepted.load(Ordering::SeqCst), connections, "{kept}");
    }
}

#[tokio::test]
async fn a_server_that_closes_every_ten_requests_loses_no_call_that_may_be_repeated() {
    let certificate = Certificate::new();
    let (address, _) = start(|number| (number < 10).then(|| OK.to_owned())).await;
    let driver = driver(&certificate, Bounds::default());
    let url = format!("http://{address}/");
    for _ in 0..20 {
        let calls = (0..20).map(|_| driver.execute(request(Method::GET, &url, LONG)));
        for answer in futures_util::future::join_all(calls).await {
            assert_eq!(answer.unwrap().status, 200);
        }
    }
}

#[tokio::test]
async fn interim_answers_without_end_end_the_call_that_they_belong_to() {
    let certificate = Certificate::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let early = "HTTP/1.1 103 Early\r\nx-a: b\r\n\r\n".repeat(100);
                while stream.write_all(early.as_bytes()).await.is_ok() {}
            });
        }
    });
    let driver = driver(&certificate, Bounds::default());
    let call = request(Method::POST, &format!("http://{address}/"), LONG);
    let lost = tokio::time::timeout(LONG / 2, driver.execute(call))
        .await
        .unwrap();
    let Err(Failure::NoAnswer(reason)) = &lost else {
        panic!("{lost:?}");
    };
    assert!(reason.contains("interim answers"), "{reason}");
    // Few of them are nothing special.
    let (address, _) = start(|_| Some("HTTP/1.1 103 Early\r\n\r\n".repeat(3) + OK)).await;
    let call = request(Method::POST, &format!("http://{address}/"), LONG);
    assert_eq!(driver.execute(call).await.unwrap().status, 200);
}

#[tokio::test]
async fn an_answer_cut_short_is_none_and_what_follows_one_is_nobodys() {
    let certificate = Certificate::new();
    let driver = driver(&certificate, Bounds::default());
    let short = |_: u64| Some("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nok".to_owned());
    let (address, _) = start(short).await;
    let url = format!("http://{address}/");
    let soon = Duration::from_millis(200);
    let lost = driver.execute(request(Method::POST, &url, soon)).await;
    assert_eq!(lost.unwrap_err(), Failure::TimedOut);
    let (address, _) = start(|_| Some(OK.to_owned() + &OK.replace("ok", "no"))).await;
    let url = format!("http://{address}/");
    for _ in 0..5 {
        let answer = driver.execute(request(Method::POST, &url, LONG)).await;
        assert_eq!(&answer.unwrap().body.unwrap()[..], b"ok");
    }
}
