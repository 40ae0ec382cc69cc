//! `/api/v2/integrations/{integrationId}/config/current`: an integration's configuration.

use super::given::{CredentialIds, IntegrationConfigurationRequest, name};
use super::reach;
use super::shown::{Configuration, show_config};
use super::{free_of_files, own};
use crate::answers::{ChangeErrors, ReadErrors};
use crate::bodies::SentBody;
use crate::caller::Caller;
use crate::changes::by;
use crate::error::ApiError;
use crate::json::Json;
use crate::login::make_login;
use crate::state::Api;
use crate::tags::IfMatch;
use axum::Extension;
use axum::extract::{Path, State};
use std::sync::Arc;
use tollgate_callers::Over;
use tollgate_definitions::Live;
use tollgate_store::{
    ConfigurationChange, Credential, CredentialKind, Expected, Integration, IntegrationConfig, Role,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations on configurations.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(config, configure))
}

/// Gets its configuration.
#[utoipa::path(
    get, path = "/api/v2/integrations/{integrationId}/config/current", operation_id = "getIntegrationConfigCurrent",
    responses((status = 200, description = "The answer.", body = Configuration), ReadErrors),
)]
async fn config(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Configuration>, ApiError> {
    caller.needs(Role::Administer, Over::Integration(&id))?;
    Ok(Json(show_config(live.catalog().find_integration(&id)?)))
}

/// Replaces its configuration.
#[utoipa::path(
    put, path = "/api/v2/integrations/{integrationId}/config/current", operation_id = "putIntegrationConfigCurrent",
    params(IfMatch),
    request_body = IntegrationConfigurationRequest,
    responses((status = 200, description = "The answer.", body = Configuration), ChangeErrors),
)]
async fn configure(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    if_match: IfMatch,
    body: SentBody,
) -> Result<Json<Configuration>, ApiError> {
    let id = own(&live, &caller, &id)?;
    let request = IntegrationConfigurationRequest::read(&body.doc().await?)?;
    let seen = if_match.or(Expected::Version(request.version))?;
    let store = live.store()?;
    let before = store.get::<Integration>(&id).await?;
    reach::seen(&before, seen)?;
    let CredentialIds(credentials) = request.credentials;
    let mut logs_in = false;
    for credential in credentials.values() {
        reach::credential(&live, &caller, &before, credential)?;
        let kind = store.get::<Credential>(credential).await?.kind;
        logs_in |= kind == CredentialKind::UserDefinedOAuth;
    }
    let change = ConfigurationChange {
        name: name(request.name),
        notes: request.notes,
        config: IntegrationConfig {
            properties: request.properties.unwrap_or_default(),
            advanced: request.advanced.unwrap_or_default(),
            credentials,
        },
    };
    if let Some(name) = change.name.as_ref().filter(|name| **name != before.name) {
        free_of_files(&live, name)?;
    }
    reach::networks(&caller, &before, &change.config)?;
    let after = store
        .update_integration_config(&id, seen, change, &by(&caller))
        .await?;
    if logs_in {
        make_login(&live, &caller, &after).await?;
    }
    live.refresh().await?;
    let catalog = live.catalog();
    Ok(Json(show_config(catalog.find_integration(id.as_str())?)))
}
