//! `/api/v2/integrations/types`: the two integration types there are.

use super::Caller;
use crate::error::ApiError;
use crate::json::Json;
use crate::page::{Page, Query};
use axum::Extension;
use axum::extract::{Path, RawQuery};
use serde_json::{Value, json};

const PATH: &str = "/api/v2/integrations/types";

/// An integration type that can be made.
pub(super) struct Type {
    pub(super) id: &'static str,
    name: &'static str,
    description: &'static str,
    credentials: &'static [&'static str],
}

pub(super) const TYPES: [Type; 2] = [
    Type {
        id: "custom-rest-actions",
        name: "Web Services Data Actions",
        description: "Calls web services by whole URLs.",
        credentials: &["userDefined", "userDefinedOAuth", "basicAuth"],
    },
    Type {
        id: "purecloud-data-actions",
        name: "Genesys Cloud Data Actions",
        description: "Calls the platform's own API with tokens of an OAuth client.",
        credentials: &["pureCloudOAuthClient"],
    },
];

/// The type of that id.
pub(super) fn find(id: &str) -> Option<&'static Type> {
    TYPES.iter().find(|it| it.id == id)
}

pub(super) async fn list(
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, ApiError> {
    caller.needs_any()?;
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    page.list(PATH, &query, &TYPES, show).map(Json)
}

pub(super) async fn get(
    Extension(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    caller.needs_any()?;
    Ok(Json(show(found(&id)?)))
}

pub(super) async fn schema(
    Extension(caller): Caller,
    Path((id, kind)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    caller.needs_any()?;
    let of = found(&id)?;
    match kind.as_str() {
        "properties" => Ok(Json(properties(of))),
        "advanced" => Ok(Json(json!({
            "$schema": "http://json-schema.org/draft-04/schema#",
            "title": of.name, "type": "object", "properties": {},
        }))),
        _ => Err(ApiError::not_found(
            "A type has two schemas: properties and advanced.",
        )),
    }
}

fn found(id: &str) -> Result<&'static Type, ApiError> {
    find(id).ok_or_else(|| {
        let known: Vec<_> = TYPES.iter().map(|it| it.id).collect();
        let known = known.join(", ");
        ApiError::not_found(format!(
            "There is no integration type {id:?}; there are: {known}."
        ))
    })
}

fn show(of: &Type) -> Value {
    let id = of.id;
    let places = of.credentials.iter().map(|kind| {
        let place = json!({"required": false, "title": kind, "credentialTypes": [kind]});
        ((*kind).to_owned(), place)
    });
    json!({
        "id": id,
        "name": of.name,
        "description": of.description,
        "provider": "tollgate",
        "category": "actions",
        "configPropertiesSchemaUri": format!("{PATH}/{id}/configschemas/properties"),
        "configAdvancedSchemaUri": format!("{PATH}/{id}/configschemas/advanced"),
        "credentials": places.collect::<serde_json::Map<_, _>>(),
        "nonInstallable": false,
        "selfUri": format!("{PATH}/{id}"),
    })
}

fn properties(of: &Type) -> Value {
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
    let platform = of.id == "purecloud-data-actions";
    if !platform {
        fields["allowedSchemes"] = texts("https, http; without it https alone.");
        fields["allowedPorts"] =
            texts("Ports such as 8443 or 8000-8999; without it each scheme's own.");
    }
    if platform {
        fields["baseUrl"] = json!({"type": "string", "description": "Host of the platform's API."});
        fields["tokenUrl"] =
            json!({"type": "string", "description": "Where its client gets tokens."});
        fields["maxTokens"] = count("Access tokens at once.");
        fields["tokenRequestsPerMinute"] = count("Calls with one token in a minute.");
    }
    json!({
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": of.name,
        "type": "object",
        "required": if platform { vec!["baseUrl"] } else { Vec::new() },
        "properties": fields,
    })
}
