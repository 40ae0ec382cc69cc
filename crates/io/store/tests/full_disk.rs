//! A disk that is really full: a small file system in memory. Mounting one takes root.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::process::Command;
use support::{Folder, by, open};
use tollgate_store::Integration;
use tollgate_store::*;

/// A file system of two megabytes, unmounted at the end.
struct Mount(Folder);

impl Mount {
    fn new() -> Option<Self> {
        let folder = Folder::new("disk");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"])
            .arg(folder.path())
            .status();
        mounted.is_ok_and(|s| s.success()).then(|| Self(folder))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount")
            .args(["-l"])
            .arg(self.0.path())
            .status();
    }
}

fn integration(n: u64) -> NewIntegration {
    NewIntegration {
        id: EntityId::parse(format!("i{n}")).unwrap(),
        name: format!("Integration {n}"),
        type_id: "custom-rest-actions".into(),
        intended_state: IntendedState::Enabled,
        notes: "x".repeat(15_000),
        attributes: Default::default(),
    }
}

#[tokio::test]
async fn a_full_disk_is_an_error_and_no_loss() {
    let Some(mount) = Mount::new() else {
        eprintln!("skipped: a small file system can't be mounted here (it takes root)");
        return;
    };
    let url = format!("sqlite:{}", mount.0.path().join("store.db").display());
    let store = open(&url).await;
    let mut stored = 0;
    let error = loop {
        match store
            .create::<Integration>(integration(stored), &by(0))
            .await
        {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 1000, "two megabytes hold no more");
    };
    assert!(matches!(error, StoreError::DiskFull), "{error}");
    let count = |store: Store| async move {
        let there = store
            .list::<Integration>(&IntegrationQuery::default())
            .await
            .unwrap()
            .total;
        let told = store.audit(&AuditQuery::default()).await.unwrap().total;
        (there, told)
    };
    let again = store
        .create::<Integration>(integration(stored), &by(0))
        .await
        .unwrap_err();
    assert!(
        matches!(again, StoreError::DiskFull),
        "it says so every time: {again}"
    );
    assert_eq!(count(store).await, (stored, stored), "reading works");
    // With room again, what was there is there, and writing goes on.
    let grown = Command::new("mount")
        .args(["-o", "remount,size=8m"])
        .arg(mount.0.path())
        .status();
    assert!(grown.unwrap().success());
    let store = open(&url).await;
    store
        .create::<Integration>(integration(stored), &by(0))
        .await
        .unwrap();
    assert_eq!(count(store).await, (stored + 1, stored + 1));
}
