//! Rows of data tables. A row keeps its table's schema: known columns, of their types; a column that the
//! row leaves out takes its default.

use super::tables::PATH;
use crate::answers::ChangeErrors;
use crate::bodies::Bodies;
use crate::caller::Caller;
use crate::changes::by;
use crate::error::ApiError;
use crate::json::Json;
use crate::page::{Listing, Page};
use crate::query::{Query, parameter};
use crate::state::Api;
use crate::wire::id as parse_id;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use http::StatusCode;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::sync::Arc;
use tollgate_callers::Over;
use tollgate_definitions::Live;
use tollgate_store::{JsonText, Role, Row, Table};
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations on rows.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list, create))
        .routes(routes!(get, update, remove))
}

parameter! {
    /// Whether the keys of rows alone are wanted, as without it, or false for the whole rows.
    ShowBrief("showbrief"): bool
}

/// A row as the document describes it: its key, and its table's other columns.
struct RowShape;

impl ToSchema for RowShape {
    fn name() -> Cow<'static, str> {
        "Row".into()
    }
}

impl PartialSchema for RowShape {
    fn schema() -> RefOr<Schema> {
        let key = ObjectBuilder::new().property("key", String::schema());
        key.additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .into()
    }
}

/// Lists rows; their keys alone unless showbrief=false.
#[utoipa::path(
    get, path = "/api/v2/flows/datatables/{datatableId}/rows", operation_id = "getFlowsDatatableRows",
    params(Page, ShowBrief),
    responses((status = 200, description = "A page.", body = Listing<Value>), ChangeErrors),
)]
async fn list(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing<Value>>, ApiError> {
    caller.needs_any()?;
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let brief = ShowBrief::of(&query)?.unwrap_or(true);
    let id = parse_id(&id)?;
    let found = live.store()?.list_rows(&id, false, page.request()?).await?;
    let shown = found.items.iter().map(|row| show(row, brief)).collect();
    let path = format!("{PATH}/{id}/rows");
    Ok(Json(page.answer(&path, &query, shown, found.total)))
}

/// Gets a row.
#[utoipa::path(
    get, path = "/api/v2/flows/datatables/{datatableId}/rows/{rowId}", operation_id = "getFlowsDatatableRow",
    params(ShowBrief),
    responses((status = 200, description = "The answer.", body = Value), ChangeErrors),
)]
async fn get(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path((id, key)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    caller.needs_any()?;
    let brief = ShowBrief::of(&Query::parse(query.as_deref()))?.unwrap_or(true);
    let row = live.store()?.row(&parse_id(&id)?, &key).await?;
    Ok(Json(show(&row, brief)))
}

/// Adds a row.
#[utoipa::path(
    post, path = "/api/v2/flows/datatables/{datatableId}/rows", operation_id = "postFlowsDatatableRows",
    request_body = RowShape,
    responses((status = 200, description = "The answer.", body = Value), ChangeErrors),
)]
async fn create(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let id = parse_id(&id)?;
    let text = bodies.text(body).await?;
    let store = live.store()?;
    let row = read(&store.get::<Table>(&id).await?, &text, None)?;
    let made = store.insert_row(&id, row, &by(&caller)).await?;
    Ok(Json(show(&made, false)))
}

/// Replaces a row.
#[utoipa::path(
    put, path = "/api/v2/flows/datatables/{datatableId}/rows/{rowId}", operation_id = "putFlowsDatatableRow",
    request_body = RowShape,
    responses((status = 200, description = "The answer.", body = Value), ChangeErrors),
)]
async fn update(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    Extension(caller): Caller,
    Path((id, key)): Path<(String, String)>,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let id = parse_id(&id)?;
    let text = bodies.text(body).await?;
    let store = live.store()?;
    let row = read(&store.get::<Table>(&id).await?, &text, Some(&key))?;
    let changed = store.update_row(&id, row, &by(&caller)).await?;
    Ok(Json(show(&changed, false)))
}

/// Deletes a row.
#[utoipa::path(
    delete, path = "/api/v2/flows/datatables/{datatableId}/rows/{rowId}",
    operation_id = "deleteFlowsDatatableRow",
    responses((status = 204, description = "Done."), ChangeErrors),
)]
async fn remove(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path((id, key)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    live.store()?
        .delete_row(&parse_id(&id)?, &key, &by(&caller))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The row, as far as it keeps the schema. `key`: the one of the path, which the body's must be.
fn read(table: &Table, text: &str, key: Option<&str>) -> Result<Row, ApiError> {
    let mut given = match tollgate_json::Doc::parse(text)?.into_value() {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    if let Some(key) = key {
        let found = given.entry("key").or_insert_with(|| json!(key));
        if found.as_str() != Some(key) {
            let message = "key: must be the one in the path; a row's key never changes.";
            return Err(ApiError::bad_request(message));
        }
    }
    let schema = table.body.schema.value();
    let columns = schema["properties"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    if let Some(unknown) = given.keys().find(|name| !columns.contains_key(*name)) {
        return Err(ApiError::bad_request(format!(
            "{unknown}: the table has no such column."
        )));
    }
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let mut row = Map::new();
    for (name, column) in &columns {
        let value = given
            .remove(name)
            .or_else(|| column.get("default").cloned());
        match value {
            Some(value) => {
                let kind = column["type"].as_str().unwrap_or_default();
                if !is(kind, &value) {
                    return Err(ApiError::bad_request(format!("{name}: expected {kind}.")));
                }
                row.insert(name.clone(), value);
            }
            None if name == "key" || required.contains(&json!(name)) => {
                return Err(ApiError::bad_request(format!("{name}: missing.")));
            }
            None => {}
        }
    }
    let key = row
        .get("key")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    Ok(Row {
        key,
        value: JsonText::parse(Value::Object(row).to_string())?,
    })
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => false,
    }
}

/// Brief: the key alone.
fn show(row: &Row, brief: bool) -> Value {
    if brief {
        json!({"key": row.key})
    } else {
        row.value.value()
    }
}
