//! Swaps while nothing goes wrong.

use crate::{PATIENCE, Shared, Site, at, found, put, value};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::timeout;
use tollgate_coordination::{
    CoordinationError, CoordinationUrl, LONGEST_VALUE, Revision, Swap, open,
};

pub(crate) async fn a_swap_needs_the_revision_that_there_is(site: Site) {
    let store = at(&site.url());
    let empty = found(&store).await;
    assert_eq!(value(&empty), None);

    let first = store.swap(None, b"one").await.unwrap();
    let done = |revision| Swap::Done {
        revision: Revision(revision),
        server: empty.server.clone(),
        is_durable: true,
    };
    assert_eq!(first, done(1));
    for wrong in [None, Some(Revision(2)), Some(Revision(u64::MAX))] {
        let Swap::Changed(now) = store.swap(wrong, b"no").await.unwrap() else {
            panic!("swapped, expecting {wrong:?}");
        };
        assert_eq!(value(&now), Some((1, &b"one"[..])));
        assert_eq!(now.server, empty.server);
    }
    let second = store.swap(Some(Revision(1)), b"two").await.unwrap();
    assert_eq!(second, done(2));
    let Swap::Changed(now) = store.swap(Some(Revision(1)), b"no").await.unwrap() else {
        panic!("swapped by a stale revision");
    };
    assert_eq!(value(&now), Some((2, &b"two"[..])));

    let url = CoordinationUrl::parse(&site.url()).unwrap();
    let other = open(&url, "other {organisation}: äöü").unwrap();
    assert_eq!(value(&found(&other).await), None);
    put(&other, None, b"theirs").await;
    assert_eq!(value(&found(&store).await), Some((2, &b"two"[..])));
}

pub(crate) async fn values_are_bytes_within_a_bound(site: Site) {
    let store = at(&site.url());
    let all: Vec<u8> = (0..=255).collect();
    let long: Vec<u8> = all.iter().copied().cycle().take(LONGEST_VALUE).collect();
    let mut last = None;
    for bytes in [&b""[..], &all, &long, b"\n", b""] {
        last = Some(put(&store, last, bytes).await);
        assert_eq!(
            value(&found(&store).await),
            last.map(|revision| (revision, bytes))
        );
    }
    let longer = [long, vec![0]].concat();
    let refused = store.swap(last.map(Revision), &longer).await;
    assert_eq!(refused, Err(CoordinationError::TooLong(LONGEST_VALUE + 1)));
}

/// Adds lines to the value, each by a swap of its own; the revisions that were reached.
async fn add(store: Shared, name: usize, count: usize) -> Vec<u64> {
    let mut reached = Vec::new();
    let mut now = found(&store).await;
    while reached.len() < count {
        let (revision, mut text) = now.value.map_or((None, Vec::new()), |(revision, text)| {
            (Some(revision), text)
        });
        text.extend(format!("{name}/{}\n", reached.len()).bytes());
        now = match store.swap(revision, &text).await.unwrap() {
            Swap::Changed(found) => found,
            Swap::Done { revision, .. } => {
                reached.push(revision.0);
                found(&store).await
            }
        };
    }
    reached
}

pub(crate) async fn of_swaps_at_once_one_is_made(site: Site) {
    const TASKS: usize = 20;
    const EACH: usize = 5;
    let stores: Vec<Shared> = (0..4).map(|_| at(&site.url())).collect();
    let tasks = (0..TASKS).map(|n| tokio::spawn(add(stores[n % 4].clone(), n, EACH)));
    let tasks: Vec<_> = tasks.collect();
    let mut reached = BTreeSet::new();
    for task in tasks {
        for revision in task.await.unwrap() {
            assert!(reached.insert(revision), "{revision} was reached twice");
        }
    }
    let all = (TASKS * EACH) as u64;
    assert!(reached.into_iter().eq(1..=all));
    let last = found(&stores[0]).await;
    let (revision, text) = value(&last).unwrap();
    assert_eq!(revision, all);
    let lines: BTreeSet<_> = std::str::from_utf8(text).unwrap().lines().collect();
    assert_eq!(lines.len() as u64, all, "lines were lost");
}

pub(crate) async fn a_change_is_heard_of(site: Site) {
    let (store, other) = (at(&site.url()), at(&site.url()));
    found(&other).await;
    let mut changes = other.changes();
    for expected in [None, Some(1), Some(2)] {
        // What is left of the connect, and of the swap before.
        while timeout(Duration::from_millis(100), changes.changed())
            .await
            .is_ok()
        {}
        put(&store, expected, b"x").await;
        let heard = timeout(PATIENCE, changes.changed()).await;
        heard.expect("heard of no change").unwrap();
    }
}
