//! Integrations and their configuration, as answers show them.

use crate::credentials::CredentialInfo;
use crate::types::IntegrationTypeView;
use crate::words::words;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use tollgate_callers::{Over, Principal};
use tollgate_definitions::{Catalog, CatalogIntegration};
use tollgate_driver::Driver;
use tollgate_execution::say;
use tollgate_model::RouteId;
use tollgate_store::{IntendedState, Role};
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
    integration_type: IntegrationTypeView,
    notes: String,
    intended_state: IntendedWord,
    pub(super) reported_state: ReportedStatus,
    attributes: BTreeMap<String, String>,
    #[schema(minimum = 0)]
    version: i64,
    self_uri: String,
    /// Its configuration, where it is asked for and the caller may read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<Current>,
}

words! {
    /// Whether an integration is to be used.
    IntendedWord { Enabled = "ENABLED", Disabled = "DISABLED", }
}
words! {
    /// Whether calls of an integration can be made.
    ReportedCode { Active = "ACTIVE", Inactive = "INACTIVE", Error = "ERROR", }
}

/// The fields that a list of integrations can be sorted by.
pub(super) const FIELDS: [&str; 8] = [
    "name",
    "id",
    "integrationType",
    "intendedState",
    "reportedState",
    "notes",
    "version",
    "selfUri",
];

impl IntegrationView {
    /// One of [`FIELDS`] other than the name, as a text that sorts as its values do.
    pub(super) fn field(&self, name: &str) -> String {
        match name {
            "integrationType" => self.integration_type.id().to_owned(),
            "intendedState" => self.intended_state.word().to_owned(),
            "reportedState" => self.reported_state.code.word().to_owned(),
            "notes" => self.notes.to_lowercase(),
            "version" => format!("{:020}", self.version),
            _ => self.id.clone(),
        }
    }
}

/// Whether calls can be made, and why not.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReportedStatus {
    pub(super) code: ReportedCode,
    /// The code for people.
    #[schema(value_type = String)]
    effective: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Detail>,
}

/// Why calls can't be made, or what is set aside.
#[derive(Serialize, ToSchema)]
struct Detail {
    message: String,
}

/// An integration's configuration as its integration shows it.
#[derive(Serialize, ToSchema)]
#[schema(as = IntegrationConfigurationInfo)]
struct Current {
    current: Configuration,
}

/// An integration's configuration.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = IntegrationConfiguration)]
pub(crate) struct Configuration {
    id: String,
    /// The integration's name.
    name: String,
    /// Counts the changes of the configuration, name and notes included.
    #[schema(minimum = 0)]
    version: i64,
    #[schema(value_type = Object)]
    properties: Value,
    #[schema(value_type = Object)]
    advanced: Value,
    /// The integration's notes.
    notes: String,
    /// The credentials in its places.
    credentials: BTreeMap<String, CredentialInfo>,
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
    if readable {
        let current = show_config(target);
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
    let mut shown = show_with(target, why.as_deref());
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

/// The integration, and why calls of it can't be made.
fn show_with(target: &CatalogIntegration, why: Option<&str>) -> IntegrationView {
    let stored = target.stored.as_ref();
    let intended_state = stored.map_or(IntendedWord::Enabled, |it| it.intended_state.into());
    IntegrationView {
        id: target.id.clone(),
        name: target.name.clone(),
        integration_type: IntegrationTypeView::of(&target.kind),
        notes: notes(target),
        intended_state,
        reported_state: reported(intended_state, why, target.kind.advice().is_some()),
        attributes: stored.map_or_else(BTreeMap::new, |it| it.attributes.clone()),
        version: stored.map_or(1, |it| it.version.0),
        self_uri: format!("{PATH}/{}", target.id),
        config: None,
    }
}

fn notes(target: &CatalogIntegration) -> String {
    let of_file = || "From the configuration file; it can't be changed here.".to_owned();
    let stored = target.stored.as_ref();
    stored.map_or_else(of_file, |it| it.notes.clone())
}

/// Why a disabled integration can't be called is plain, unless it couldn't be called if it were enabled.
fn reported(intended: IntendedWord, why: Option<&str>, is_never: bool) -> ReportedStatus {
    let is_enabled = intended == IntendedWord::Enabled;
    let detail = why.filter(|_| is_enabled || is_never).map(|why| Detail {
        message: why.to_owned(),
    });
    let code = match (is_enabled, &detail) {
        (false, _) => ReportedCode::Inactive,
        (true, None) => ReportedCode::Active,
        (true, Some(_)) => ReportedCode::Error,
    };
    let effective = match code {
        ReportedCode::Active => "Active",
        ReportedCode::Inactive => "Inactive",
        ReportedCode::Error => "Error",
    };
    ReportedStatus {
        code,
        effective,
        detail,
    }
}

/// The configuration. One of the configuration file has none that could be shown.
pub(crate) fn show_config(target: &CatalogIntegration) -> Configuration {
    let stored = target.stored.as_ref();
    let config = stored.map(|it| it.config.clone()).unwrap_or_default();
    let credentials = target.credentials.iter();
    let credentials = credentials.map(|(place, it)| (place.clone(), CredentialInfo::of(it)));
    Configuration {
        id: target.id.clone(),
        name: target.name.clone(),
        version: stored.map_or(1, |it| it.config_version.0),
        properties: config.properties.value(),
        advanced: config.advanced.value(),
        notes: notes(target),
        credentials: credentials.collect(),
        self_uri: format!("{PATH}/{}/config/current", target.id),
    }
}

impl From<IntendedState> for IntendedWord {
    fn from(state: IntendedState) -> Self {
        match state {
            IntendedState::Enabled => Self::Enabled,
            IntendedState::Disabled => Self::Disabled,
        }
    }
}
