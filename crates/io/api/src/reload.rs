//! `/api/v2/tollgate/reload`: the configuration is read anew, and taken over as a whole or not at all.
//!
//! Whoever wants that asks by a [`Reloading`]: the API, a signal, a look at the files. One task does it, one wish after
//! another; the service has it.

use crate::answers::ChangeErrors;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::journal::event;
use crate::json::Json;
use crate::reloading::{NotReloaded, Reloaded, Reloading};
use crate::state::Api;
use axum::Extension;
use axum::extract::State;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use tollgate_callers::Over;
use tollgate_definitions::LimitRegistry;
use tollgate_store::Role;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operation that has the configuration read anew.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(reload))
}

/// What was taken over of the configuration.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReloadView {
    /// What is different, in short: `limits +1 ~2 -1, callers ~1`; `nothing` where nothing is.
    summary: String,
    /// The first digits of the SHA-256 of the file that runs now.
    digest: String,
    /// What is different, by kind.
    changes: Vec<KindView>,
    /// Fields that are different, of tables that have no name.
    fields: BTreeSet<String>,
}

/// What of one kind is different, by names.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct KindView {
    /// What they are, such as `limits`.
    #[schema(value_type = String)]
    kind: &'static str,
    added: BTreeSet<String>,
    changed: BTreeSet<String>,
    removed: BTreeSet<String>,
}

/// Reads the configuration anew, with all files that it names, and takes it over as a whole, or nothing of it.
#[utoipa::path(
    post, path = "/api/v2/tollgate/reload", operation_id = "postReload",
    responses((status = 200, description = "It was taken over.", body = ReloadView), ChangeErrors),
)]
async fn reload(
    State(reloading): State<Option<Reloading>>,
    State(registry): State<Arc<LimitRegistry>>,
    Extension(caller): Caller,
) -> Result<Json<ReloadView>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let none = || ApiError::not_found("This process has no configuration file to read anew.");
    let reloading = reloading.ok_or_else(none)?;
    let audit = event(caller.actor(), "update", ("configuration", "-"), &json!({}));
    registry.audit(audit).await?;
    let Reloaded { changes, digest } = reloading.reload().await?;
    let summary = changes.to_string();
    let kinds = changes.kinds.into_iter().map(|(kind, it)| KindView {
        kind,
        added: it.added,
        changed: it.changed,
        removed: it.removed,
    });
    Ok(Json(ReloadView {
        summary,
        digest,
        changes: kinds.collect(),
        fields: changes.fields,
    }))
}

impl From<NotReloaded> for ApiError {
    fn from(error: NotReloaded) -> Self {
        let code = match &error {
            NotReloaded::Invalid(_) => "configuration.invalid",
            NotReloaded::NeedsRestart(_) => "needs.restart",
            NotReloaded::Ending => return crate::limits::draining(),
        };
        let message = format!("Nothing was changed: {error}.");
        Self::conflict(code, message).because(error.lines().to_vec())
    }
}
