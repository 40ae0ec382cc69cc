//! Parts of actions by file name, and the whole as a file.

use crate::answers::ChangeErrors;
use crate::caller::Caller;
use crate::drafts;
use crate::error::ApiError;
use crate::json::Json;
use crate::query::Query;
use crate::run::Flatten;
use crate::state::Api;
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use http::header;
use serde_json::Value;
use std::sync::Arc;
use tollgate_action::FlattenedSchema;
use tollgate_callers::{Over, Principal};
use tollgate_definitions::{Live, export};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The file names of schemas, and where each lies in a definition.
const SCHEMAS: [(&str, &str); 3] = [
    ("inputschema.json", "/contract/input/inputSchema"),
    ("successschema.json", "/contract/output/successSchema"),
    ("errorschema.json", "/contract/output/errorSchema"),
];
/// The same for templates.
const TEMPLATES: [(&str, &str); 3] = [
    ("requesttemplate.vm", "/config/request/requestTemplate"),
    (
        "requesturltemplate.vm",
        "/config/request/requestUrlTemplate",
    ),
    ("successtemplate.vm", "/config/response/successTemplate"),
];
/// What the templates say that an action may do without, where it has none: no body is sent, and the answer is taken as
/// it is. Terraform's provider forgets an action that lacks one of them.
const DEFAULTS: [(&str, &str); 2] = [
    ("requesttemplate.vm", ""),
    ("successtemplate.vm", "${rawResult}"),
];

type Named = Path<(String, String)>;

/// The operations on parts of actions, and on the whole as a file.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(schema))
        .routes(routes!(template))
        .routes(routes!(draft_schema))
        .routes(routes!(draft_template))
        .routes(routes!(export_action))
}

/// inputschema.json, successschema.json or errorschema.json.
#[utoipa::path(
    get, path = "/api/v2/integrations/actions/{actionId}/schemas/{fileName}", operation_id = "getIntegrationsActionSchema",
    params(Flatten),
    responses((status = 200, description = "The answer.", body = Value), ChangeErrors),
)]
async fn schema(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path((id, name)): Named,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    schema_of(&published(&live, &caller, &id)?, &name, query.as_deref())
}

/// requesttemplate.vm, requesturltemplate.vm or successtemplate.vm; without a template of its own, what serves in its
/// place.
#[utoipa::path(
    get, path = "/api/v2/integrations/actions/{actionId}/templates/{fileName}", operation_id = "getIntegrationsActionTemplate",
    responses((status = 200, description = "The text.", body = String), ChangeErrors),
)]
async fn template(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path((id, name)): Named,
) -> Result<Response, ApiError> {
    template_of(&published(&live, &caller, &id)?, &name)
}

/// inputschema.json, successschema.json or errorschema.json of a draft.
#[utoipa::path(
    get, path = "/api/v2/integrations/actions/{actionId}/draft/schemas/{fileName}", operation_id = "getIntegrationsActionDraftSchema",
    params(Flatten),
    responses((status = 200, description = "The answer.", body = Value), ChangeErrors),
)]
async fn draft_schema(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path((id, name)): Named,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    schema_of(
        &of_draft(&live, &caller, &id).await?,
        &name,
        query.as_deref(),
    )
}

/// requesttemplate.vm, requesturltemplate.vm or successtemplate.vm of a draft, as of an action.
#[utoipa::path(
    get, path = "/api/v2/integrations/actions/{actionId}/draft/templates/{fileName}", operation_id = "getIntegrationsActionDraftTemplate",
    responses((status = 200, description = "The text.", body = String), ChangeErrors),
)]
async fn draft_template(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path((id, name)): Named,
) -> Result<Response, ApiError> {
    template_of(&of_draft(&live, &caller, &id).await?, &name)
}

/// The action as a file, as the platform exports it.
#[utoipa::path(
    get, path = "/api/v2/tollgate/actions/{actionId}/export", operation_id = "exportAction",
    responses((status = 200, description = "The answer.", body = Value), ChangeErrors),
)]
async fn export_action(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(published(&live, &caller, &id)?))
}

fn published(live: &Live, caller: &Principal, id: &str) -> Result<Value, ApiError> {
    let catalog = live.catalog();
    let entry = catalog.find(id)?;
    caller.needs_sight(Over::of(entry))?;
    Ok(entry.action()?.definition().clone())
}

async fn of_draft(live: &Live, caller: &Principal, id: &str) -> Result<Value, ApiError> {
    let draft = drafts::find(live, id).await?;
    caller.needs_sight(drafts::over(&draft))?;
    let target = drafts::target(live, &draft)?;
    Ok(export(&draft.body, &target.kind, false))
}

fn schema_of(definition: &Value, name: &str, query: Option<&str>) -> Result<Json<Value>, ApiError> {
    let flatten = Flatten::of(&Query::parse(query))?.unwrap_or(false);
    let schema = part(definition, name, &SCHEMAS)?;
    Ok(Json(if flatten {
        FlattenedSchema::of(schema).schema
    } else {
        schema.clone()
    }))
}

fn template_of(definition: &Value, name: &str) -> Result<Response, ApiError> {
    let mut defaults = DEFAULTS.iter();
    let default = defaults.find(|(file, _)| name.eq_ignore_ascii_case(file));
    let own = part(definition, name, &TEMPLATES).map(|own| own.as_str().unwrap_or_default());
    let template = match (own, default) {
        (Ok("") | Err(_), Some((_, text))) => text,
        (own, _) => own?,
    };
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((kind, template.to_owned()).into_response())
}

fn part<'a>(
    definition: &'a Value,
    name: &str,
    known: &[(&str, &str)],
) -> Result<&'a Value, ApiError> {
    let found = known
        .iter()
        .find(|(file, _)| name.eq_ignore_ascii_case(file));
    let value = found.and_then(|(_, place)| definition.pointer(place));
    value.ok_or_else(|| {
        let known: Vec<_> = known.iter().map(|(file, _)| *file).collect();
        let known = known.join(", ");
        ApiError::not_found(format!(
            "The action has no file {name:?}; there may be: {known}."
        ))
    })
}
