//! What becomes of drafts: they are checked, tried step by step, and published.

use super::{find, over, own, target};
use crate::actions::{self, ActionView, usable};
use crate::answers::{CallErrors, ChangeErrors};
use crate::bodies::SentBody;
use crate::caller::Caller;
use crate::changes::by;
use crate::error::{ApiError, ErrorBody};
use crate::json::Json;
use crate::query::Query;
use crate::request::request;
use crate::run::{Calls, Flatten, TermsHeaders, TestReport, show_test, terms};
use crate::state::Api;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use http::HeaderMap;
use serde::Serialize;
use std::sync::Arc;
use tollgate_definitions::{CatalogAction, CatalogIntegration, Live};
use tollgate_store::{Draft, Expected, Version};
use tollgate_telemetry::CallId;
use tollgate_workers::Workers;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations that try and publish drafts.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(validate))
        .routes(routes!(test))
        .routes(routes!(publish))
}

/// Whether a draft can be published.
#[derive(Serialize, ToSchema)]
struct Validation {
    valid: bool,
    errors: Vec<ErrorBody>,
}

request! {
    /// The version that is to be published.
    Seen {
        #[schema(value_type = i64, minimum = 0)]
        version: Version,
    }
}

/// Whether a draft can be published.
#[utoipa::path(
    get, path = "/api/v2/integrations/actions/{actionId}/draft/validation", operation_id = "getIntegrationsActionDraftValidation",
    responses((status = 200, description = "The answer.", body = Validation), ChangeErrors),
)]
async fn validate(
    State(live): State<Arc<Live>>,
    State(workers): State<Arc<Workers>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Validation>, ApiError> {
    let draft = find(&live, &id).await?;
    caller.needs_sight(over(&draft))?;
    let target = target(&live, &draft)?;
    let problem = usable(&workers, draft.id.as_str(), &target, &draft.body)
        .await
        .err();
    let errors: Vec<_> = problem.iter().map(ApiError::body).collect();
    Ok(Json(Validation {
        valid: errors.is_empty(),
        errors,
    }))
}

/// Runs a draft step by step.
#[utoipa::path(
    post, path = "/api/v2/integrations/actions/{actionId}/draft/test", operation_id = "postIntegrationsActionDraftTest",
    params(Flatten, TermsHeaders),
    request_body = Option<Value>,
    responses((status = 200, description = "The answer.", body = TestReport), CallErrors),
)]
async fn test(
    State(calls): State<Calls>,
    State(workers): State<Arc<Workers>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<TestReport>, ApiError> {
    let flatten = Flatten::of(&Query::parse(query.as_deref()))?.unwrap_or(false);
    let terms = terms(&caller, (&headers, flatten), CallId::draw())?;
    let body = calls.bodies.text(body).await?;
    let draft = own(&calls.live, &caller, &id).await?;
    let target = target(&calls.live, &draft)?;
    let entry = Arc::new(entry(&workers, &draft, &target).await?);
    let result = calls.executor.test((&entry, &target), body, terms).await?;
    calls.note(&caller, "test", &entry, None, &[]);
    Ok(Json(show_test(result)))
}

/// Makes the action what its draft says. What couldn't be executed isn't published.
#[utoipa::path(
    post, path = "/api/v2/integrations/actions/{actionId}/draft/publish", operation_id = "postIntegrationsActionDraftPublish",
    request_body = Seen,
    responses((status = 200, description = "The answer.", body = ActionView), ChangeErrors),
)]
async fn publish(
    State(live): State<Arc<Live>>,
    State(workers): State<Arc<Workers>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    body: SentBody,
) -> Result<Json<ActionView>, ApiError> {
    let Seen { version } = Seen::read(&body.doc().await?)?;
    let seen = Expected::Version(version);
    let draft = own(&live, &caller, &id).await?;
    let target = target(&live, &draft)?;
    let compiled = match seen == Expected::Version(draft.version) {
        true => Some(usable(&workers, draft.id.as_str(), &target, &draft.body).await?),
        // The store refuses to publish another version.
        false => None,
    };
    let made = live
        .store()?
        .publish_draft(&draft.id, seen, &by(&caller))
        .await?;
    actions::changed(&live, &made, compiled).await
}

async fn entry(
    workers: &Workers,
    draft: &Draft,
    target: &Arc<CatalogIntegration>,
) -> Result<CatalogAction, ApiError> {
    let version = draft.version.0;
    actions::compiled(workers, draft.id.as_str(), target, &draft.body, version).await
}
