//! Callers that go away, and locks that don't.

use crate::Place;
use crate::definitions::{id, integration};
use crate::support::by;
use std::pin::pin;
use std::task::Poll;
use tollgate_store::Integration;
use tollgate_store::*;

/// Polls a future so many times at most, and drops it.
async fn cut_short<F: Future>(polls: u32, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    std::future::poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

pub(crate) async fn a_dropped_call_is_done_or_not(place: Place) {
    let s = &place.store;
    let mut done = 0;
    // Every await of a change is cut at, from the first on; forty polls are more than one takes.
    for polls in 1..40 {
        let new = NewIntegration {
            id: id(&format!("i{polls}")),
            name: format!("Integration {polls}"),
            ..integration("x")
        };
        if let Some(outcome) = cut_short(polls, s.create::<Integration>(new.clone(), &by(0))).await
        {
            assert_eq!(
                outcome.unwrap(),
                s.get::<Integration>(&new.id).await.unwrap()
            );
            done += 1;
        }
    }
    assert!(
        (1..39).contains(&done),
        "some were cut and some weren't: {done}"
    );
    // A write comes after all that was dropped; then nothing is under way.
    s.create::<Integration>(integration("Last"), &by(1))
        .await
        .unwrap();
    let there = s
        .list::<Integration>(&IntegrationQuery::default())
        .await
        .unwrap()
        .total;
    let told = s.audit(&AuditQuery::default()).await.unwrap().total;
    assert_eq!(there, told);
    assert!(there > done);
}

pub(crate) async fn a_lock_is_waited_for_so_long(place: Place) {
    let s = &place.store;
    let it = s
        .create::<Integration>(integration("before"), &by(0))
        .await
        .unwrap();
    let rename = || async {
        let update = IntegrationUpdate {
            name: Some("after".into()),
            ..Default::default()
        };
        s.update::<Integration>(&it.id, Expected::Any, update, &by(1))
            .await
    };
    let name = || async { s.get::<Integration>(&it.id).await.unwrap().name };
    let busy = |e: StoreError| assert!(matches!(e, StoreError::Busy { .. }), "{e}");
    match place.url.strip_prefix("sqlite:") {
        Some(path) => {
            let other = rusqlite::Connection::open(path).unwrap();
            other.execute_batch("BEGIN IMMEDIATE").unwrap();
            busy(rename().await.unwrap_err());
            assert_eq!(name().await, "before", "readers don't wait");
        }
        None => {
            let (other, task) = tokio_postgres::connect(&place.url, tokio_postgres::NoTls)
                .await
                .unwrap();
            tokio::spawn(task);
            // The writers' lock, held by a node that hangs.
            let key = i64::from_be_bytes(*b"tollgate");
            other
                .batch_execute(&format!("SELECT pg_advisory_lock({key})"))
                .await
                .unwrap();
            busy(rename().await.unwrap_err());
            assert_eq!(name().await, "before", "readers don't wait");
            let event = AuditEvent {
                by: by(0),
                action: "execute".into(),
                entity_type: "action".into(),
                entity_id: "a".into(),
                detail: JsonText::default(),
            };
            s.record(&[event]).await.unwrap();
        }
    }
    // The lock is gone with its holder.
    rename().await.unwrap();
    assert_eq!(name().await, "after");
}
