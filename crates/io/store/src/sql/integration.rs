//! Integrations and their configuration.

use super::layout::{Layout, layout};
use super::list::Select;
use super::record::{self, Editable, Record};
use super::{audit, check};
use crate::backend::{Tx, cells, read_json, values};
use crate::error::{Entity, StoreError, StoreResult};
use crate::id::{EntityId, Version};
use crate::limits;
use crate::seam::{
    Action, Author, ConfigurationChange, Credential, Draft, Expected, Integration,
    IntegrationConfig, IntegrationQuery, IntegrationSort, IntegrationUpdate, IntendedState, LOGIN,
    NewIntegration,
};
use crate::store::Store;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

layout! {
    Integration as Integration in "integration", unique ["name_key"];
    id, name, type_id, intended_state = "enabled", notes, attributes, config_version, version, created, modified;
    config: IntegrationConfig { properties, advanced, credentials }
}

cells! {
    IntendedState as bool: |enabled| Ok(if enabled { Self::Enabled } else { Self::Disabled }), |state| {
        *state == Self::Enabled
    };
    BTreeMap<String, String> as String: |text| read_json(&text), |texts| json!(texts).to_string();
    BTreeMap<String, EntityId> as String: |text| read_json(&text), |ids| json!(ids).to_string();
}

impl Record for Integration {
    type Query = IntegrationQuery;

    fn detail(&self) -> Json {
        let enabled = self.intended_state == IntendedState::Enabled;
        json!({"name": self.name, "type": self.type_id, "enabled": enabled, "version": self.version.0})
    }

    fn select(query: &IntegrationQuery) -> StoreResult<Select> {
        let column = match query.sort.key {
            IntegrationSort::Name => "name_key",
            IntegrationSort::Type => "type_id",
            IntegrationSort::Created => "created",
            IntegrationSort::Modified => "modified",
        };
        Ok(
            Select::of::<Self>(column, query.sort.descending, query.page)
                .name("name_key", query.name.as_ref())
                .compare("type_id", "=", query.type_id.as_ref())
                .compare("enabled", "=", query.intended_state.as_ref()),
        )
    }

    /// Actions and drafts are deleted first, by name. Its own login, which it can't do without, goes with it.
    async fn release(tx: &mut Tx, id: &EntityId, by: &Author) -> StoreResult<()> {
        let others = |table| {
            format!(
                "SELECT id FROM {table} WHERE integration_id = $1 AND id <> ('{LOGIN}' || $1) \
                 ORDER BY id LIMIT 1"
            )
        };
        record::unused::<Self>(tx, id, Entity::Action, &others("action")).await?;
        record::unused::<Self>(tx, id, Entity::Draft, &others("draft")).await?;
        let login = EntityId::stored(format!("{LOGIN}{id}"));
        match record::delete::<Action>(tx, &login, Expected::Any, by).await {
            Err(StoreError::NotFound { .. }) => record::remove::<Draft>(tx, &login).await,
            outcome => outcome,
        }
    }
}

impl Editable for Integration {
    type New = NewIntegration;
    type Change = IntegrationUpdate;

    fn make(new: NewIntegration, by: &Author) -> StoreResult<Self> {
        check::name("type", &new.type_id)?;
        let made = Self {
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
        Ok(made)
    }

    /// What the change leaves as it is isn't known yet: all is checked together.
    fn check(_: &IntegrationUpdate) -> StoreResult<()> {
        Ok(())
    }

    async fn edit(
        &mut self,
        tx: &mut Tx,
        update: IntegrationUpdate,
        by: &Author,
    ) -> StoreResult<()> {
        let before = (self.name.clone(), self.notes.clone());
        edit(self, tx, update, by).await?;
        // Whoever has read the configuration has read these two with it.
        if before != (self.name.clone(), self.notes.clone()) {
            self.config_version = self.config_version.next();
        }
        Ok(())
    }
}

impl Store {
    /// Replaces an integration's configuration; `expected` is [`Integration::config_version`].
    ///
    /// # Errors
    /// `NotFound` (also for a credential that isn't there), `Stale`; `Conflict` for a taken name.
    pub async fn update_integration_config(
        &self,
        id: &EntityId,
        expected: Expected,
        change: impl Into<ConfigurationChange>,
        by: &Author,
    ) -> StoreResult<Integration> {
        let ConfigurationChange {
            name,
            notes,
            config,
        } = change.into();
        let update = IntegrationUpdate {
            name,
            notes,
            ..IntegrationUpdate::default()
        };
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
            edit(&mut integration, tx, update, by).await?;
            integration.config = config;
            integration.config_version = integration.config_version.next();
            integration.touch(by);
            record::replace(tx, &integration).await?;
            let detail = json!({
                "name": integration.name,
                "configVersion": integration.config_version.0,
                "credentials": integration.config.credentials,
            });
            audit::note(tx, by, "configure", Entity::Integration, id.as_str(), detail).await?;
            Ok(integration)
        })
        .await
    }
}

/// Changes what an integration is beside its configuration.
async fn edit(
    integration: &mut Integration,
    tx: &mut Tx,
    update: IntegrationUpdate,
    by: &Author,
) -> StoreResult<()> {
    fn set<T>(field: &mut T, new: Option<T>) {
        if let Some(new) = new {
            *field = new;
        }
    }
    let before = integration.name.clone();
    set(&mut integration.name, update.name);
    set(&mut integration.intended_state, update.intended_state);
    set(&mut integration.notes, update.notes);
    set(&mut integration.attributes, update.attributes);
    check_named(integration)?;
    if integration.name != before {
        rename_category(tx, integration, &before, by).await?;
    }
    Ok(())
}

/// Gives the integration's new name to its actions and drafts whose category is the old one. They become their next
/// versions; a draft that was up to date with its action stays so.
async fn rename_category(
    tx: &mut Tx,
    of: &Integration,
    before: &str,
    by: &Author,
) -> StoreResult<()> {
    let rebase = "UPDATE draft SET based_on = based_on + 1 WHERE id IN \
                  (SELECT id FROM action WHERE integration_id = $1 AND category_key = $2)";
    tx.execute(rebase, values![&of.id, check::key(before)])
        .await?;
    for table in ["action", "draft"] {
        let rename = format!(
            "UPDATE {table} SET category = $1, category_key = $2, version = version + 1, modified = $3 \
             WHERE integration_id = $4 AND category_key = $5"
        );
        let (name, key) = (&of.name, check::key(&of.name));
        let values = values![name, key, by.at, &of.id, check::key(before)];
        tx.execute(&rename, values).await?;
    }
    Ok(())
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
    let places = &config.credentials;
    check::at_most("config.credentials", places.len(), limits::ATTRIBUTES)?;
    for place in places.keys() {
        check::name("config.credentials", place)?;
    }
    Ok(())
}
