//! What all things that are stored under an id have in common: how they are read, made, changed and
//! removed, and how the audit log tells of it.
//!
//! A kind of thing implements [`Record`]: where its rows lie, and how one is read and written. What is
//! particular to a kind (who else refers to it, how much fits) is in the kind's own file. All functions
//! here that take a [`Tx`] are parts of a change, and leave commit and rollback to it.

use super::{audit, list::Select};
use crate::backend::{Row, Tx, Value, values};
use crate::error::{Entity, StoreError, StoreResult};
use crate::id::{EntityId, Version};
use crate::seam::{By, Expected};
use crate::store::Store;
use serde_json::Value as Json;

/// A column's name and the value in it.
pub(super) type Column = (&'static str, Value);

/// Columns by their names: `columns! { id: &self.id, version: self.version }`.
macro_rules! columns {
    ($($name:ident: $value:expr),* $(,)?) => {
        vec![$((stringify!($name), $crate::backend::Value::from($value))),*]
    };
}
pub(super) use columns;

/// What [`Record`] asks of a type with the fields `id`, `version` and `modified`, and perhaps a field that
/// names who changed the thing last.
macro_rules! versioned {
    ($($changer:ident)?) => {
        fn id(&self) -> &$crate::id::EntityId {
            &self.id
        }

        fn version(&self) -> $crate::id::Version {
            self.version
        }

        fn touch(&mut self, by: &$crate::seam::By) {
            self.version = self.version.next();
            self.modified = by.at;
            $(self.$changer = by.actor.as_str().to_owned();)?
        }
    };
}
pub(super) use versioned;

/// A kind of thing that is stored under an id, with a version that grows with each change.
pub(super) trait Record: Sized {
    /// The kind's name in errors and in the audit log.
    const ENTITY: Entity;
    /// The table that has the rows.
    const TABLE: &'static str;
    /// The columns that [`Self::read`] takes, in its order, as a `SELECT` names them.
    const COLUMNS: &'static str;
    /// Columns that no two rows have alike when taken together; empty if only ids are unique.
    const UNIQUE: &'static [&'static str] = &[];

    /// Takes a thing from a row of [`Self::COLUMNS`].
    fn read(row: &mut Row) -> StoreResult<Self>;
    /// The columns to write: those that are read, and the folded ones that lists search and sort by.
    fn columns(&self) -> Vec<Column>;
    /// The id, which never changes.
    fn id(&self) -> &EntityId;
    /// How often the thing has been written.
    fn version(&self) -> Version;
    /// Raises the version by one and takes down who changes the thing, and when.
    fn touch(&mut self, by: &By);
    /// What the audit log tells of the thing: names and numbers, no secret and no document.
    fn detail(&self) -> Json;
}

/// A statement that reads records for which `condition` holds.
pub(super) fn select<R: Record>(condition: &str) -> String {
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
pub(super) fn found<R: Record>(row: Option<Row>, id: impl ToString) -> StoreResult<R> {
    match row {
        Some(mut row) => R::read(&mut row),
        None => Err(absent(R::ENTITY, id)),
    }
}

impl Store {
    /// The record with this id.
    pub(super) async fn get<R: Record>(&self, id: &EntityId) -> StoreResult<R> {
        let row = self.first(&select::<R>("id = $1"), values![id]).await?;
        found(row, id)
    }

    /// Makes a record in a change of its own.
    pub(super) async fn create<R: Record>(&self, made: R, by: &By) -> StoreResult<R> {
        self.change(async |tx| create(tx, made, by).await).await
    }

    /// Changes a record in a change of its own, if its version is the expected one.
    pub(super) async fn update<R: Record>(
        &self,
        id: &EntityId,
        expected: Expected,
        by: &By,
        edit: impl FnOnce(&mut R),
    ) -> StoreResult<R> {
        self.change(async |tx| {
            let mut record = current(tx, id, expected).await?;
            edit(&mut record);
            update(tx, record, by).await
        })
        .await
    }
}

impl Select {
    /// All records of a kind.
    pub(super) fn of<R: Record>() -> Self {
        Self::new(R::COLUMNS, R::TABLE)
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
    let conditions = numbered(names.iter().copied(), " AND ");
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
fn numbered<'a>(names: impl Iterator<Item = &'a str>, separator: &str) -> String {
    let numbered = names
        .enumerate()
        .map(|(n, name)| format!("{name} = ${}", n + 1));
    numbered.collect::<Vec<_>>().join(separator)
}

/// Writes a new record whose id is free. `extra` are columns that belong to the row and not to the record.
pub(super) async fn insert<R: Record>(
    tx: &mut Tx,
    record: &R,
    extra: Vec<Column>,
) -> StoreResult<()> {
    let mut columns = record.columns();
    name_free(tx, record, &columns).await?;
    columns.extend(extra);
    let (names, values): (Vec<&str>, Vec<Value>) = columns.into_iter().unzip();
    let parameters: Vec<String> = (1..=names.len()).map(|n| format!("${n}")).collect();
    let sql = format!(
        "INSERT INTO {} ({}) VALUES ({})",
        R::TABLE,
        names.join(", "),
        parameters.join(", ")
    );
    tx.execute(&sql, values).await?;
    Ok(())
}

/// Writes a record over the one with its id.
pub(super) async fn replace<R: Record>(tx: &mut Tx, record: &R) -> StoreResult<()> {
    let columns = record.columns();
    name_free(tx, record, &columns).await?;
    let changing = columns.into_iter().filter(|(name, _)| *name != "id");
    let (names, mut values): (Vec<&str>, Vec<Value>) = changing.unzip();
    let assignments = numbered(names.iter().copied(), ", ");
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

/// Makes a record; `Conflict` for an id or a name that is taken.
pub(super) async fn create<R: Record>(tx: &mut Tx, record: R, by: &By) -> StoreResult<R> {
    create_with(tx, record, Vec::new(), by).await
}

/// Makes a record whose row has more columns than the record itself.
pub(super) async fn create_with<R: Record>(
    tx: &mut Tx,
    record: R,
    extra: Vec<Column>,
    by: &By,
) -> StoreResult<R> {
    id_free::<R>(tx, record.id()).await?;
    insert(tx, &record, extra).await?;
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

/// Deletes a record that was read in this change.
pub(super) async fn delete<R: Record>(tx: &mut Tx, record: &R, by: &By) -> StoreResult<()> {
    remove::<R>(tx, record.id()).await?;
    note(tx, by, "delete", record).await
}
