//! What only PostgreSQL has: a disk of its own that fills, and a network that others listen on.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::Path;
use std::process::Command;
use support::place::certificate;
use support::postgres::{Disk, Server};
use support::{Folder, NOW, by, open, ring, skip};
use tollgate_store::Integration;
use tollgate_store::*;

/// Text that doesn't compress to nothing.
fn noise(seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut text = String::new();
    while text.len() < 15_000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text += &format!("{state:x}");
    }
    text
}

fn integration(n: u64) -> NewIntegration {
    NewIntegration {
        id: EntityId::parse(format!("i{n}")).unwrap(),
        name: format!("Integration {n}"),
        type_id: "custom-rest-actions".into(),
        intended_state: IntendedState::Enabled,
        notes: noise(n),
        attributes: Default::default(),
    }
}

/// A small file system, unmounted at the end.
struct Mount<'a>(&'a Path);

impl<'a> Mount<'a> {
    fn new(path: &'a Path) -> Option<Self> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=24m", "tmpfs"])
            .arg(path)
            .status();
        mounted.is_ok_and(|s| s.success()).then_some(Self(path))
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_an_error_and_no_loss() {
    let folder = Folder::new("tablespace");
    let Some(mount) = Mount::new(folder.path()) else {
        eprintln!("skipped: a small file system can't be mounted here (it takes root)");
        return;
    };
    let server = match Server::start(Disk::Waits) {
        Ok(server) => server,
        Err(why) => return skip(&why),
    };
    assert!(
        Command::new("chown")
            .arg("postgres")
            .arg(mount.0)
            .status()
            .unwrap()
            .success()
    );
    let (admin, task) = tokio_postgres::connect(&server.url("postgres"), tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(task);
    let place = mount.0.display();
    admin
        .batch_execute(&format!("CREATE TABLESPACE small LOCATION '{place}'"))
        .await
        .unwrap();
    admin
        .batch_execute("CREATE DATABASE small TABLESPACE small")
        .await
        .unwrap();
    let store = open(&server.url("small")).await;
    let mut stored = 0;
    let error = loop {
        match store
            .create::<Integration>(integration(stored), &by(0))
            .await
        {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 10_000, "24 megabytes hold no more");
    };
    assert!(matches!(error, StoreError::DiskFull), "{error}");
    let count = || async {
        let there = store
            .list::<Integration>(&IntegrationQuery::default())
            .await
            .unwrap()
            .total;
        (
            there,
            store.audit(&AuditQuery::default()).await.unwrap().total,
        )
    };
    assert_eq!(
        count().await,
        (stored, stored),
        "reading works, and nothing is half-written"
    );
    let grown = Command::new("mount")
        .args(["-o", "remount,size=64m"])
        .arg(mount.0)
        .status();
    assert!(grown.unwrap().success());
    store
        .create::<Integration>(integration(stored), &by(0))
        .await
        .unwrap();
    assert_eq!(count().await, (stored + 1, stored + 1));
    drop(server);
}

#[tokio::test]
async fn encryption_is_verified() {
    let folder = Folder::new("certificates");
    let path = folder.path();
    if certificate(path, "server").is_none() || certificate(path, "other").is_none() {
        return skip("openssl, which makes the certificates, is not installed");
    }
    let server = match Server::start_encrypted(path) {
        Ok(server) => server,
        Err(why) => return skip(&why),
    };
    let base = format!("postgres://postgres@localhost:{}/postgres", server.port());
    let try_open = |end: String| {
        let url = StoreUrl::parse(&format!("{base}?{end}")).unwrap();
        async move {
            Store::open(&url, ring(), NOW)
                .await
                .map(drop)
                .map_err(|e| e.to_string())
        }
    };
    let roots = |name: &str| format!("sslmode=require&sslrootcert={}", path.join(name).display());
    try_open(roots("server.crt")).await.unwrap();
    let wrong = try_open(roots("other.crt")).await.unwrap_err();
    assert!(wrong.contains("certificate"), "{wrong}");
    let public = try_open("sslmode=require".into()).await.unwrap_err();
    assert!(public.contains("certificate"), "{public}");
    let missing = try_open(roots("missing.crt")).await.unwrap_err();
    assert!(missing.contains("missing.crt"), "{missing}");
    // And the server takes nothing else, so the first one was encrypted.
    let plain = try_open("sslmode=disable".into()).await.unwrap_err();
    assert!(plain.contains("no encryption"), "{plain}");
}
