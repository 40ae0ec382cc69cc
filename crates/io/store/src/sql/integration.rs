//! Integrations and their configuration.

use super::list::Select;
use super::record::{self, Column, Record, columns, versioned};
use super::{audit, check};
use crate::backend::{Row, corrupt, values};
use crate::error::{Entity, StoreError, StoreResult};
use crate::id::{EntityId, Version};
use crate::limits;
use crate::seam::{
    By, Credential, Expected, Integration, IntegrationConfig, IntegrationQuery, IntegrationSort,
    IntegrationUpdate, IntendedState, NewIntegration, Page,
};
use crate::store::Store;
use serde_json::json;
use std::collections::BTreeMap;

impl Record for Integration {
    const ENTITY: Entity = Entity::Integration;
    const TABLE: &'static str = "integration";
    const COLUMNS: &'static str = "id, name, type_id, enabled, notes, attributes, config_name, \
                                   properties, advanced, config_notes, credentials, config_version, \
                                   version, created, modified";
    const UNIQUE: &'static [&'static str] = &["name_key"];

    fn read(row: &mut Row) -> StoreResult<Self> {
        Ok(Self {
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
                credentials: credentials(row.parsed()?)?,
            },
            config_version: row.version()?,
            version: row.version()?,
            created: row.time()?,
            modified: row.time()?,
        })
    }

    fn columns(&self) -> Vec<Column> {
        columns! {
            id: &self.id,
            name: &self.name,
            name_key: check::key(&self.name),
            type_id: &self.type_id,
            enabled: self.intended_state == IntendedState::Enabled,
            notes: &self.notes,
            attributes: json!(self.attributes).to_string(),
            config_name: &self.config.name,
            properties: &self.config.properties,
            advanced: &self.config.advanced,
            config_notes: &self.config.notes,
            credentials: json!(credential_ids(&self.config)).to_string(),
            config_version: self.config_version,
            version: self.version,
            created: self.created,
            modified: self.modified,
        }
    }

    versioned! {}

    fn detail(&self) -> serde_json::Value {
        let enabled = self.intended_state == IntendedState::Enabled;
        json!({"name": self.name, "type": self.type_id, "enabled": enabled, "version": self.version.0})
    }
}

impl Store {
    /// Makes an integration, enabled or not, with an empty configuration.
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
        self.create(made, by).await
    }

    /// The integration with this id.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn integration(&self, id: &EntityId) -> StoreResult<Integration> {
        self.get(id).await
    }

    /// A page of integrations.
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
        let state = query.intended_state.map(|s| s == IntendedState::Enabled);
        Select::of::<Integration>()
            .name("name_key", query.name.as_ref())
            .compare("type_id", "=", query.type_id.as_ref())
            .compare("enabled", "=", state)
            .page(
                self,
                (order, "id", query.sort.descending),
                query.page,
                Integration::read,
            )
            .await
    }

    /// Changes an integration's name, state, notes or attributes.
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
        self.change(async |tx| {
            let mut integration: Integration = record::current(tx, id, expected).await?;
            integration.name = update.name.unwrap_or(integration.name);
            integration.intended_state =
                update.intended_state.unwrap_or(integration.intended_state);
            integration.notes = update.notes.unwrap_or(integration.notes);
            integration.attributes = update.attributes.unwrap_or(integration.attributes);
            check_named(&integration)?;
            record::update(tx, integration, by).await
        })
        .await
    }

    /// Replaces an integration's configuration; `expected` is [`Integration::config_version`].
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
        check_config(&config)?;
        self.change(async |tx| {
            let mut integration: Integration = record::get(tx, id).await?;
            record::expect(Entity::Integration, expected, integration.config_version)?;
            let old = "DELETE FROM integration_credential WHERE integration_id = $1";
            tx.execute(old, values![id]).await?;
            for (place, credential) in &config.credentials {
                record::there::<Credential>(tx, credential).await?;
                let insert = "INSERT INTO integration_credential (integration_id, place, credential_id) \
                              VALUES ($1, $2, $3)";
                tx.execute(insert, values![id, place, credential]).await?;
            }
            integration.config = config;
            integration.config_version = integration.config_version.next();
            integration.touch(by);
            record::replace(tx, &integration).await?;
            let detail = json!({
                "name": integration.name,
                "configVersion": integration.config_version.0,
                "credentials": credential_ids(&integration.config),
            });
            audit::note(tx, by, "configure", Entity::Integration, id.as_str(), detail).await?;
            Ok(integration)
        })
        .await
    }

    /// Removes an integration.
    ///
    /// # Errors
    /// `NotFound`, `Stale`; `InUse` while it has actions or drafts: they are deleted first, by name.
    pub async fn delete_integration(
        &self,
        id: &EntityId,
        expected: Expected,
        by: &By,
    ) -> StoreResult<()> {
        self.change(async |tx| {
            let integration: Integration = record::current(tx, id, expected).await?;
            for (table, entity) in [("action", Entity::Action), ("draft", Entity::Draft)] {
                let sql =
                    format!("SELECT id FROM {table} WHERE integration_id = $1 ORDER BY id LIMIT 1");
                if let Some(mut row) = tx.first(&sql, values![id]).await? {
                    return Err(StoreError::InUse {
                        entity: Entity::Integration,
                        by: entity,
                        id: row.id()?,
                    });
                }
            }
            record::delete(tx, &integration, by).await
        })
        .await
    }
}

fn check_named(integration: &Integration) -> StoreResult<()> {
    check::name("name", &integration.name)?;
    check::text("notes", &integration.notes)?;
    check::at_most(
        "attributes",
        integration.attributes.len(),
        limits::ATTRIBUTES,
    )?;
    for (name, value) in &integration.attributes {
        check::name("attributes", name)?;
        check::text("attributes", value)?;
    }
    Ok(())
}

fn check_config(config: &IntegrationConfig) -> StoreResult<()> {
    check::text("config.name", &config.name)?;
    check::text("config.notes", &config.notes)?;
    let places = &config.credentials;
    check::at_most("config.credentials", places.len(), limits::ATTRIBUTES)?;
    for place in places.keys() {
        check::name("config.credentials", place)?;
    }
    Ok(())
}

/// The ids of an integration's credentials, by the place that each fills.
fn credential_ids(config: &IntegrationConfig) -> BTreeMap<&str, &str> {
    let pairs = config.credentials.iter();
    pairs
        .map(|(place, id)| (place.as_str(), id.as_str()))
        .collect()
}

/// The credentials that an integration's row names, by the place that each fills.
fn credentials(stored: BTreeMap<String, String>) -> StoreResult<BTreeMap<String, EntityId>> {
    let parse = |(place, id)| match EntityId::parse(id) {
        Ok(id) => Ok((place, id)),
        Err(e) => Err(corrupt("integration", &e.to_string())),
    };
    stored.into_iter().map(parse).collect()
}
