//! `/api/v2/integrations`: instances of an integration type, and their configuration.

mod config;
mod create;
mod given;
mod reach;
mod shown;

use crate::answers::{ChangeErrors, ReadErrors};
use crate::bodies::SentBody;
use crate::caller::Caller;
use crate::changes::{by, managed};
use crate::credentials::uses;
use crate::error::ApiError;
use crate::json::Json;
use crate::listing::{Ids, Name, NextPage, OfNoEffect, PreviousPage, SortBy, expand, no_tokens};
use crate::page::{Listing, Page};
use crate::query::{Query, parameter};
use crate::state::Api;
use crate::tags::IfMatch;
use crate::wire::id as parse_id;
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use given::IntegrationChange;
use shown::{FIELDS, IntegrationView, PATH, ReportedCode, show, with_config};
use std::sync::Arc;
use tollgate_callers::{Over, Principal};
use tollgate_definitions::{CatalogIntegration, Live};
use tollgate_driver::Driver;
use tollgate_store::{EntityId, Integration, IntegrationUpdate, IntendedState, Role};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations on integrations.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list, create::create))
        .routes(routes!(get, update, remove))
        .merge(config::routes())
}

parameter! {
    /// The id of an integration type.
    IntegrationTypeId("integrationType"): String
}
parameter! {
    /// Whether calls can be made: ACTIVE, INACTIVE or ERROR, in any case.
    ReportedState("reportedState"): ReportedCode
}
expand! {
    /// What is wanted beside the rest. A part of the configuration brings all of it; the type and the state are always
    /// there.
    Expanded {
        "config", "config.name", "config.notes", "config.properties", "config.advanced", "config.credentials",
        "integrationType", "reportedState",
    }
}
parameter! {
    /// The id of a credential that it uses.
    CredentialId("credentialId"): String
}

/// Lists integrations.
#[utoipa::path(
    get, path = PATH, operation_id = "getIntegrations",
    params(
        Page, SortBy, Expanded, NextPage, PreviousPage, Ids, IntegrationTypeId, ReportedState, CredentialId, Name,
    ),
    responses((status = 200, description = "A page.", body = Listing<IntegrationView>)),
)]
async fn list(
    State(live): State<Arc<Live>>,
    State(driver): State<Driver>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing<IntegrationView>>, ApiError> {
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let ids = Ids::of(&query)?;
    no_tokens(&query)?;
    let by = SortBy::among(&query, &FIELDS)?;
    let catalog = live.catalog();
    let full = expands_config(&query)?;
    let kind = IntegrationTypeId::of(&query)?;
    let state = ReportedState::of(&query)?;
    let credential = CredentialId::of(&query)?;
    let wanted = |target: &&Arc<CatalogIntegration>| {
        caller.sees(Over::Integration(&target.id))
            && kind
                .as_ref()
                .is_none_or(|kind| kind == target.kind.as_str())
            && state.is_none_or(|code| show(&catalog, target, &driver).reported_state.code == code)
            && credential.as_ref().is_none_or(|id| {
                // Whoever doesn't see a configuration isn't told which credentials are in it.
                caller.may(Role::Administer, Over::Integration(&target.id))
                    && target.stored.as_ref().is_some_and(|it| uses(it, id))
            })
            && ids.as_ref().is_none_or(|ids| ids.has(&target.id))
            && Name::is_in(&query, &target.name)
    };
    let mut found: Vec<_> = catalog.integrations().filter(wanted).collect();
    found.sort_by_cached_key(|target| {
        let first = match by {
            "name" => String::new(),
            by => show(&catalog, target, &driver).field(by),
        };
        (first, target.name.to_lowercase(), target.id.clone())
    });
    page.list(PATH, &query, &found, |target| {
        with_config(&catalog, target, full, &caller, &driver)
    })
    .map(Json)
}

/// Whether any part of the configuration is to be expanded: it then comes whole.
fn expands_config(query: &Query) -> Result<bool, ApiError> {
    let wanted = Expanded::of(query)?;
    Ok(wanted.iter().any(|word| word.starts_with("config")))
}

/// Gets an integration.
#[utoipa::path(
    get, path = "/api/v2/integrations/{integrationId}", operation_id = "getIntegration",
    params(OfNoEffect, Expanded),
    responses((status = 200, description = "The answer.", body = IntegrationView), ReadErrors),
)]
async fn get(
    State(live): State<Arc<Live>>,
    State(driver): State<Driver>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<IntegrationView>, ApiError> {
    caller.needs_sight(Over::Integration(&id))?;
    let query = Query::parse(query.as_deref());
    OfNoEffect::check(&query)?;
    let full = expands_config(&query)?;
    let catalog = live.catalog();
    let target = catalog.find_integration(&id)?;
    Ok(Json(with_config(&catalog, target, full, &caller, &driver)))
}

/// Changes an integration; intendedState enables and disables it.
#[utoipa::path(
    patch, path = "/api/v2/integrations/{integrationId}", operation_id = "patchIntegration",
    params(OfNoEffect, Expanded, IfMatch),
    request_body = IntegrationChange,
    responses((status = 200, description = "The answer.", body = IntegrationView), ChangeErrors),
)]
async fn update(
    State(live): State<Arc<Live>>,
    State(driver): State<Driver>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    if_match: IfMatch,
    body: SentBody,
) -> Result<Json<IntegrationView>, ApiError> {
    let id = own(&live, &caller, &id)?;
    let query = Query::parse(query.as_deref());
    OfNoEffect::check(&query)?;
    let full = expands_config(&query)?;
    let request = IntegrationChange::read(&body.doc().await?)?;
    let name = given::name(request.name);
    if let Some(name) = &name {
        free_of_files(&live, name)?;
    }
    let update = IntegrationUpdate {
        name,
        intended_state: request.intended_state.map(IntendedState::from),
        notes: request.notes,
        attributes: request.attributes,
    };
    live.store()?
        .update::<Integration>(&id, if_match.or(request.version)?, update, &by(&caller))
        .await?;
    live.refresh().await?;
    let catalog = live.catalog();
    let target = catalog.find_integration(id.as_str())?;
    Ok(Json(with_config(&catalog, target, full, &caller, &driver)))
}

/// Deletes an integration that has no actions. Its own login goes with it.
#[utoipa::path(
    delete, path = "/api/v2/integrations/{integrationId}", operation_id = "deleteIntegration",
    params(IfMatch),
    responses((status = 200, description = "The answer.", body = IntegrationView), ChangeErrors),
)]
async fn remove(
    State(live): State<Arc<Live>>,
    State(driver): State<Driver>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    if_match: IfMatch,
) -> Result<Json<IntegrationView>, ApiError> {
    let id = own(&live, &caller, &id)?;
    let catalog = live.catalog();
    let shown = show(&catalog, catalog.find_integration(id.as_str())?, &driver);
    live.store()?
        .delete::<Integration>(&id, if_match.expected(), &by(&caller))
        .await?;
    live.refresh().await?;
    Ok(Json(shown))
}

/// The id of an integration that this caller may change here.
fn own(live: &Live, caller: &Principal, id: &str) -> Result<EntityId, ApiError> {
    caller.needs(Role::Administer, Over::Integration(id))?;
    if live.catalog().find_integration(id)?.stored.is_none() {
        return Err(managed("integration"));
    }
    parse_id(id)
}

/// Names are categories, and flows call actions by these: none may be the file's as well.
fn free_of_files(live: &Live, name: &str) -> Result<(), ApiError> {
    let taken = |it: &Arc<CatalogIntegration>| {
        it.stored.is_none() && it.name.to_lowercase() == name.to_lowercase()
    };
    if live.catalog().integrations().any(taken) {
        let message = format!("The configuration file has an integration {name:?} already.");
        return Err(ApiError::conflict("already.exists", message).with("field", "name"));
    }
    Ok(())
}
