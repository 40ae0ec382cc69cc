//! The store itself: the traits of the seam in SQL, once for both back-ends.
//!
//! Each file holds one room. A changing method opens a [`Mode::Write`] transaction, calls a function
//! that does the work and writes the audit entry, and commits or rolls back by its outcome. In such a
//! transaction nothing else changes, so a check made by reading holds until the commit.

mod action;
mod audit;
mod check;
mod client;
mod credential;
mod draft;
mod flow;
mod integration;
mod list;
mod meta;
mod sealing;
mod table;
mod token;
mod usage;

use crate::backend::url::Target;
use crate::backend::{Database, Mode, Postgres, Row, Sqlite, StoreUrl, Tx, Value, fit};
use crate::error::{Entity, OpenError, StoreError, StoreResult};
use crate::hash::Hasher;
use crate::migrate::{MIGRATIONS, Migration, migrate};
use crate::seal::KeyRing;
use crate::seam::{Expected, Version, WallTime};
use std::path::Path;

/// A [`crate::Store`] on SQLite or PostgreSQL.
pub struct SqlStore {
    db: Box<dyn Database>,
    ring: KeyRing,
    hasher: Hasher,
}

impl SqlStore {
    /// Connects, brings the schema up to date, and checks that the ring is the store's.
    ///
    /// # Errors
    /// [`OpenError`]; nothing has been changed then, but that missing migrations may have been applied.
    pub async fn open(url: &StoreUrl, ring: KeyRing, now: WallTime) -> Result<Self, OpenError> {
        Self::open_with(url, ring, now, MIGRATIONS).await
    }

    async fn open_with(
        url: &StoreUrl,
        ring: KeyRing,
        now: WallTime,
        migrations: &[Migration],
    ) -> Result<Self, OpenError> {
        let db: Box<dyn Database> = match &url.0 {
            Target::Sqlite(path) => Box::new(Sqlite::open(path).await?),
            Target::Postgres { url, tls } => Box::new(Postgres::open(url, tls.as_ref()).await?),
        };
        migrate(db.as_ref(), migrations, now).await?;
        sealing::check_ring(db.as_ref(), &ring, now).await?;
        Ok(Self {
            db,
            ring,
            hasher: Hasher::new()?,
        })
    }

    /// A consistent copy of a SQLite store into a new file, while it is in use.
    ///
    /// # Errors
    /// On PostgreSQL, whose `pg_dump` does this; a file that is there already and isn't empty; a full disk.
    pub async fn copy_to(&self, path: &Path) -> StoreResult<()> {
        self.db.copy_to(path).await
    }

    async fn write(&self) -> StoreResult<Tx> {
        Tx::begin(self.db.as_ref(), Mode::Write).await
    }

    async fn append(&self) -> StoreResult<Tx> {
        Tx::begin(self.db.as_ref(), Mode::Append).await
    }

    async fn snapshot(&self) -> StoreResult<Tx> {
        Tx::begin(self.db.as_ref(), Mode::Read).await
    }

    /// The first row of a read of its own.
    async fn first(&self, sql: &str, values: Vec<Value>) -> StoreResult<Option<Row>> {
        Ok(self.read(sql, values).await?.into_iter().next())
    }

    /// A read of its own.
    async fn read(&self, sql: &str, values: Vec<Value>) -> StoreResult<Vec<Row>> {
        fit(&values)?;
        self.db.read(sql, values).await
    }
}

/// The thing in the row, or that there is none.
fn found<T>(
    row: Option<Row>,
    entity: Entity,
    id: impl ToString,
    read: impl FnOnce(&mut Row) -> StoreResult<T>,
) -> StoreResult<T> {
    match row {
        Some(mut row) => read(&mut row),
        None => Err(StoreError::NotFound {
            entity,
            id: id.to_string(),
        }),
    }
}

/// Whether the caller has seen the version that is there.
fn current(entity: Entity, expected: Expected, current: Version) -> StoreResult<()> {
    match expected {
        Expected::Version(version) if version != current => {
            Err(StoreError::Stale { entity, current })
        }
        Expected::Version(_) | Expected::Any => Ok(()),
    }
}

/// Refuses what is taken: the statement finds a row.
async fn free(
    tx: &mut Tx,
    entity: Entity,
    what: &'static str,
    sql: &str,
    values: Vec<Value>,
) -> StoreResult<()> {
    match tx.first(sql, values).await? {
        None => Ok(()),
        Some(_) => Err(StoreError::Conflict { entity, what }),
    }
}

#[cfg(test)]
mod tests;
