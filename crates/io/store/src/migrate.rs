//! The schema: numbered steps forward, each applied once and remembered with its checksum.
//!
//! All steps that are missing run in one [`Mode::Write`] transaction, DDL included, so that two nodes
//! that start together do it once, and a step that fails leaves the store as it was. A store from a
//! newer program, or one whose steps aren't the ones in this program, is refused before anything is read.

use crate::backend::{Database, Mode, Tx, values};
use crate::error::StoreResult;
use crate::open_error::OpenError;
use crate::seam::WallTime;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// One step. The common part comes first; `{text}`, `{blob}`, `{serial}` in it are filled in.
pub(crate) struct Migration {
    pub(crate) number: i64,
    pub(crate) name: &'static str,
    pub(crate) common: &'static str,
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

/// Every step there is, in order.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "definitions",
        common: include_str!("../migrations/0001_definitions.sql"),
        sqlite: include_str!("../migrations/0001_definitions.sqlite.sql"),
        postgres: include_str!("../migrations/0001_definitions.postgres.sql"),
    },
    Migration {
        number: 2,
        name: "data",
        common: include_str!("../migrations/0002_data.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        number: 3,
        name: "revision",
        common: include_str!("../migrations/0003_revision.sql"),
        sqlite: include_str!("../migrations/0003_revision.sqlite.sql"),
        postgres: include_str!("../migrations/0003_revision.postgres.sql"),
    },
    Migration {
        number: 4,
        name: "caller_flows",
        common: include_str!("../migrations/0004_caller_flows.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        number: 5,
        name: "retention",
        common: include_str!("../migrations/0005_retention.sql"),
        sqlite: include_str!("../migrations/0005_retention.sqlite.sql"),
        postgres: include_str!("../migrations/0005_retention.postgres.sql"),
    },
    Migration {
        number: 6,
        name: "changes",
        common: include_str!("../migrations/0006_changes.sql"),
        sqlite: include_str!("../migrations/0006_changes.sqlite.sql"),
        postgres: include_str!("../migrations/0006_changes.postgres.sql"),
    },
    Migration {
        number: 7,
        name: "jobs",
        common: include_str!("../migrations/0007_jobs.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        number: 8,
        name: "names",
        common: include_str!("../migrations/0008_names.sql"),
        sqlite: include_str!("../migrations/0008_names.sqlite.sql"),
        postgres: include_str!("../migrations/0008_names.postgres.sql"),
    },
    Migration {
        number: 9,
        name: "client roles",
        common: include_str!("../migrations/0009_client_roles.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        number: 10,
        name: "transfers",
        common: include_str!("../migrations/0010_transfers.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        number: 11,
        name: "workflow_versions",
        common: include_str!("../migrations/0011_workflow_versions.sql"),
        sqlite: "",
        postgres: "",
    },
];

impl Migration {
    fn sql(&self, backend: &str) -> String {
        let (text, blob, serial, own) = if backend == "postgres" {
            let serial = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY";
            ("TEXT COLLATE \"C\"", "BYTEA", serial, self.postgres)
        } else {
            (
                "TEXT",
                "BLOB",
                "INTEGER PRIMARY KEY AUTOINCREMENT",
                self.sqlite,
            )
        };
        let common = self.common.replace("{text}", text).replace("{blob}", blob);
        format!("{}\n{own}", common.replace("{serial}", serial))
    }

    /// Over the text for the back-end, without the ends of its lines.
    fn checksum(&self, backend: &str) -> String {
        let mut digest = Sha256::new();
        for line in self.sql(backend).lines() {
            digest.update(line.trim_end());
            digest.update(b"\n");
        }
        digest
            .finalize()
            .iter()
            .take(16)
            .map(|b| format!("{b:02x}"))
            .collect()
    }
}

/// Brings the store to the last of `migrations`; returns its number.
pub(crate) async fn migrate(
    database: &Arc<dyn Database>,
    migrations: &[Migration],
    now: WallTime,
) -> Result<i64, OpenError> {
    // Whether there is anything to do is found out in the usual time; a step may take long.
    let mut tx = Tx::begin(database, Mode::Write).await?;
    let applied = applied(&mut tx).await;
    let applied = tx.finish(applied).await?;
    let last = migrations.last().map_or(0, |m| m.number);
    let missing = applied.last().is_none_or(|(number, _)| *number < last);
    let mode = if missing { Mode::Migrate } else { Mode::Write };
    let mut tx = Tx::begin(database, mode).await?;
    let outcome = run(&mut tx, database.name(), migrations, now).await;
    tx.finish(outcome).await
}

async fn run(
    tx: &mut Tx,
    backend: &str,
    migrations: &[Migration],
    now: WallTime,
) -> Result<i64, OpenError> {
    let applied = applied(tx).await?;
    let known = migrations.last().map_or(0, |m| m.number);
    let found = applied.last().map_or(0, |(number, _)| *number);
    if found > known {
        return Err(OpenError::NewerSchema { found, known });
    }
    for migration in migrations {
        let checksum = migration.checksum(backend);
        if migration.number > found {
            tracing::info!(
                number = migration.number,
                name = migration.name,
                "migrating the store"
            );
            tx.script(&migration.sql(backend)).await?;
            let row = values![migration.number, migration.name, &checksum, now];
            tx.execute(
                "INSERT INTO schema_migration (number, name, checksum, applied) VALUES ($1, $2, $3, $4)",
                row,
            )
            .await?;
            continue;
        }
        let then = applied
            .iter()
            .find(|(number, _)| *number == migration.number);
        if then.is_none_or(|(_, then)| *then != checksum) {
            return Err(OpenError::ChangedMigration {
                number: migration.number,
                name: migration.name.to_owned(),
                found: then.map_or_else(|| "none".to_owned(), |(_, then)| then.clone()),
                known: checksum,
            });
        }
    }
    Ok(known)
}

/// Number and checksum of the steps applied, in order.
async fn applied(tx: &mut Tx) -> StoreResult<Vec<(i64, String)>> {
    tx.script(
        "CREATE TABLE IF NOT EXISTS schema_migration (
             number BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied BIGINT NOT NULL
         )",
    )
    .await?;
    let rows = tx
        .query(
            "SELECT number, checksum FROM schema_migration ORDER BY number",
            vec![],
        )
        .await?;
    rows.into_iter()
        .map(|mut row| Ok((row.int()?, row.text()?)))
        .collect()
}
