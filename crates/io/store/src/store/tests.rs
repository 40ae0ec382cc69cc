//! What needs a look behind [`Store`]: migrations from older and altered schemas, and a full file.

use super::*;
use crate::backend::values;
use crate::error::StoreError;
use crate::id::EntityId;
use crate::invalid::Invalid;
use crate::seam::*;
use std::time::Duration;
use tollgate_store::{Integration, Workflow};

#[path = "../../tests/support/mod.rs"]
mod support;

fn ring() -> KeyRing {
    KeyRing::parse(
        &"k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
            .to_owned()
            .into(),
    )
    .unwrap()
}

/// A file that is removed at the end.
struct File(std::path::PathBuf);

impl File {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("tollgate-sql-{name}-{}.db", std::process::id()));
        let file = Self(path);
        file.remove();
        file
    }

    fn url(&self) -> StoreUrl {
        StoreUrl::parse(&format!("sqlite:{}", self.0.display())).unwrap()
    }

    fn remove(&self) {
        for end in ["", "-wal", "-shm", "-lock"] {
            let _ = std::fs::remove_file(format!("{}{end}", self.0.display()));
        }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        self.remove();
    }
}

const NOW: WallTime = WallTime(1_700_000_000_000);

fn by() -> Author {
    Author {
        actor: Actor::cli(),
        at: NOW,
    }
}

fn integration(n: u32, notes: &str) -> NewIntegration {
    NewIntegration {
        id: EntityId::parse(format!("i{n}")).unwrap(),
        name: format!("Integration {n}"),
        type_id: "custom-rest-actions".into(),
        intended_state: IntendedState::Enabled,
        notes: notes.into(),
        attributes: Default::default(),
    }
}

async fn open(file: &File, migrations: &[Migration]) -> Result<Store, OpenError> {
    Store::open_with(&file.url(), ring(), NOW, Bounds::default(), migrations).await
}

/// An integration as programs before the eighth migration wrote it.
async fn make_old(store: &Store, id: &str, notes: &str, config_notes: &str) {
    let sql = "INSERT INTO integration (id, name, name_key, type_id, enabled, notes, attributes, config_name, \
               properties, advanced, config_notes, credentials, config_version, version, created, modified) \
               VALUES ($1, $1, $1, 'custom-rest-actions', 1, $2, '{}', 'other', '{}', '{}', $3, '{}', 1, 1, 1, 1)";
    let insert = async |tx: &mut Tx| tx.execute(sql, values![id, notes, config_notes]).await;
    store.change(insert).await.unwrap();
}

/// The number of the last migration.
fn newest() -> i64 {
    MIGRATIONS.last().unwrap().number
}

async fn schema_version(store: &Store) -> i64 {
    let sql = "SELECT MAX(number) FROM schema_migration";
    let row = store.first(sql, vec![]).await.unwrap();
    row.unwrap().int().unwrap()
}

/// The value in the table `meta` under this name.
async fn meta(store: &Store, name: &str) -> Option<String> {
    let sql = "SELECT value FROM meta WHERE name = $1";
    let row = store.first(sql, values![name]).await.unwrap();
    row.map(|mut row| row.text().unwrap())
}

/// A small change, in a transaction as all changes are.
async fn set_meta(store: &Store, name: &str, value: &str) -> StoreResult<()> {
    let sql = "INSERT INTO meta (name, value) VALUES ($1, $2) \
               ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    let work = async |tx: &mut Tx| tx.execute(sql, values![name, value]).await.map(drop);
    store.change(work).await
}

#[tokio::test]
async fn an_older_schema_is_brought_up_to_date_and_keeps_what_it_holds() {
    let file = File::new("older");
    let old = open(&file, &MIGRATIONS[..1]).await.unwrap();
    for (id, notes, config_notes) in [("i1", "old", "old"), ("i2", "", "of it"), ("i3", "a", "b")] {
        make_old(&old, id, notes, config_notes).await;
    }
    assert_eq!(schema_version(&old).await, 1);
    drop(old);
    let new = open(&file, MIGRATIONS).await.unwrap();
    assert_eq!(schema_version(&new).await, newest());
    for (id, notes) in [("i1", "old"), ("i2", "of it"), ("i3", "a\nb")] {
        let found = new
            .get::<Integration>(&EntityId::parse(id).unwrap())
            .await
            .unwrap();
        assert_eq!((found.name.as_str(), found.notes.as_str()), (id, notes));
        assert_eq!(found.config.advanced.as_str(), "{}");
    }
    assert_eq!(
        new.list::<Workflow>(&PageRequest::default())
            .await
            .unwrap()
            .total,
        0
    );
}

#[tokio::test]
async fn workflows_keep_what_was_published_of_them() {
    let file = File::new("workflows");
    let before = MIGRATIONS
        .iter()
        .position(|it| it.name == "workflow_versions");
    let old = open(&file, &MIGRATIONS[..before.unwrap()]).await.unwrap();
    let rows = [
        "INSERT INTO flow (id, flow_type, name, name_key, description, yaml, published, version, created, modified) \
         VALUES ('a', 'workflow', 'A', 'a', '', 'saved: 3', 2, 5, 1, 9), ('b', 'workflow', 'B', 'b', '', '', NULL, 1, 1, 1)",
        "INSERT INTO flow_version (flow_id, number, yaml, published, published_by) \
         VALUES ('a', 1, 'text: 1', 1, 'cli'), ('a', 2, 'text: 2', 5, 'cli')",
    ];
    for rows in rows {
        let work = async |tx: &mut Tx| tx.execute(rows, values![]).await.map(drop);
        old.change(work).await.unwrap();
    }
    drop(old);
    let new = open(&file, MIGRATIONS).await.unwrap();
    let page = new.workflows(PageRequest::default()).await.unwrap();
    assert_eq!(page.total, 1, "what was never published is gone");
    let kept = &page.items[0];
    assert_eq!((kept.workflow.published, kept.workflow.active), (2, true));
    assert_eq!(kept.last.input_schema, None, "nobody wrote it down then");
    let text = new.workflow_text(&kept.workflow.id, 2).await.unwrap();
    assert_eq!(text, "text: 2");
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let file = File::new("newer");
    drop(open(&file, &MIGRATIONS[..2]).await.unwrap());
    let error = open(&file, &MIGRATIONS[..1])
        .await
        .err()
        .expect("it is newer");
    assert!(
        matches!(error, OpenError::NewerSchema { found: 2, known: 1 }),
        "{error}"
    );
    assert!(
        open(&file, MIGRATIONS).await.is_ok(),
        "and nothing has happened to it"
    );
}

#[tokio::test]
async fn an_altered_migration_is_refused() {
    let file = File::new("altered");
    drop(open(&file, &MIGRATIONS[..2]).await.unwrap());
    let altered = [
        Migration {
            common: "CREATE TABLE other (id {text})",
            ..MIGRATIONS[0]
        },
        Migration { ..MIGRATIONS[1] },
    ];
    let error = open(&file, &altered)
        .await
        .err()
        .expect("it isn't the one applied");
    assert!(
        matches!(&error, OpenError::ChangedMigration { number: 1, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_store_as_it_was() {
    let file = File::new("fails");
    drop(open(&file, &MIGRATIONS[..1]).await.unwrap());
    let broken = [
        Migration { ..MIGRATIONS[0] },
        Migration {
            number: 2,
            name: "broken",
            common: "CREATE TABLE good (id {text}); CREATE TABEL",
            sqlite: "",
            postgres: "",
        },
    ];
    assert!(matches!(
        open(&file, &broken).await,
        Err(OpenError::Store(StoreError::Database { .. }))
    ));
    let store = open(&file, MIGRATIONS).await.unwrap();
    assert!(
        store.first("SELECT 1 FROM good", vec![]).await.is_err(),
        "its first half isn't there"
    );
}

#[tokio::test]
async fn a_full_database_is_an_error_and_nothing_is_half_written() {
    let file = File::new("full");
    let store = open(&file, MIGRATIONS).await.unwrap();
    // Little more than the file has now; the limit is the writing connection's.
    let mut tx = Tx::begin(&store.db, Mode::Write).await.unwrap();
    let pages = tx
        .first("PRAGMA page_count", vec![])
        .await
        .unwrap()
        .unwrap()
        .int()
        .unwrap();
    let limit = format!("PRAGMA max_page_count = {}", pages + 20);
    let limited = tx.query(&limit, vec![]).await.map(drop);
    tx.finish(limited).await.unwrap();
    let notes = "x".repeat(10_000);
    let mut stored = 0;
    let error = loop {
        match store
            .create::<Integration>(integration(stored, &notes), &by())
            .await
        {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 1000, "the limit holds");
    };
    assert!(matches!(error, StoreError::DiskFull), "{error}");
    assert!(stored > 0);
    let there = store
        .list::<Integration>(&IntegrationQuery::default())
        .await
        .unwrap();
    let told = store.audit(&AuditQuery::default()).await.unwrap();
    assert_eq!(
        (there.total, told.total),
        (u64::from(stored), u64::from(stored))
    );
    // Room made by deleting serves the next.
    for gone in there.items.iter().take(3) {
        store
            .delete::<Integration>(&gone.id, Expected::Any, &by())
            .await
            .unwrap();
    }
    store
        .create::<Integration>(integration(9999, &notes), &by())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_dropped_transaction_is_rolled_back_and_the_next_one_starts() {
    let file = File::new("dropped");
    let store = open(&file, MIGRATIONS).await.unwrap();
    let mut tx = Tx::begin(&store.db, Mode::Write).await.unwrap();
    tx.execute("INSERT INTO meta (name, value) VALUES ('a', 'b')", vec![])
        .await
        .unwrap();
    drop(tx);
    // Dropped while it waits for its turn, and while it runs.
    let held = Tx::begin(&store.db, Mode::Write).await.unwrap();
    let waiting = tokio::time::timeout(
        std::time::Duration::from_millis(10),
        Tx::begin(&store.db, Mode::Write),
    )
    .await;
    assert!(waiting.is_err());
    drop(held);
    assert_eq!(meta(&store, "a").await, None);
    set_meta(&store, "a", "c").await.unwrap();
    assert_eq!(meta(&store, "a").await.as_deref(), Some("c"));
}

#[tokio::test]
async fn a_failed_statement_cannot_be_committed() {
    let file = File::new("failed");
    let store = open(&file, MIGRATIONS).await.unwrap();
    let mut tx = Tx::begin(&store.db, Mode::Write).await.unwrap();
    tx.execute("INSERT INTO meta (name, value) VALUES ('a', 'b')", vec![])
        .await
        .unwrap();
    tx.execute("INSERT INTO nowhere VALUES (1)", vec![])
        .await
        .unwrap_err();
    assert!(tx.finish(Ok::<(), StoreError>(())).await.is_err());
    assert_eq!(meta(&store, "a").await, None);
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let file = File::new("private");
    let store = open(&file, MIGRATIONS).await.unwrap();
    store
        .create::<Integration>(integration(1, ""), &by())
        .await
        .unwrap();
    for path in [&file.0, &file.0.with_extension("db-wal")] {
        assert_eq!(
            std::fs::metadata(path).unwrap().permissions().mode() & 0o777,
            0o600,
            "{path:?}"
        );
    }
}

#[tokio::test]
async fn every_connection_waits_for_the_disk() {
    // A killed process can't show this: what it wrote is in the system's memory. A power cut would.
    let file = File::new("sync");
    let store = open(&file, MIGRATIONS).await.unwrap();
    for mut tx in [
        Tx::begin(&store.db, Mode::Write).await.unwrap(),
        Tx::begin(&store.db, Mode::Read).await.unwrap(),
    ] {
        let mode = tx
            .first("PRAGMA journal_mode", vec![])
            .await
            .unwrap()
            .unwrap()
            .text()
            .unwrap();
        let sync = tx
            .first("PRAGMA synchronous", vec![])
            .await
            .unwrap()
            .unwrap()
            .int()
            .unwrap();
        assert_eq!((mode.as_str(), sync), ("wal", 2), "2 is FULL");
    }
}

#[test]
fn an_invalid_value_names_its_field() {
    assert_eq!(
        StoreError::from(Invalid::new("name", "is empty")).to_string(),
        "name is empty"
    );
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_given_up_and_its_connection_used_again() {
    const ENDLESS: &str =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n";
    let file = File::new("endless");
    let bounds = Bounds {
        timeout: Duration::from_millis(300),
        ..Bounds::default()
    };
    let store = Store::open_with(&file.url(), ring(), NOW, bounds, MIGRATIONS)
        .await
        .unwrap();
    // More than there are connections: each comes back.
    for _ in 0..20 {
        let error = store.read(ENDLESS, vec![]).await.unwrap_err();
        assert!(error.to_string().contains("no answer"), "{error}");
    }
    for _ in 0..3 {
        let mut tx = Tx::begin(&store.db, Mode::Write).await.unwrap();
        let sql = "INSERT INTO meta (name, value) VALUES ('half', 'done')";
        tx.execute(sql, vec![]).await.unwrap();
        tx.query(ENDLESS, vec![]).await.unwrap_err();
        assert!(tx.finish(StoreResult::Ok(())).await.is_err());
    }
    set_meta(&store, "a", "b").await.unwrap();
    assert_eq!(meta(&store, "half").await, None);
}

#[tokio::test]
async fn a_disk_that_hangs_holds_up_nobody_for_ever() {
    let file = File::new("hangs");
    let bounds = Bounds {
        timeout: Duration::from_millis(300),
        ..Bounds::default()
    };
    let store = Store::open_with(&file.url(), ring(), NOW, bounds, MIGRATIONS)
        .await
        .unwrap();
    // As a write to a disk that hangs, another process that holds the file's lock stops the one writer.
    let other = rusqlite::Connection::open(&file.0).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let writers = (0..20).map(|_| set_meta(&store, "a", "b"));
    let written = futures_util::future::join_all(writers);
    let written = tokio::time::timeout(Duration::from_secs(60), written);
    assert!(written.await.unwrap().iter().all(StoreResult::is_err));
    meta(&store, "a").await;
    other.execute_batch("ROLLBACK").unwrap();
    let until = std::time::Instant::now() + Duration::from_secs(60);
    while set_meta(&store, "a", "b").await.is_err() {
        assert!(std::time::Instant::now() < until);
    }
}

/// A store that an earlier program made, with a log in it, is brought up to date and goes on.
async fn grows_up(url: &StoreUrl) {
    let with = |migrations| Store::open_with(url, ring(), NOW, Bounds::default(), migrations);
    let old = with(&MIGRATIONS[..2]).await.unwrap();
    make_old(&old, "i1", "old", "").await;
    let action = "INSERT INTO action (id, integration_id, name, name_key, category, category_key, secure, config, \
                  contract, version, created, modified) \
                  VALUES ('a1', 'i1', 'Old', 'old', 'C', 'c', 0, '{}', '{}', 1, 1, 1)";
    old.change(async |tx| tx.execute(action, vec![]).await)
        .await
        .unwrap();
    let execution = AuditEvent {
        by: by(),
        action: "execute".into(),
        entity_type: "execution".into(),
        entity_id: "a".into(),
        detail: JsonText::default(),
    };
    old.record(&vec![execution; 600]).await.unwrap();
    drop(old);

    let new = with(MIGRATIONS).await.unwrap();
    assert_eq!(schema_version(&new).await, newest());
    assert_eq!(new.audit(&AuditQuery::default()).await.unwrap().total, 600);
    let before = new.definition_changes(0).await.unwrap();
    assert_eq!(before.integrations[0].notes, "old");
    new.create::<Integration>(integration(2, "new"), &by())
        .await
        .unwrap();
    assert!(new.revision().await.unwrap() > before.revision);
    let after = new.definition_changes(before.revision).await.unwrap();
    assert_eq!((after.integrations.len(), after.more), (1, false));
    assert_eq!(after.integrations[0].notes, "new");
    let later = NOW.plus_seconds(1);
    for wanted in [500, 100, 0] {
        let removed = new.remove_audit(AuditKind::Executions, later, later);
        assert_eq!(removed.await.unwrap(), wanted);
    }
    let left = new.audit(&AuditQuery::default()).await.unwrap();
    assert_eq!(left.total, 1, "the changes stay");
    let records = new.audit_removals().await.unwrap();
    assert_eq!((records.len(), records[0].entries), (1, 600));
    assert_eq!(records[0].fault, None);
}

#[tokio::test]
async fn a_store_of_an_earlier_program_grows_up() {
    let file = File::new("grows");
    grows_up(&file.url()).await;
    match support::postgres::Server::start(support::postgres::Disk::Lags) {
        Ok(server) => grows_up(&StoreUrl::parse(&server.database("grows")).unwrap()).await,
        Err(why) => support::skip(&why),
    }
}

#[tokio::test]
async fn a_file_of_no_bytes_is_no_store() {
    let file = File::new("empty");
    std::fs::write(&file.0, "").unwrap();
    let error = open(&file, MIGRATIONS).await.err().unwrap();
    assert!(matches!(error, OpenError::Empty(_)), "{error}");
    assert_eq!(std::fs::read(&file.0).unwrap(), b"", "and stays as it is");
    file.remove();
    open(&file, MIGRATIONS).await.unwrap();
    assert!(std::fs::metadata(&file.0).unwrap().len() > 0);
}

#[tokio::test]
async fn one_service_uses_a_file() {
    let file = File::new("alone");
    let bounds = Bounds {
        timeout: Duration::from_millis(300),
        ..Bounds::default()
    };
    let url = file.url();
    let service = || Store::open_alone(&url, ring(), NOW, bounds);
    let first = service().await.unwrap();
    assert!(matches!(service().await, Err(OpenError::Taken(_))));
    // By another name, too.
    let link = File::new("link");
    std::os::unix::fs::symlink(&file.0, &link.0).unwrap();
    let again = Store::open_alone(&link.url(), ring(), NOW, bounds).await;
    assert!(matches!(again, Err(OpenError::Taken(_))));
    // A hard link is another file to SQLite, with a log of its own beside it.
    let hard = File::new("hard");
    std::fs::hard_link(&file.0, &hard.0).unwrap();
    for path in [&hard, &file] {
        let again = Store::open_alone(&path.url(), ring(), NOW, bounds).await;
        assert!(matches!(again, Err(OpenError::Linked(_))));
        let command = open(path, MIGRATIONS).await;
        assert!(matches!(command, Err(OpenError::Linked(_))));
    }
    std::fs::remove_file(&hard.0).unwrap();
    // But what was killed while it made the file has left such a link.
    let left = format!("{}-new-1-0", file.0.display());
    std::fs::hard_link(&file.0, &left).unwrap();
    // A command beside it.
    let command = open(&file, MIGRATIONS).await.unwrap();
    set_meta(&command, "a", "b").await.unwrap();
    assert!(!std::fs::exists(&left).unwrap());
    drop(first);
    service().await.unwrap();
}
