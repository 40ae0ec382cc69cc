//! What happens to a server, and what its users see of it.

use crate::{CoordinationError, PATIENCE, Site, at, found, put, value};
use std::time::Duration;
use tokio::time::{Instant, timeout};
use tollgate_coordination::{BOUND, Revision, Swap};

pub(crate) async fn a_restart_keeps_the_value_and_is_told(mut site: Site) {
    let store = at(&site.url());
    let first = put(&store, None, b"kept").await;
    let before = found(&store).await;
    let mut changes = store.changes();
    changes.mark_unchanged();
    tokio::task::block_in_place(|| site.restart());
    // Without being asked.
    timeout(PATIENCE, changes.changed()).await.unwrap().unwrap();
    let after = found(&store).await;
    assert_eq!(after.value, before.value);
    assert_ne!(after.server, before.server);
    put(&store, Some(first), b"goes on").await;
    assert_eq!(found(&store).await.server, after.server);
}

pub(crate) async fn a_server_that_lost_everything_is_told(mut site: Site) {
    let store = at(&site.url());
    put(&store, None, b"lost").await;
    let before = found(&store).await;
    tokio::task::block_in_place(|| site.restart_empty());
    let after = found(&store).await;
    assert_eq!(after.value, None);
    assert_ne!(after.server, before.server);
    put(&store, None, b"anew").await;
}

pub(crate) async fn a_swap_cut_short_is_found_out_by_reading(mut site: Site) {
    let url = site.url();
    let store = at(&url);
    let first = put(&store, None, b"first").await;
    let swapping = tokio::spawn(async move {
        let mut reached = first;
        loop {
            let next = format!("value {}", reached + 1);
            let swap = store.swap(Some(Revision(reached)), next.as_bytes(), "");
            match swap.await {
                Ok(Swap::Done { revision, .. }) => reached = revision.0,
                Ok(Swap::Changed(found)) => panic!("changed by nobody: {found:?}"),
                Err(error) => return (store, reached, error),
            }
        }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    tokio::task::block_in_place(|| site.kill());
    let (store, reached, error) = swapping.await.unwrap();
    assert!(reached > first);
    tokio::task::block_in_place(|| site.start_again());
    let after = found(&store).await;
    let (revision, bytes) = value(&after).unwrap();
    assert_eq!(bytes, format!("value {revision}").as_bytes());
    if error.is_in_doubt() {
        assert!(
            revision == reached || revision == reached + 1,
            "{revision} after {reached}"
        );
    } else {
        assert_eq!(revision, reached, "{error}");
    }
    put(&store, Some(revision), b"goes on").await;
}

pub(crate) async fn a_server_that_is_stopped_is_late_and_comes_back(site: Site) {
    let store = at(&site.url());
    let first = put(&store, None, b"before").await;
    site.stop();
    for _ in 0..2 {
        let begun = Instant::now();
        let read = store.read().await;
        let swap = store.swap(Some(Revision(first)), b"during", "").await;
        // A machine that is busy may add something.
        let spent = begun.elapsed();
        assert!(spent < BOUND * 2 + Duration::from_secs(2), "{spent:?}");
        let is_timely = |error: &CoordinationError| {
            matches!(
                error,
                CoordinationError::Late
                    | CoordinationError::Cut(_)
                    | CoordinationError::Unreachable(_)
            )
        };
        assert!(read.as_ref().is_err_and(is_timely), "{read:?}");
        assert!(swap.as_ref().is_err_and(is_timely), "{swap:?}");
    }
    site.go_on();
    // The swap may have been made after all.
    let after = found(&store).await;
    let (revision, _) = value(&after).unwrap();
    assert!((first..first + 3).contains(&revision));
}

pub(crate) async fn a_connection_that_is_cut_is_made_anew(site: Site) {
    let Some((url, proxy)) = site.proxied().await else {
        return;
    };
    let (store, direct) = (at(&url), at(&site.url()));
    let mut last = put(&store, None, b"before").await;
    let before = found(&store).await;
    let mut changes = store.changes();
    for _ in 0..5 {
        proxy.cut();
        let heard = timeout(PATIENCE, changes.wait_for(|hint| hint.revision.is_none())).await;
        assert_eq!(heard.unwrap().unwrap().note, "");
        let after = found(&store).await;
        assert_eq!(after.server, before.server, "the server is the same");
        assert_eq!(value(&after).map(|(revision, _)| revision), Some(last));
        last = put(&direct, Some(last), b"x").await;
        let heard = changes.wait_for(|hint| hint.revision == Some(Revision(last)));
        timeout(PATIENCE, heard).await.unwrap().unwrap();
    }
    proxy.set(crate::support::proxy::Way::Mute);
    let begun = Instant::now();
    let read = store.read().await;
    assert!(matches!(read, Err(CoordinationError::Late)), "{read:?}");
    assert!(begun.elapsed() < BOUND + Duration::from_secs(2));
    proxy.set(crate::support::proxy::Way::Open);
    assert_eq!(value(&found(&store).await), Some((last, &b"x"[..])));
}
