//! Integrations.

mod config;

use super::list::{Select, by_id, one_id};
use super::{Store, audit, check, current, found, free};
use crate::backend::{Row, Tx, values};
use crate::error::{Entity, StoreError, StoreResult};
use crate::limits;
use crate::seam::{
    By, EntityId, Expected, Integration, IntegrationConfig, IntegrationQuery, IntegrationSort,
    IntegrationUpdate, IntendedState, NewIntegration, Page, Version,
};
use serde_json::json;

const COLUMNS: &str = "id, name, type_id, enabled, notes, attributes, config_name, properties, advanced, \
                       config_notes, credentials, config_version, version, created, modified";

impl Store {
    /// Makes one, enabled or not, with an empty configuration.
    ///
    /// # Errors
    /// `Conflict` for a taken id or name.
    pub async fn create_integration(
        &self,
        new: NewIntegration,
        by: &By,
    ) -> StoreResult<Integration> {
        check::name("type", &new.type_id)?;
        let made = Integration {
            id: new.id,
            name: new.name,
            type_id: new.type_id,
            intended_state: new.intended_state,
            notes: new.notes,
            attributes: new.attributes,
            config: IntegrationConfig::default(),
            config_version: Version::FIRST,
            version: Version::FIRST,
            created: by.at,
            modified: by.at,
        };
        check_named(&made)?;
        let mut tx = self.write().await?;
        let outcome = create(&mut tx, made, by).await;
        tx.finish(outcome).await
    }

    /// One by id.
    pub async fn integration(&self, id: &EntityId) -> StoreResult<Integration> {
        let row = self
            .first(&by_id(COLUMNS, "integration"), one_id(id))
            .await?;
        found(row, Entity::Integration, id, read)
    }

    /// A page of them.
    pub async fn list_integrations(
        &self,
        query: &IntegrationQuery,
    ) -> StoreResult<Page<Integration>> {
        let order = match query.sort.key {
            IntegrationSort::Name => "name_key",
            IntegrationSort::Type => "type_id",
            IntegrationSort::Created => "created",
            IntegrationSort::Modified => "modified",
        };
        Select::new(COLUMNS, "integration")
            .name("name_key", query.name.as_ref())
            .compare("type_id", "=", query.type_id.as_ref())
            .compare(
                "enabled",
                "=",
                query.intended_state.map(|s| s == IntendedState::Enabled),
            )
            .page(self, (order, "id", query.sort.descending), query.page, read)
            .await
    }

    /// Changes name, state, notes or attributes.
    ///
    /// # Errors
    /// `NotFound`, `Stale`, `Conflict`.
    pub async fn update_integration(
        &self,
        id: &EntityId,
        expected: Expected,
        update: IntegrationUpdate,
        by: &By,
    ) -> StoreResult<Integration> {
        let mut tx = self.write().await?;
        let outcome = change(&mut tx, id, expected, update, by).await;
        tx.finish(outcome).await
    }

    /// Replaces the configuration; `expected` is [`Integration::config_version`].
    ///
    /// # Errors
    /// `NotFound` (also for a credential that isn't there), `Stale`.
    pub async fn update_integration_config(
        &self,
        id: &EntityId,
        expected: Expected,
        config: IntegrationConfig,
        by: &By,
    ) -> StoreResult<Integration> {
        config::check_config(&config)?;
        let mut tx = self.write().await?;
        let outcome = config::set(&mut tx, id, expected, config, by).await;
        tx.finish(outcome).await
    }

    /// Removes one.
    ///
    /// # Errors
    /// `NotFound`, `Stale`; `InUse` while it has actions or drafts: they are deleted first, by name.
    pub async fn delete_integration(
        &self,
        id: &EntityId,
        expected: Expected,
        by: &By,
    ) -> StoreResult<()> {
        let mut tx = self.write().await?;
        let outcome = delete(&mut tx, id, expected, by).await;
        tx.finish(outcome).await
    }
}

/// In a transaction: the integration with this id.
pub(super) async fn get(tx: &mut Tx, id: &EntityId) -> StoreResult<Integration> {
    let row = tx.first(&by_id(COLUMNS, "integration"), one_id(id)).await?;
    found(row, Entity::Integration, id, read)
}

async fn create(tx: &mut Tx, made: Integration, by: &By) -> StoreResult<Integration> {
    let taken = "SELECT 1 FROM integration WHERE id = $1";
    free(tx, Entity::Integration, "id", taken, one_id(&made.id)).await?;
    name_free(tx, &made).await?;
    let insert = format!(
        "INSERT INTO integration (name_key, {COLUMNS}) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
    );
    let row = values![
        check::key(&made.name),
        &made.id,
        &made.name,
        &made.type_id,
        made.intended_state == IntendedState::Enabled,
        &made.notes,
        json!(made.attributes).to_string(),
        &made.config.name,
        &made.config.properties,
        &made.config.advanced,
        &made.config.notes,
        "{}",
        made.config_version,
        made.version,
        made.created,
        made.modified,
    ];
    tx.execute(&insert, row).await?;
    audit::note(
        tx,
        by,
        "create",
        Entity::Integration,
        made.id.as_str(),
        told(&made),
    )
    .await?;
    Ok(made)
}

async fn change(
    tx: &mut Tx,
    id: &EntityId,
    expected: Expected,
    update: IntegrationUpdate,
    by: &By,
) -> StoreResult<Integration> {
    let mut it = get(tx, id).await?;
    current(Entity::Integration, expected, it.version)?;
    it.name = update.name.unwrap_or(it.name);
    it.intended_state = update.intended_state.unwrap_or(it.intended_state);
    it.notes = update.notes.unwrap_or(it.notes);
    it.attributes = update.attributes.unwrap_or(it.attributes);
    it.version = it.version.next();
    it.modified = by.at;
    check_named(&it)?;
    name_free(tx, &it).await?;
    let row = values![
        id,
        &it.name,
        check::key(&it.name),
        it.intended_state == IntendedState::Enabled,
        &it.notes,
        json!(it.attributes).to_string(),
        it.version,
        it.modified,
    ];
    tx.execute(
        "UPDATE integration SET name = $2, name_key = $3, enabled = $4, notes = $5, attributes = $6, \
         version = $7, modified = $8 WHERE id = $1",
        row,
    )
    .await?;
    audit::note(
        tx,
        by,
        "update",
        Entity::Integration,
        id.as_str(),
        told(&it),
    )
    .await?;
    Ok(it)
}

async fn delete(tx: &mut Tx, id: &EntityId, expected: Expected, by: &By) -> StoreResult<()> {
    let it = get(tx, id).await?;
    current(Entity::Integration, expected, it.version)?;
    for (table, entity) in [("action", Entity::Action), ("draft", Entity::Draft)] {
        let sql = format!("SELECT id FROM {table} WHERE integration_id = $1 ORDER BY id LIMIT 1");
        if let Some(mut row) = tx.first(&sql, one_id(id)).await? {
            return Err(StoreError::InUse {
                entity: Entity::Integration,
                by: entity,
                id: row.id()?,
            });
        }
    }
    tx.execute("DELETE FROM integration WHERE id = $1", one_id(id))
        .await?;
    audit::note(
        tx,
        by,
        "delete",
        Entity::Integration,
        id.as_str(),
        told(&it),
    )
    .await
}

async fn name_free(tx: &mut Tx, it: &Integration) -> StoreResult<()> {
    let taken = "SELECT 1 FROM integration WHERE name_key = $1 AND id <> $2";
    free(
        tx,
        Entity::Integration,
        "name",
        taken,
        values![check::key(&it.name), &it.id],
    )
    .await
}

fn check_named(it: &Integration) -> StoreResult<()> {
    check::name("name", &it.name)?;
    check::text("notes", &it.notes)?;
    check::at_most("attributes", it.attributes.len(), limits::ATTRIBUTES)?;
    for (name, value) in &it.attributes {
        check::name("attributes", name)?;
        check::text("attributes", value)?;
    }
    Ok(())
}

fn told(it: &Integration) -> serde_json::Value {
    let enabled = it.intended_state == IntendedState::Enabled;
    json!({"name": it.name, "type": it.type_id, "enabled": enabled, "version": it.version.0})
}

fn read(row: &mut Row) -> StoreResult<Integration> {
    Ok(Integration {
        id: row.id()?,
        name: row.text()?,
        type_id: row.text()?,
        intended_state: if row.flag()? {
            IntendedState::Enabled
        } else {
            IntendedState::Disabled
        },
        notes: row.text()?,
        attributes: row.parsed()?,
        config: IntegrationConfig {
            name: row.text()?,
            properties: row.json()?,
            advanced: row.json()?,
            notes: row.text()?,
            credentials: config::credentials(row.parsed()?)?,
        },
        config_version: row.version()?,
        version: row.version()?,
        created: row.time()?,
        modified: row.time()?,
    })
}
