//! How the draft of an action is taken from it, and becomes it again.

use super::document::room;
use super::layout::Layout;
use super::record;
use crate::backend::Tx;
use crate::error::{Entity, StoreError, StoreResult};
use crate::id::{EntityId, Version};
use crate::seam::{Action, Author, Draft, Expected};
use crate::store::Store;

impl Store {
    /// Makes a draft of a published action, equal to it.
    ///
    /// # Errors
    /// `NotFound` for the action; `Conflict` when it has a draft; `TooLarge`.
    pub async fn draft_from_action(&self, id: &EntityId, by: &Author) -> StoreResult<Draft> {
        self.change(async |tx| {
            let action: Action = record::get(tx, id).await?;
            record::id_free::<Draft>(tx, id).await?;
            room(tx, &action.integration_id, None, &action.body).await?;
            let made = Draft {
                id: action.id,
                integration_id: action.integration_id,
                body: action.body,
                version: Version::FIRST,
                based_on: Some(action.version),
                created: by.at,
                modified: by.at,
            };
            record::create(tx, made, Vec::new(), by).await
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
        by: &Author,
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

/// Writes the action that a draft is of, over the one that is there or anew.
async fn publish(
    tx: &mut Tx,
    draft: Draft,
    action: Option<Action>,
    by: &Author,
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
