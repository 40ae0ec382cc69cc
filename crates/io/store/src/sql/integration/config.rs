//! The current configuration of an integration.

use crate::backend::{Tx, corrupt, values};
use crate::error::{Entity, StoreResult};
use crate::limits;
use crate::seam::{By, EntityId, Expected, Integration, IntegrationConfig};
use crate::sql::list::one_id;
use crate::sql::{audit, check, current, found};
use serde_json::json;
use std::collections::BTreeMap;

pub(in crate::sql) fn check_config(config: &IntegrationConfig) -> StoreResult<()> {
    check::text("config.name", &config.name)?;
    check::text("config.notes", &config.notes)?;
    check::at_most(
        "config.credentials",
        config.credentials.len(),
        limits::ATTRIBUTES,
    )?;
    for place in config.credentials.keys() {
        check::name("config.credentials", place)?;
    }
    Ok(())
}

pub(in crate::sql) async fn set(
    tx: &mut Tx,
    id: &EntityId,
    expected: Expected,
    config: IntegrationConfig,
    by: &By,
) -> StoreResult<Integration> {
    let mut it = super::get(tx, id).await?;
    current(Entity::Integration, expected, it.config_version)?;
    tx.execute(
        "DELETE FROM integration_credential WHERE integration_id = $1",
        one_id(id),
    )
    .await?;
    let mut named = BTreeMap::new();
    for (place, credential) in &config.credentials {
        let there = tx
            .first("SELECT 1 FROM credential WHERE id = $1", one_id(credential))
            .await?;
        found(there, Entity::Credential, credential, |_| Ok(()))?;
        let insert = "INSERT INTO integration_credential (integration_id, place, credential_id) \
                      VALUES ($1, $2, $3)";
        tx.execute(insert, values![id, place, credential]).await?;
        named.insert(place, credential.as_str());
    }
    it.config = config.clone();
    it.config_version = it.config_version.next();
    it.version = it.version.next();
    it.modified = by.at;
    let row = values![
        id,
        &config.name,
        &config.properties,
        &config.advanced,
        &config.notes,
        json!(named).to_string(),
        it.config_version,
        it.version,
        it.modified,
    ];
    tx.execute(
        "UPDATE integration SET config_name = $2, properties = $3, advanced = $4, config_notes = $5, \
         credentials = $6, config_version = $7, version = $8, modified = $9 WHERE id = $1",
        row,
    )
    .await?;
    let detail =
        json!({"name": it.name, "configVersion": it.config_version.0, "credentials": named});
    audit::note(
        tx,
        by,
        "configure",
        Entity::Integration,
        id.as_str(),
        detail,
    )
    .await?;
    Ok(it)
}

/// Credentials by place, as the integration's row has them.
pub(in crate::sql) fn credentials(
    stored: BTreeMap<String, String>,
) -> StoreResult<BTreeMap<String, EntityId>> {
    let parse = |(place, id)| match EntityId::parse(id) {
        Ok(id) => Ok((place, id)),
        Err(e) => Err(corrupt("integration", &e.to_string())),
    };
    stored.into_iter().map(parse).collect()
}
