//! What all things that are stored under an id have in common: how they are read, made, changed and
//! removed, and how the audit log tells of it.
//!
//! A kind of thing implements [`Layout`], which says where its rows lie, and [`Record`]: what its lists can be
//! asked for, and what goes with one that is removed. A kind that anybody who has its fields may make and change implements
//! [`Editable`], too. Then the verbs of [`Store`] know the kind; only what no other kind has (secrets,
//! publishing, rows) has a method of its own, in the kind's own file. All functions here that take a [`Tx`]
//! are parts of a change, and leave commit and rollback to it.

use super::layout::{Column, Layout};
use super::{audit, check, list::Select};
use crate::backend::{Row, Tx, Value, values};
use crate::error::{Entity, StoreError, StoreResult};
use crate::id::{EntityId, Version};
use crate::seam::{By, Expected, Page};
use crate::store::Store;
use serde_json::Value as Json;

/// A kind of thing that is stored under an id, with a version that grows with each change.
///
/// Which kinds there are is the store's to say: no other crate can implement this.
pub trait Record: Layout + Send + Sync {
    /// What a list of the kind is asked for: filters, order and page.
    type Query: Sync;

    /// What the audit log tells of the thing: names and numbers, no secret and no document.
    #[doc(hidden)]
    fn detail(&self) -> Json;

    /// The list that was asked for.
    #[doc(hidden)]
    fn select(query: &Self::Query) -> StoreResult<Select>;

    /// Version and [`Self::detail`] of the thing that is to be removed.
    #[doc(hidden)]
    fn farewell(
        tx: &mut Tx,
        id: &EntityId,
    ) -> impl Future<Output = StoreResult<(Version, Json)>> + Send {
        async {
            let record: Self = get(tx, id).await?;
            Ok((record.version(), record.detail()))
        }
    }

    /// Removes what goes with the thing; an error if something else needs the thing.
    #[doc(hidden)]
    fn release(_tx: &mut Tx, _id: &EntityId) -> impl Future<Output = StoreResult<()>> + Send {
        async { Ok(()) }
    }
}

/// A kind of thing that can be made, and changed, by saying all there is to say of it.
pub trait Editable: Record {
    /// What a new one is made of.
    type New: Send;
    /// What an update replaces.
    type Change: Send;

    /// The new thing; `Invalid` for what can't be kept.
    #[doc(hidden)]
    fn make(new: Self::New, by: &By) -> StoreResult<Self>;

    /// Columns of a new thing's row that are no part of the thing.
    #[doc(hidden)]
    fn beside() -> Vec<Column> {
        Vec::new()
    }

    /// An error where others leave no place for the new thing.
    #[doc(hidden)]
    fn admit(&self, _tx: &mut Tx) -> impl Future<Output = StoreResult<()>> + Send {
        async { Ok(()) }
    }

    /// `Invalid` for a change that no thing can have.
    #[doc(hidden)]
    fn check(change: &Self::Change) -> StoreResult<()>;

    /// Takes the change over, if this thing can have it.
    #[doc(hidden)]
    fn edit(
        &mut self,
        tx: &mut Tx,
        change: Self::Change,
    ) -> impl Future<Output = StoreResult<()>> + Send;
}

impl Store {
    /// The thing with this id; credentials without their values.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get<R: Record>(&self, id: &EntityId) -> StoreResult<R> {
        let row = self.first(&select::<R>("id = $1"), values![id]).await?;
        found(row, id)
    }

    /// A page of a list.
    ///
    /// # Errors
    /// `Invalid` for a filter by more than [`crate::limits::PAGE`] ids, and for a page of too many bytes.
    pub async fn list<R: Record>(&self, query: &R::Query) -> StoreResult<Page<R>> {
        R::select(query)?.page(self, R::read).await
    }

    /// Makes a thing.
    ///
    /// # Errors
    /// `Conflict` for a taken id or name; `NotFound` for the integration that it should belong to; `TooLarge`
    /// where that would have more than [`crate::limits::INTEGRATION_BYTES`] of documents.
    pub async fn create<R: Editable>(&self, new: R::New, by: &By) -> StoreResult<R> {
        let made = R::make(new, by)?;
        self.change(async |tx| {
            made.admit(tx).await?;
            create(tx, made, R::beside(), by).await
        })
        .await
    }

    /// Changes a thing, if its version is the expected one.
    ///
    /// # Errors
    /// `NotFound`, `Stale`; `Conflict` for a taken name; `TooLarge` as for [`Self::create`].
    pub async fn update<R: Editable>(
        &self,
        id: &EntityId,
        expected: Expected,
        change: R::Change,
        by: &By,
    ) -> StoreResult<R> {
        R::check(&change)?;
        self.change(async |tx| {
            let mut record: R = current(tx, id, expected).await?;
            record.edit(tx, change).await?;
            update(tx, record, by).await
        })
        .await
    }

    /// Removes a thing and what belongs to nothing else: a client's tokens and usage, an action's draft, a
    /// credential's values, a workflow's published versions.
    ///
    /// # Errors
    /// `NotFound`, `Stale`; `InUse` for an integration that has actions or drafts, for a credential that an
    /// integration's configuration refers to, and for a data table that has rows.
    pub async fn delete<R: Record>(
        &self,
        id: &EntityId,
        expected: Expected,
        by: &By,
    ) -> StoreResult<()> {
        self.change(async |tx| delete::<R>(tx, id, expected, by).await)
            .await
    }

    /// The record that a condition on unique names holds for, by what it is called in the error.
    pub(super) async fn named<R: Record>(
        &self,
        condition: &str,
        keys: Vec<Value>,
        called: impl ToString,
    ) -> StoreResult<R> {
        found(self.first(&select::<R>(condition), keys).await?, called)
    }
}

/// A statement that reads records for which `condition` holds.
fn select<R: Record>(condition: &str) -> String {
    format!("SELECT {} FROM {} WHERE {condition}", R::COLUMNS, R::TABLE)
}

/// The error for a thing that isn't there.
pub(super) fn absent(entity: Entity, id: impl ToString) -> StoreError {
    StoreError::NotFound {
        entity,
        id: id.to_string(),
    }
}

/// The record in a row, or the error that there is none with this id (or name).
fn found<R: Record>(row: Option<Row>, id: impl ToString) -> StoreResult<R> {
    match row {
        Some(mut row) => R::read(&mut row),
        None => Err(absent(R::ENTITY, id)),
    }
}

/// The record with this id, if there is one.
pub(super) async fn find<R: Record>(tx: &mut Tx, id: &EntityId) -> StoreResult<Option<R>> {
    let row = tx.first(&select::<R>("id = $1"), values![id]).await?;
    row.map(|mut row| R::read(&mut row)).transpose()
}

/// The record with this id; `NotFound` without.
pub(super) async fn get<R: Record>(tx: &mut Tx, id: &EntityId) -> StoreResult<R> {
    find(tx, id).await?.ok_or_else(|| absent(R::ENTITY, id))
}

/// The record with this id, to be changed by a caller who expects this version; `Stale` for another.
pub(super) async fn current<R: Record>(
    tx: &mut Tx,
    id: &EntityId,
    expected: Expected,
) -> StoreResult<R> {
    let record: R = get(tx, id).await?;
    expect(R::ENTITY, expected, record.version())?;
    Ok(record)
}

/// Whether the caller has seen the version that is there; `Stale` if not.
pub(super) fn expect(entity: Entity, expected: Expected, current: Version) -> StoreResult<()> {
    match expected {
        Expected::Version(version) if version != current => {
            Err(StoreError::Stale { entity, current })
        }
        Expected::Version(_) | Expected::Any => Ok(()),
    }
}

async fn is_there<R: Record>(tx: &mut Tx, id: &EntityId) -> StoreResult<bool> {
    let sql = format!("SELECT 1 FROM {} WHERE id = $1", R::TABLE);
    Ok(tx.first(&sql, values![id]).await?.is_some())
}

/// `NotFound` unless there is a record with this id.
pub(super) async fn there<R: Record>(tx: &mut Tx, id: &EntityId) -> StoreResult<()> {
    if is_there::<R>(tx, id).await? {
        return Ok(());
    }
    Err(absent(R::ENTITY, id))
}

/// `Conflict` if there is a record with this id.
pub(super) async fn id_free<R: Record>(tx: &mut Tx, id: &EntityId) -> StoreResult<()> {
    if is_there::<R>(tx, id).await? {
        return Err(conflict(R::ENTITY, "id"));
    }
    Ok(())
}

/// `InUse` if a statement that looks for who needs the thing finds one's id.
pub(super) async fn unused<R: Record>(
    tx: &mut Tx,
    id: &EntityId,
    by: Entity,
    users: &str,
) -> StoreResult<()> {
    match tx.first(users, values![id]).await? {
        None => Ok(()),
        Some(mut row) => Err(StoreError::InUse {
            entity: R::ENTITY,
            by,
            id: row.take()?,
        }),
    }
}

pub(super) fn conflict(entity: Entity, what: &'static str) -> StoreError {
    StoreError::Conflict { entity, what }
}

/// `Conflict` if another record has the same values in the columns that are unique together.
async fn name_free<R: Record>(tx: &mut Tx, record: &R, columns: &[Column]) -> StoreResult<()> {
    let unique = columns.iter().filter(|(name, _)| R::UNIQUE.contains(name));
    let (names, mut values): (Vec<&str>, Vec<Value>) = unique.cloned().unzip();
    if names.is_empty() {
        return Ok(());
    }
    let conditions = numbered(&names, " AND ");
    values.push(record.id().into());
    let sql = format!(
        "SELECT 1 FROM {} WHERE {conditions} AND id <> ${}",
        R::TABLE,
        values.len()
    );
    match tx.first(&sql, values).await? {
        None => Ok(()),
        Some(_) => Err(conflict(R::ENTITY, "name")),
    }
}

/// `a = $1, b = $2` for the names `a` and `b`.
fn numbered(names: &[&str], separator: &str) -> String {
    let numbered = (1..).zip(names).map(|(n, name)| format!("{name} = ${n}"));
    numbered.collect::<Vec<_>>().join(separator)
}

/// The columns to write: those that are read, and the folded ones that lists search and sort by.
fn written<R: Record>(record: &R) -> Vec<Column> {
    let mut columns = record.columns();
    for (name, folded) in [("name", "name_key"), ("category", "category_key")] {
        if let Some((_, Value::Text(text))) = columns.iter().find(|column| column.0 == name) {
            columns.push((folded, check::key(text).into()));
        }
    }
    columns
}

/// Writes a new record whose id is free. `beside` are columns that belong to the row and not to the record.
pub(super) async fn insert<R: Record>(
    tx: &mut Tx,
    record: &R,
    beside: Vec<Column>,
) -> StoreResult<()> {
    let mut columns = written(record);
    name_free(tx, record, &columns).await?;
    columns.extend(beside);
    let (names, values): (Vec<&str>, Vec<Value>) = columns.into_iter().unzip();
    let parameters: Vec<String> = (1..=names.len()).map(|n| format!("${n}")).collect();
    let (names, parameters) = (names.join(", "), parameters.join(", "));
    let sql = format!("INSERT INTO {} ({names}) VALUES ({parameters})", R::TABLE);
    tx.execute(&sql, values).await?;
    Ok(())
}

/// Writes a record over the one with its id.
pub(super) async fn replace<R: Record>(tx: &mut Tx, record: &R) -> StoreResult<()> {
    let columns = written(record);
    name_free(tx, record, &columns).await?;
    let changing = columns.into_iter().filter(|(name, _)| *name != "id");
    let (names, mut values): (Vec<&str>, Vec<Value>) = changing.unzip();
    let assignments = numbered(&names, ", ");
    values.push(record.id().into());
    let sql = format!(
        "UPDATE {} SET {assignments} WHERE id = ${}",
        R::TABLE,
        values.len()
    );
    tx.execute(&sql, values).await?;
    Ok(())
}

/// Notes in the audit log what was done to a record.
pub(super) async fn note<R: Record>(
    tx: &mut Tx,
    by: &By,
    action: &str,
    record: &R,
) -> StoreResult<()> {
    let id = record.id().as_str();
    audit::note(tx, by, action, R::ENTITY, id, record.detail()).await
}

/// Makes a record; `Conflict` for an id or a name that is taken. `beside` as for [`insert`].
pub(super) async fn create<R: Record>(
    tx: &mut Tx,
    record: R,
    beside: Vec<Column>,
    by: &By,
) -> StoreResult<R> {
    id_free::<R>(tx, record.id()).await?;
    insert(tx, &record, beside).await?;
    note(tx, by, "create", &record).await?;
    Ok(record)
}

/// Writes a record that was read and edited in this change, under the next version.
pub(super) async fn update<R: Record>(tx: &mut Tx, mut record: R, by: &By) -> StoreResult<R> {
    record.touch(by);
    replace(tx, &record).await?;
    note(tx, by, "update", &record).await?;
    Ok(record)
}

/// Takes the row with this id away, if there is one.
pub(super) async fn remove<R: Record>(tx: &mut Tx, id: &EntityId) -> StoreResult<()> {
    let sql = format!("DELETE FROM {} WHERE id = $1", R::TABLE);
    tx.execute(&sql, values![id]).await?;
    Ok(())
}

/// Removes a record, if its version is the expected one and nothing else needs it.
pub(super) async fn delete<R: Record>(
    tx: &mut Tx,
    id: &EntityId,
    expected: Expected,
    by: &By,
) -> StoreResult<()> {
    let (version, detail) = R::farewell(tx, id).await?;
    expect(R::ENTITY, expected, version)?;
    R::release(tx, id).await?;
    remove::<R>(tx, id).await?;
    audit::note(tx, by, "delete", R::ENTITY, id.as_str(), detail).await
}
