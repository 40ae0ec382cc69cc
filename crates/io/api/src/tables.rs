//! `/api/v2/flows/datatables`: tables that flows look things up in.

mod files;
mod list;
mod shapes;

use crate::answers::ChangeErrors;
use crate::bodies::SentBody;
use crate::caller::Caller;
use crate::changes::by;
use crate::error::ApiError;
use crate::json::Json;
use crate::query::{Query, parameter};
use crate::state::Api;
use crate::tags::IfMatch;
use crate::wire::id as parse_id;
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use http::StatusCode;
use list::Expand;
pub(crate) use list::SortOrder;
use shapes::{DataTable, DataTableRequest};
use std::sync::Arc;
use tollgate_callers::Over;
use tollgate_config::Organization;
use tollgate_definitions::Live;
use tollgate_store::{EntityId, Expected, Role, StoreError, Table, TableBody};
use tollgate_table::Schema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) const PATH: &str = "/api/v2/flows/datatables";
/// How often an update is tried whose caller doesn't say which version it has seen.
const TRIES: u32 = 3;

/// The operations on data tables.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(create))
        .merge(list::routes())
        .routes(routes!(view))
        .routes(routes!(get, update, remove))
        .merge(files::routes())
}

parameter! {
    /// Deletes a table although it has rows.
    Force("force"): bool = false
}

/// Gets a data table.
#[utoipa::path(
    get, path = "/api/v2/flows/datatables/{datatableId}", operation_id = "getFlowsDatatable",
    params(Expand),
    responses((status = 200, description = "The answer.", body = DataTable), ChangeErrors),
)]
async fn get(
    State(live): State<Arc<Live>>,
    State(organization): State<Arc<Organization>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<DataTable>, ApiError> {
    caller.needs_any()?;
    let schema = Expand::of(&Query::parse(query.as_deref()))?.is_some();
    let table = live.store()?.get::<Table>(&parse_id(&id)?).await?;
    Ok(Json(DataTable::of(&table, &organization, schema)))
}

/// Gets a data table of a division that the caller sees.
#[utoipa::path(
    get, path = "/api/v2/flows/datatables/divisionviews/{datatableId}",
    operation_id = "getFlowsDatatablesDivisionview", params(Expand),
    responses((status = 200, description = "The answer.", body = DataTable), ChangeErrors),
)]
async fn view(
    live: State<Arc<Live>>,
    organization: State<Arc<Organization>>,
    caller: Caller,
    id: Path<String>,
    query: RawQuery,
) -> Result<Json<DataTable>, ApiError> {
    get(live, organization, caller, id, query).await
}

/// Makes a data table.
#[utoipa::path(
    post, path = PATH, operation_id = "postFlowsDatatables", request_body = DataTableRequest,
    responses((status = 200, description = "The answer.", body = DataTable), ChangeErrors),
)]
async fn create(
    State(live): State<Arc<Live>>,
    State(organization): State<Arc<Organization>>,
    Extension(caller): Caller,
    body: SentBody,
) -> Result<Json<DataTable>, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let request = DataTableRequest::read(&body.doc().await?)?;
    let written = request.body(&organization, None)?;
    let made = live
        .store()?
        .create::<Table>((EntityId::random(), written), &by(&caller))
        .await?;
    Ok(Json(DataTable::of(&made, &organization, true)))
}

/// Replaces a data table's description. Columns can be added to its schema; none can be taken away or have another
/// type. The schema is in the answer, whether it is asked for or not.
#[utoipa::path(
    put, path = "/api/v2/flows/datatables/{datatableId}", operation_id = "putFlowsDatatable",
    params(Expand, IfMatch), request_body = DataTableRequest,
    responses((status = 200, description = "The answer.", body = DataTable), ChangeErrors),
)]
async fn update(
    State(live): State<Arc<Live>>,
    State(organization): State<Arc<Organization>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    if_match: IfMatch,
    body: SentBody,
) -> Result<Json<DataTable>, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    Expand::of(&Query::parse(query.as_deref()))?;
    let id = parse_id(&id)?;
    let request = DataTableRequest::read(&body.doc().await?)?;
    let (store, seen) = (live.store()?, if_match.or(request.version)?);
    let author = by(&caller);
    for left in (0..TRIES).rev() {
        // The rows that there are have to fit the schema, so it is compared with the one that it follows.
        let before = store.get::<Table>(&id).await?;
        let written: TableBody = request.body(&organization, Some(&before.body))?;
        let expected = match seen {
            Expected::Any => Expected::Version(before.version),
            seen => seen,
        };
        let changed = store.update::<Table>(&id, expected, written, &author);
        match changed.await {
            Err(StoreError::Stale { .. }) if seen == Expected::Any && left > 0 => {}
            changed => return Ok(Json(DataTable::of(&changed?, &organization, true))),
        }
    }
    Err(ApiError::internal())
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

/// What rows of a table have to be.
pub(crate) fn schema_of(table: &Table) -> Schema {
    Schema::stored(&table.body.schema.value())
}
