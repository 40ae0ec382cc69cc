//! What requests and answers on actions hold.
use super::PATH;
use super::contract::{self, ActionConfig, ActionContract};
use crate::changes::managed;
use crate::error::ApiError;
use crate::request::{Field, request};
use crate::wire::id as parse_id;
use crate::words::words;
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use tollgate_action::{Callee, IntegrationType};
use tollgate_callers::{Over, Principal};
use tollgate_definitions::{CatalogAction, CatalogIntegration, Live, auth_id};
use tollgate_json::Doc;
use tollgate_store::{ActionBody, EntityId, JsonText, NewAction, Role, Version};
use utoipa::ToSchema;

/// An action, published or a draft.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Action)]
pub(crate) struct ActionView {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) integration_id: String,
    pub(crate) category: String,
    #[schema(minimum = 0)]
    pub(crate) version: i64,
    pub(crate) secure: bool,
    pub(crate) self_uri: String,
    /// Why a stored action is set aside: what is wrong with it. All others are served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unusable: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ActionContract>)]
    pub(crate) contract: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ActionConfig>)]
    pub(crate) config: Option<Value>,
}

/// A category of actions.
#[derive(Serialize, ToSchema)]
pub(super) struct Category {
    pub(super) name: String,
}

request! {
    /// An action to make, as its export file has it.
    ActionRequest {
        integration_id: String,
        /// The type of the integration, which must be the one that it has.
        integration_type: Option<String>,
        action_type: Option<ActionType>,
        #[schema(min_length = 1, max_length = 256)]
        name: String,
        /// Its category; without it the integration's name.
        category: Option<String>,
        secure: Option<bool>,
        #[schema(value_type = Option<ActionConfig>)]
        config: Option<JsonText>,
        #[schema(value_type = Option<ActionContract>)]
        contract: Option<JsonText>,
    }
    shown {
        id: String,
        self_uri: String,
        version: i64,
    }
}

words! {
    /// What an action is for: calls, or an integration's own login.
    ActionType { Custom = "custom", CustomAuth = "customAuth", }
}

request! {
    /// An action as it is to be; what is left out stays as it is.
    ActionUpdate {
        /// The version that was read; what was changed since then isn't overwritten.
        #[schema(value_type = i64, minimum = 0)]
        version: Version,
        #[schema(value_type = Option<String>, min_length = 1, max_length = 256)]
        name: NewName,
        category: Option<String>,
        secure: Option<bool>,
        #[schema(value_type = Option<ActionConfig>)]
        config: Option<JsonText>,
        #[schema(value_type = Option<ActionContract>)]
        contract: Option<JsonText>,
    }
    shown {
        id: String,
        integration_id: String,
        integration_type: String,
        action_type: String,
        self_uri: String,
    }
}

impl ActionRequest {
    /// What a request or an action file makes, and the integration that it belongs to.
    pub(crate) fn new_action(
        self,
        live: &Live,
        caller: &Principal,
    ) -> Result<(Arc<CatalogIntegration>, NewAction), ApiError> {
        let integration = self.integration_id;
        caller.needs(Role::Author, Over::Integration(&integration))?;
        let catalog = live.catalog();
        let target = catalog.find_integration(&integration)?;
        if target.stored.is_none() {
            return Err(managed("integration"));
        }
        if let (Some(Callee::NotHttp), Some(advice)) = (target.kind.calls(), target.kind.advice()) {
            let message = format!("integrationId: its actions are no HTTP requests: {advice}.");
            return Err(ApiError::bad_request(message));
        }
        let own = target.kind.as_str();
        if let Some(kind) = self.integration_type.filter(|kind| kind != own) {
            let message = IntegrationType::from_name(&kind).advised(&format!(
                "integrationType: expected {own}, the type of the integration, found {kind:?}"
            ));
            return Err(ApiError::bad_request(format!("{message}.")));
        }
        let id = match self.action_type {
            Some(ActionType::CustomAuth) => auth_id(&integration),
            Some(ActionType::Custom) | None => format!("custom_-_{}", EntityId::random()),
        };
        let body = ActionBody {
            name: self.name,
            category: self.category.unwrap_or_else(|| target.name.clone()),
            secure: self.secure.unwrap_or(false),
            config: self.config.unwrap_or_default(),
            contract: self.contract.unwrap_or_default(),
        };
        let new = NewAction {
            id: parse_id(&id)?,
            integration_id: parse_id(&integration)?,
            body,
        };
        Ok((Arc::clone(target), new))
    }
}

impl ActionUpdate {
    /// The body with what the request gives in place of what there was.
    pub(crate) fn merged(self, before: ActionBody) -> ActionBody {
        let NewName(name) = self.name;
        ActionBody {
            name: name.unwrap_or(before.name),
            category: self.category.unwrap_or(before.category),
            secure: self.secure.unwrap_or(before.secure),
            config: self.config.unwrap_or(before.config),
            contract: self.contract.unwrap_or(before.contract),
        }
    }
}

/// A name that, if it is given, must not be blank.
pub(crate) struct NewName(Option<String>);

impl Field for NewName {
    fn read(doc: &Doc, name: &str) -> Result<Self, ApiError> {
        let given = doc.get(name).map(|_| doc.required(name));
        Ok(Self(given.transpose()?))
    }
}

/// An action as lists and gets show it. `contract`: whether with its contract, and then whether flattened.
pub(crate) fn show(entry: &CatalogAction, contract: Option<bool>, config: bool) -> ActionView {
    let definition = entry.action.as_ref().ok().map(|action| action.definition());
    let part = |name: &str| {
        definition
            .and_then(|definition| definition.get(name))
            .cloned()
    };
    ActionView {
        id: entry.id.clone(),
        name: entry.name.clone(),
        integration_id: entry.integration.clone(),
        category: entry.category.clone(),
        version: entry.version,
        secure: entry.secure,
        self_uri: format!("{PATH}/{}", entry.id),
        unusable: entry.action.as_ref().err().map(|why| why.to_string()),
        contract: contract.and_then(|flatten| Some(contract::shown(part("contract")?, flatten))),
        config: config.then(|| part("config")).flatten().map(|mut config| {
            // A composite makes no request.
            if entry.is_composite()
                && let Some(fields) = config.as_object_mut()
            {
                fields.retain(|name, _| name == "timeoutSeconds");
            }
            config
        }),
    }
}
