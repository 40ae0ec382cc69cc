//! `/api/v2/integrations/types`: the integration types that are known, whether they can be served or not.

use crate::answers::ReadErrors;
use crate::caller::Caller;
use crate::credentials::own_of;
use crate::error::ApiError;
use crate::json::Json;
use crate::listing::{NextPage, PreviousPage, SortBy, expand, no_tokens};
use crate::page::{Listing, Page};
use crate::query::Query;
use crate::state::Api;
use axum::Extension;
use axum::extract::{Path, RawQuery};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tollgate_action::{Callee, IntegrationType, TypeFacts};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const PATH: &str = "/api/v2/integrations/types";

/// The credential types that an integration of the type can use.
fn credentials(of: &TypeFacts) -> Vec<&'static str> {
    match of.calls {
        Callee::PlatformPath => vec!["pureCloudOAuthClient"],
        Callee::WholeUrl | Callee::BelowBaseUrl | Callee::NotHttp => {
            let general = ["userDefined", "userDefinedOAuth", "basicAuth"];
            general.into_iter().chain(own_of(of)).collect()
        }
    }
}

expand! {
    /// A part of the answer. All of them are always there.
    Expanded { "credentials", "configPropertiesSchemaUri", "configAdvancedSchemaUri" }
}

/// The operations on integration types.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(schema))
}

/// An integration type.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = IntegrationType)]
pub(crate) struct IntegrationTypeView {
    id: String,
    name: String,
    description: String,
    #[schema(value_type = String)]
    provider: &'static str,
    #[schema(value_type = String)]
    category: &'static str,
    config_properties_schema_uri: String,
    config_advanced_schema_uri: String,
    /// The places for credentials, by name.
    #[schema(value_type = BTreeMap<String, CredentialSpecification>)]
    credentials: BTreeMap<&'static str, CredentialSpecification>,
    /// Whether calls of its integrations can't be made here.
    non_installable: bool,
    self_uri: String,
}

/// A place for a credential.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CredentialSpecification {
    required: bool,
    #[schema(value_type = String)]
    title: &'static str,
    /// The credential types that it takes.
    #[schema(value_type = Vec<String>)]
    credential_types: Vec<&'static str>,
}

/// Lists integration types.
#[utoipa::path(
    get, path = PATH, operation_id = "getIntegrationsTypes",
    params(Page, SortBy, Expanded, NextPage, PreviousPage),
    responses((status = 200, description = "A page.", body = Listing<IntegrationTypeView>)),
)]
async fn list(
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing<IntegrationTypeView>>, ApiError> {
    caller.needs_any()?;
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    no_tokens(&query)?;
    Expanded::of(&query)?;
    let by = SortBy::among(&query, &["id", "name", "description", "nonInstallable"])?;
    let mut all: Vec<_> = TypeFacts::all().iter().collect();
    all.sort_by_key(|facts| match by {
        "name" => (facts.name, facts.id),
        "description" => (facts.what, facts.id),
        "nonInstallable" => (if facts.served { "false" } else { "true" }, facts.id),
        _ => (facts.id, facts.id),
    });
    page.list(PATH, &query, &all, |facts| {
        IntegrationTypeView::of(&IntegrationType::Known(facts))
    })
    .map(Json)
}

/// Gets an integration type.
#[utoipa::path(
    get, path = "/api/v2/integrations/types/{typeId}", operation_id = "getIntegrationsType",
    responses((status = 200, description = "The answer.", body = IntegrationTypeView), ReadErrors),
)]
async fn get(
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<IntegrationTypeView>, ApiError> {
    caller.needs_any()?;
    let of = IntegrationType::Known(found(&id)?);
    Ok(Json(IntegrationTypeView::of(&of)))
}

/// The schema of its properties.
#[utoipa::path(
    get, path = "/api/v2/integrations/types/{typeId}/configschemas/{configType}", operation_id = "getIntegrationsTypeConfigschema",
    responses((status = 200, description = "The answer.", body = Value), ReadErrors),
)]
async fn schema(
    Extension(caller): Caller,
    Path((id, kind)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    caller.needs_any()?;
    let of = found(&id)?;
    match kind.as_str() {
        "properties" if of.served => Ok(Json(properties(of))),
        "properties" | "advanced" => Ok(Json(json!({
            "$schema": "http://json-schema.org/draft-04/schema#",
            "title": of.name, "type": "object", "properties": {},
        }))),
        _ => Err(ApiError::not_found(
            "A type has two schemas: properties and advanced.",
        )),
    }
}

fn found(id: &str) -> Result<&'static TypeFacts, ApiError> {
    match IntegrationType::from_name(id) {
        IntegrationType::Known(facts) => Ok(facts),
        unknown @ IntegrationType::Unknown(_) => {
            let advice = unknown.advice().unwrap_or_default();
            let message = format!("There is no such integration type: {advice}.");
            Err(ApiError::not_found(message))
        }
    }
}

impl IntegrationTypeView {
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn of(kind: &IntegrationType) -> Self {
        let id = kind.as_str();
        let known = match kind {
            IntegrationType::Known(facts) => Some(*facts),
            IntegrationType::Unknown(_) => None,
        };
        let types = known.map_or_else(Vec::new, credentials);
        let places = types.iter().map(|title| {
            let place = CredentialSpecification {
                required: false,
                title,
                credential_types: types.clone(),
            };
            (*title, place)
        });
        let description = match (kind.advice(), known) {
            (None, Some(facts)) => format!("It {}.", facts.what),
            (advice, _) => format!("It can't be served: {}.", advice.unwrap_or_default()),
        };
        Self {
            id: id.to_owned(),
            name: known.map_or(id, |facts| facts.name).to_owned(),
            description,
            provider: "tollgate",
            category: "actions",
            config_properties_schema_uri: format!("{PATH}/{id}/configschemas/properties"),
            config_advanced_schema_uri: format!("{PATH}/{id}/configschemas/advanced"),
            credentials: places.collect(),
            non_installable: kind.advice().is_some(),
            self_uri: format!("{PATH}/{id}"),
        }
    }
}

fn properties(of: &TypeFacts) -> Value {
    let count = |what: &str| json!({"type": "integer", "minimum": 1, "description": what});
    let texts =
        |what: &str| json!({"type": "array", "items": {"type": "string"}, "description": what});
    let mut fields = json!({
        "requestsPerMinute": count("Calls of this integration in a minute."),
        "requestsAtOnce": count("Calls of this integration at once."),
        "allowedHosts": texts("The only hosts that its calls may go to; without it any public one."),
        "allowedNetworks": texts("Networks that its calls may go to although they aren't public."),
        "trustedRoots": {"type": "string", "description": "PEM text of further certificate authorities."},
    });
    let platform = of.calls == Callee::PlatformPath;
    let based = platform || of.calls == Callee::BelowBaseUrl;
    if !platform {
        fields["allowedSchemes"] = texts("https, http; without it https alone.");
        fields["allowedPorts"] =
            texts("Ports such as 8443 or 8000-8999; without it each scheme's own.");
    }
    if based {
        let what = "Host and path that the actions' paths are appended to.";
        fields["baseUrl"] = json!({"type": "string", "description": what});
    }
    if platform {
        fields["tokenUrl"] =
            json!({"type": "string", "description": "Where its client gets tokens."});
        fields["maxTokens"] = count("Access tokens at once.");
        fields["tokenRequestsPerMinute"] = count("Calls with one token in a minute.");
    }
    json!({
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": of.name,
        "type": "object",
        // A credential that has it says it as well.
        "required": if based && own_of(of).is_none() { vec!["baseUrl"] } else { Vec::new() },
        "properties": fields,
    })
}
