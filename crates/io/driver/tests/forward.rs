//! Requests that are passed on: bodies in both directions, and what becomes of what can't be sent again.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request as Received;
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};
use http::{Method, StatusCode, header};
use http_body_util::BodyExt as _;
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use support::{at_once, call, setup, tables};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tollgate_driver::{Bounds, Call, Driver, Failure, Forwarded, RequestBody};

const LONG: Duration = Duration::from_secs(60);
/// Of one part of a body.
const PART: usize = 64 * 1024;
/// Far more than all buffers on the way hold.
const PARTS: u64 = 512;

struct World {
    driver: Driver,
    upstream: String,
    /// When told, the upstream sends the second half of `/halves`, or breaks `/breaks` off.
    second: Arc<Notify>,
}

impl World {
    /// One call at once.
    async fn start() -> Self {
        let second = Arc::new(Notify::new());
        let router = router(Arc::clone(&second));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let mut engine = tables(Some(at_once(1)));
        engine.policy.retry_pause = Duration::from_millis(1);
        let driver = Driver::start(setup(engine, vec![], Bounds::default())).unwrap();
        Self {
            driver,
            upstream,
            second,
        }
    }

    fn call(&self, method: Method, path: &str, body: RequestBody) -> Call {
        let mut call = call(method, &format!("{}{path}", self.upstream), LONG, LONG);
        call.request.body = body;
        call
    }

    async fn forward(&self, method: Method, path: &str, body: RequestBody) -> Forwarded {
        let call = self.call(method, path, body);
        self.driver.forward(call).await.unwrap()
    }
}

fn router(second: Arc<Notify>) -> Router {
    // How many bytes came, all of them `x`.
    let count = |request: Received| async move {
        let mut body = request.into_body().into_data_stream();
        let mut bytes = 0;
        while let Some(part) = body.next().await {
            let part = part.unwrap();
            assert!(part.iter().all(|byte| *byte == b'x'));
            bytes += part.len();
        }
        bytes.to_string()
    };
    let breaking = Arc::clone(&second);
    let halves = async move || {
        let first = stream::once(async { Ok::<_, Infallible>(Bytes::from_static(b"first,")) });
        let rest = stream::once(async move {
            second.notified().await;
            Ok(Bytes::from_static(b"second"))
        });
        Body::from_stream(first.chain(rest))
    };
    let breaks = async move || {
        let first = stream::once(async { Ok(Bytes::from_static(b"first,")) });
        let rest = stream::once(async move {
            breaking.notified().await;
            Err(io::Error::other("broken"))
        });
        Body::from_stream(first.chain(rest))
    };
    let packed = async |request: Received| {
        let accepted = request.headers().get(header::ACCEPT_ENCODING).cloned();
        let mut response = Bytes::from_static(b"no gzip at all").into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_ENCODING, "gzip".parse().unwrap());
        headers.insert("accepted", accepted.unwrap_or("nothing".parse().unwrap()));
        response
    };
    Router::new()
        .route("/count", any(count))
        .route("/big", any(async || Body::from_stream(parts())))
        .route("/halves", any(move || halves.clone()()))
        .route("/breaks", any(move || breaks.clone()()))
        .route("/packed", any(packed))
        .route("/status/{status}", any(status))
}

/// An answer of that status, once the request has been read.
async fn status(request: Received) -> Response {
    let path = request.uri().path().to_owned();
    let status: u16 = path.rsplit('/').next().unwrap().parse().unwrap();
    to_bytes(request.into_body(), usize::MAX).await.unwrap();
    (StatusCode::from_u16(status).unwrap(), path).into_response()
}

fn parts() -> impl Stream<Item = Result<Bytes, Infallible>> {
    stream::iter(0..PARTS).map(|_| Ok(Bytes::from(vec![b'x'; PART])))
}

/// A body that comes while it is sent, of a length that nobody knows before.
fn coming() -> RequestBody {
    RequestBody::once(Body::from_stream(parts()))
}

async fn text(answer: Forwarded) -> String {
    let body = answer.body.collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

#[tokio::test]
async fn bodies_pass_in_both_directions() {
    let world = World::start().await;
    let sent = world.forward(Method::POST, "/count", coming()).await;
    assert_eq!(text(sent).await, (PARTS * PART as u64).to_string());
    let known = RequestBody::once(Body::from("xxx"));
    let sent = world.forward(Method::PUT, "/count", known).await;
    assert_eq!(text(sent).await, "3");

    let big = world
        .forward(Method::GET, "/big", RequestBody::default())
        .await;
    let mut body = Body::new(big.body).into_data_stream();
    let mut bytes = 0;
    while let Some(part) = body.next().await {
        bytes += part.unwrap().len() as u64;
    }
    assert_eq!(bytes, PARTS * PART as u64);
}

#[tokio::test]
async fn an_answer_begins_before_it_ends() {
    let world = World::start().await;
    let mut answer = world
        .forward(Method::GET, "/halves", RequestBody::default())
        .await;
    let first = answer.body.frame().await.unwrap().unwrap();
    assert_eq!(first.into_data().unwrap(), "first,");
    world.second.notify_one();
    assert_eq!(text(answer).await, "second");
}

#[tokio::test]
async fn what_is_packed_stays_packed_and_no_header_is_added() {
    let world = World::start().await;
    let answer = world
        .forward(Method::GET, "/packed", RequestBody::default())
        .await;
    assert_eq!(answer.headers[header::CONTENT_ENCODING], "gzip");
    assert_eq!(answer.headers["accepted"], "nothing");
    assert_eq!(text(answer).await, "no gzip at all");
}

#[tokio::test]
async fn what_cannot_be_sent_again_ends_with_the_upstreams_own_answer() {
    let world = World::start().await;
    for status in [401, 403, 404, 429, 500, 503] {
        let path = format!("/status/{status}");
        let once = RequestBody::once(Body::from("xxx"));
        let answer = world.forward(Method::PUT, &path, once).await;
        assert_eq!((answer.status, answer.attempts), (status, 1));
        assert_eq!(text(answer).await, path);
        // Its place is free: there is one for all calls.
        let next = world.forward(Method::PUT, "/count", RequestBody::default());
        assert_eq!(next.await.status, 200);
    }
    let whole = RequestBody::Whole(Bytes::from_static(b"xxx"));
    let again = world.forward(Method::PUT, "/status/503", whole).await;
    assert_eq!(again.status, 503);
    assert!(again.attempts > 1, "{}", again.attempts);
}

#[tokio::test]
async fn an_answer_that_breaks_off_says_so_and_frees_its_place() {
    let world = World::start().await;
    for _ in 0..3 {
        let answer = world.forward(Method::GET, "/breaks", RequestBody::default());
        let answer = answer.await;
        assert_eq!(answer.status, 200);
        world.second.notify_one();
        assert!(answer.body.collect().await.is_err());
    }
}

#[tokio::test]
async fn an_answer_that_does_not_end_is_cut_at_the_timeout() {
    let world = World::start().await;
    let mut call = world.call(Method::GET, "/halves", RequestBody::default());
    call.timeout = Duration::from_millis(200);
    let mut answer = world.driver.forward(call).await.unwrap();
    assert!(answer.body.frame().await.unwrap().is_ok());
    let broken = answer.body.frame().await.unwrap().unwrap_err();
    assert_eq!(broken.to_string(), "the answer did not end in time");
    assert!(answer.body.frame().await.is_none());
    let next = world.forward(Method::PUT, "/count", RequestBody::default());
    assert_eq!(next.await.status, 200);
}

#[tokio::test]
async fn an_answer_that_nobody_reads_frees_its_place_when_dropped() {
    let world = World::start().await;
    for _ in 0..3 {
        let big = world.forward(Method::GET, "/big", RequestBody::default());
        drop(big.await);
    }
}

#[tokio::test]
async fn a_request_whose_body_breaks_off_is_never_taken_for_whole() {
    let world = World::start().await;
    let parts = [Ok(Bytes::from_static(b"x")), Err(io::Error::other("gone"))];
    let broken = RequestBody::once(Body::from_stream(stream::iter(parts)));
    let call = world.call(Method::PUT, "/status/200", broken);
    let failure = world.driver.forward(call).await.unwrap_err();
    assert!(matches!(&failure, Failure::NoAnswer(_)), "{failure:?}");
    let next = world.forward(Method::PUT, "/count", RequestBody::default());
    assert_eq!(next.await.status, 200);
}

#[tokio::test]
async fn no_connection_leaves_the_body_unread() {
    let world = World::start().await;
    let mut call = world.call(Method::PUT, "/count", RequestBody::once(Body::from("xxx")));
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    call.request.url = format!("http://{address}/").parse().unwrap();
    let failure = world.driver.forward(call.clone()).await.unwrap_err();
    assert!(matches!(&failure, Failure::ConnectFailed(_)), "{failure:?}");
    call.request.url = format!("{}/count", world.upstream).parse().unwrap();
    let answer = world.driver.forward(call).await.unwrap();
    assert_eq!(text(answer).await, "3");
}

#[tokio::test]
async fn protocols_that_nobody_asked_to_switch_are_no_answer() {
    let world = World::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let said =
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n";
            // An error means that the driver has gone.
            let _ = stream.write_all(said).await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    });
    let mut call = world.call(Method::POST, "/", RequestBody::default());
    call.request.url = url.parse().unwrap();
    call.idempotent = false;
    let failure = world.driver.forward(call).await.unwrap_err();
    assert!(matches!(&failure, Failure::NoAnswer(_)), "{failure:?}");
    let next = world.forward(Method::PUT, "/count", RequestBody::default());
    assert_eq!(next.await.status, 200);
}
