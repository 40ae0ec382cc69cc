//! Whether a ring of keys is the one that a store was sealed with, found out when the store is opened.
//!
//! Each key of the ring seals a known word once, the key's *proof*. A key whose proof is there and can't be
//! opened is a wrong key under a known name.

use crate::backend::{Database, Mode, Tx, values};
use crate::error::Entity;
use crate::open_error::OpenError;
use crate::seal::{KeyId, KeyRing, SealedField};
use crate::seam::WallTime;
use std::collections::BTreeMap;
use std::sync::Arc;
use tollgate_secret::Secret;

/// The word that each key seals as its proof.
const PROOF: &str = "tollgate";

fn proof_field(key: &KeyId) -> SealedField<'_> {
    SealedField {
        entity: Entity::Keys.word(),
        id: key.as_str(),
        field: "proof",
    }
}

/// Checks that the ring opens what the store holds, and notes keys that are new.
pub(crate) async fn check_ring(
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
        ring.open(key, proof_field(key), proof)
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
        let proof = ring.seal_with(key, proof_field(key), &Secret::new(PROOF.into()))?;
        let insert = "INSERT INTO sealing_key (key_id, proof, first_used) VALUES ($1, $2, $3)";
        tx.execute(insert, values![key.as_str(), proof, now])
            .await?;
    }
    Ok(())
}

fn words<'a>(keys: impl Iterator<Item = &'a KeyId>) -> String {
    keys.map(KeyId::as_str).collect::<Vec<_>>().join(", ")
}
