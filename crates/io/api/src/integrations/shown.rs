//! Integrations and their configuration, as answers show them.

use crate::words::words;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use tollgate_callers::{Over, Principal};
use tollgate_definitions::{Catalog, CatalogIntegration};
use tollgate_driver::Driver;
use tollgate_execution::say;
use tollgate_model::RouteId;
use tollgate_store::{Integration, IntendedState, Role};
use utoipa::ToSchema;

/// The path of all integrations.
pub(crate) const PATH: &str = "/api/v2/integrations";

/// An integration.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Integration)]
pub(crate) struct IntegrationView {
    id: String,
    name: String,
    integration_type: TypeLink,
    notes: String,
    intended_state: IntendedWord,
    pub(super) reported_state: ReportedStatus,
    attributes: BTreeMap<String, String>,
    #[schema(minimum = 0)]
    version: i64,
    self_uri: String,
    /// Its configuration, where it is asked for and the caller may read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    config: Option<Current>,
}

/// The type of an integration.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TypeLink {
    id: String,
    self_uri: String,
}

words! {
    /// Whether an integration is to be used.
    IntendedWord { Enabled = "ENABLED", Disabled = "DISABLED", }
}
words! {
    /// Whether calls of an integration can be made.
    ReportedCode { Active = "ACTIVE", Inactive = "INACTIVE", Error = "ERROR", }
}

/// Whether calls can be made, and why not.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReportedStatus {
    pub(super) code: ReportedCode,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Detail>,
}

/// Why calls can't be made, or what is set aside.
#[derive(Serialize, ToSchema)]
struct Detail {
    message: String,
}

#[derive(Serialize)]
struct Current {
    current: Configuration,
}

/// An integration's configuration.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = IntegrationConfiguration)]
pub(crate) struct Configuration {
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[schema(minimum = 0)]
    pub(super) version: i64,
    #[schema(value_type = Object)]
    pub(super) properties: Value,
    #[schema(value_type = Object)]
    pub(super) advanced: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) notes: Option<String>,
    /// The credentials in its places.
    pub(super) credentials: BTreeMap<String, CredentialLink>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) self_uri: Option<String>,
}

/// A credential, and where it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CredentialLink {
    id: String,
    self_uri: String,
}

/// The integration with its configuration, as far as it is wanted and the caller may read it.
pub(crate) fn with_config(
    catalog: &Catalog,
    target: &CatalogIntegration,
    full: bool,
    caller: &Principal,
    driver: &Driver,
) -> IntegrationView {
    let mut shown = show(catalog, target, driver);
    let readable = full && caller.may(Role::Administer, Over::Integration(&target.id));
    if let (Some(stored), true) = (&target.stored, readable) {
        let current = show_config(stored);
        shown.config = Some(Current { current });
    }
    shown
}

pub(crate) fn show(
    catalog: &Catalog,
    target: &CatalogIntegration,
    driver: &Driver,
) -> IntegrationView {
    let why = match &target.wiring {
        Err(why) => Some(why.clone()),
        Ok(wiring) => driver.token_trouble(wiring.routes.route).map(|trouble| {
            let trouble = say(&trouble);
            format!("No access token can be had; {trouble}.")
        }),
    };
    let mut shown = match &target.stored {
        Some(stored) => show_stored(stored, why.as_deref()),
        None => show_of_file(target, why.as_deref()),
    };
    if why.is_none() {
        let aside = catalog.set_aside(&target.id);
        let aside = aside.map(|aside| aside.to_string());
        let wiring = target.wiring.as_ref().ok();
        let beside = wiring.and_then(|wiring| some_have_none(driver, wiring.routes.route));
        let message = aside
            .into_iter()
            .chain(beside)
            .reduce(|a, b| format!("{a} {b}"));
        shown.reported_state.detail = message.map(|message| Detail { message });
    }
    shown
}

/// Which clients can have no token although others of the route can.
fn some_have_none(driver: &Driver, route: RouteId) -> Option<String> {
    let troubles = driver.clients_in_trouble(route);
    let troubles: Vec<_> = troubles.iter().map(say).collect();
    (!troubles.is_empty()).then(|| {
        let troubles = troubles.join("; ");
        format!("Calls take the tokens of other clients, for some have none: {troubles}.")
    })
}

fn show_of_file(target: &CatalogIntegration, why: Option<&str>) -> IntegrationView {
    IntegrationView {
        id: target.id.clone(),
        name: target.name.clone(),
        integration_type: show_type(target.kind.as_str()),
        notes: "From the configuration file; it can't be changed here.".to_owned(),
        intended_state: IntendedWord::Enabled,
        reported_state: reported(true, why),
        attributes: BTreeMap::new(),
        version: 1,
        self_uri: format!("{PATH}/{}", target.id),
        config: None,
    }
}

fn reported(enabled: bool, why: Option<&str>) -> ReportedStatus {
    let detail = why.filter(|_| enabled).map(|why| Detail {
        message: why.to_owned(),
    });
    let code = match (enabled, &detail) {
        (false, _) => ReportedCode::Inactive,
        (true, None) => ReportedCode::Active,
        (true, Some(_)) => ReportedCode::Error,
    };
    ReportedStatus { code, detail }
}

fn show_type(id: &str) -> TypeLink {
    TypeLink {
        id: id.to_owned(),
        self_uri: format!("{PATH}/types/{id}"),
    }
}

pub(crate) fn show_stored(stored: &Integration, why: Option<&str>) -> IntegrationView {
    let intended_state = match stored.intended_state {
        IntendedState::Enabled => IntendedWord::Enabled,
        IntendedState::Disabled => IntendedWord::Disabled,
    };
    IntegrationView {
        id: stored.id.to_string(),
        name: stored.name.clone(),
        integration_type: show_type(&stored.type_id),
        notes: stored.notes.clone(),
        intended_state,
        reported_state: reported(intended_state == IntendedWord::Enabled, why),
        attributes: stored.attributes.clone(),
        version: stored.version.0,
        self_uri: format!("{PATH}/{}", stored.id),
        config: None,
    }
}

pub(crate) fn show_config(stored: &Integration) -> Configuration {
    let credentials = stored.config.credentials.iter().map(|(place, id)| {
        let link = CredentialLink {
            id: id.to_string(),
            self_uri: format!("{PATH}/credentials/{id}"),
        };
        (place.clone(), link)
    });
    Configuration {
        id: stored.id.to_string(),
        name: Some(stored.config.name.clone()),
        version: stored.config_version.0,
        properties: stored.config.properties.value(),
        advanced: stored.config.advanced.value(),
        notes: Some(stored.config.notes.clone()),
        credentials: credentials.collect(),
        self_uri: Some(format!("{PATH}/{}/config/current", stored.id)),
    }
}
