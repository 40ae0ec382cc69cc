//! Requests over HTTP/2 that are answered before they have come to their end.

use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper::{Request, Response};
use std::convert::Infallible;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tollgate_listen::{Bounds, Listener, RequestBody};

/// Only a hang takes so long.
const HANG: Duration = Duration::from_secs(60);
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(payload.len()).expect("short").to_be_bytes();
    [&[0, high, low, kind, flags, 0, 0, 0, stream], payload].concat()
}

/// The next frame's kind, flags and payload.
async fn read(stream: &mut TcpStream) -> (u8, u8, Vec<u8>) {
    let mut head = [0; 9];
    let reading = async {
        stream.read_exact(&mut head).await.expect("a frame");
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).expect("short")];
        stream.read_exact(&mut payload).await.expect("its payload");
        payload
    };
    let payload = tokio::time::timeout(HANG, reading)
        .await
        .expect("still nothing");
    (head[3], head[4], payload)
}

/// Refuses every request without reading its body.
async fn begun() -> (Listener, TcpStream) {
    let service = service_fn(|_: Request<RequestBody>| async {
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"refused"))))
    });
    let address = ([127, 0, 0, 1], 0).into();
    let server = Listener::start(address, Bounds::default(), service).await;
    let server = server.expect("a port");
    let mut stream = TcpStream::connect(server.address())
        .await
        .expect("connected");
    // :method POST, :scheme http, :path /, :authority x; the body is still to come.
    let post = frame(HEADERS, END_HEADERS, 1, b"\x83\x86\x84\x01\x01x");
    let said = [PREFACE, &frame(SETTINGS, 0, 0, b""), &post].concat();
    stream.write_all(&said).await.expect("sent");
    let mut answer = Vec::new();
    loop {
        let (kind, flags, payload) = read(&mut stream).await;
        assert_ne!(kind, RESET, "after {answer:?}");
        if kind == DATA {
            answer.extend(payload);
            if flags & END_STREAM != 0 {
                break;
            }
        }
    }
    assert_eq!(answer, b"refused");
    (server, stream)
}

#[tokio::test]
async fn a_caller_that_ends_its_upload_after_the_answer_is_not_reset() {
    let (_server, mut stream) = begun().await;
    let rest = [
        frame(DATA, 0, 1, &[b'x'; 9000]),
        frame(DATA, END_STREAM, 1, b"x"),
    ]
    .concat();
    let all = [rest, frame(PING, 0, 0, b"12345678")].concat();
    stream.write_all(&all).await.expect("sent");
    loop {
        let (kind, flags, _) = read(&mut stream).await;
        assert_ne!(kind, RESET);
        if kind == PING && flags & 1 != 0 {
            break;
        }
    }
}

#[tokio::test]
async fn a_caller_that_goes_on_for_ever_is_told_to_stop() {
    let (_server, mut stream) = begun().await;
    loop {
        let (kind, _, payload) = read(&mut stream).await;
        if kind == RESET {
            // NO_ERROR (RFC 9113, 8.1).
            assert_eq!(payload, [0; 4]);
            break;
        }
    }
}
