//! Drafts of actions, and the point at which one becomes the action.

use super::audit;
use super::document::{self, check_body, current_stamp, id_is_new, room, stamp_detail};
use super::record::{self, Record};
use crate::backend::Tx;
use crate::error::{Entity, StoreError, StoreResult};
use crate::id::{EntityId, Version};
use crate::seam::{
    Action, ActionBody, ActionQuery, ActionStamp, By, Draft, Expected, Integration, NewAction,
    Page, PageRequest,
};
use crate::store::Store;

impl Store {
    /// Makes the draft of an action that is yet to be.
    ///
    /// # Errors
    /// `NotFound` for the integration; `Conflict` when action or draft of that id exist; `TooLarge`.
    pub async fn create_draft(&self, new: NewAction, by: &By) -> StoreResult<Draft> {
        check_body(&new.body)?;
        self.change(async |tx| {
            id_is_new(tx, &new.id).await?;
            record::there::<Integration>(tx, &new.integration_id).await?;
            create(tx, new, None, by).await
        })
        .await
    }

    /// Makes a draft of a published action, equal to it.
    ///
    /// # Errors
    /// `NotFound` for the action; `Conflict` when it has a draft; `TooLarge`.
    pub async fn draft_from_action(&self, id: &EntityId, by: &By) -> StoreResult<Draft> {
        self.change(async |tx| {
            let action: Action = record::get(tx, id).await?;
            record::id_free::<Draft>(tx, id).await?;
            let new = NewAction {
                id: action.id,
                integration_id: action.integration_id,
                body: action.body,
            };
            create(tx, new, Some(action.version), by).await
        })
        .await
    }

    /// The draft of the action with this id.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn draft(&self, id: &EntityId) -> StoreResult<Draft> {
        self.get(id).await
    }

    /// A page of drafts.
    ///
    /// # Errors
    /// `Invalid` for more than [`crate::limits::PAGE`] ids, and for a page of too many bytes.
    pub async fn list_drafts(&self, query: &ActionQuery) -> StoreResult<Page<Draft>> {
        document::list(self, query).await
    }

    /// A page of drafts without their documents, ordered by id.
    pub async fn draft_stamps(&self, page: PageRequest) -> StoreResult<Page<ActionStamp>> {
        document::stamps::<Draft>(self, page).await
    }

    /// Replaces a draft's name, category, secrecy and documents.
    ///
    /// # Errors
    /// `NotFound`, `Stale`, `TooLarge`.
    pub async fn update_draft(
        &self,
        id: &EntityId,
        expected: Expected,
        body: ActionBody,
        by: &By,
    ) -> StoreResult<Draft> {
        check_body(&body)?;
        self.change(async |tx| {
            let mut draft: Draft = record::current(tx, id, expected).await?;
            room(tx, &draft.integration_id, Some(&draft.body), &body).await?;
            draft.body = body;
            record::update(tx, draft, by).await
        })
        .await
    }

    /// Throws a draft away; the action stays.
    ///
    /// # Errors
    /// `NotFound`, `Stale`.
    pub async fn delete_draft(
        &self,
        id: &EntityId,
        expected: Expected,
        by: &By,
    ) -> StoreResult<()> {
        self.change(async |tx| {
            let stamp = current_stamp::<Draft>(tx, id, expected).await?;
            record::remove::<Draft>(tx, id).await?;
            let detail = stamp_detail(&stamp);
            audit::note(tx, by, "delete", Entity::Draft, id.as_str(), detail).await
        })
        .await
    }

    /// Makes the action what its draft says, and removes the draft, at one point. `expected` is the
    /// draft's version. A new action gets version 1, an existing one the next.
    ///
    /// # Errors
    /// `NotFound`; `Stale` also when the action changed since the draft was made (`current` is then
    /// the action's version); `Conflict` for a taken name.
    pub async fn publish_draft(
        &self,
        id: &EntityId,
        expected: Expected,
        by: &By,
    ) -> StoreResult<Action> {
        self.change(async |tx| {
            let draft: Draft = record::current(tx, id, expected).await?;
            let action: Option<Action> = record::find(tx, id).await?;
            let published = publish(tx, draft, action, by).await?;
            record::remove::<Draft>(tx, id).await?;
            record::note(tx, by, "publish", &published).await?;
            Ok(published)
        })
        .await
    }
}

async fn create(
    tx: &mut Tx,
    new: NewAction,
    based_on: Option<Version>,
    by: &By,
) -> StoreResult<Draft> {
    room(tx, &new.integration_id, None, &new.body).await?;
    let made = Draft {
        id: new.id,
        integration_id: new.integration_id,
        body: new.body,
        version: Version::FIRST,
        based_on,
        created: by.at,
        modified: by.at,
    };
    record::create(tx, made, by).await
}

/// Writes the action that a draft is of, over the one that is there or anew.
async fn publish(
    tx: &mut Tx,
    draft: Draft,
    action: Option<Action>,
    by: &By,
) -> StoreResult<Action> {
    let current = action.as_ref().map(|action| action.version);
    if current != draft.based_on {
        // Somebody changed the action after the draft was taken from it. What they wrote isn't lost.
        return Err(StoreError::Stale {
            entity: Entity::Action,
            current: current.unwrap_or(Version(0)),
        });
    }
    let Some(mut action) = action else {
        let made = Action {
            id: draft.id,
            integration_id: draft.integration_id,
            body: draft.body,
            version: Version::FIRST,
            created: by.at,
            modified: by.at,
        };
        record::insert(tx, &made, Vec::new()).await?;
        return Ok(made);
    };
    action.body = draft.body;
    action.touch(by);
    record::replace(tx, &action).await?;
    Ok(action)
}
