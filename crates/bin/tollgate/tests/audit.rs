//! `tollgate audit verify`, over a log of which the retention has removed something.

use rusqlite::Connection;
use std::path::Path;
use std::process::{Command, Output};
use tollgate_store::{
    Actor, AuditEvent, AuditKind, Author, JsonText, KeyRing, Store, StoreUrl, WallTime,
};

const CONFIG: &str = "[store]\nurl = \"sqlite:store.db\"\nkey_file = \"store.keys\"\n";
const DAY: i64 = 24 * 3_600_000;

fn run(folder: &Path, command: &[&str]) -> Output {
    let mut run = Command::new(env!("CARGO_BIN_EXE_tollgate"));
    let args = [command, &["--config", "tollgate.toml"]].concat();
    let output = run.args(args).current_dir(folder).output();
    output.expect("the binary runs")
}

/// Exit status and lines of stdout.
fn verify(folder: &Path) -> (Option<i32>, Vec<String>) {
    let output = run(folder, &["audit", "verify"]);
    let text = String::from_utf8(output.stdout).expect("text");
    let lines = text.lines().map(str::to_owned).collect();
    (output.status.code(), lines)
}

/// Executions of three days, each removed on a day of its own.
async fn remove(folder: &Path) {
    let keys = std::fs::read_to_string(folder.join("store.keys")).expect("made by init");
    let url = format!("sqlite:{}", folder.join("store.db").display());
    let url = StoreUrl::parse(&url).expect("a URL");
    let ring = KeyRing::parse(&keys.into()).expect("a ring");
    let store = Store::open(&url, ring, WallTime(0)).await.expect("open");
    for day in 1..=3 {
        let at = WallTime(day * DAY);
        let event = |number| AuditEvent {
            by: Author {
                actor: Actor::cli(),
                at,
            },
            action: "execute".into(),
            entity_type: "execution".into(),
            entity_id: format!("{day}-{number}"),
            detail: JsonText::default(),
        };
        let events: Vec<_> = (0..5).map(event).collect();
        store.record(&events).await.expect("recorded");
        let until = WallTime(at.0 + 1);
        let removed = store.remove_audit(AuditKind::Executions, until, at).await;
        assert_eq!(removed.expect("removed"), 5);
    }
}

#[tokio::test]
async fn what_was_removed_is_told_and_forgeries_are_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    std::fs::write(folder.join("tollgate.toml"), CONFIG).expect("written");
    assert!(run(folder, &["init"]).status.success());
    assert_eq!(verify(folder), (Some(0), vec![]), "nothing was removed");
    remove(folder).await;
    let (status, good) = verify(folder);
    assert_eq!((status, good.len()), (Some(0), 3), "{good:?}");
    assert!(
        good[1].starts_with(&format!("executions\t2\t{}\t5\t", 2 * DAY)),
        "{good:?}"
    );

    // Each by somebody who may do anything with the file and has no key.
    let store = folder.join("store.db");
    let whole = folder.join("whole.db");
    let database = Connection::open(&store).expect("open");
    database
        .execute("VACUUM INTO ?1", [whole.to_str()])
        .expect("copied");
    drop(database);
    for (what, sql, record, says) in [
        (
            "a record taken from the middle",
            "DELETE FROM audit_removal WHERE number = 2",
            1,
            "the record before it is missing",
        ),
        (
            "fewer entries",
            "UPDATE audit_removal SET entries = 1 WHERE number = 2",
            1,
            "changed after it was sealed",
        ),
        (
            "another digest",
            "UPDATE audit_removal SET digest = x'00' WHERE number = 1",
            0,
            "changed after it was sealed",
        ),
        (
            "a record more",
            "INSERT INTO audit_removal SELECT kind, 4, day, 9, until_at, until_seq, digest \
             FROM audit_removal WHERE number = 3",
            3,
            "it isn't sealed",
        ),
        (
            "a record more, with another's seal",
            "INSERT INTO audit_removal SELECT kind, 4, day, 9, until_at, until_seq, digest \
             FROM audit_removal WHERE number = 3; \
             INSERT INTO sealed (entity, entity_id, field, key_id, value) \
             SELECT entity, 'executions.4', field, key_id, value FROM sealed WHERE entity_id = 'executions.3'",
            3,
            "",
        ),
    ] {
        for ending in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(folder.join(format!("store.db{ending}")));
        }
        std::fs::copy(&whole, &store).expect("copied");
        let database = Connection::open(&store).expect("open");
        let triggers =
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_removal'";
        let mut found = database.prepare(triggers).expect("SQL");
        let names: Result<Vec<String>, _> = found
            .query_map([], |row| row.get(0))
            .expect("rows")
            .collect();
        drop(found);
        for name in names.expect("names") {
            let sql = format!("DROP TRIGGER {name}");
            database.execute_batch(&sql).expect("dropped");
        }
        database.execute_batch(sql).expect(what);
        drop(database);
        let (status, lines) = verify(folder);
        assert_eq!(status, Some(1), "{what}: {lines:?}");
        assert!(
            lines[record].contains("WRONG: ") && lines[record].contains(says),
            "{what}: {lines:?}"
        );
    }
}
