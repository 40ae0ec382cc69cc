//! The organisation that the service speaks for: `/api/v2/organizations/me`, `/api/v2/authorization/…` and
//! `/api/v2/users/me`.
//!
//! All of it is the configuration file's (`[organization]`), so nothing here can be changed through the API. What
//! only the platform knows of an organisation (its licences, its users) is left out.

mod divisions;
mod roles;

pub(crate) use divisions::unknown as unknown_division;
pub(crate) use divisions::{DivisionView, WritableDivision};
pub(crate) use roles::unknown as unknown_role;

use crate::caller::Caller;
use crate::error::ApiError;
use crate::json::Json;
use crate::query::parameter;
use crate::state::Api;
use crate::words::words;
use axum::Extension;
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;
use tollgate_config::Organization;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations on the organisation, its divisions and its roles.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(me))
        .routes(routes!(products))
        .routes(routes!(user))
        .merge(divisions::routes())
        .merge(roles::routes())
}

parameter! {
    /// Of no effect: there is no user whose further fields could be told.
    UserExpand("expand"): String
}
parameter! {
    /// Of no effect: there is no user who could be present.
    PresenceSource("integrationPresenceSource"): String
}
parameter! {
    /// Of no effect: there is no user who could have attributes.
    AttributeSchemas("userCustomAttributeSchemaIds"): String
}

words! {
    /// How an organisation is.
    OrganizationState { Active = "active", }
}

/// The organisation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Organization)]
struct OrganizationView {
    id: String,
    name: String,
    default_country_code: String,
    state: OrganizationState,
    #[schema(value_type = String)]
    self_uri: &'static str,
}

/// What has an id and a name.
#[derive(Serialize, ToSchema)]
pub(crate) struct NamedEntity {
    pub(crate) id: String,
    pub(crate) name: String,
}

impl NamedEntity {
    /// The organisation, where something tells whose it is.
    pub(crate) fn of(organization: &Organization) -> Self {
        Self {
            id: organization.id.to_string(),
            name: organization.name.clone(),
        }
    }
}

/// A product of the platform's.
#[derive(Serialize, ToSchema)]
#[schema(as = DomainOrganizationProduct)]
struct Product {
    id: String,
}

/// The products of the platform's that are here: none.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrganizationProductEntityListing)]
struct Products {
    entities: Vec<Product>,
    page_size: usize,
    page_number: usize,
    total: u64,
    page_count: usize,
}

/// Gets the organisation.
#[utoipa::path(
    get, path = "/api/v2/organizations/me", operation_id = "getOrganizationsMe",
    responses((status = 200, description = "The answer.", body = OrganizationView)),
)]
async fn me(
    State(organization): State<Arc<Organization>>,
    Extension(caller): Caller,
) -> Result<Json<OrganizationView>, ApiError> {
    caller.needs_any()?;
    Ok(Json(OrganizationView {
        id: organization.id.to_string(),
        name: organization.name.clone(),
        default_country_code: organization.default_country_code.clone(),
        state: OrganizationState::Active,
        self_uri: "/api/v2/organizations/me",
    }))
}

/// Lists the platform's products, of which none is here.
#[utoipa::path(
    get, path = "/api/v2/authorization/products", operation_id = "getAuthorizationProducts",
    responses((status = 200, description = "An empty list.", body = Products)),
)]
async fn products(Extension(caller): Caller) -> Result<Json<Products>, ApiError> {
    caller.needs_any()?;
    Ok(Json(Products {
        entities: Vec::new(),
        page_size: 25,
        page_number: 1,
        total: 0,
        page_count: 1,
    }))
}

/// The user of the token, whom no token here has: it is always answered 400, as the platform answers it to a
/// token of client credentials (*observed*).
#[utoipa::path(
    get, path = "/api/v2/users/me", operation_id = "getUsersMe",
    params(UserExpand, PresenceSource, AttributeSchemas),
    responses((status = 400, description = "No token here has a user.", body = crate::error::ErrorBody)),
)]
async fn user() -> ApiError {
    ApiError::bad_request(
        "This request requires a user context. Client credentials cannot be used for requests that require a user \
         context. GET /api/v2/tokens/me tells of the client.",
    )
}
