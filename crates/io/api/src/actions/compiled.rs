//! Actions as they would be executed, compiled before anything is made of them.

use crate::error::ApiError;
use http::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use tollgate_definitions::{CatalogAction, CatalogIntegration};
use tollgate_store::ActionBody;
use tollgate_workers::Workers;

/// How long the compiling of an action may wait for a worker.
const COMPILED_WITHIN: Duration = Duration::from_secs(30);

/// The action as it would be executed. The workers compile it: it may be large.
pub(crate) async fn compiled(
    workers: &Workers,
    id: &str,
    target: &Arc<CatalogIntegration>,
    body: &ActionBody,
    version: i64,
) -> Result<CatalogAction, ApiError> {
    let (id, body, to) = (id.to_owned(), body.clone(), Arc::clone(target));
    let compile = move || CatalogAction::of_stored(&id, &to.id, &to.kind, &body, version);
    let compiled = workers.run_once(&target.id, COMPILED_WITHIN, move |_| compile());
    Ok(compiled.await?)
}

/// The action, compiled, for whoever is about to make a version of it; refuses what couldn't be executed.
pub(crate) async fn usable(
    workers: &Workers,
    id: &str,
    target: &Arc<CatalogIntegration>,
    body: &ActionBody,
) -> Result<CatalogAction, ApiError> {
    let entry = compiled(workers, id, target, body, 0).await?;
    match &entry.action {
        Ok(_) => Ok(entry),
        Err(why) => {
            let message = format!("The action can't be published: {why}");
            Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                "action.invalid",
                message,
            ))
        }
    }
}
