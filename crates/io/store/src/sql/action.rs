//! Published actions.

use super::audit;
use super::check;
use super::document::{self, check_body, current_stamp, id_is_new, room, stamp_detail};
use super::record::{self, found, select};
use crate::backend::values;
use crate::error::{Entity, StoreResult};
use crate::id::{EntityId, Version};
use crate::seam::{
    Action, ActionBody, ActionQuery, ActionStamp, By, Draft, Expected, Integration, NewAction,
    Page, PageRequest,
};
use crate::store::Store;

impl Store {
    /// Makes an action that is published at once.
    ///
    /// # Errors
    /// `NotFound` for the integration; `Conflict` for a taken id or name; `TooLarge` where its integration
    /// would have more than [`crate::limits::INTEGRATION_BYTES`] of documents.
    pub async fn create_action(&self, new: NewAction, by: &By) -> StoreResult<Action> {
        check_body(&new.body)?;
        let made = Action {
            id: new.id,
            integration_id: new.integration_id,
            body: new.body,
            version: Version::FIRST,
            created: by.at,
            modified: by.at,
        };
        self.change(async |tx| {
            id_is_new(tx, &made.id).await?;
            record::there::<Integration>(tx, &made.integration_id).await?;
            room(tx, &made.integration_id, None, &made.body).await?;
            record::create(tx, made, by).await
        })
        .await
    }

    /// The published action with this id.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn action(&self, id: &EntityId) -> StoreResult<Action> {
        self.get(id).await
    }

    /// The published action of this category and name, whatever their case: how workflows call one.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn action_named(&self, category: &str, name: &str) -> StoreResult<Action> {
        let sql = select::<Action>("category_key = $1 AND name_key = $2");
        let keys = values![check::key(category), check::key(name)];
        found(self.first(&sql, keys).await?, format!("{category}/{name}"))
    }

    /// A page of published actions.
    ///
    /// # Errors
    /// `Invalid` for more than [`crate::limits::PAGE`] ids, and for a page of too many bytes.
    pub async fn list_actions(&self, query: &ActionQuery) -> StoreResult<Page<Action>> {
        document::list(self, query).await
    }

    /// A page of published actions without their documents, ordered by id.
    pub async fn action_stamps(&self, page: PageRequest) -> StoreResult<Page<ActionStamp>> {
        document::stamps::<Action>(self, page).await
    }

    /// Replaces an action's name, category, secrecy and documents.
    ///
    /// # Errors
    /// `NotFound`, `Stale`, `Conflict`, `TooLarge`.
    pub async fn update_action(
        &self,
        id: &EntityId,
        expected: Expected,
        body: ActionBody,
        by: &By,
    ) -> StoreResult<Action> {
        check_body(&body)?;
        self.change(async |tx| {
            let mut action: Action = record::current(tx, id, expected).await?;
            room(tx, &action.integration_id, Some(&action.body), &body).await?;
            action.body = body;
            record::update(tx, action, by).await
        })
        .await
    }

    /// Removes an action and its draft.
    ///
    /// # Errors
    /// `NotFound`, `Stale`.
    pub async fn delete_action(
        &self,
        id: &EntityId,
        expected: Expected,
        by: &By,
    ) -> StoreResult<()> {
        self.change(async |tx| {
            let stamp = current_stamp::<Action>(tx, id, expected).await?;
            record::remove::<Draft>(tx, id).await?;
            record::remove::<Action>(tx, id).await?;
            let detail = stamp_detail(&stamp);
            audit::note(tx, by, "delete", Entity::Action, id.as_str(), detail).await
        })
        .await
    }
}
