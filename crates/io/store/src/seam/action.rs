//! Actions, and the drafts they are published from.

use super::{JsonText, NameFilter, PageRequest, Sort, WallTime};
use crate::id::{EntityId, Version};

/// What a new action or draft is made of.
#[derive(Clone, Debug)]
pub struct NewAction {
    /// Its id.
    pub id: EntityId,
    /// The integration it belongs to. It must exist, and never changes.
    pub integration_id: EntityId,
    /// The rest.
    pub body: ActionBody,
}

/// What an update may change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActionBody {
    /// Name; unique within the category among published actions, whatever its case: flows call an
    /// action by these two.
    pub name: String,
    /// Category.
    pub category: String,
    /// Whether inputs and outputs are hidden.
    pub secure: bool,
    /// `config` as imported.
    pub config: JsonText,
    /// `contract` as imported.
    pub contract: JsonText,
}

/// A published action.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Action {
    /// Its id.
    pub id: EntityId,
    /// The integration it belongs to.
    pub integration_id: EntityId,
    /// The rest.
    pub body: ActionBody,
    /// Its version.
    pub version: Version,
    /// When it was first published.
    pub created: WallTime,
    /// When it was last changed.
    pub modified: WallTime,
}

/// An action or a draft without its documents.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActionStamp {
    /// Its id.
    pub id: EntityId,
    /// The integration it belongs to.
    pub integration_id: EntityId,
    /// Its name.
    pub name: String,
    /// Its category.
    pub category: String,
    /// Whether inputs and outputs are hidden.
    pub secure: bool,
    /// Its version.
    pub version: Version,
    /// Bytes of its documents.
    pub bytes: u64,
}

/// A draft: of an action that exists, or of one that is yet to be. At most one per action id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// The action's id.
    pub id: EntityId,
    /// The integration it belongs to.
    pub integration_id: EntityId,
    /// The rest.
    pub body: ActionBody,
    /// The draft's own version.
    pub version: Version,
    /// Version of the action it was made from; `None` if that is yet to be.
    pub based_on: Option<Version>,
    /// When it was made.
    pub created: WallTime,
    /// When it was last changed.
    pub modified: WallTime,
}

/// Order of a list of actions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ActionSort {
    /// By name, whatever its case.
    #[default]
    Name,
    /// By category.
    Category,
    /// By integration.
    Integration,
    /// By time of creation.
    Created,
    /// By time of the last change.
    Modified,
}

/// A filter on [`ActionBody::secure`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Secure {
    /// Only secure ones.
    Only,
    /// Only others.
    Not,
}

/// Which actions (or drafts).
#[derive(Clone, Debug, Default)]
pub struct ActionQuery {
    /// By name.
    pub name: Option<NameFilter>,
    /// By category.
    pub category: Option<NameFilter>,
    /// By integration.
    pub integration_id: Option<EntityId>,
    /// By `secure`.
    pub secure: Option<Secure>,
    /// Only these, at most [`crate::limits::PAGE`]; empty means all.
    pub ids: Vec<EntityId>,
    /// Order.
    pub sort: Sort<ActionSort>,
    /// Part.
    pub page: PageRequest,
}
