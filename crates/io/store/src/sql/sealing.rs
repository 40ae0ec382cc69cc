//! Sealed values, the ring they are opened with, and its rotation.

use super::{Store, audit};
use crate::backend::{Database, Mode, Tx, values};
use crate::error::{Entity, OpenError, StoreError, StoreResult};
use crate::limits;
use crate::seal::{KeyId, KeyRing, KeyUse, Place, Rotation};
use crate::seam::{By, EntityId, WallTime};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use tollgate_secret::Secret;

/// What each key seals once, so that a wrong key of the right name is found at start.
const PROOF: &str = "tollgate";

fn proof_place(key: &KeyId) -> Place<'_> {
    Place {
        entity: Entity::Keys.word(),
        id: key.as_str(),
        field: "proof",
    }
}

/// Checks that the ring opens what the store holds, and notes keys that are new.
pub(super) async fn check_ring(
    database: &Arc<dyn Database>,
    ring: &KeyRing,
    now: WallTime,
) -> Result<(), OpenError> {
    let mut tx = Tx::begin(database, Mode::Write).await?;
    let outcome = check(&mut tx, ring, now).await;
    tx.finish(outcome).await
}

async fn check(tx: &mut Tx, ring: &KeyRing, now: WallTime) -> Result<(), OpenError> {
    let mut stored = BTreeMap::new();
    for mut row in tx
        .query("SELECT key_id, proof FROM sealing_key", vec![])
        .await?
    {
        stored.insert(KeyId::stored(row.text()?), row.bytes()?);
    }
    let wrong = |missing: Vec<&KeyId>| OpenError::WrongKeys {
        ring: words(ring.ids()),
        stored: words(missing.into_iter()),
    };
    let opens = |key: &KeyId, proof: &[u8]| {
        ring.open(key, proof_place(key), proof)
            .is_ok_and(|s| s.expose() == PROOF)
    };
    // A key whose name is known must be that key; a store that has keys must share one with the ring.
    let named: Vec<&KeyId> = stored
        .keys()
        .filter(|key| ring.bytes(key).is_some())
        .collect();
    if let Some(other) = named.iter().find(|key| !opens(key, &stored[**key])) {
        return Err(wrong(vec![*other]));
    }
    if named.is_empty() && !stored.is_empty() {
        return Err(wrong(stored.keys().collect()));
    }
    // A key that still seals something must be there.
    let in_use = "SELECT DISTINCT key_id FROM sealed ORDER BY key_id";
    for mut row in tx.query(in_use, vec![]).await? {
        let key = KeyId::stored(row.text()?);
        if ring.bytes(&key).is_none() {
            return Err(wrong(vec![&key]));
        }
    }
    for key in ring.ids().filter(|key| !stored.contains_key(key)) {
        let proof = ring.seal_with(key, proof_place(key), &Secret::new(PROOF.into()))?;
        let insert = "INSERT INTO sealing_key (key_id, proof, first_used) VALUES ($1, $2, $3)";
        tx.execute(insert, values![key.as_str(), proof, now])
            .await?;
    }
    Ok(())
}

fn words<'a>(keys: impl Iterator<Item = &'a KeyId>) -> String {
    keys.map(KeyId::as_str).collect::<Vec<_>>().join(", ")
}

/// Seals a value in its place, or anew.
pub(super) async fn put(
    tx: &mut Tx,
    ring: &KeyRing,
    place: Place<'_>,
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
        let place = Place {
            entity: entity.word(),
            id: id.as_str(),
            field: &field,
        };
        let secret = ring.open(&key, place, &sealed)?;
        opened.insert(field, secret);
    }
    Ok(opened)
}

impl Store {
    /// Seals up to `batch` fields anew under the active key and says how many are left. Call it until
    /// none is: it may be stopped and taken up anywhere, and reads work all the while.
    pub async fn rotate(&self, batch: u32, by: &By) -> StoreResult<Rotation> {
        let batch = batch.clamp(1, limits::BATCH as u32);
        let mut tx = self.write().await?;
        let outcome = rotate(&mut tx, &self.ring, batch, by).await;
        tx.finish(outcome).await
    }

    /// How many values each key seals. A key that seals none may leave the ring.
    pub async fn key_use(&self) -> StoreResult<Vec<KeyUse>> {
        let sql = "SELECT k.key_id, COUNT(s.key_id) FROM sealing_key k \
                   LEFT JOIN sealed s ON s.key_id = k.key_id GROUP BY k.key_id ORDER BY k.key_id";
        let rows = self.read(sql, vec![]).await?;
        let read = |mut row: crate::backend::Row| -> StoreResult<KeyUse> {
            let key = KeyId::stored(row.text()?);
            Ok(KeyUse {
                known: self.ring.bytes(&key).is_some(),
                values: row.count()?,
                key,
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// The key that seals new values.
    pub fn active_key(&self) -> KeyId {
        self.ring.active().clone()
    }
}

/// Which values are left is read from the values themselves, so there is no progress to keep.
async fn rotate(tx: &mut Tx, ring: &KeyRing, batch: u32, by: &By) -> StoreResult<Rotation> {
    let active = ring.active().as_str();
    let next = "SELECT entity, entity_id, field, key_id, value FROM sealed WHERE key_id <> $1 \
                ORDER BY entity, entity_id, field LIMIT $2";
    let mut resealed = 0;
    for mut row in tx.query(next, values![active, batch]).await? {
        let (entity, id, field) = (row.text()?, row.text()?, row.text()?);
        let (key, sealed) = (KeyId::stored(row.text()?), row.bytes()?);
        let place = Place {
            entity: &entity,
            id: &id,
            field: &field,
        };
        let secret = ring.open(&key, place, &sealed)?;
        put(tx, ring, place, &secret).await?;
        resealed += 1;
    }
    let count = "SELECT COUNT(*) FROM sealed WHERE key_id <> $1";
    let left = match tx.first(count, values![active]).await? {
        Some(mut row) => row.count()?,
        None => {
            return Err(StoreError::Corrupt {
                table: "sealed",
                why: "no count".into(),
            });
        }
    };
    if resealed > 0 {
        let detail = json!({"resealed": resealed, "left": left});
        audit::note(tx, by, "rotate", Entity::Keys, active, detail).await?;
    }
    Ok(Rotation { resealed, left })
}
