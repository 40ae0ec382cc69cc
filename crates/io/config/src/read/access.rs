//! Who may do what, and where an integration's calls may go.

use super::{Reading, pem, resolve};
use crate::{Access, Role};
use std::collections::BTreeSet;
use tollgate_settings::{Placed, Section};

/// Stands for every flow in a caller's list.
const EVERY: &str = "*";

/// `roles` and `integrations` of a caller; by default it executes everything.
pub(super) fn read_roles(
    section: &Section<'_, '_>,
    integrations: &[String],
) -> (BTreeSet<Role>, Option<BTreeSet<String>>) {
    let mut roles = BTreeSet::new();
    for text in section.texts("roles").unwrap_or_default() {
        match Role::from_name(&text.value) {
            Some(role) => drop(roles.insert(role)),
            None => section.reject(
                &text,
                format!(
                    "expected execute, author or administer, found {:?}",
                    text.value
                ),
            ),
        }
    }
    if roles.is_empty() {
        roles.insert(Role::Execute);
    }
    let named = section.texts("integrations").map(|names| {
        let known = |name: &Placed<String>| {
            resolve(section, name, "integration", integrations).map(|_| name.value.clone())
        };
        names.iter().filter_map(known).collect()
    });
    (roles, named)
}

/// `flows` and `default_flow` of a caller; by default it calls as the service's default flow alone.
pub(super) fn read_flows(
    section: &Section<'_, '_>,
    flows: &[String],
) -> (BTreeSet<String>, Option<String>) {
    let known = |name: &Placed<String>| {
        name.value == EVERY || resolve(section, name, "flow", flows).is_some()
    };
    let listed = section.texts("flows").unwrap_or_default();
    let listed = listed.into_iter().filter(known).map(|name| name.value);
    let listed = listed.collect();
    let default = section.text("default_flow");
    let default = default.filter(|name| resolve(section, name, "flow", flows).is_some());
    (listed, default.map(|name| name.value))
}

/// `allowed_hosts` and its like, `trusted_roots` and `client_certificate` of an integration.
pub(super) fn read_access(section: &Section<'_, '_>, source: &Reading<'_>) -> Access {
    let texts = |key| {
        section
            .texts(key)
            .map(|texts| texts.into_iter().map(|text| text.value).collect())
            .unwrap_or_default()
    };
    Access {
        hosts: texts("allowed_hosts"),
        schemes: texts("allowed_schemes"),
        ports: texts("allowed_ports"),
        networks: texts("allowed_networks"),
        extra_roots_pem: pem::trusted_roots(section, source),
        identity_pem: pem::client_certificate(section, source),
    }
}
