//! The keys that sealed values are under, and how all of them come under the active one.

use super::{audit, sealed};
use crate::backend::{Row, Tx, corrupt, values};
use crate::error::{Entity, StoreResult};
use crate::limits;
use crate::seal::{KeyId, KeyRing, KeyUse, Rotation, SealedField};
use crate::seam::Author;
use crate::store::Store;
use serde_json::json;

impl Store {
    /// Seals up to `batch` fields anew under the active key and says how many are left. Call it until
    /// none is: it may be stopped and taken up anywhere, and reads work all the while.
    pub async fn rotate(&self, batch: u32, by: &Author) -> StoreResult<Rotation> {
        let batch = batch.clamp(1, limits::BATCH as u32);
        self.change(async |tx| rotate(tx, &self.ring, batch, by).await)
            .await
    }

    /// How many values each key seals. A key that seals none may leave the ring.
    pub async fn key_use(&self) -> StoreResult<Vec<KeyUse>> {
        let sql = "SELECT k.key_id, COUNT(s.key_id) FROM sealing_key k \
                   LEFT JOIN sealed s ON s.key_id = k.key_id GROUP BY k.key_id ORDER BY k.key_id";
        let rows = self.read(sql, vec![]).await?;
        let read = |mut row: Row| -> StoreResult<KeyUse> {
            let key = KeyId::stored(row.text()?);
            Ok(KeyUse {
                known: self.ring.bytes(&key).is_some(),
                values: row.take()?,
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
async fn rotate(tx: &mut Tx, ring: &KeyRing, batch: u32, by: &Author) -> StoreResult<Rotation> {
    let active = ring.active().as_str();
    // What belongs to a job may go meanwhile, and must not be put back: rows stay as they are from here on.
    let next = format!(
        "SELECT entity, entity_id, field, key_id, value FROM sealed WHERE key_id <> $1 \
         ORDER BY entity, entity_id, field LIMIT $2{}",
        tx.for_update()
    );
    let mut resealed = 0;
    for mut row in tx.query(&next, values![active, batch]).await? {
        let (entity, id, field) = (row.text()?, row.text()?, row.text()?);
        let (key, value) = (KeyId::stored(row.text()?), row.bytes()?);
        let place = SealedField {
            entity: &entity,
            id: &id,
            field: &field,
        };
        let secret = ring.open(&key, place, &value)?;
        sealed::put(tx, ring, place, &secret).await?;
        resealed += 1;
    }
    let count = "SELECT COUNT(*) FROM sealed WHERE key_id <> $1";
    let left = match tx.first(count, values![active]).await? {
        Some(mut row) => row.take()?,
        None => return Err(corrupt("sealed", "no count")),
    };
    if resealed > 0 {
        let detail = json!({"resealed": resealed, "left": left});
        audit::note(tx, by, "rotate", Entity::Keys, active, detail).await?;
    }
    Ok(Rotation { resealed, left })
}
