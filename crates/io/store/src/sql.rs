//! The store itself, in SQL that runs on both back-ends.
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
mod journal;
mod list;
mod revision;
mod sealing;
mod table;
mod token;
mod usage;

use crate::backend::url::Target;
use crate::backend::{
    Alone, Bounds, Database, Mode, Postgres, Row, Sqlite, StoreUrl, Tx, Value, make, read,
};
use crate::error::{Entity, OpenError, StoreError, StoreResult};
use crate::hash::Hasher;
use crate::migrate::{MIGRATIONS, Migration, migrate};
use crate::seal::KeyRing;
use crate::seam::{Expected, Version, WallTime};
use std::path::Path;
use std::sync::Arc;

/// Everything durable, on SQLite or PostgreSQL.
///
/// What holds for every method:
/// - **Acknowledged means durable.** `Ok` is returned after the commit reached the disk.
/// - **All or nothing.** A method is one transaction, its audit entries included. An error, a
///   dropped future or a killed process leaves either all of it or nothing.
/// - **`now` is an argument.** The store has no clock; every change carries [`By`]: who, and when.
/// - **Bounded.** Texts, pages, batches and waits have limits, named in [`crate::limits`].
pub struct Store {
    db: Arc<dyn Database>,
    ring: KeyRing,
    hasher: Hasher,
    /// Dropped last.
    _alone: Option<Alone>,
}

impl Store {
    /// Connects, brings the schema up to date, and checks that the ring is the store's.
    ///
    /// # Errors
    /// [`OpenError`]; nothing has been changed then, but that missing migrations may have been applied.
    pub async fn open(url: &StoreUrl, ring: KeyRing, now: WallTime) -> Result<Self, OpenError> {
        Self::open_within(url, ring, now, Bounds::default()).await
    }

    /// The same, with other bounds than the usual ones.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_within(
        url: &StoreUrl,
        ring: KeyRing,
        now: WallTime,
        bounds: Bounds,
    ) -> Result<Self, OpenError> {
        Self::open_with(url, ring, now, bounds, MIGRATIONS).await
    }

    /// The same, for a service: the only one that may use the file at a time, where the store is a file.
    /// Commands may use it beside the service.
    ///
    /// # Errors
    /// As [`Self::open`], and [`OpenError::Taken`]; nothing was looked at then.
    pub async fn open_alone(
        url: &StoreUrl,
        ring: KeyRing,
        now: WallTime,
        bounds: Bounds,
    ) -> Result<Self, OpenError> {
        let alone = match &url.0 {
            Target::Sqlite(path) => {
                make(path)?;
                Some(Alone::at(path, bounds.timeout).await?)
            }
            Target::Postgres { .. } => None,
        };
        let opened = Self::open_within(url, ring, now, bounds).await?;
        Ok(Self {
            _alone: alone,
            ..opened
        })
    }

    async fn open_with(
        url: &StoreUrl,
        ring: KeyRing,
        now: WallTime,
        bounds: Bounds,
        migrations: &[Migration],
    ) -> Result<Self, OpenError> {
        let db: Arc<dyn Database> = match &url.0 {
            Target::Sqlite(path) => {
                make(path)?;
                Arc::new(Sqlite::open(path, bounds).await?)
            }
            Target::Postgres { url, tls } => {
                Arc::new(Postgres::open(url, tls.as_ref(), bounds).await?)
            }
        };
        migrate(&db, migrations, now).await?;
        sealing::check_ring(&db, &ring, now).await?;
        Ok(Self {
            db,
            ring,
            hasher: Hasher::new()?,
            _alone: None,
        })
    }

    /// A consistent copy of a SQLite store into a new file, while it is in use.
    ///
    /// # Errors
    /// On PostgreSQL, whose `pg_dump` does this; a file that is there already and isn't empty; a full disk.
    pub async fn copy_to(&self, path: &Path) -> StoreResult<()> {
        self.db.copy_to(path).await
    }

    /// The kind of database: `sqlite` or `postgres`.
    #[must_use]
    pub fn backend(&self) -> &'static str {
        self.db.name()
    }

    async fn write(&self) -> StoreResult<Tx> {
        Tx::begin(&self.db, Mode::Write).await
    }

    async fn append(&self) -> StoreResult<Tx> {
        Tx::begin(&self.db, Mode::Append).await
    }

    async fn login(&self) -> StoreResult<Tx> {
        Tx::begin(&self.db, Mode::Login).await
    }

    async fn snapshot(&self) -> StoreResult<Tx> {
        Tx::begin(&self.db, Mode::Read).await
    }

    /// The first row of a read of its own.
    async fn first(&self, sql: &str, values: Vec<Value>) -> StoreResult<Option<Row>> {
        Ok(self.read(sql, values).await?.into_iter().next())
    }

    /// A read of its own.
    async fn read(&self, sql: &str, values: Vec<Value>) -> StoreResult<Vec<Row>> {
        read(self.db.as_ref(), Mode::Read, sql, values).await
    }

    /// The first row of a read that a login or a call waits for.
    async fn checked(&self, sql: &str, values: Vec<Value>) -> StoreResult<Option<Row>> {
        let rows = read(self.db.as_ref(), Mode::Check, sql, values).await?;
        Ok(rows.into_iter().next())
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
