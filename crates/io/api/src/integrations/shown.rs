//! Integrations and their configuration, as answers show them.

use crate::principal::{Over, Principal};
use serde_json::{Value, json};
use tollgate_definitions::{Catalog, CatalogIntegration};
use tollgate_driver::Driver;
use tollgate_execution::say;
use tollgate_store::{Integration, IntendedState, Role};

/// The path of all integrations.
pub(crate) const PATH: &str = "/api/v2/integrations";

/// The integration with its configuration, as far as it is wanted and the caller may read it.
pub(crate) fn with_config(
    catalog: &Catalog,
    target: &CatalogIntegration,
    full: bool,
    caller: &Principal,
    driver: &Driver,
) -> Value {
    let mut shown = show(catalog, target, driver);
    if let (Some(stored), true) = (
        &target.stored,
        full && caller.may(Role::Administer, Over::Integration(&target.id)),
    ) {
        shown["config"] = json!({"current": show_config(stored)});
    }
    shown
}

pub(crate) fn show(catalog: &Catalog, target: &CatalogIntegration, driver: &Driver) -> Value {
    let why = match &target.wiring {
        Err(why) => Some(why.clone()),
        Ok(wiring) => driver.token_trouble(wiring.route).map(|trouble| {
            let trouble = say(&trouble);
            format!("No access token can be had; {trouble}.")
        }),
    };
    let why = why.as_deref();
    if let Some(stored) = &target.stored {
        let mut shown = show_stored(stored, why);
        if let (None, Some(aside)) = (why, catalog.set_aside(&target.id)) {
            shown["reportedState"]["detail"] = json!({"message": aside});
        }
        return shown;
    }
    json!({
        "id": target.id,
        "name": target.name,
        "integrationType": show_type(target.kind.as_str()),
        "notes": "From the configuration file; it can't be changed here.",
        "intendedState": "ENABLED",
        "reportedState": reported(true, why),
        "attributes": {},
        "version": 1,
        "selfUri": format!("{PATH}/{}", target.id),
    })
}

/// Whether calls can be made, and why not.
fn reported(enabled: bool, why: Option<&str>) -> Value {
    match (enabled, why) {
        (false, _) => json!({"code": "INACTIVE"}),
        (true, None) => json!({"code": "ACTIVE"}),
        (true, Some(why)) => json!({"code": "ERROR", "detail": {"message": why}}),
    }
}

fn show_type(id: &str) -> Value {
    json!({"id": id, "selfUri": format!("{PATH}/types/{id}")})
}

pub(crate) fn show_stored(stored: &Integration, why: Option<&str>) -> Value {
    let enabled = stored.intended_state == IntendedState::Enabled;
    json!({
        "id": stored.id.as_str(),
        "name": stored.name,
        "integrationType": show_type(&stored.type_id),
        "notes": stored.notes,
        "intendedState": if enabled { "ENABLED" } else { "DISABLED" },
        "reportedState": reported(enabled, why),
        "attributes": stored.attributes,
        "version": stored.version.0,
        "selfUri": format!("{PATH}/{}", stored.id),
    })
}

pub(crate) fn show_config(stored: &Integration) -> Value {
    let credentials = stored.config.credentials.iter().map(|(place, id)| {
        let uri = format!("{PATH}/credentials/{id}");
        (place.clone(), json!({"id": id.as_str(), "selfUri": uri}))
    });
    json!({
        "id": stored.id.as_str(),
        "name": stored.config.name,
        "version": stored.config_version.0,
        "properties": stored.config.properties.value(),
        "advanced": stored.config.advanced.value(),
        "notes": stored.config.notes,
        "credentials": credentials.collect::<serde_json::Map<_, _>>(),
        "selfUri": format!("{PATH}/{}/config/current", stored.id),
    })
}
