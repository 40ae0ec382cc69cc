//! `/api/v2/authorization/roles`: the roles that OAuth clients can have. Those of the configuration file stand for
//! roles of the platform's; the three of this service are there beside them, each with its name as its id.

use super::divisions::{WantedIds, is_wanted};
use crate::answers::ReadErrors;
use crate::caller::Caller;
use crate::clients::RoleId;
use crate::error::ApiError;
use crate::json::Json;
use crate::listing::{Name, SortBy};
use crate::page::{Listing, Page};
use crate::query::{Query, parameter};
use crate::state::Api;
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use serde::Serialize;
use std::sync::Arc;
use tollgate_config::{Organization, Role};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const PATH: &str = "/api/v2/authorization/roles";
/// This service's own roles, and what each grants.
const OWN: [(Role, &str); 4] = [
    (
        Role::View,
        "See how the service stands: limits, flows, history, failures and metrics; nothing else.",
    ),
    (Role::Execute, "Run and test actions."),
    (
        Role::Author,
        "Write actions, drafts, data tables and workflows.",
    ),
    (
        Role::Administer,
        "Change integrations, credentials and OAuth clients, and read the audit log.",
    ),
];

/// The operations on roles.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(get))
}

parameter! {
    /// Of no effect: roles are had by OAuth clients here, and users aren't counted.
    UserCount("userCount"): bool = true
}

/// A role.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DomainOrganizationRole)]
struct RoleView {
    id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    description: Option<&'static str>,
    /// What whoever has it may do here; without any, it grants nothing.
    tollgate_grants: Vec<RoleId>,
    self_uri: String,
}

fn all(organization: &Organization) -> Vec<RoleView> {
    let show = |id: &str, name: &str, description, grants: Vec<Role>| RoleView {
        id: id.to_owned(),
        name: name.to_owned(),
        description,
        tollgate_grants: grants.into_iter().map(RoleId::from).collect(),
        self_uri: format!("{PATH}/{id}"),
    };
    let own = OWN.iter().map(|(role, about)| {
        let name = role.as_str();
        show(name, name, Some(*about), vec![*role])
    });
    let configured = organization.roles.iter().map(|role| {
        let grants = role.grants.iter().copied().collect();
        show(role.id.as_str(), &role.name, None, grants)
    });
    own.chain(configured).collect()
}

/// Lists the roles.
#[utoipa::path(
    get, path = PATH, operation_id = "getAuthorizationRoles", params(Page, SortBy, Name, UserCount, WantedIds),
    responses((status = 200, description = "A page.", body = Listing<RoleView>)),
)]
async fn list(
    State(organization): State<Arc<Organization>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing<RoleView>>, ApiError> {
    caller.needs_any()?;
    let query = Query::parse(query.as_deref());
    UserCount::of(&query)?;
    let page = Page::of(&query)?;
    let ids = WantedIds::of(&query)?;
    let mut found = all(&organization);
    found.retain(|it| is_wanted(ids.as_deref(), &it.id) && Name::is_in(&query, &it.name));
    match SortBy::among(&query, &["name", "id"])? {
        "id" => found.sort_by(|a, b| a.id.cmp(&b.id)),
        _ => found.sort_by_key(|it| it.name.to_lowercase()),
    }
    page.list(PATH, &query, &found, Clone::clone).map(Json)
}

/// Gets a role.
#[utoipa::path(
    get, path = "/api/v2/authorization/roles/{roleId}", operation_id = "getAuthorizationRole", params(UserCount),
    responses((status = 200, description = "The answer.", body = RoleView), ReadErrors),
)]
async fn get(
    State(organization): State<Arc<Organization>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<RoleView>, ApiError> {
    caller.needs_any()?;
    UserCount::of(&Query::parse(query.as_deref()))?;
    let mut all = all(&organization).into_iter();
    let found = all.find(|it| it.id.eq_ignore_ascii_case(&id));
    found
        .map(Json)
        .ok_or_else(|| ApiError::not_found(unknown("roleId", &id)))
}

/// What is said of a role that the configuration doesn't have.
pub(crate) fn unknown(field: &str, id: &str) -> String {
    format!(
        "{field}: no role {id:?} is here. There are execute, author and administer; a role of the platform's is named \
         in the configuration file: [[organization.role]] with id = {id:?}, its name, and what it grants here, such as \
         grants = [\"execute\"], or [] for nothing."
    )
}
