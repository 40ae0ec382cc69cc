//! Swaps while nothing goes wrong.

use crate::{PATIENCE, Shared, Site, at, found, put, value};
use std::collections::BTreeSet;
use tokio::time::timeout;
use tollgate_coordination::{
    CoordinationError, CoordinationUrl, Hint, LONGEST_NOTE, LONGEST_VALUE, Revision, Swap, open,
};

pub(crate) async fn a_swap_needs_the_revision_that_there_is(site: Site) {
    let store = at(&site.url());
    let empty = found(&store).await;
    assert_eq!(value(&empty), None);

    let made = store.swap(None, b"one", "").await.unwrap();
    let Swap::Done {
        revision: first, ..
    } = made
    else {
        panic!("not swapped: {made:?}");
    };
    let next = Revision(first.0 + 1);
    let done = |revision| Swap::Done {
        revision,
        server: empty.server.clone(),
        is_durable: true,
    };
    assert_eq!(made, done(first));
    for wrong in [
        None,
        Some(Revision(1)),
        Some(next),
        Some(Revision(u64::MAX)),
    ] {
        let Swap::Changed(now) = store.swap(wrong, b"no", "").await.unwrap() else {
            panic!("swapped, expecting {wrong:?}");
        };
        assert_eq!(value(&now), Some((first.0, &b"one"[..])));
        assert_eq!(now.server, empty.server);
    }
    let second = store.swap(Some(first), b"two", "").await.unwrap();
    assert_eq!(second, done(next));
    let Swap::Changed(now) = store.swap(Some(first), b"no", "").await.unwrap() else {
        panic!("swapped by a stale revision");
    };
    assert_eq!(value(&now), Some((next.0, &b"two"[..])));

    let url = CoordinationUrl::parse(&site.url()).unwrap();
    let other = open(&url, "other {organisation}: äöü").unwrap();
    assert_eq!(value(&found(&other).await), None);
    put(&other, None, b"theirs").await;
    assert_eq!(value(&found(&store).await), Some((next.0, &b"two"[..])));
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
    let refused = store.swap(last.map(Revision), &longer, "").await;
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
        now = match store.swap(revision, &text, "").await.unwrap() {
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
    let first = *reached.first().unwrap();
    assert!(reached.into_iter().eq(first..first + all));
    let last = found(&stores[0]).await;
    let (revision, text) = value(&last).unwrap();
    assert_eq!(revision, first + all - 1);
    let lines: BTreeSet<_> = std::str::from_utf8(text).unwrap().lines().collect();
    assert_eq!(lines.len() as u64, all, "lines were lost");
}

/// A swap that was prepared before the value was lost is refused however often the new value was swapped.
pub(crate) async fn histories_do_not_meet(site: Site) {
    let store = at(&site.url());
    let first = put(&store, None, b"old").await;
    let second = put(&store, Some(first), b"old").await;
    let lost = [first, second, put(&store, Some(second), b"old").await];
    for _ in 0..3 {
        tokio::task::block_in_place(|| site.wipe());
        let mut revision = None;
        for _ in 0..4 {
            revision = Some(put(&store, revision, b"new").await);
            for lost in lost {
                let late = store.swap(Some(Revision(lost)), b"late", "").await;
                let Ok(Swap::Changed(now)) = late else {
                    panic!("{late:?} at {revision:?}, expecting {lost}");
                };
                assert_eq!(value(&now).map(|(it, _)| it), revision);
            }
        }
    }
}

pub(crate) async fn a_change_is_heard_of_and_says_which(site: Site) {
    let (store, other) = (at(&site.url()), at(&site.url()));
    let theirs = CoordinationUrl::parse(&site.url()).unwrap();
    let theirs = open(&theirs, "acme 2").unwrap();
    for each in [&store, &other, &theirs] {
        found(each).await;
    }
    let long = "ä".repeat(LONGEST_NOTE / 2);
    let mut changes = [store.changes(), other.changes()];
    let mut expected = None;
    for note in ["", "one", "two words", "7 8\n{\"a\":\"'\\\u{1}\"}", &long] {
        let before: Vec<u64> = changes.iter_mut().map(|it| it.borrow().count).collect();
        theirs.swap(None, b"theirs", "not for us").await.unwrap();
        let swap = store.swap(expected, b"x", note).await;
        let Ok(Swap::Done { revision, .. }) = swap else {
            panic!("not swapped: {swap:?}");
        };
        expected = Some(revision);
        for (changes, before) in changes.iter_mut().zip(before) {
            let heard = changes.wait_for(|hint| hint.count > before);
            let heard = timeout(PATIENCE, heard).await;
            let heard = heard.expect("heard of no change").unwrap().clone();
            let should = Hint {
                revision: expected,
                note: note.to_owned(),
                count: before + 1,
            };
            assert_eq!(heard, should);
        }
    }
}

pub(crate) async fn notes_that_cannot_be_sent_are_left_out(site: Site) {
    let store = at(&site.url());
    found(&store).await;
    let mut changes = store.changes();
    let mut last = None;
    for note in ["x".repeat(LONGEST_NOTE + 1), "a\0b".to_owned()] {
        let swap = store.swap(last, b"x", &note).await;
        let Ok(Swap::Done { revision, .. }) = swap else {
            panic!("not swapped: {swap:?}");
        };
        last = Some(revision);
        let heard = changes.wait_for(|hint| hint.revision == last);
        let heard = timeout(PATIENCE, heard).await;
        assert_eq!(heard.expect("heard of no change").unwrap().note, "");
    }
}
