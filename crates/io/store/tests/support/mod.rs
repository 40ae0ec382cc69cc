//! What the store's tests share: places to put a store, and a PostgreSQL of their own.

#![allow(dead_code, reason = "each test binary uses its own part")]

pub(crate) mod postgres;
pub(crate) mod proxy;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tollgate_store::{Actor, Author, Bounds, KeyRing, Store, StoreUrl, WallTime};

/// A folder that is removed at the end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(word: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("tollgate-{word}-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

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

/// Whether tests that need `what` may be left out. Says so.
pub(crate) fn skip(what: &str) {
    assert!(
        std::env::var_os("TOLLGATE_REQUIRE_POSTGRES").is_none(),
        "required, but {what}"
    );
    eprintln!("skipped: {what}");
}
