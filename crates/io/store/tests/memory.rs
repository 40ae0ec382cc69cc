//! What a flood of logins takes of the memory, and that it is given back.
//!
//! A binary of its own: what is measured is the process's.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use support::{Folder, NOW, open};
use tollgate_secret::Secret;
use tollgate_store::*;

/// Logins, and how many of them are tried at once: no more than may wait.
const LOGINS: u32 = 1000;
const AT_ONCE: u32 = 60;
/// Memory of one hash, in KiB.
const HASH: u64 = 19 * 1024;
/// What the flood may take besides, for threads and connections, in KiB.
const BESIDES: u64 = 12 * 1024;

/// A line of `/proc/self/status`, in KiB.
fn memory(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|it| it.strip_prefix(line)).unwrap();
    line.trim_matches(|c: char| !c.is_ascii_digit())
        .parse()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_flood_of_logins_takes_two_hashes_and_gives_them_back() {
    let folder = Folder::new("memory");
    let url = format!("sqlite:{}", folder.path().join("store.db").display());
    let store = Arc::new(open(&url).await);
    // Whatever is set up once.
    let wrong = Secret::new("not it".into());
    let _ = store.issue_token("nobody", &wrong, NOW).await;
    let before = memory("VmRSS:");
    let (left, refused) = (AtomicU32::new(LOGINS), AtomicU32::new(0));
    let (left, refused) = (Arc::new(left), Arc::new(refused));
    let callers = (0..AT_ONCE).map(|caller| {
        let (store, left, refused) = (store.clone(), left.clone(), refused.clone());
        tokio::spawn(async move {
            let take = |left: u32| left.checked_sub(1);
            while let Ok(number) = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take) {
                let wrong = Secret::new(format!("guess {caller} {number}"));
                match store.issue_token("nobody", &wrong, NOW).await {
                    Err(StoreError::Denied) => {}
                    // On a machine that is so slow.
                    Err(StoreError::Busy { .. }) => {
                        refused.fetch_add(1, Ordering::Relaxed);
                    }
                    other => panic!("{other:?}"),
                }
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
    let (peak, after) = (memory("VmHWM:"), memory("VmRSS:"));
    eprintln!(
        "{LOGINS} logins, {} told that too many wait: {before} KiB before, {peak} at the most, {after} after",
        refused.load(Ordering::Relaxed)
    );
    assert!(peak < before + 2 * HASH + BESIDES, "{before}, then {peak}");
    assert!(after < before + BESIDES, "{before}, then {after}");
}
