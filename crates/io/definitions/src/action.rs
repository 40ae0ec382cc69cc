//! One action of the catalogue, and how the ids of what the configuration file defines are made.

use crate::LookupError;
use serde_json::{Value, json};
use tollgate_action::{Action, IntegrationType};
use tollgate_store::{ActionBody, ActionStamp, LOGIN};
use uuid::Uuid;

/// The name space of our ids (RFC 9562, version 5).
pub const IDS: Uuid = Uuid::from_u128(0x6f0c_6a5e_8f7b_4f0e_9d0a_7c1e_5b6d_3a21);
/// What the id of a composite starts with.
const COMPOSITE: &str = "composite_-_";

/// The id of an integration's own login.
#[must_use]
pub fn auth_id(integration: &str) -> String {
    format!("{LOGIN}{integration}")
}

/// The id of an integration of the file.
#[must_use]
pub fn file_integration_id(name: &str) -> String {
    Uuid::new_v5(&IDS, name.as_bytes()).to_string()
}

/// The id of a composite.
pub(crate) fn composite_id(integration: &str, name: &str) -> String {
    let name = format!("{integration}/{name}");
    format!("{COMPOSITE}{}", Uuid::new_v5(&IDS, name.as_bytes()))
}

/// One action.
pub struct CatalogAction {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The category that lists and workflows find it by: by default its integration's name.
    pub category: String,
    /// Whether nothing but its output is ever shown.
    pub secure: bool,
    /// Counts its changes; 1 for one of a file.
    pub version: i64,
    /// The id of its integration.
    pub integration: String,
    /// From the store, not from a file.
    pub stored: bool,
    /// Compiled, or why it can't be.
    pub action: Result<Action, String>,
}

impl std::fmt::Debug for CatalogAction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CatalogAction")
            .field("id", &self.id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl CatalogAction {
    /// Whether it is an integration's own login: run when needed, never called.
    #[must_use]
    pub fn is_auth(&self) -> bool {
        self.id.starts_with(LOGIN)
    }

    /// Whether it is a composite: what calls others, and makes no request of its own.
    #[must_use]
    pub fn is_composite(&self) -> bool {
        self.id.starts_with(COMPOSITE)
    }

    /// The compiled action.
    ///
    /// # Errors
    /// It can't be compiled.
    pub fn action(&self) -> Result<&Action, LookupError> {
        let unusable = |why: &String| LookupError::Unusable(why.clone());
        self.action.as_ref().map_err(unusable)
    }

    /// An action that can't be read, and why.
    #[must_use]
    pub fn set_aside(stamp: &ActionStamp, why: String) -> Self {
        Self {
            id: stamp.id.to_string(),
            name: stamp.name.clone(),
            category: stamp.category.clone(),
            secure: stamp.secure,
            version: stamp.version.0,
            integration: stamp.integration_id.to_string(),
            stored: true,
            action: Err(why),
        }
    }

    /// Compiles what is stored.
    #[must_use]
    pub fn of_stored(
        id: &str,
        integration: &str,
        kind: &IntegrationType,
        body: &ActionBody,
        version: i64,
    ) -> Self {
        let auth = id.starts_with(LOGIN);
        let text = export(body, kind, auth).to_string();
        Self {
            id: id.to_owned(),
            name: body.name.clone(),
            category: body.category.clone(),
            secure: body.secure,
            version,
            integration: integration.to_owned(),
            stored: true,
            action: Action::from_json(&text).map_err(|error| error.to_string()),
        }
    }
}

/// The action file of a stored action or draft; exporting what was imported gives an equal document.
#[must_use]
pub fn export(body: &ActionBody, kind: &IntegrationType, auth: bool) -> Value {
    json!({
        "name": body.name,
        "integrationType": kind.as_str(),
        "actionType": if auth { "customAuth" } else { "custom" },
        "config": body.config.value(),
        "contract": body.contract.value(),
        "secure": body.secure,
    })
}
