//! Reading what the store defines, a bounded number of bytes at a time.

use super::RefreshError;
use crate::Entry;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tollgate_action::IntegrationType;
use tollgate_store::{
    Action, ActionQuery, ActionStamp, EntityId, Integration, IntegrationQuery, PageRequest, Pages,
    Store, StoreError, StoreResult, limits,
};
use tollgate_workers::Workers;

/// Bytes of actions' documents that are asked for at once.
const BATCH_BYTES: u64 = 8 * 1024 * 1024;
/// The workers' party that compiles what is stored, one action after the other.
const DEFINITIONS: &str = "definitions";
/// How long that may wait for its turn: others' calculations are bounded, so that it always comes.
const COMPILED_WITHIN: Duration = Duration::from_secs(600);

/// What all published actions are, without what they do.
pub(super) async fn stamps(store: &Store) -> Result<Vec<ActionStamp>, RefreshError> {
    let mut pages = Pages::default();
    while let Some(page) = pages.next() {
        pages.add(store.action_stamps(page).await)?;
    }
    Ok(pages.found())
}

/// All integrations.
pub(super) async fn integrations(store: &Store) -> Result<Vec<Integration>, RefreshError> {
    let mut pages = Pages::default();
    while let Some(page) = pages.next() {
        let query = IntegrationQuery {
            page,
            ..IntegrationQuery::default()
        };
        pages.add(store.list_integrations(&query).await)?;
    }
    Ok(pages.found())
}

/// Reads and compiles actions, a few at a time; each is let go of before the next are read.
pub(super) async fn read(
    store: &Store,
    workers: &Workers,
    stamps: &[ActionStamp],
    kinds: &BTreeMap<EntityId, IntegrationType>,
    mut add: impl FnMut(Entry),
) -> Result<(), RefreshError> {
    let mut left = stamps;
    while !left.is_empty() {
        let (batch, rest) = left.split_at(batch(left));
        left = rest;
        let ids = batch.iter().map(|stamp| stamp.id.clone()).collect();
        let found = match list(store, ids).await {
            Ok(found) => found.into_iter().map(Ok).collect(),
            Err(StoreError::Corrupt { .. }) => one_by_one(store, batch).await?,
            Err(error) => return Err(error.into()),
        };
        for action in found {
            let entry = match action {
                Ok(action) => {
                    // Its integration is newer than the list of them; the next picture has both.
                    let Some(kind) = kinds.get(&action.integration_id).cloned() else {
                        continue;
                    };
                    let compile = move || compiled(&action, &kind);
                    workers
                        .run_once(DEFINITIONS, COMPILED_WITHIN, move |_| compile())
                        .await?
                }
                Err((stamp, why)) => Entry::set_aside(stamp, why),
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
            add(entry);
        }
    }
    Ok(())
}

/// The action, compiled. A fault of the compiler's is that action's trouble alone.
fn compiled(action: &Action, kind: &IntegrationType) -> Entry {
    let (id, version) = (action.id.as_str(), action.version.0);
    let integration = action.integration_id.as_str();
    let compile = || Entry::of_stored(id, integration, kind, &action.body, version);
    std::panic::catch_unwind(AssertUnwindSafe(compile)).unwrap_or_else(|_| Entry {
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

/// How many of the first fit into one answer; at least one.
fn batch(stamps: &[ActionStamp]) -> usize {
    let mut bytes = 0;
    let fit = stamps.iter().take(limits::PAGE as usize);
    let fit = fit.take_while(|stamp| {
        bytes += stamp.bytes;
        bytes <= BATCH_BYTES
    });
    fit.count().max(1)
}

async fn list(store: &Store, ids: Vec<EntityId>) -> StoreResult<Vec<Action>> {
    let query = ActionQuery {
        ids,
        page: PageRequest::new(limits::PAGE, 1)?,
        ..ActionQuery::default()
    };
    Ok(store.list_actions(&query).await?.items)
}

/// Each alone, so that one that can't be read keeps no other from it.
async fn one_by_one<'a>(
    store: &Store,
    stamps: &'a [ActionStamp],
) -> Result<Vec<Result<Action, (&'a ActionStamp, String)>>, RefreshError> {
    let mut found = Vec::new();
    for stamp in stamps {
        match store.action(&stamp.id).await {
            Ok(action) => found.push(Ok(action)),
            Err(StoreError::NotFound { .. }) => {}
            Err(error @ StoreError::Corrupt { .. }) => found.push(Err((stamp, error.to_string()))),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}
