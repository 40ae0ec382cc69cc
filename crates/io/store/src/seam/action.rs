//! Actions, and the drafts they are published from.

use super::{
    By, EntityId, Expected, JsonText, NameFilter, Page, PageRequest, Sort, Version, WallTime,
};
use crate::error::StoreResult;
use async_trait::async_trait;

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

/// Actions and drafts.
#[async_trait]
pub trait Actions {
    /// Makes an action that is published at once.
    ///
    /// # Errors
    /// `NotFound` for the integration; `Conflict` for a taken id or name; `TooLarge` where its integration
    /// would have more than [`crate::limits::INTEGRATION_BYTES`] of documents.
    async fn create_action(&self, new: NewAction, by: &By) -> StoreResult<Action>;
    /// One by id.
    async fn action(&self, id: &EntityId) -> StoreResult<Action>;
    /// One by category and name, whatever their case: how flows call it.
    async fn action_named(&self, category: &str, name: &str) -> StoreResult<Action>;
    /// A page of them.
    async fn list_actions(&self, query: &ActionQuery) -> StoreResult<Page<Action>>;
    /// A page of their stamps, by id.
    async fn action_stamps(&self, page: PageRequest) -> StoreResult<Page<ActionStamp>>;
    /// The categories of actions, in order.
    async fn action_categories(&self, page: PageRequest) -> StoreResult<Page<String>>;
    /// Replaces the body.
    ///
    /// # Errors
    /// `NotFound`, `Stale`, `Conflict`, `TooLarge`.
    async fn update_action(
        &self,
        id: &EntityId,
        expected: Expected,
        body: ActionBody,
        by: &By,
    ) -> StoreResult<Action>;
    /// Removes an action and its draft.
    ///
    /// # Errors
    /// `NotFound`, `Stale`.
    async fn delete_action(&self, id: &EntityId, expected: Expected, by: &By) -> StoreResult<()>;

    /// Makes the draft of an action that is yet to be.
    ///
    /// # Errors
    /// `NotFound` for the integration; `Conflict` when action or draft of that id exist; `TooLarge`.
    async fn create_draft(&self, new: NewAction, by: &By) -> StoreResult<Draft>;
    /// Makes a draft of a published action, equal to it.
    ///
    /// # Errors
    /// `NotFound` for the action; `Conflict` when it has a draft; `TooLarge`.
    async fn draft_from_action(&self, id: &EntityId, by: &By) -> StoreResult<Draft>;
    /// The draft of that action.
    async fn draft(&self, id: &EntityId) -> StoreResult<Draft>;
    /// A page of them.
    async fn list_drafts(&self, query: &ActionQuery) -> StoreResult<Page<Draft>>;
    /// A page of their stamps, by id.
    async fn draft_stamps(&self, page: PageRequest) -> StoreResult<Page<ActionStamp>>;
    /// Replaces the body.
    ///
    /// # Errors
    /// `NotFound`, `Stale`, `TooLarge`.
    async fn update_draft(
        &self,
        id: &EntityId,
        expected: Expected,
        body: ActionBody,
        by: &By,
    ) -> StoreResult<Draft>;
    /// Throws a draft away; the action stays.
    ///
    /// # Errors
    /// `NotFound`, `Stale`.
    async fn delete_draft(&self, id: &EntityId, expected: Expected, by: &By) -> StoreResult<()>;
    /// Makes the action what its draft says, and removes the draft, at one point. `expected` is the
    /// draft's version. A new action gets version 1, an existing one the next.
    ///
    /// # Errors
    /// `NotFound`; `Stale` also when the action changed since the draft was made (`current` is then
    /// the action's version); `Conflict` for a taken name.
    async fn publish_draft(
        &self,
        id: &EntityId,
        expected: Expected,
        by: &By,
    ) -> StoreResult<Action>;
}
