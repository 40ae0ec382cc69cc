//! The parts of a change to records: each takes the transaction, and leaves commit and rollback to it.

use super::Record;
use crate::backend::{Row, Tx, Value, values};
use crate::error::{Entity, StoreError, StoreResult};
use crate::id::{EntityId, Version};
use crate::seam::{Author, Expected};
use crate::sql::layout::Column;
use crate::sql::{audit, check};

/// A statement that reads records for which `condition` holds.
pub(super) fn select<R: Record>(condition: &str) -> String {
    format!("SELECT {} FROM {} WHERE {condition}", R::COLUMNS, R::TABLE)
}

/// The error for a thing that isn't there.
pub(in crate::sql) fn absent(entity: Entity, id: impl ToString) -> StoreError {
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

/// The record with this id, if there is one.
pub(in crate::sql) async fn find<R: Record>(tx: &mut Tx, id: &EntityId) -> StoreResult<Option<R>> {
    let row = tx.first(&select::<R>("id = $1"), values![id]).await?;
    row.map(|mut row| R::read(&mut row)).transpose()
}

/// The record with this id; `NotFound` without.
pub(in crate::sql) async fn get<R: Record>(tx: &mut Tx, id: &EntityId) -> StoreResult<R> {
    find(tx, id).await?.ok_or_else(|| absent(R::ENTITY, id))
}

/// The record with this id, to be changed by a caller who expects this version; `Stale` for another.
pub(in crate::sql) async fn current<R: Record>(
    tx: &mut Tx,
    id: &EntityId,
    expected: Expected,
) -> StoreResult<R> {
    let record: R = get(tx, id).await?;
    expect(R::ENTITY, expected, record.version())?;
    Ok(record)
}

/// Whether the caller has seen the version that is there; `Stale` if not.
pub(in crate::sql) fn expect(
    entity: Entity,
    expected: Expected,
    current: Version,
) -> StoreResult<()> {
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
pub(in crate::sql) async fn there<R: Record>(tx: &mut Tx, id: &EntityId) -> StoreResult<()> {
    if is_there::<R>(tx, id).await? {
        return Ok(());
    }
    Err(absent(R::ENTITY, id))
}

/// `Conflict` if there is a record with this id.
pub(in crate::sql) async fn id_free<R: Record>(tx: &mut Tx, id: &EntityId) -> StoreResult<()> {
    if is_there::<R>(tx, id).await? {
        return Err(conflict(R::ENTITY, "id"));
    }
    Ok(())
}

/// `InUse` if a statement that looks for who needs the thing finds one's id.
pub(in crate::sql) async fn unused<R: Record>(
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

pub(in crate::sql) fn conflict(entity: Entity, what: &'static str) -> StoreError {
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
pub(in crate::sql) async fn insert<R: Record>(
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
pub(in crate::sql) async fn replace<R: Record>(tx: &mut Tx, record: &R) -> StoreResult<()> {
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
pub(in crate::sql) async fn note<R: Record>(
    tx: &mut Tx,
    by: &Author,
    action: &str,
    record: &R,
) -> StoreResult<()> {
    let id = record.id().as_str();
    audit::note(tx, by, action, R::ENTITY, id, record.detail()).await
}

/// Makes a record; `Conflict` for an id or a name that is taken. `beside` as for [`insert`].
pub(in crate::sql) async fn create<R: Record>(
    tx: &mut Tx,
    record: R,
    beside: Vec<Column>,
    by: &Author,
) -> StoreResult<R> {
    id_free::<R>(tx, record.id()).await?;
    insert(tx, &record, beside).await?;
    note(tx, by, "create", &record).await?;
    Ok(record)
}

/// Writes a record that was read and edited in this change, under the next version.
pub(in crate::sql) async fn update<R: Record>(
    tx: &mut Tx,
    mut record: R,
    by: &Author,
) -> StoreResult<R> {
    record.touch(by);
    replace(tx, &record).await?;
    note(tx, by, "update", &record).await?;
    Ok(record)
}

/// Takes the row with this id away, if there is one.
pub(in crate::sql) async fn remove<R: Record>(tx: &mut Tx, id: &EntityId) -> StoreResult<()> {
    let sql = format!("DELETE FROM {} WHERE id = $1", R::TABLE);
    tx.execute(&sql, values![id]).await?;
    Ok(())
}

/// Removes a record, if its version is the expected one and nothing else needs it.
pub(in crate::sql) async fn delete<R: Record>(
    tx: &mut Tx,
    id: &EntityId,
    expected: Expected,
    by: &Author,
) -> StoreResult<()> {
    let (version, detail) = R::farewell(tx, id).await?;
    expect(R::ENTITY, expected, version)?;
    R::release(tx, id, by).await?;
    remove::<R>(tx, id).await?;
    audit::note(tx, by, "delete", R::ENTITY, id.as_str(), detail).await
}
