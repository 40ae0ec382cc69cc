//! What has become of the definitions since a node looked at them.

use super::{ActionStamp, Credential, Integration};
use crate::id::EntityId;
use std::collections::BTreeSet;

/// The integrations, credentials and actions that were made or changed after one revision and up to
/// another, as they are now, and those that are left where some were removed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DefinitionChanges {
    /// The revision up to which nothing is missing here: what to ask from the next time.
    pub revision: i64,
    /// Whether there was more to tell than fits: ask again at once, from [`Self::revision`].
    pub more: bool,
    /// The integrations that were made or changed.
    pub integrations: Vec<Integration>,
    /// The credentials that were made or changed, without their values.
    pub credentials: Vec<Credential>,
    /// The published actions that were made or changed, without their documents.
    pub actions: Vec<ActionStamp>,
    /// The ids of all integrations, if any was removed.
    pub integrations_left: Option<BTreeSet<EntityId>>,
    /// The ids of all credentials, if any was removed.
    pub credentials_left: Option<BTreeSet<EntityId>>,
    /// The ids of all published actions, if any was removed.
    pub actions_left: Option<BTreeSet<EntityId>>,
}
