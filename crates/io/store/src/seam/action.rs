//! Actions, and the drafts they are published from.

use super::{JsonText, NameFilter, PageRequest, Sort, WallTime};
use crate::id::{EntityId, Version};

/// What the id of an integration's own login starts with; the integration's id follows. *Observed*: the vendor's
/// Terraform provider finds it so.
pub const LOGIN: &str = "customAuth_-_";

/// What a new action or draft is made of.
#[derive(Clone, Debug)]
pub struct NewAction {
    /// The id, which no action and no draft may have yet.
    pub id: EntityId,
    /// The integration that the action belongs to. It must exist, and never changes.
    pub integration_id: EntityId,
    /// What an update may change later.
    pub body: ActionBody,
}

/// What an update of an action or a draft replaces.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActionBody {
    /// The name. Not unique: the platform's aren't.
    pub name: String,
    /// The category: what the platform shows actions under.
    pub category: String,
    /// Whether inputs and outputs are secret, and so never kept.
    pub secure: bool,
    /// The document `config` (request and response) as it was imported.
    pub config: JsonText,
    /// The document `contract` (schemas of input and output) as it was imported.
    pub contract: JsonText,
}

/// A published action.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Action {
    /// The id, the same as that of the action's draft.
    pub id: EntityId,
    /// The integration that the action belongs to.
    pub integration_id: EntityId,
    /// Name, category, secrecy and documents.
    pub body: ActionBody,
    /// How often the action was published or changed.
    pub version: Version,
    /// When the action was first published.
    pub created: WallTime,
    /// When the action was last published or changed.
    pub modified: WallTime,
}

/// An action or a draft without its documents.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActionStamp {
    /// The id of the action, which its draft has too.
    pub id: EntityId,
    /// The integration that the action belongs to.
    pub integration_id: EntityId,
    /// The name.
    pub name: String,
    /// The category.
    pub category: String,
    /// Whether inputs and outputs are secret, and so never kept.
    pub secure: bool,
    /// The version; 0 if the row is damaged.
    pub version: Version,
    /// Bytes of `config` and `contract` together.
    pub bytes: u64,
}

/// A draft: of an action that exists, or of one that is yet to be. At most one per action id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// The id of the action that the draft is of.
    pub id: EntityId,
    /// The integration that the action belongs to, or will.
    pub integration_id: EntityId,
    /// Name, category, secrecy and documents.
    pub body: ActionBody,
    /// How often the draft itself was written.
    pub version: Version,
    /// Version of the action that the draft was made from; `None` if that action is yet to be.
    pub based_on: Option<Version>,
    /// When the draft was made.
    pub created: WallTime,
    /// When the draft was last changed.
    pub modified: WallTime,
}

/// What a list of actions or drafts is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ActionSort {
    /// The name, whatever its case.
    #[default]
    Name,
    /// The category, whatever its case.
    Category,
    /// The integration's id.
    Integration,
    /// The time of creation.
    Created,
    /// The time of the last change.
    Modified,
}

/// A filter on [`ActionBody::secure`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SecrecyFilter {
    /// Actions that hide inputs and outputs.
    Only,
    /// Actions that hide nothing.
    Not,
}

/// Which actions or drafts a list has; a filter that is `None` lets all pass.
#[derive(Clone, Debug, Default)]
pub struct ActionQuery {
    /// A filter on the name.
    pub name: Option<NameFilter>,
    /// A filter on the category.
    pub category: Option<NameFilter>,
    /// The integration that the actions belong to.
    pub integration_id: Option<EntityId>,
    /// A filter on secrecy.
    pub secure: Option<SecrecyFilter>,
    /// The ids of the actions, at most [`crate::limits::PAGE`]; empty means all.
    pub ids: Vec<EntityId>,
    /// The order of the list.
    pub sort: Sort<ActionSort>,
    /// Which page of the list.
    pub page: PageRequest,
}
