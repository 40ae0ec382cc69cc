//! What the store's tests share: places to put a store, and a PostgreSQL of their own.

#![allow(
    dead_code,
    unused_imports,
    reason = "each test binary uses its own part"
)]

pub(crate) mod place;
pub(crate) mod postgres;
pub(crate) mod proxy;

pub(crate) use place::{Folder, skip};
use std::time::Duration;
use tollgate_store::{Actor, Author, Bounds, KeyRing, Store, StoreUrl, WallTime};

/// A key that stays the same from run to run, so that a child process can have it too.
pub(crate) fn ring() -> KeyRing {
    KeyRing::parse(
        &"k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
            .to_owned()
            .into(),
    )
    .unwrap()
}

pub(crate) const NOW: WallTime = WallTime(1_700_000_000_000);

/// The command line, so many seconds after [`NOW`].
pub(crate) fn by(seconds: u32) -> Author {
    Author {
        actor: Actor::cli(),
        at: NOW.plus_seconds(seconds),
    }
}

pub(crate) async fn open(url: &str) -> Store {
    Store::open(&StoreUrl::parse(url).unwrap(), ring(), NOW)
        .await
        .unwrap()
}

/// A store that waits no longer than a second for an answer.
pub(crate) async fn open_hasty(url: &str) -> Store {
    let url = StoreUrl::parse(url).unwrap();
    let bounds = Bounds {
        timeout: Duration::from_secs(1),
        connect_timeout: Duration::from_millis(800),
    };
    Store::open_within(&url, ring(), NOW, bounds).await.unwrap()
}
