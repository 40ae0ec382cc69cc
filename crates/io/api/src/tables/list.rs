//! Lists of data tables.

use super::PATH;
use super::shapes::DataTable;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::json::Json;
use crate::listing::Name;
use crate::page::{Listing, Page};
use crate::query::{Query, parameter};
use crate::state::Api;
use crate::words::words;
use axum::Extension;
use axum::extract::{RawQuery, State};
use std::sync::Arc;
use tollgate_config::Organization;
use tollgate_definitions::Live;
use tollgate_store::{Sort, Table, TableQuery, TableSort};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const VIEWS: &str = "/api/v2/flows/datatables/divisionviews";

/// The operations that list tables.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(views))
}

words! {
    /// What is wanted of a table beside the rest.
    ExpandWord {
        Schema = "schema",
    }
}
words! {
    /// What tables are sorted by.
    SortWord {
        Id = "id",
        Name = "name",
    }
}
words! {
    /// Which way a list goes.
    OrderWord {
        Ascending = "ascending" | "asc" | "ASC",
        Descending = "descending" | "desc" | "DESC",
    }
}
parameter! {
    /// What is wanted of a table beside the rest.
    Expand("expand"): ExpandWord
}
parameter! {
    /// What tables are sorted by.
    SortBy("sortBy"): SortWord = "id"
}
parameter! {
    /// Which way a list goes.
    SortOrder("sortOrder"): OrderWord = "ascending"
}

impl SortOrder {
    /// Whether the largest come first.
    pub(crate) fn descending(query: &Query) -> Result<bool, ApiError> {
        Ok(Self::of(query)? == Some(OrderWord::Descending))
    }
}
parameter! {
    /// Ids of divisions, one of which a table must be in.
    DivisionIds("divisionId"): Vec<String>
}

/// Lists data tables.
#[utoipa::path(
    get, path = PATH, operation_id = "getFlowsDatatables",
    params(Page, SortBy, SortOrder, DivisionIds, Name, Expand),
    responses((status = 200, description = "A page.", body = Listing<DataTable>)),
)]
async fn list(
    State(live): State<Arc<Live>>,
    State(organization): State<Arc<Organization>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing<DataTable>>, ApiError> {
    caller.needs_any()?;
    let query = Query::parse(query.as_deref());
    page(&live, &organization, &query, PATH).await
}

/// Lists the data tables of the divisions that the caller sees: all, since divisions separate nothing here.
#[utoipa::path(
    get, path = VIEWS, operation_id = "getFlowsDatatablesDivisionviews",
    params(Page, SortBy, SortOrder, DivisionIds, Name, Expand),
    responses((status = 200, description = "A page.", body = Listing<DataTable>)),
)]
async fn views(
    State(live): State<Arc<Live>>,
    State(organization): State<Arc<Organization>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing<DataTable>>, ApiError> {
    caller.needs_any()?;
    let query = Query::parse(query.as_deref());
    page(&live, &organization, &query, VIEWS).await
}

async fn page(
    live: &Live,
    organization: &Organization,
    query: &Query,
    path: &str,
) -> Result<Json<Listing<DataTable>>, ApiError> {
    let page = Page::of(query)?;
    let key = match SortBy::of(query)? {
        Some(SortWord::Name) => TableSort::Name,
        Some(SortWord::Id) | None => TableSort::Id,
    };
    let wanted = TableQuery {
        name: Name::filter(query),
        divisions: divisions(organization, query)?,
        sort: Sort {
            key,
            descending: SortOrder::descending(query)?,
        },
        page: page.request()?,
    };
    let schema = Expand::of(query)?.is_some();
    let Ok(store) = live.store() else {
        return Ok(Json(page.answer(path, query, Vec::new(), 0)));
    };
    let found = store.list::<Table>(&wanted).await?;
    let shown = found.items.iter();
    let shown = shown.map(|table| DataTable::of(table, organization, schema));
    Ok(Json(page.answer(path, query, shown.collect(), found.total)))
}

/// The divisions that are asked for, as the store has them. What was given none is at home.
fn divisions(organization: &Organization, query: &Query) -> Result<Vec<String>, ApiError> {
    let wanted = DivisionIds::of(query)?.unwrap_or_default();
    let home = organization.home().id.as_str();
    let mut kept: Vec<_> = wanted.iter().map(|id| id.to_ascii_lowercase()).collect();
    if kept.iter().any(|id| id == home) {
        kept.push(String::new());
    }
    Ok(kept)
}
