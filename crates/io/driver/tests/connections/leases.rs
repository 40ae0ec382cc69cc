//! Leases that end between the engine's decision and the first byte: the request never leaves.

use crate::server::{Certificate, Server, ok, serve};
use crate::{LONG, driver, request};
use http::Method;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tollgate_driver::{Addresses, Bounds, ChangeError, Driver, Failure, Outlet, Resolve};
use tollgate_engine::{Lease, NoSuchEntry};
use tollgate_model::{Instant, LimitId, Reason, RouteId};

const LIMIT: LimitId = LimitId(0);

/// Leads to 127.0.0.1 after so long.
struct Slow(Duration);

impl Resolve for Slow {
    fn resolve(&self, _: String) -> Addresses {
        let pause = self.0;
        Box::pin(async move {
            tokio::time::sleep(pause).await;
            Ok(vec![[127, 0, 0, 1].into()])
        })
    }
}

/// A driver that finds `upstream.test` after half a second, and whose lease is over by then.
async fn nearly_over(certificate: &Certificate) -> Driver {
    let bounds = Bounds::default();
    let driver = driver(certificate, bounds.clone());
    let outlet = Outlet {
        resolver: Some(Arc::new(Slow(Duration::from_millis(500)))),
        extra_roots_pem: vec![certificate.certificate.clone()],
        ..Outlet::default()
    };
    let place = (RouteId(0), None);
    driver.set_outlet(place, &bounds, &outlet).unwrap();
    let until = driver.now() + Duration::from_millis(300);
    lease(&driver, 5, until).await;
    driver
}

async fn lease(driver: &Driver, slots: u32, until: Instant) {
    let lease = Lease {
        slots,
        until,
        is_renewed: true,
    };
    driver.set_lease(LIMIT, Some(lease), vec![]).await.unwrap();
}

fn is_over(failure: &Failure) -> bool {
    match failure {
        Failure::ConnectFailed(reason) => reason.contains("part of a limit"),
        Failure::Refused { refusal, .. } => refusal.reason == Reason::LeaseEnded,
        _ => false,
    }
}

#[tokio::test]
async fn http1_sends_no_byte_when_the_lease_has_ended_meanwhile() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "http://upstream.test:{}/",
        server.local_addr().unwrap().port()
    );
    let driver = nearly_over(&Certificate::new()).await;
    let call = tokio::spawn(async move {
        let ended = driver.execute(request(Method::POST, &url, LONG)).await;
        (ended, driver)
    });
    let (mut socket, _) = server.accept().await.unwrap();
    let mut read = Vec::new();
    // An error means that the connection was cut.
    let _ = socket.read_to_end(&mut read).await;
    assert_eq!(read, b"");
    let (ended, driver) = call.await.unwrap();
    let failure = ended.unwrap_err();
    assert!(is_over(&failure), "{failure:?}");
    let view = &driver.snapshot().await.unwrap().limits[0];
    assert_eq!(view.held, 0, "it was never counted");
}

#[tokio::test]
async fn http2_opens_no_stream_when_the_lease_has_ended_meanwhile() {
    let certificate = Certificate::new();
    let requests = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&requests);
    let server = Server::start(&certificate, "127.0.0.1:0", move |_, stream| {
        let seen = Arc::clone(&seen);
        serve(stream, move |_, (_, mut respond)| {
            seen.fetch_add(1, Ordering::SeqCst);
            async move { ok(&mut respond, "answer") }
        })
    });
    let server = server.await;
    let url = format!("https://upstream.test:{}/", server.address.port());
    let driver = nearly_over(&certificate).await;
    let call = || driver.execute(request(Method::POST, &url, LONG));
    let failure = call().await.unwrap_err();
    assert!(is_over(&failure), "{failure:?}");
    assert_eq!(requests.load(Ordering::SeqCst), 0);
    // The connection carries what is sent under the next lease.
    lease(&driver, 5, driver.now() + LONG).await;
    assert_eq!(call().await.unwrap().status, 200);
    assert_eq!(requests.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn leases_are_acknowledged_and_given_back() {
    let driver = driver(&Certificate::new(), Bounds::default());
    lease(&driver, 5, Instant::NEVER).await;
    let lease = driver.snapshot().await.unwrap().limits[0].lease;
    assert_eq!(lease.map(|lease| lease.slots), Some(5));
    let given_back = driver.give_back(LIMIT, 2).await.unwrap();
    assert_eq!((given_back.free, given_back.slots()), (2, 2));
    let demand = driver.demand(Duration::ZERO).await.unwrap().limits;
    assert_eq!((demand[0].used.held, demand[0].asked.len()), (0, 0));
    let unknown = driver.give_back(LimitId(u32::MAX), 1).await;
    assert_eq!(unknown, Err(ChangeError::NoSuchEntry(NoSuchEntry)));
}
