//! One suite, run on PostgreSQL, on Redis and in memory: what [`CoordinationStore`] promises.
//!
//! On a server, each case has one of its own. What only one kind can suffer is in `postgres_alone` and `redis_alone`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod faults;
mod postgres_alone;
mod redis_alone;
mod swaps;

use std::sync::Arc;
use std::time::Duration;
use support::site::Site;
use tokio::time::Instant;
use tollgate_coordination::{
    CoordinationError, CoordinationStore, CoordinationUrl, Found, Revision, Swap, open,
};

pub(crate) type Shared = Arc<dyn CoordinationStore>;

/// Bounds only how long a broken store keeps a test from failing.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The value of the organisation `acme`.
pub(crate) fn at(url: &str) -> Shared {
    open(&CoordinationUrl::parse(url).unwrap(), "acme").unwrap()
}

/// What is found once the store answers.
pub(crate) async fn found(store: &Shared) -> Found {
    let until = Instant::now() + PATIENCE;
    loop {
        match store.read().await {
            Ok(found) => return found,
            Err(error) => assert!(Instant::now() < until, "no answer: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Makes a swap that must succeed; its revision.
pub(crate) async fn put(store: &Shared, expected: Option<u64>, value: &[u8]) -> u64 {
    found(store).await;
    match store.swap(expected.map(Revision), value, "").await {
        Ok(Swap::Done { revision, .. }) => revision.0,
        other => panic!("not swapped: {other:?}"),
    }
}

/// Value and revision.
pub(crate) fn value(found: &Found) -> Option<(u64, &[u8])> {
    let value = found.value.as_ref();
    value.map(|(revision, bytes)| (revision.0, &bytes[..]))
}

macro_rules! suite {
    ($($module:ident: $($case:ident),* $(,)?;)*) => {
        suite! { on memory: $($module: $($case),*;)* }
        suite! { on postgres: $($module: $($case),*;)* }
        suite! { on redis: $($module: $($case),*;)* }
    };
    (on $kind:ident: $($module:ident: $($case:ident),*;)*) => {
        mod $kind {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    match crate::Site::$kind() {
                        Ok(site) => crate::$module::$case(site).await,
                        Err(why) => crate::support::place::skip(&why),
                    }
                }
            )*)*
        }
    };
}

suite! {
    swaps:
        a_swap_needs_the_revision_that_there_is,
        values_are_bytes_within_a_bound,
        of_swaps_at_once_one_is_made,
        histories_do_not_meet,
        a_change_is_heard_of_and_says_which,
        notes_that_cannot_be_sent_are_left_out;
    faults:
        a_restart_keeps_the_value_and_is_told,
        a_server_that_lost_everything_is_told,
        a_swap_cut_short_is_found_out_by_reading,
        a_server_that_is_stopped_is_late_and_comes_back,
        a_connection_that_is_cut_is_made_anew;
}
