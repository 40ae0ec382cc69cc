//! Parts of actions by file name, and the whole as a file.

use super::actions::over;
use super::{App, Caller, drafts};
use crate::error::ApiError;
use crate::json::Json;
use crate::page::Query;
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use http::header;
use serde_json::Value;
use std::sync::Arc;
use tollgate_action::FlattenedSchema;
use tollgate_definitions::export;

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

type Named = Path<(String, String)>;

pub(super) async fn schema(
    State(app): State<Arc<App>>,
    Extension(caller): Caller,
    Path((id, name)): Named,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    schema_of(&published(&app, &caller, &id)?, &name, query.as_deref())
}

pub(super) async fn template(
    State(app): State<Arc<App>>,
    Extension(caller): Caller,
    Path((id, name)): Named,
) -> Result<Response, ApiError> {
    template_of(&published(&app, &caller, &id)?, &name)
}

pub(super) async fn draft_schema(
    State(app): State<Arc<App>>,
    Extension(caller): Caller,
    Path((id, name)): Named,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    schema_of(
        &of_draft(&app, &caller, &id).await?,
        &name,
        query.as_deref(),
    )
}

pub(super) async fn draft_template(
    State(app): State<Arc<App>>,
    Extension(caller): Caller,
    Path((id, name)): Named,
) -> Result<Response, ApiError> {
    template_of(&of_draft(&app, &caller, &id).await?, &name)
}

/// The action as the platform exports it.
pub(super) async fn export_action(
    State(app): State<Arc<App>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(published(&app, &caller, &id)?))
}

fn published(app: &App, caller: &crate::principal::Principal, id: &str) -> Result<Value, ApiError> {
    let catalog = app.live.catalog();
    let entry = catalog.find(id)?;
    caller.needs_sight(over(entry))?;
    Ok(entry.action()?.definition().clone())
}

async fn of_draft(
    app: &App,
    caller: &crate::principal::Principal,
    id: &str,
) -> Result<Value, ApiError> {
    let draft = drafts::find(app, id).await?;
    caller.needs_sight(drafts::over(&draft))?;
    let target = drafts::target(app, &draft)?;
    Ok(export(&draft.body, &target.kind, false))
}

fn schema_of(definition: &Value, name: &str, query: Option<&str>) -> Result<Json<Value>, ApiError> {
    let flatten = Query::parse(query).flag("flatten")?.unwrap_or(false);
    let schema = part(definition, name, &SCHEMAS)?;
    Ok(Json(if flatten {
        FlattenedSchema::of(schema).schema
    } else {
        schema.clone()
    }))
}

fn template_of(definition: &Value, name: &str) -> Result<Response, ApiError> {
    let template = part(definition, name, &TEMPLATES)?
        .as_str()
        .unwrap_or_default();
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

/// The contract with flattened schemas in the places of its schemas, as the platform shows the one or the other.
pub(super) fn flattened(contract: &Value) -> Value {
    let mut shown = contract.clone();
    for (side, name) in [
        ("input", "inputSchema"),
        ("output", "successSchema"),
        ("output", "errorSchema"),
    ] {
        let Some(fields) = shown.get_mut(side).and_then(Value::as_object_mut) else {
            continue;
        };
        let Some(schema) = fields.shift_remove(name).filter(|schema| !schema.is_null()) else {
            continue;
        };
        let flat = FlattenedSchema::of(&schema);
        // As the SDKs' models have it: of an input the schema alone.
        let flat = if side == "input" {
            flat.schema
        } else {
            flat.into_json()
        };
        fields.insert(format!("{name}Flattened"), flat);
    }
    shown
}
