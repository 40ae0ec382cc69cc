//! The store: what it is opened with, and how its methods get at the database.

use crate::backend::url::Target;
use crate::backend::{
    Bounds, Database, FileClaim, Mode, Postgres, Row, Sqlite, StoreUrl, Tx, Value, make, read,
};
use crate::error::StoreResult;
use crate::figures::StoreFigures;
use crate::hash::Hasher;
use crate::migrate::{MIGRATIONS, Migration, migrate};
use crate::open_error::OpenError;
use crate::proof::check_ring;
use crate::seal::KeyRing;
use crate::seam::WallTime;
use std::sync::Arc;

/// Everything durable, on SQLite or PostgreSQL.
///
/// What holds for every method:
/// - **Acknowledged means durable.** `Ok` is returned after the commit reached the disk.
/// - **All or nothing.** A method is one transaction, its audit entries included. An error, a
///   dropped future or a killed process leaves either all of it or nothing.
/// - **`now` is an argument.** The store has no clock; every change carries [`crate::Author`]: who, and when.
/// - **Bounded.** Texts, pages, batches and waits have limits, named in [`crate::limits`].
pub struct Store {
    db: Arc<dyn Database>,
    pub(crate) ring: KeyRing,
    pub(crate) hasher: Hasher,
    figures: StoreFigures,
    /// The claim to be the only service that uses the file; dropped last.
    alone: Option<FileClaim>,
}

impl Store {
    /// Connects, brings the schema up to date, and checks that the ring is the store's.
    ///
    /// # Errors
    /// [`OpenError`]; nothing has been changed then, but that missing migrations may have been applied.
    pub async fn open(url: &StoreUrl, ring: KeyRing, now: WallTime) -> Result<Self, OpenError> {
        Self::open_within(url, ring, now, Bounds::default()).await
    }

    /// Opens a store as [`Self::open`] does, with other bounds than the usual ones.
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

    /// Opens a store for a service. Where the store is a file, one service at a time may use it; commands may
    /// use it beside the service.
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
                Some(FileClaim::at(path, bounds.timeout).await?)
            }
            Target::Postgres(_) => None,
        };
        let opened = Self::open_within(url, ring, now, bounds).await?;
        Ok(Self { alone, ..opened })
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
            Target::Postgres(url) => Arc::new(Postgres::open(url, bounds).await?),
        };
        migrate(&db, migrations, now).await?;
        check_ring(&db, &ring, now).await?;
        Ok(Self {
            db,
            ring,
            hasher: Hasher::new()?,
            figures: StoreFigures::new(),
            alone: None,
        })
    }

    /// The kind of database: `sqlite` or `postgres`.
    #[must_use]
    pub fn backend(&self) -> &'static str {
        self.db.name()
    }

    /// How long it takes, and whether it answers.
    #[must_use]
    pub fn figures(&self) -> &StoreFigures {
        &self.figures
    }

    /// Whether no other service uses the store while this one does.
    pub(crate) fn is_alone(&self) -> bool {
        self.alone.is_some()
    }

    /// Does `work` in a transaction, which is committed if the work succeeds and rolled back if not.
    pub(crate) async fn within<T>(
        &self,
        mode: Mode,
        work: impl AsyncFnOnce(&mut Tx) -> StoreResult<T>,
    ) -> StoreResult<T> {
        let work = async {
            let mut tx = Tx::begin(&self.db, mode).await?;
            let outcome = work(&mut tx).await;
            tx.finish(outcome).await
        };
        self.figures.measure(mode, work).await
    }

    /// Does `work` while nothing else changes in the whole store.
    pub(crate) async fn change<T>(
        &self,
        work: impl AsyncFnOnce(&mut Tx) -> StoreResult<T>,
    ) -> StoreResult<T> {
        self.within(Mode::Write, work).await
    }

    /// Ends when the database tells that a definition may have changed; never, if it tells no such thing.
    pub(crate) async fn changed(&self) {
        self.db.changed().await;
    }

    /// The first row that a statement finds, outside of any transaction.
    pub(crate) async fn first(&self, sql: &str, values: Vec<Value>) -> StoreResult<Option<Row>> {
        Ok(self.read(sql, values).await?.into_iter().next())
    }

    /// The rows that a statement finds, outside of any transaction.
    pub(crate) async fn read(&self, sql: &str, values: Vec<Value>) -> StoreResult<Vec<Row>> {
        let work = read(self.db.as_ref(), Mode::Read, sql, values);
        self.figures.measure(Mode::Read, work).await
    }

    /// The first row of a read that a login or a call waits for.
    pub(crate) async fn checked(&self, sql: &str, values: Vec<Value>) -> StoreResult<Option<Row>> {
        let work = read(self.db.as_ref(), Mode::Check, sql, values);
        let rows = self.figures.measure(Mode::Check, work).await?;
        Ok(rows.into_iter().next())
    }
}

#[cfg(test)]
mod tests;
