//! `/api/v2/flows/datatables`: tables that flows look things up in.

use crate::bodies::Bodies;
use crate::caller::Caller;
use crate::changes::by;
use crate::doc::{Body as _, id as parse_id};
use crate::error::ApiError;
use crate::json::Json;
use crate::listing;
use crate::page::{Page, Query};
use crate::principal::Over;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_definitions::Live;
use tollgate_json::Doc;
use tollgate_store::{
    EntityId, Expected, JsonText, Role, Sort, Table, TableBody, TableQuery, TableSort,
};

pub(crate) const PATH: &str = "/api/v2/flows/datatables";
/// Columns of a table, its key included.
const MAX_COLUMNS: usize = 100;

pub(crate) async fn list(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    caller.needs_any()?;
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let key = match listing::sort_by(&query, &["name", "id"])? {
        "id" => TableSort::Id,
        _ => TableSort::Name,
    };
    let wanted = TableQuery {
        name: listing::name(&query),
        sort: Sort {
            key,
            descending: listing::descending(&query)?,
        },
        page: page.request()?,
    };
    let schema = listing::expands(&query, "schema");
    let Ok(store) = live.store() else {
        return Ok(Json(page.answer(PATH, &query, Vec::new(), 0)));
    };
    let found = store.list::<Table>(&wanted).await?;
    let shown = found
        .items
        .iter()
        .map(|table| show(table, schema))
        .collect();
    Ok(Json(page.answer(PATH, &query, shown, found.total)))
}

pub(crate) async fn get(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    caller.needs_any()?;
    let schema = listing::expands(&Query::parse(query.as_deref()), "schema");
    Ok(Json(show(
        &live.store()?.get::<Table>(&parse_id(&id)?).await?,
        schema,
    )))
}

pub(crate) async fn create(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    Extension(caller): Caller,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let written = read(&bodies.doc(body).await?)?;
    let made = live
        .store()?
        .create::<Table>((EntityId::random(), written), &by(&caller))
        .await?;
    Ok(Json(show(&made, true)))
}

pub(crate) async fn update(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let id = parse_id(&id)?;
    let doc = bodies.doc(body).await?;
    let (written, seen) = (read(&doc)?, doc.perhaps_seen()?);
    let changed = live
        .store()?
        .update::<Table>(&id, seen, written, &by(&caller))
        .await?;
    Ok(Json(show(&changed, true)))
}

pub(crate) async fn remove(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<StatusCode, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let id = parse_id(&id)?;
    let with_rows = Query::parse(query.as_deref())
        .flag("force")?
        .unwrap_or(false);
    live.store()?
        .delete_table(&id, Expected::Any, with_rows, &by(&caller))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn read(doc: &Doc) -> Result<TableBody, ApiError> {
    let schema = doc.object("schema")?.ok_or_else(|| {
        ApiError::bad_request("schema: missing; give a JSON schema with a property \"key\".")
    })?;
    let columns = schema.object("properties")?;
    let columns: Vec<_> = columns.iter().flat_map(Doc::fields).collect();
    if columns.len() > MAX_COLUMNS {
        return Err(ApiError::bad_request(format!(
            "schema.properties: {MAX_COLUMNS} columns at the most."
        )));
    }
    let kinds = ["string", "integer", "number", "boolean"];
    for (name, column) in &columns {
        let kind = column
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if !kinds.contains(&kind) {
            return Err(ApiError::bad_request(format!(
                "schema.properties.{name}.type: expected one of {}, found {kind:?}.",
                kinds.join(", ")
            )));
        }
    }
    let key = columns.iter().find(|(name, _)| *name == "key");
    if key.is_none_or(|(_, column)| column["type"] != "string") {
        let message = "schema.properties: a property \"key\" of type string is missing.";
        return Err(ApiError::bad_request(message));
    }
    Ok(TableBody {
        name: doc.required("name")?,
        description: doc.text("description")?.unwrap_or_default(),
        schema: JsonText::parse(schema.into_value().to_string())?,
    })
}

fn show(table: &Table, schema: bool) -> Value {
    let mut shown = json!({
        "id": table.id.as_str(),
        "name": table.body.name,
        "description": table.body.description,
        "division": {"id": "*", "name": "Home"},
        "version": table.version.0,
        "selfUri": format!("{PATH}/{}", table.id),
    });
    if schema {
        shown["schema"] = table.body.schema.value();
    }
    shown
}
