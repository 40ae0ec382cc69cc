//! `/api/v2/flows/datatables`: tables that flows look things up in.

use crate::answers::ChangeErrors;
use crate::bodies::Bodies;
use crate::caller::Caller;
use crate::changes::by;
use crate::error::ApiError;
use crate::json::Json;
use crate::listing::{Expand, Name, SortBy, SortOrder};
use crate::page::{Listing, Page};
use crate::query::{Query, parameter};
use crate::request::request;
use crate::state::Api;
use crate::tags::IfMatch;
use crate::wire::id as parse_id;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use tollgate_callers::Over;
use tollgate_definitions::Live;
use tollgate_json::Doc;
use tollgate_store::{
    EntityId, Expected, JsonText, Role, Sort, Table, TableBody, TableQuery, TableSort,
};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) const PATH: &str = "/api/v2/flows/datatables";
/// Columns of a table, its key included.
const MAX_COLUMNS: usize = 100;
/// The types of columns.
const KINDS: [&str; 4] = ["string", "integer", "number", "boolean"];

/// The operations on data tables.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list, create))
        .routes(routes!(get, update, remove))
}

parameter! {
    /// Deletes a table although it has rows.
    Force("force"): bool
}

/// A table that flows look things up in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DataTable {
    id: String,
    name: String,
    description: String,
    division: Division,
    #[schema(minimum = 0)]
    version: i64,
    self_uri: String,
    /// The schema of its rows, where it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    schema: Option<Value>,
}

/// The one division that everything belongs to.
#[derive(Serialize, ToSchema)]
#[schema(as = Division)]
struct Division {
    id: &'static str,
    name: &'static str,
}

const HOME: Division = Division {
    id: "*",
    name: "Home",
};

request! {
    /// A data table as it is to be.
    DataTableRequest {
        #[schema(min_length = 1, max_length = 256)]
        name: String,
        description: Option<String>,
        #[schema(value_type = TableSchema, inline)]
        schema: Option<Doc>,
        /// The version that was read; what was changed since then isn't overwritten.
        #[schema(value_type = Option<i64>, minimum = 0)]
        version: Expected,
    }
    shown {
        id: String,
        division: Object,
        self_uri: String,
    }
}

/// The schema of a table's rows, as the document describes it.
struct TableSchema;

impl ToSchema for TableSchema {}

impl PartialSchema for TableSchema {
    fn schema() -> RefOr<Schema> {
        let column = |kinds: &[&str]| {
            let kind = ObjectBuilder::new().schema_type(Type::String);
            let kind = kind.enum_values(Some(kinds.iter().copied()));
            ObjectBuilder::new().property("type", kind).required("type")
        };
        let columns = ObjectBuilder::new().property("key", column(&["string"]));
        let columns = columns
            .required("key")
            .additional_properties(Some(column(&KINDS)));
        let kind = ObjectBuilder::new().schema_type(Type::String);
        let schema = ObjectBuilder::new().property("type", kind.enum_values(Some(["object"])));
        let schema = schema
            .property("properties", columns)
            .required("properties");
        schema.property("required", Vec::<String>::schema()).into()
    }
}

/// Lists data tables.
#[utoipa::path(
    get, path = PATH, operation_id = "getFlowsDatatables",
    params(Page, SortBy, SortOrder, Name, Expand),
    responses((status = 200, description = "A page.", body = Listing<DataTable>)),
)]
async fn list(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing<DataTable>>, ApiError> {
    caller.needs_any()?;
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let key = match SortBy::among(&query, &["name", "id"])? {
        "id" => TableSort::Id,
        _ => TableSort::Name,
    };
    let wanted = TableQuery {
        name: Name::filter(&query),
        divisions: Vec::new(),
        sort: Sort {
            key,
            descending: SortOrder::descending(&query)?,
        },
        page: page.request()?,
    };
    let schema = Expand::has(&query, "schema");
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

/// Gets a data table.
#[utoipa::path(
    get, path = "/api/v2/flows/datatables/{datatableId}", operation_id = "getFlowsDatatable",
    params(Expand),
    responses((status = 200, description = "The answer.", body = DataTable), ChangeErrors),
)]
async fn get(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<DataTable>, ApiError> {
    caller.needs_any()?;
    let schema = Expand::has(&Query::parse(query.as_deref()), "schema");
    let found = live.store()?.get::<Table>(&parse_id(&id)?).await?;
    Ok(Json(show(&found, schema)))
}

/// Makes a data table.
#[utoipa::path(
    post, path = PATH, operation_id = "postFlowsDatatables", request_body = DataTableRequest,
    responses((status = 200, description = "The answer.", body = DataTable), ChangeErrors),
)]
async fn create(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    Extension(caller): Caller,
    body: Body,
) -> Result<Json<DataTable>, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let written = DataTableRequest::read(&bodies.doc(body).await?)?.body()?;
    let made = live
        .store()?
        .create::<Table>((EntityId::random(), written), &by(&caller))
        .await?;
    Ok(Json(show(&made, true)))
}

/// Replaces a data table's description.
#[utoipa::path(
    put, path = "/api/v2/flows/datatables/{datatableId}", operation_id = "putFlowsDatatable",
    params(IfMatch),
    request_body = DataTableRequest,
    responses((status = 200, description = "The answer.", body = DataTable), ChangeErrors),
)]
async fn update(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    if_match: IfMatch,
    body: Body,
) -> Result<Json<DataTable>, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let id = parse_id(&id)?;
    let request = DataTableRequest::read(&bodies.doc(body).await?)?;
    let (seen, store) = (if_match.or(request.version)?, live.store()?);
    let (body, by) = (request.body()?, by(&caller));
    let changed = store.update::<Table>(&id, seen, body, &by).await?;
    Ok(Json(show(&changed, true)))
}

/// Deletes a data table; one with rows if forced.
#[utoipa::path(
    delete, path = "/api/v2/flows/datatables/{datatableId}", operation_id = "deleteFlowsDatatable",
    params(Force, IfMatch),
    responses((status = 204, description = "Done."), ChangeErrors),
)]
async fn remove(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    if_match: IfMatch,
) -> Result<StatusCode, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let id = parse_id(&id)?;
    let with_rows = Force::of(&Query::parse(query.as_deref()))?.unwrap_or(false);
    live.store()?
        .delete_table(&id, if_match.expected(), with_rows, &by(&caller))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

impl DataTableRequest {
    /// What the store keeps, if rows can have such a schema.
    fn body(self) -> Result<TableBody, ApiError> {
        let schema = self.schema.ok_or_else(|| {
            ApiError::bad_request("schema: missing; give a JSON schema with a property \"key\".")
        })?;
        let columns = schema.object("properties")?;
        let columns: Vec<_> = columns.iter().flat_map(Doc::fields).collect();
        if columns.len() > MAX_COLUMNS {
            return Err(ApiError::bad_request(format!(
                "schema.properties: {MAX_COLUMNS} columns at the most."
            )));
        }
        for (name, column) in &columns {
            let kind = column
                .get("type")
                .and_then(Value::as_str)
                .unwrap_or_default();
            if !KINDS.contains(&kind) {
                return Err(ApiError::bad_request(format!(
                    "schema.properties.{name}.type: expected one of {}, found {kind:?}.",
                    KINDS.join(", ")
                )));
            }
        }
        let key = columns.iter().find(|(name, _)| *name == "key");
        if key.is_none_or(|(_, column)| column["type"] != "string") {
            let message = "schema.properties: a property \"key\" of type string is missing.";
            return Err(ApiError::bad_request(message));
        }
        Ok(TableBody {
            name: self.name,
            description: self.description.unwrap_or_default(),
            schema: JsonText::parse(schema.into_value().to_string())?,
            division: String::new(),
        })
    }
}

fn show(table: &Table, schema: bool) -> DataTable {
    DataTable {
        id: table.id.to_string(),
        name: table.body.name.clone(),
        description: table.body.description.clone(),
        division: HOME,
        version: table.version.0,
        self_uri: format!("{PATH}/{}", table.id),
        schema: schema.then(|| table.body.schema.value()),
    }
}
