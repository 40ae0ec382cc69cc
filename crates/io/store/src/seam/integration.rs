//! Integrations: instances of an integration type.

use super::{JsonText, NameFilter, PageRequest, Sort, WallTime};
use crate::id::{EntityId, Version};
use std::collections::BTreeMap;

/// What the administrator wants it to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IntendedState {
    /// Executions may pass.
    Enabled,
    /// They may not.
    Disabled,
}

/// A new integration. It starts with an empty configuration.
#[derive(Clone, Debug)]
pub struct NewIntegration {
    /// Its id.
    pub id: EntityId,
    /// Its name, unique among integrations whatever its case.
    pub name: String,
    /// Its type, as the platform names it (`purecloud-data-actions`, `custom-rest-actions`, …).
    pub type_id: String,
    /// Whether executions may pass.
    pub intended_state: IntendedState,
    /// Free text.
    pub notes: String,
    /// Free pairs.
    pub attributes: BTreeMap<String, String>,
}

/// A change of an integration; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct IntegrationUpdate {
    /// Its name.
    pub name: Option<String>,
    /// Whether executions may pass.
    pub intended_state: Option<IntendedState>,
    /// Free text.
    pub notes: Option<String>,
    /// Free pairs.
    pub attributes: Option<BTreeMap<String, String>>,
}

/// The current configuration. It has a version of its own.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct IntegrationConfig {
    /// Its name; the platform shows it beside the integration's.
    pub name: String,
    /// The properties that the type's schema describes.
    pub properties: JsonText,
    /// More of them.
    pub advanced: JsonText,
    /// Free text.
    pub notes: String,
    /// Credentials by the place they fill (`pureCloudOAuthClient`, `basicAuth`, …). They must exist.
    pub credentials: BTreeMap<String, EntityId>,
}

/// A stored integration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Integration {
    /// Its id.
    pub id: EntityId,
    /// Its name.
    pub name: String,
    /// Its type.
    pub type_id: String,
    /// Whether executions may pass.
    pub intended_state: IntendedState,
    /// Free text.
    pub notes: String,
    /// Free pairs.
    pub attributes: BTreeMap<String, String>,
    /// The current configuration.
    pub config: IntegrationConfig,
    /// Version of the configuration.
    pub config_version: Version,
    /// Version of the integration; a change of the configuration raises it too.
    pub version: Version,
    /// When it was made.
    pub created: WallTime,
    /// When it was last changed.
    pub modified: WallTime,
}

/// Order of a list of integrations.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum IntegrationSort {
    /// By name, whatever its case.
    #[default]
    Name,
    /// By type.
    Type,
    /// By time of creation.
    Created,
    /// By time of the last change.
    Modified,
}

/// Which integrations.
#[derive(Clone, Debug, Default)]
pub struct IntegrationQuery {
    /// By name.
    pub name: Option<NameFilter>,
    /// By type.
    pub type_id: Option<String>,
    /// By state.
    pub intended_state: Option<IntendedState>,
    /// Order.
    pub sort: Sort<IntegrationSort>,
    /// Part.
    pub page: PageRequest,
}
