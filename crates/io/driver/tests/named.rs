//! The name that an upstream gives its answer is known to whoever asked.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use axum::Router;
use axum::routing::get;
use http::{Method, StatusCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use support::{call, setup, tables};
use tokio::net::TcpListener;
use tollgate_driver::{Bounds, Driver, Progress, Redactor, Secret};

const LONG: Duration = Duration::from_secs(60);

/// An upstream that can't answer the first time, and names its answers `answer-1`, `answer-2` …
async fn upstream() -> String {
    let count = Arc::new(AtomicU32::new(0));
    let answer = move || {
        let number = count.fetch_add(1, Ordering::Relaxed) + 1;
        let status = match number {
            1 => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::OK,
        };
        async move {
            (
                status,
                [("ININ-Correlation-Id", format!("answer-{number}"))],
            )
        }
    };
    let router = Router::new().route("/", get(answer));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

#[tokio::test]
async fn the_last_attempts_name_is_known_unless_it_is_a_secret() {
    let mut engine = tables(None);
    engine.policy.retry_pause = Duration::from_millis(1);
    let driver = Driver::start(setup(engine, vec![], Bounds::default())).unwrap();
    let url = upstream().await;
    let progress = Arc::new(Progress::default());
    let asked = |redactor| {
        let mut asked = call(Method::GET, &url, LONG, LONG);
        asked.request.progress = Some(Arc::clone(&progress));
        asked.request.redactor = redactor;
        asked
    };
    driver.execute(asked(Redactor::default())).await.unwrap();
    assert_eq!(progress.attempts(), 2);
    assert_eq!(progress.correlation().as_deref(), Some("answer-2"));
    driver.forward(asked(Redactor::default())).await.unwrap();
    assert_eq!(progress.correlation().as_deref(), Some("answer-3"));
    let secret = Redactor::new(&[Secret::new("answer-4".into())], &[]);
    driver.execute(asked(secret)).await.unwrap();
    assert_eq!((progress.attempts(), progress.correlation()), (4, None));
}
