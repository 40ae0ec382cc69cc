//! `/api/v2/authorization/divisions`: the organisation's divisions, which separate nothing here.

use crate::answers::ReadErrors;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::json::Json;
use crate::listing::{Name, SortBy};
use crate::page::{Listing, Page};
use crate::query::{Query, parameter};
use crate::request::{Field, request};
use crate::state::Api;
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use serde::Serialize;
use std::sync::Arc;
use tollgate_config::{Division, Organization};
use tollgate_json::Doc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const PATH: &str = "/api/v2/authorization/divisions";

/// The operations on divisions.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(home))
        .routes(routes!(get))
}

parameter! {
    /// Ids of what is wanted.
    WantedIds("id"): Vec<String>
}
parameter! {
    /// Only false: what is in a division isn't counted here.
    ObjectCount("objectCount"): bool = false
}

/// A division, where something tells in which it is.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Division)]
pub(crate) struct DivisionView {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) self_uri: String,
}

impl From<&Division> for DivisionView {
    fn from(division: &Division) -> Self {
        Self {
            id: division.id.to_string(),
            name: division.name.clone(),
            self_uri: format!("{PATH}/{}", division.id),
        }
    }
}

request! {
    /// A division, which a request's field names by its id.
    WritableDivision {
        #[schema(min_length = 1)]
        id: String,
    }
    shown {
        name: String,
        self_uri: String,
    }
}

/// An object without an id names none.
impl Field for Option<WritableDivision> {
    fn read(doc: &Doc, name: &str) -> Result<Self, ApiError> {
        let given = doc.object(name)?;
        let given = given.filter(|given| given.get("id").is_some_and(|id| id != ""));
        given.as_ref().map(WritableDivision::read).transpose()
    }
}

impl WritableDivision {
    /// The division itself. `field`: the request's field that names it.
    pub(crate) fn find<'a>(
        &self,
        organization: &'a Organization,
        field: &str,
    ) -> Result<&'a Division, ApiError> {
        let found = organization.division(&self.id);
        found.ok_or_else(|| ApiError::bad_request(unknown(field, &self.id)))
    }
}

/// What is said of a division that the configuration doesn't have.
pub(crate) fn unknown(field: &str, id: &str) -> String {
    format!(
        "{field}: no division {id:?} is configured. Name it in the configuration file: [[organization.division]] \
         with id = {id:?} and its name; the home division is named there too, with home = true."
    )
}

/// A division of the organisation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuthzDivision)]
struct OwnDivision {
    id: String,
    name: String,
    home_division: bool,
    self_uri: String,
}

fn show(organization: &Organization, division: &Division) -> OwnDivision {
    let DivisionView { id, name, self_uri } = division.into();
    OwnDivision {
        home_division: division.id == organization.home().id,
        id,
        name,
        self_uri,
    }
}

/// Lists the organisation's divisions.
#[utoipa::path(
    get, path = PATH, operation_id = "getAuthorizationDivisions", params(Page, SortBy, ObjectCount, WantedIds, Name),
    responses((status = 200, description = "A page.", body = Listing<OwnDivision>)),
)]
async fn list(
    State(organization): State<Arc<Organization>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing<OwnDivision>>, ApiError> {
    caller.needs_any()?;
    let query = Query::parse(query.as_deref());
    not_counted(&query)?;
    let page = Page::of(&query)?;
    let ids = WantedIds::of(&query)?;
    let mut found: Vec<_> = organization
        .divisions()
        .filter(|it| is_wanted(ids.as_deref(), it.id.as_str()) && Name::is_in(&query, &it.name))
        .collect();
    match SortBy::among(&query, &["name", "id"])? {
        "id" => found.sort_by(|a, b| a.id.cmp(&b.id)),
        _ => found.sort_by_key(|it| it.name.to_lowercase()),
    }
    page.list(PATH, &query, &found, |it| show(&organization, it))
        .map(Json)
}

/// Gets the home division.
#[utoipa::path(
    get, path = "/api/v2/authorization/divisions/home", operation_id = "getAuthorizationDivisionsHome",
    responses((status = 200, description = "The answer.", body = OwnDivision)),
)]
async fn home(
    State(organization): State<Arc<Organization>>,
    Extension(caller): Caller,
) -> Result<Json<OwnDivision>, ApiError> {
    caller.needs_any()?;
    Ok(Json(show(&organization, organization.home())))
}

/// Gets a division.
#[utoipa::path(
    get, path = "/api/v2/authorization/divisions/{divisionId}", operation_id = "getAuthorizationDivision",
    params(ObjectCount),
    responses((status = 200, description = "The answer.", body = OwnDivision), ReadErrors),
)]
async fn get(
    State(organization): State<Arc<Organization>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<OwnDivision>, ApiError> {
    caller.needs_any()?;
    not_counted(&Query::parse(query.as_deref()))?;
    let found = organization.division(&id);
    let found = found.ok_or_else(|| ApiError::not_found(unknown("divisionId", &id)))?;
    Ok(Json(show(&organization, found)))
}

fn not_counted(query: &Query) -> Result<(), ApiError> {
    if ObjectCount::of(query)? == Some(true) {
        let message = "objectCount: what is in a division isn't counted here; leave it out.";
        return Err(ApiError::bad_request(message));
    }
    Ok(())
}

/// Whether the id is among those that are wanted, whatever its case; all are where none is named.
pub(super) fn is_wanted(ids: Option<&[String]>, id: &str) -> bool {
    ids.is_none_or(|ids| ids.iter().any(|wanted| wanted.eq_ignore_ascii_case(id)))
}
