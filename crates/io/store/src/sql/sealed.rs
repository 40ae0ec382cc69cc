//! Sealed values in the database: put there, opened, and forgotten within a change.

use crate::backend::{Tx, values};
use crate::error::{Entity, StoreError, StoreResult};
use crate::id::EntityId;
use crate::seal::{KeyId, KeyRing, SealedField};
use std::collections::BTreeMap;
use tollgate_secret::Secret;

/// Seals a value in its place, or anew.
pub(super) async fn put(
    tx: &mut Tx,
    ring: &KeyRing,
    place: SealedField<'_>,
    secret: &Secret,
) -> StoreResult<()> {
    let sealed = ring.seal(place, secret)?;
    let row = values![
        place.entity,
        place.id,
        place.field,
        ring.active().as_str(),
        sealed
    ];
    tx.execute(
        "INSERT INTO sealed (entity, entity_id, field, key_id, value) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (entity, entity_id, field) \
         DO UPDATE SET key_id = excluded.key_id, value = excluded.value",
        row,
    )
    .await?;
    Ok(())
}

/// Removes all values of a thing.
pub(super) async fn forget(tx: &mut Tx, entity: Entity, id: &EntityId) -> StoreResult<()> {
    let sql = "DELETE FROM sealed WHERE entity = $1 AND entity_id = $2";
    tx.execute(sql, values![entity.word(), id]).await?;
    Ok(())
}

/// Opens all values of a thing.
pub(super) async fn open_all(
    tx: &mut Tx,
    ring: &KeyRing,
    entity: Entity,
    id: &EntityId,
) -> StoreResult<BTreeMap<String, Secret>> {
    let sql = "SELECT field, key_id, value FROM sealed WHERE entity = $1 AND entity_id = $2";
    let mut opened = BTreeMap::new();
    for mut row in tx.query(sql, values![entity.word(), id]).await? {
        let (field, key, sealed) = (row.text()?, KeyId::stored(row.text()?), row.bytes()?);
        let place = SealedField {
            entity: entity.word(),
            id: id.as_str(),
            field: &field,
        };
        let secret = ring.open(&key, place, &sealed)?;
        opened.insert(field, secret);
    }
    Ok(opened)
}

/// Opens all values of a thing; gives none where one of them can't be opened, which the log has then.
pub(super) async fn open_or_none(
    tx: &mut Tx,
    ring: &KeyRing,
    entity: Entity,
    id: &EntityId,
) -> StoreResult<BTreeMap<String, Secret>> {
    match open_all(tx, ring, entity, id).await {
        Err(error @ StoreError::Unsealable { .. }) => {
            tracing::error!(%error, "store");
            Ok(BTreeMap::new())
        }
        opened => opened,
    }
}
