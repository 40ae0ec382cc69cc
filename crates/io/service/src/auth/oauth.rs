//! OAuth 2.0 client credentials as a login, made of what the configuration says.
//!
//! The login is an action like one that an author writes, so that there is one machinery for both. Its
//! credentials are its own: the integration's other templates see only what the endpoint granted.

use super::Auth;
use crate::catalog::{Entry, auth_id};
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_action::{Action, Credentials, TypeFacts};
use tollgate_driver::ClientCredentials;

impl Auth {
    /// OAuth 2.0 client credentials (RFC 6749, 4.4) for an integration of that id, name and type.
    pub(crate) fn client_credentials(
        (id, name, kind): (&str, &str, &TypeFacts),
        client: &ClientCredentials,
        scope: Option<&str>,
        in_body: bool,
    ) -> Result<Self, String> {
        let any = json!({"type": "object"});
        let file = json!({
            "name": "Login",
            "integrationType": kind.id,
            "actionType": "customAuth",
            "config": grant(scope.is_some(), in_body),
            "contract": {
                "input": {"inputSchema": any}, "output": {"successSchema": any},
            },
        });
        let action = Action::from_json(&file.to_string()).map_err(|error| error.to_string())?;
        let entry = Entry {
            id: auth_id(id),
            name: action.name().to_owned(),
            category: name.to_owned(),
            // So that an endpoint's refusal can be read. Of what it grants nothing is ever shown.
            secure: false,
            version: 1,
            integration: id.to_owned(),
            stored: false,
            action: Ok(action),
        };
        let fields = [
            ("loginUrl", client.token_url.as_str()),
            ("clientId", &client.client_id),
            ("clientSecret", client.client_secret.expose()),
            ("scope", scope.unwrap_or_default()),
        ];
        let fields = fields.map(|(name, text)| (name.to_owned(), text.to_owned()));
        Ok(Self {
            made: true,
            ..Self::new(Arc::new(entry), Credentials::from_fields(fields))
        })
    }
}

/// The `config` of an action that asks for client credentials: its client, and its scope if it has one, are
/// fields of its credentials.
pub(crate) fn grant(scoped: bool, in_body: bool) -> Value {
    let mut headers = json!({
        "Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded",
    });
    let mut form = "grant_type=client_credentials".to_owned();
    let mut field = |name: &str, credential: &str| {
        form.push_str(&format!(
            "&{name}=$esc.urlFormEncode($credentials.{credential})"
        ));
    };
    if in_body {
        field("client_id", "clientId");
        field("client_secret", "clientSecret");
    } else {
        headers["Authorization"] = json!(
            "Basic $encoding.base64(\"${credentials.clientId}:${credentials.clientSecret}\")"
        );
    }
    if scoped {
        field("scope", "scope");
    }
    json!({
        "request": {
            "requestUrlTemplate": "${credentials.loginUrl}", "requestType": "POST",
            "headers": headers, "requestTemplate": form,
        },
        "response": {
            "translationMap": {}, "translationMapDefaults": {}, "successTemplate": "${rawResult}",
        },
    })
}
