//! An integration's own login: an action whose answer its other actions read as `${authResponse.…}`.
//!
//! The action is the author's, of the type `customAuth`, or made here of what the configuration says
//! ([`Login::client_credentials`]), so that there is one machinery for both. The made one has credentials of
//! its own: only the login sees the client's secret, and the integration's other templates see what the
//! endpoint granted. The act of logging in, and what it answered, is an execution's matter.

use crate::CatalogAction;
use crate::action::auth_id;
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_action::{Action, Credentials, TypeFacts};
use tollgate_driver::ClientCredentials;

/// A login.
pub struct Login {
    /// What is executed to log in.
    pub action: Arc<CatalogAction>,
    /// What the login's own templates may read.
    pub credentials: Credentials,
    /// Whether it is OAuth made of the configuration, and not an action that an author wrote.
    pub made: bool,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login")
            .field("action", &self.action.id)
            .finish_non_exhaustive()
    }
}

impl Login {
    /// A login that an author wrote, with what the integration's templates may read.
    #[must_use]
    pub fn new(action: Arc<CatalogAction>, credentials: Credentials) -> Self {
        Self {
            action,
            credentials,
            made: false,
        }
    }

    /// What an error calls it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        if self.made {
            "login"
        } else {
            "custom authentication"
        }
    }

    /// OAuth 2.0 client credentials (RFC 6749, 4.4) for an integration of that id, name and type.
    ///
    /// # Errors
    /// The type's actions can't be made so.
    pub fn client_credentials(
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
        let entry = CatalogAction {
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
#[must_use]
pub fn grant(scoped: bool, in_body: bool) -> Value {
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
