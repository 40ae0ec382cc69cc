//! What a configuration may refer to: not only the integration must be within a caller's reach, but all
//! that is attached to it.
//!
//! - **Credentials.** Who administers everything attaches any. Who administers some integrations attaches
//!   what the integration has already, and what another of those integrations has: such a credential is in
//!   his hands anyway. Any other id is answered alike, whether there is such a credential or not.
//! - **Networks** open addresses that aren't public: loopback, private networks, metadata services. Only
//!   who administers everything adds one; others keep and remove those that are there.
//!
//! Both compare with what the integration has now, so the version that a body names must be that one.

use crate::credentials::uses;
use crate::error::ApiError;
use tollgate_callers::{Over, Principal};
use tollgate_definitions::Live;
use tollgate_json::Doc;
use tollgate_store::{EntityId, Expected, Integration, IntegrationConfig, JsonText, Role};
use tollgate_upstream::Network;

const NETWORKS: &str = "allowedNetworks";

/// Refuses a body that was written for another version than `before`.
pub(crate) fn seen(before: &Integration, seen: Expected) -> Result<(), ApiError> {
    match seen {
        Expected::Version(version) if version != before.config_version => Err(ApiError::conflict(
            "version.conflict",
            "Changed since it was read; nothing was changed now. Get it and try again.",
        )
        .with("version", before.config_version.0)),
        Expected::Version(_) | Expected::Any => Ok(()),
    }
}

/// Refuses a credential that isn't within the caller's reach.
pub(crate) fn credential(
    live: &Live,
    caller: &Principal,
    of: &Integration,
    id: &EntityId,
) -> Result<(), ApiError> {
    let has = |it: &Integration| uses(it, id.as_str());
    let within = || {
        let catalog = live.catalog();
        catalog.integrations().any(|it| {
            caller.may(Role::Administer, Over::Integration(&it.id))
                && it.stored.as_ref().is_some_and(has)
        })
    };
    if caller.may(Role::Administer, Over::Everything) || has(of) || within() {
        return Ok(());
    }
    let message = "credentials: attaching a credential that none of the caller's integrations has \
                   takes: administer, everywhere.";
    Err(ApiError::forbidden(message, "administer"))
}

/// Refuses networks that the integration didn't have, unless the caller administers everything.
pub(crate) fn networks(
    caller: &Principal,
    before: &Integration,
    after: &IntegrationConfig,
) -> Result<(), ApiError> {
    if caller.may(Role::Administer, Over::Everything) {
        return Ok(());
    }
    let had = listed(&before.config.properties).unwrap_or_default();
    let wanted = listed(&after.properties)?;
    let added = wanted.iter().find(|network| {
        // As the guard reads them: what it can't read opens nothing, and isn't taken either.
        let parsed = network.parse::<Network>().ok();
        !had.iter()
            .any(|it| parsed.is_some() && it.parse().ok() == parsed)
    });
    match added {
        None => Ok(()),
        Some(network) => Err(ApiError::forbidden(
            format!("properties.{NETWORKS}: adding {network:?} takes: administer, everywhere."),
            "administer",
        )),
    }
}

fn listed(properties: &JsonText) -> Result<Vec<String>, ApiError> {
    Ok(Doc::parse(properties.as_str())?
        .list(NETWORKS)?
        .unwrap_or_default())
}
