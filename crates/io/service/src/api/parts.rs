//! Parts of actions by file name, and the whole as a file.

use super::actions::over;
use super::{App, Caller, drafts};
use crate::catalog::export;
use crate::error::ApiError;
use crate::json::Json;
use crate::page::Query;
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use http::header;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Levels of a schema that are flattened; beyond them a property keeps its schema.
const MAX_DEPTH: usize = 50;

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
        flat(schema)
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

/// The contract with its schemas flattened beside them, as the platform names these.
pub(super) fn flattened(contract: &Value) -> Value {
    let mut shown = contract.clone();
    for (side, name) in [
        ("input", "inputSchema"),
        ("output", "successSchema"),
        ("output", "errorSchema"),
    ] {
        if let Some(schema) = contract.pointer(&format!("/{side}/{name}")) {
            shown[side][format!("{name}Flattened")] = flat(schema);
        }
    }
    shown
}

/// One level of properties, named by their paths; an array's items become arrays of their fields, as
/// Architect sees them.
fn flat(schema: &Value) -> Value {
    let mut properties = Map::new();
    fields(schema, "", false, MAX_DEPTH, &mut properties);
    let mut shown =
        json!({"type": "object", "properties": properties, "additionalProperties": false});
    for name in ["$schema", "title", "description"] {
        if let Some(value) = schema.get(name) {
            shown[name] = value.clone();
        }
    }
    shown
}

fn fields(schema: &Value, path: &str, listed: bool, depth: usize, into: &mut Map<String, Value>) {
    let children = schema.get("properties").and_then(Value::as_object);
    let items = schema.get("items").filter(|_| schema["type"] == "array");
    match (children, items) {
        (Some(children), _) if depth > 0 => {
            for (name, child) in children {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                fields(child, &path, listed, depth - 1, into);
            }
        }
        (None, Some(items)) if depth > 0 => fields(items, path, true, depth - 1, into),
        _ => {
            let shown = if listed {
                json!({"type": "array", "items": schema})
            } else {
                schema.clone()
            };
            into.insert(path.to_owned(), shown);
        }
    }
}
