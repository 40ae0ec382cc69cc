//! Reading what the store defines, a bounded number of bytes at a time.

use super::RefreshError;
use super::known::KnownDefinitions;
use crate::{Catalog, CatalogAction};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tollgate_action::IntegrationType;
use tollgate_store::{
    Action, ActionQuery, ActionStamp, EntityId, PageRequest, Store, StoreError, StoreResult, limits,
};
use tollgate_workers::Workers;

/// Bytes of actions' documents that are asked for at once.
const BATCH_BYTES: u64 = 8 * 1024 * 1024;
/// The workers' party that compiles what is stored, one action after the other.
const DEFINITIONS: &str = "definitions";
/// How long that may wait for its turn: others' calculations are bounded, so that it always comes.
const COMPILED_WITHIN: Duration = Duration::from_secs(600);

/// Reads and compiles the actions that are to be read, a few at a time; each is let go of before the next are read.
/// Gives the number of those that were read.
pub(super) async fn read(
    store: &Store,
    workers: &Workers,
    known: &mut KnownDefinitions,
    next: &mut Catalog,
) -> Result<usize, RefreshError> {
    let mut read = 0;
    while !known.unread.is_empty() {
        let batch = batch(known.unread.values());
        let ids = batch.iter().map(|stamp| stamp.id.clone()).collect();
        let found = match list(store, ids).await {
            Ok(found) => found.into_iter().map(Ok).collect(),
            Err(StoreError::Corrupt { .. }) => one_by_one(store, &batch).await?,
            Err(error) => return Err(error.into()),
        };
        read += found.len();
        for action in found {
            let entry = match action {
                Ok(action) => {
                    let integration = known.integrations.get(action.integration_id.as_str());
                    // It is gone, and the next round is told that its actions are, too.
                    let Some(integration) = integration else {
                        continue;
                    };
                    let kind = IntegrationType::from_name(&integration.type_id);
                    let compile = move || compiled(&action, &kind);
                    workers
                        .run_once(DEFINITIONS, COMPILED_WITHIN, move |_| compile())
                        .await?
                }
                Err((stamp, why)) => CatalogAction::set_aside(stamp, why),
            };
            if let Err(why) = &entry.action {
                tracing::warn!(
                    action = entry.id,
                    name = entry.name,
                    integration = entry.integration,
                    why,
                    "an action is set aside; all others are served"
                );
            }
            next.add_action(Arc::new(entry));
        }
        for stamp in &batch {
            known.unread.remove(stamp.id.as_str());
        }
    }
    Ok(read)
}

/// The action, compiled. A fault of the compiler's is that action's trouble alone.
fn compiled(action: &Action, kind: &IntegrationType) -> CatalogAction {
    let (id, version) = (action.id.as_str(), action.version.0);
    let integration = action.integration_id.as_str();
    let compile = || CatalogAction::of_stored(id, integration, kind, &action.body, version);
    std::panic::catch_unwind(AssertUnwindSafe(compile)).unwrap_or_else(|_| CatalogAction {
        id: id.to_owned(),
        name: action.body.name.clone(),
        category: action.body.category.clone(),
        secure: action.body.secure,
        version,
        integration: integration.to_owned(),
        stored: true,
        action: Err("compiling it failed; the log tells where".to_owned()),
    })
}

/// The first of them that fit into one answer; at least one.
fn batch<'a>(stamps: impl Iterator<Item = &'a ActionStamp>) -> Vec<ActionStamp> {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    for stamp in stamps.take(limits::PAGE as usize) {
        bytes += stamp.bytes;
        if bytes > BATCH_BYTES && !batch.is_empty() {
            break;
        }
        batch.push(stamp.clone());
    }
    batch
}

async fn list(store: &Store, ids: Vec<EntityId>) -> StoreResult<Vec<Action>> {
    let query = ActionQuery {
        ids,
        page: PageRequest::new(limits::PAGE, 1)?,
        ..ActionQuery::default()
    };
    Ok(store.list::<Action>(&query).await?.items)
}

/// Each alone, so that one that can't be read keeps no other from it.
async fn one_by_one<'a>(
    store: &Store,
    stamps: &'a [ActionStamp],
) -> Result<Vec<Result<Action, (&'a ActionStamp, String)>>, RefreshError> {
    let mut found = Vec::new();
    for stamp in stamps {
        match store.get::<Action>(&stamp.id).await {
            Ok(action) => found.push(Ok(action)),
            Err(StoreError::NotFound { .. }) => {}
            Err(error @ StoreError::Corrupt { .. }) => found.push(Err((stamp, error.to_string()))),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}
