//! Integrations: instances of an integration type.

use super::{JsonText, NameFilter, PageRequest, Sort, WallTime};
use crate::id::{EntityId, Version};
use std::collections::BTreeMap;

/// What the administrator wants an integration to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IntendedState {
    /// Executions of its actions may pass.
    Enabled,
    /// Executions of its actions are refused.
    Disabled,
}

/// A new integration. It starts with an empty configuration.
#[derive(Clone, Debug)]
pub struct NewIntegration {
    /// The id, which no integration may have yet.
    pub id: EntityId,
    /// The name, unique among integrations whatever its case.
    pub name: String,
    /// The type, as the platform names it (`purecloud-data-actions`, `custom-rest-actions`, …).
    pub type_id: String,
    /// Whether executions may pass.
    pub intended_state: IntendedState,
    /// Notes of the administrator's.
    pub notes: String,
    /// Names and values of the administrator's own, at most [`crate::limits::ATTRIBUTES`].
    pub attributes: BTreeMap<String, String>,
}

/// A change of an integration; what is `None` stays. Actions and drafts whose category is the integration's name
/// follow a new name.
#[derive(Clone, Debug, Default)]
pub struct IntegrationUpdate {
    /// The new name.
    pub name: Option<String>,
    /// Whether executions may pass from now on.
    pub intended_state: Option<IntendedState>,
    /// The new notes.
    pub notes: Option<String>,
    /// All attributes that the integration has from now on.
    pub attributes: Option<BTreeMap<String, String>>,
}

/// An integration's configuration, with a version of its own. The platform shows the integration's name and notes
/// as parts of it too.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct IntegrationConfig {
    /// The properties that the type's schema describes.
    pub properties: JsonText,
    /// The properties that the platform's type keeps apart as advanced.
    pub advanced: JsonText,
    /// Credentials by the place they fill (`pureCloudOAuthClient`, `basicAuth`, …). They must exist.
    pub credentials: BTreeMap<String, EntityId>,
}

/// What a change of an integration's configuration is: all of the configuration, and the name and the notes where they
/// are given.
#[derive(Clone, Debug, Default)]
pub struct ConfigurationChange {
    /// The integration's new name.
    pub name: Option<String>,
    /// The integration's new notes.
    pub notes: Option<String>,
    /// All of the configuration from now on.
    pub config: IntegrationConfig,
}

impl From<IntegrationConfig> for ConfigurationChange {
    fn from(config: IntegrationConfig) -> Self {
        Self {
            config,
            ..Self::default()
        }
    }
}

/// A stored integration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Integration {
    /// The id.
    pub id: EntityId,
    /// The name.
    pub name: String,
    /// The type, as the platform names it.
    pub type_id: String,
    /// Whether executions may pass.
    pub intended_state: IntendedState,
    /// Notes of the administrator's.
    pub notes: String,
    /// Names and values of the administrator's own.
    pub attributes: BTreeMap<String, String>,
    /// The current configuration.
    pub config: IntegrationConfig,
    /// How often the configuration was written, name and notes included.
    pub config_version: Version,
    /// How often the integration was written, its configuration included.
    pub version: Version,
    /// When the integration was made.
    pub created: WallTime,
    /// When the integration or its configuration was last changed.
    pub modified: WallTime,
}

/// What a list of integrations is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum IntegrationSort {
    /// The name, whatever its case.
    #[default]
    Name,
    /// The type.
    Type,
    /// The time of creation.
    Created,
    /// The time of the last change.
    Modified,
}

/// Which integrations a list has; a filter that is `None` lets all pass.
#[derive(Clone, Debug, Default)]
pub struct IntegrationQuery {
    /// A filter on the name.
    pub name: Option<NameFilter>,
    /// The type of the integrations.
    pub type_id: Option<String>,
    /// Whether executions may pass.
    pub intended_state: Option<IntendedState>,
    /// The order of the list.
    pub sort: Sort<IntegrationSort>,
    /// Which page of the list.
    pub page: PageRequest,
}
