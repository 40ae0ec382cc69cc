//! What servers do to connections, and what becomes of the calls on them.
//!
//! Servers are `h2`'s over real TLS, plain sockets, and nginx.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "connections/encodings.rs"]
mod encodings;
#[path = "connections/http1.rs"]
mod http1;
#[path = "connections/leases.rs"]
mod leases;
#[path = "connections/nginx.rs"]
mod nginx;
#[path = "connections/server.rs"]
mod server;
mod support;

use bytes::Bytes;
use http::{Method, Response};
use server::{Certificate, Server, handshake, ok, serve};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{at_once, setup, tables};
use tollgate_driver::{Addresses, Answer, Bounds, Call, Driver, Failure, Outlet, Resolve, Setup};
use tollgate_model::RouteId;

/// Longer than anything takes that doesn't hang.
const LONG: Duration = Duration::from_secs(60);

/// A driver that trusts the certificate, has one route without tokens and no limit that matters.
pub(crate) fn driver(certificate: &Certificate, bounds: Bounds) -> Driver {
    let mut engine = tables(Some(at_once(10_000)));
    engine.policy.retry_pause = Duration::from_millis(5);
    Driver::start(Setup {
        extra_roots_pem: vec![certificate.certificate.clone()],
        ..setup(engine, vec![], bounds)
    })
    .unwrap()
}

pub(crate) fn request(method: Method, url: &str, timeout: Duration) -> Call {
    Call {
        idempotent: method == Method::GET,
        ..support::call(method, url, LONG, timeout)
    }
}

struct World {
    server: Server,
    driver: Driver,
}

impl World {
    async fn start<F, T>(bounds: Bounds, serve: F) -> Self
    where
        F: Fn(u64, server::Accepted) -> T + Send + Sync + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        let certificate = Certificate::new();
        let server = Server::start(&certificate, "127.0.0.1:0", serve).await;
        let driver = driver(&certificate, bounds);
        Self { server, driver }
    }

    fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.server.address)
    }

    async fn send(&self, method: Method, path: &str, timeout: Duration) -> Result<Answer, Failure> {
        let call = request(method, &self.url(path), timeout);
        self.driver.execute(call).await
    }
}

/// Serves a connection until a request for `/mute`, then reads and writes nothing more.
async fn mute_on_demand(stream: server::Accepted) {
    let mut connection = handshake(stream, |_| {}).await;
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        if request.uri().path() == "/mute" {
            std::future::pending::<()>().await;
        }
        ok(&mut respond, "ok");
    }
}

#[tokio::test]
async fn a_connection_on_which_a_call_timed_out_is_not_used_again() {
    let world = World::start(Bounds::default(), |_, stream| mute_on_demand(stream)).await;
    for round in 1..=3 {
        assert_eq!(
            world.send(Method::POST, "/", LONG).await.unwrap().status,
            200
        );
        let soon = Duration::from_millis(200);
        let mute = world.send(Method::POST, "/mute", soon).await;
        assert_eq!(mute.unwrap_err(), Failure::TimedOut);
        assert_eq!(world.server.connections(), round);
    }
}

#[tokio::test]
async fn a_call_that_is_hung_up_on_leaves_the_connection_to_the_others() {
    let world = World::start(Bounds::default(), |_, stream| {
        serve(stream, |_, (request, mut respond)| async move {
            if request.uri().path() == "/slow" {
                std::future::pending::<()>().await;
            }
            ok(&mut respond, "ok");
        })
    })
    .await;
    for _ in 0..3 {
        let slow = world.send(Method::GET, "/slow", LONG);
        assert!(
            tokio::time::timeout(Duration::from_millis(100), slow)
                .await
                .is_err()
        );
        assert_eq!(
            world.send(Method::POST, "/", LONG).await.unwrap().status,
            200
        );
    }
    assert_eq!(world.server.connections(), 1);
}

#[tokio::test]
async fn a_mute_connection_ends_by_its_pings_long_before_the_calls_time_out() {
    let bounds = Bounds {
        ping_interval: Duration::from_millis(100),
        ping_timeout: Duration::from_millis(100),
        ..Bounds::default()
    };
    let world = World::start(bounds, |number, stream| async move {
        if number == 0 {
            mute_on_demand(stream).await;
        } else {
            serve(stream, |_, (_, mut respond)| async move {
                ok(&mut respond, "ok")
            })
            .await;
        }
    })
    .await;
    let day = Duration::from_secs(86_400);
    let answer = world.send(Method::GET, "/mute", day);
    let answer = tokio::time::timeout(LONG, answer).await.unwrap().unwrap();
    assert_eq!((answer.status, answer.attempts), (200, 2));
}

#[tokio::test]
async fn a_server_that_takes_no_request_on_a_connection_gets_it_on_another() {
    let world = World::start(Bounds::default(), |number, stream| async move {
        let most = if number < 2 { 0 } else { 100 };
        let mut connection = handshake(stream, |builder| {
            builder.max_concurrent_streams(most);
        })
        .await;
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            ok(&mut respond, "ok");
        }
    })
    .await;
    let answer = world.send(Method::POST, "/", LONG).await.unwrap();
    assert_eq!((answer.status, answer.attempts), (200, 1));
    assert_eq!(world.server.connections(), 3);
}

#[tokio::test]
async fn a_server_that_says_nothing_costs_the_time_to_connect_and_no_request() {
    let bounds = Bounds {
        connect_timeout: Duration::from_millis(300),
        ..Bounds::default()
    };
    let world = World::start(bounds, |number, stream| async move {
        if number == 0 {
            let _kept = stream;
            std::future::pending::<()>().await;
        } else {
            serve(stream, |_, (_, mut respond)| async move {
                ok(&mut respond, "ok")
            })
            .await;
        }
    })
    .await;
    let calls = (0..20).map(|_| world.send(Method::POST, "/", LONG));
    for lost in futures_util::future::join_all(calls).await {
        assert!(matches!(lost, Err(Failure::ConnectFailed(_))), "{lost:?}");
    }
    assert_eq!(world.server.connections(), 1, "they wait together");
    assert_eq!(
        world.send(Method::POST, "/", LONG).await.unwrap().status,
        200
    );
}

#[tokio::test]
async fn no_call_waits_in_a_connection_for_another_to_end() {
    let world = World::start(Bounds::default(), |_, stream| async move {
        let mut connection = handshake(stream, |builder| {
            builder.max_concurrent_streams(3);
        })
        .await;
        let mut held = Vec::new();
        while let Some(Ok((request, mut respond))) = connection.accept().await {
            if request.uri().path() == "/held" {
                held.push(respond);
            } else {
                ok(&mut respond, "ok");
            }
        }
    })
    .await;
    let held = (0..10).map(|_| world.send(Method::POST, "/held", LONG));
    let held = futures_util::future::join_all(held);
    let free = async {
        while world.server.connections() < 4 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        world.send(Method::POST, "/", LONG).await
    };
    tokio::select! {
        ended = held => panic!("{ended:?}"),
        answer = free => assert_eq!(answer.unwrap().status, 200),
    }
}

#[tokio::test]
async fn what_is_refused_unprocessed_is_sent_again_whatever_it_is() {
    let world = World::start(Bounds::default(), |connection, stream| {
        serve(stream, move |_, (_, mut respond)| async move {
            if connection < 3 {
                respond.send_reset(h2::Reason::REFUSED_STREAM);
            } else {
                ok(&mut respond, "ok");
            }
        })
    })
    .await;
    let answer = world.send(Method::POST, "/", LONG).await.unwrap();
    assert_eq!((answer.status, answer.attempts), (200, 4));
    // Reset for any other reason, it may have been carried out.
    let world = World::start(Bounds::default(), |_, stream| {
        serve(stream, |_, (_, mut respond)| async move {
            respond.send_reset(h2::Reason::INTERNAL_ERROR);
        })
    })
    .await;
    let lost = world.send(Method::POST, "/", LONG).await;
    assert!(matches!(lost, Err(Failure::NoAnswer(_))), "{lost:?}");
}

#[tokio::test]
async fn calls_behind_a_goaway_are_made_on_another_connection_each_once() {
    let carried_out = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&carried_out);
    let world = World::start(Bounds::default(), move |_, stream| {
        let seen = Arc::clone(&seen);
        async move {
            let mut connection = handshake(stream, |_| {}).await;
            let mut number = 0;
            while let Some(Ok((request, mut respond))) = connection.accept().await {
                seen.lock().unwrap().push(request.uri().path().to_owned());
                ok(&mut respond, "ok");
                number += 1;
                if number == 10 {
                    connection.graceful_shutdown();
                }
            }
        }
    })
    .await;
    let paths: Vec<String> = (0..500).map(|number| format!("/{number}")).collect();
    let calls = paths
        .iter()
        .map(|path| world.send(Method::POST, path, LONG));
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(answer.unwrap().status, 200);
    }
    let mut carried_out = carried_out.lock().unwrap().clone();
    carried_out.sort_unstable();
    let count = carried_out.len();
    carried_out.dedup();
    assert_eq!((carried_out.len(), count), (500, 500));
}

#[tokio::test]
async fn headers_that_are_too_long_cost_their_own_call() {
    for (lines, length) in [(20, 4_000), (8, 16_000), (90, 10_000)] {
        let release = Arc::new(tokio::sync::Notify::new());
        let (released, inside) = (Arc::clone(&release), Arc::new(AtomicU64::new(0)));
        let began = Arc::clone(&inside);
        let world = World::start(Bounds::default(), move |_, stream| {
            let (released, began) = (Arc::clone(&released), Arc::clone(&began));
            serve(stream, move |_, (request, mut respond)| {
                let (released, began) = (Arc::clone(&released), Arc::clone(&began));
                async move {
                    if request.uri().path() == "/long" {
                        let mut long = Response::new(());
                        for line in 0..lines {
                            let name = format!("x-{line}").parse::<http::HeaderName>().unwrap();
                            let value = "a".repeat(length).parse().unwrap();
                            long.headers_mut().insert(name, value);
                        }
                        respond.send_response(long, true).unwrap();
                    } else {
                        began.fetch_add(1, Ordering::SeqCst);
                        released.notified().await;
                        ok(&mut respond, "ok");
                    }
                }
            })
        })
        .await;
        let beside = world.send(Method::POST, "/beside", LONG);
        let long = async {
            while inside.load(Ordering::SeqCst) == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let lost = world.send(Method::POST, "/long", LONG).await;
            release.notify_one();
            lost
        };
        let (beside, long) = tokio::join!(beside, long);
        assert!(matches!(long, Err(Failure::NoAnswer(_))), "{long:?}");
        assert_eq!(beside.unwrap().status, 200, "{lines} lines of {length}");
        assert_eq!(world.server.connections(), 1);
    }
}

#[tokio::test]
async fn a_body_that_is_reset_is_not_whole() {
    for reason in [
        h2::Reason::NO_ERROR,
        h2::Reason::CANCEL,
        h2::Reason::INTERNAL_ERROR,
        h2::Reason::REFUSED_STREAM,
    ] {
        let world = World::start(Bounds::default(), move |_, stream| {
            serve(stream, move |_, (_, mut respond)| async move {
                let mut body = respond.send_response(Response::new(()), false).unwrap();
                body.send_data(Bytes::from_static(b"{\"half\":"), false)
                    .unwrap();
                tokio::time::sleep(Duration::from_millis(20)).await;
                body.send_reset(reason);
            })
        })
        .await;
        let lost = world.send(Method::POST, "/", LONG).await;
        assert!(
            matches!(lost, Err(Failure::NoAnswer(_))),
            "{reason:?}: {lost:?}"
        );
    }
}

#[tokio::test]
async fn interim_answers_without_end_end_the_call() {
    let world = World::start(Bounds::default(), |_, stream| {
        serve(stream, |_, (request, mut respond)| async move {
            let path = request.uri().path();
            let most = path[1..].parse().unwrap_or(u64::MAX);
            for _ in 0..most {
                let early = Response::builder().status(103).body(()).unwrap();
                if respond.send_informational(early).is_err() {
                    return;
                }
                tokio::task::yield_now().await;
            }
            ok(&mut respond, "ok");
        })
    })
    .await;
    assert_eq!(
        world.send(Method::POST, "/10", LONG).await.unwrap().status,
        200
    );
    let lost = world.send(Method::POST, "/endless", LONG).await;
    assert!(matches!(lost, Err(Failure::NoAnswer(_))), "{lost:?}");
    assert_eq!(
        world.send(Method::POST, "/10", LONG).await.unwrap().status,
        200
    );
}

/// Leads to 127.0.0.1 and later to 127.0.0.2.
#[derive(Default)]
struct Moving(Arc<AtomicU64>);

impl Resolve for Moving {
    fn resolve(&self, _: String) -> Addresses {
        let last = 1 + self.0.load(Ordering::SeqCst) as u8;
        Box::pin(async move { Ok(vec![[127, 0, 0, last].into()]) })
    }
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_is_followed_though_its_connection_lives() {
    let certificate = Certificate::new();
    let answers = |text: &'static str| {
        move |_, stream| {
            serve(stream, move |_, (_, mut respond)| async move {
                ok(&mut respond, text)
            })
        }
    };
    let old = Server::start(&certificate, "127.0.0.1:0", answers("old")).await;
    let port = old.address.port();
    let host = format!("127.0.0.2:{port}");
    let _new = Server::start(&certificate, &host, answers("new")).await;
    let bounds = Bounds {
        connection_max_age: Duration::from_millis(300),
        ..Bounds::default()
    };
    let driver = driver(&certificate, bounds.clone());
    let moved = Arc::new(AtomicU64::new(0));
    let outlet = Outlet {
        resolver: Some(Arc::new(Moving(Arc::clone(&moved)))),
        extra_roots_pem: vec![certificate.certificate.clone()],
        ..Outlet::default()
    };
    driver
        .set_outlet((RouteId(0), None), &bounds, &outlet)
        .unwrap();
    let url = format!("https://upstream.test:{port}/");
    let ask = || driver.execute(request(Method::POST, &url, LONG));
    assert_eq!(&ask().await.unwrap().body.unwrap()[..], b"old");
    moved.store(1, Ordering::SeqCst);
    let begin = std::time::Instant::now();
    while &ask().await.unwrap().body.unwrap()[..] == b"old" {
        assert!(begin.elapsed() < LONG, "the name is not followed");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(begin.elapsed() < Duration::from_secs(20));
}
