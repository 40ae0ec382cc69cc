//! Rows of data tables. A row keeps its table's schema: known columns, of their types; a column that the
//! row leaves out takes its default, or the zero of its type (`tollgate_table`).

use super::tables::{PATH, SortOrder, schema_of};
use crate::answers::ChangeErrors;
use crate::bodies::SentBody;
use crate::caller::Caller;
use crate::changes::by;
use crate::error::ApiError;
use crate::json::Json;
use crate::page::{Listing, Page};
use crate::query::{Query, parameter};
use crate::state::Api;
use crate::wire::id as parse_id;
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use http::StatusCode;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::sync::Arc;
use tollgate_callers::Over;
use tollgate_definitions::Live;
use tollgate_store::{EntityId, JsonText, Role, Row, Store, Table};
use tollgate_table::{KEY, Schema};
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema as Described};
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
    ShowBrief("showbrief"): bool = true
}

/// A row as the document describes it: its key, and its table's other columns.
struct RowShape;

impl ToSchema for RowShape {
    fn name() -> Cow<'static, str> {
        "Row".into()
    }
}

impl PartialSchema for RowShape {
    fn schema() -> RefOr<Described> {
        let key = ObjectBuilder::new().property("key", String::schema());
        key.additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .into()
    }
}

/// Lists rows; their keys alone unless showbrief=false.
#[utoipa::path(
    get, path = "/api/v2/flows/datatables/{datatableId}/rows", operation_id = "getFlowsDatatableRows",
    params(Page, ShowBrief, SortOrder),
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
    let (store, descending) = (live.store()?, SortOrder::descending(&query)?);
    let whole = whole(store, &id, brief).await?;
    let found = store.list_rows(&id, descending, page.request()?).await?;
    let shown = found.items.iter().map(|row| show(row, whole.as_ref()));
    let shown = shown.collect();
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
    let (store, id) = (live.store()?, parse_id(&id)?);
    let whole = whole(store, &id, brief).await?;
    let row = store.row(&id, &key).await?;
    Ok(Json(show(&row, whole.as_ref())))
}

/// Adds a row.
#[utoipa::path(
    post, path = "/api/v2/flows/datatables/{datatableId}/rows", operation_id = "postFlowsDatatableRows",
    request_body = RowShape,
    responses((status = 200, description = "The answer.", body = Value), ChangeErrors),
)]
async fn create(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    body: SentBody,
) -> Result<Json<Value>, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let id = parse_id(&id)?;
    let text = body.text().await?;
    let store = live.store()?;
    let row = read(&store.get::<Table>(&id).await?, &text, None)?;
    let made = store.insert_row(&id, row, &by(&caller)).await?;
    Ok(Json(made.value.value()))
}

/// Replaces a row.
#[utoipa::path(
    put, path = "/api/v2/flows/datatables/{datatableId}/rows/{rowId}", operation_id = "putFlowsDatatableRow",
    request_body = RowShape,
    responses((status = 200, description = "The answer.", body = Value), ChangeErrors),
)]
async fn update(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path((id, key)): Path<(String, String)>,
    body: SentBody,
) -> Result<Json<Value>, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let id = parse_id(&id)?;
    let text = body.text().await?;
    let store = live.store()?;
    let row = read(&store.get::<Table>(&id).await?, &text, Some(&key))?;
    let changed = store.update_row(&id, row, &by(&caller)).await?;
    Ok(Json(changed.value.value()))
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

/// What whole rows have; none where their keys are enough.
async fn whole(store: &Store, table: &EntityId, brief: bool) -> Result<Option<Schema>, ApiError> {
    if brief {
        return Ok(None);
    }
    Ok(Some(schema_of(&store.get::<Table>(table).await?)))
}

/// The row, as far as it keeps the schema. `key`: the one of the path, which the body's must be.
fn read(table: &Table, text: &str, key: Option<&str>) -> Result<Row, ApiError> {
    let mut given = match tollgate_json::Doc::parse(text)?.into_value() {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    if let Some(key) = key {
        let found = given.entry(KEY).or_insert_with(|| json!(key));
        if found.as_str() != Some(key) {
            let message = "key: must be the one in the path; a row's key never changes.";
            return Err(ApiError::bad_request(message));
        }
    }
    let row = schema_of(table).row(given);
    let row = row.map_err(|fault| ApiError::bad_request(fault.to_string()))?;
    let key = row.get(KEY).and_then(Value::as_str).unwrap_or_default();
    Ok(Row {
        key: key.to_owned(),
        value: JsonText::parse(Value::Object(row).to_string())?,
    })
}

/// A row as it is shown: its key alone, or all of it, with what it leaves out.
fn show(row: &Row, whole: Option<&Schema>) -> Value {
    let Some(schema) = whole else {
        return json!({KEY: row.key});
    };
    let mut value = row.value.value();
    if let Value::Object(fields) = &mut value {
        schema.complete(fields);
    }
    value
}
