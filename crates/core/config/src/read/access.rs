//! Who may do what, and where an integration's calls may go.

use super::{Reading, pem, proxy, resolve};
use crate::{Access, Role};
use std::collections::BTreeSet;
use std::str::FromStr;
use tollgate_settings::{Placed, Section};
use tollgate_upstream::{BadRule, HostPattern, Network, Ports, Refused, Scheme, Url};

/// Stands for every flow in a caller's list.
const EVERY: &str = "*";

/// `roles` and `integrations` of a caller; by default it executes everything.
pub(super) fn read_roles(
    section: &Section<'_, '_>,
    integrations: &[String],
) -> (BTreeSet<Role>, Option<BTreeSet<String>>) {
    let texts = section.texts("roles").unwrap_or_default();
    let roles = texts.iter().filter_map(|text| role_of(section, text));
    let mut roles: BTreeSet<_> = roles.collect();
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

/// The role that a text names.
pub(super) fn role_of(section: &Section<'_, '_>, text: &Placed<String>) -> Option<Role> {
    let role = Role::from_name(&text.value);
    if role.is_none() {
        let found = &text.value;
        let message = format!("expected view, execute, author or administer, found {found:?}");
        section.reject(text, message);
    }
    role
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
    Access {
        hosts: rules::<HostPattern>(section, "allowed_hosts"),
        schemes: rules::<Scheme>(section, "allowed_schemes"),
        ports: rules::<Ports>(section, "allowed_ports"),
        networks: rules::<Network>(section, "allowed_networks"),
        extra_roots_pem: pem::trusted_roots(section, source),
        identity_pem: pem::client_certificate(section, source),
        proxy: proxy::read(section, source),
    }
}

/// A list of rules of one kind, as they are written.
fn rules<T: FromStr<Err = BadRule>>(section: &Section<'_, '_>, key: &'static str) -> Vec<String> {
    let texts = section.texts(key).unwrap_or_default();
    let sound = texts
        .into_iter()
        .filter(|text| section.read::<T>(text).is_some());
    sound.map(|text| text.value).collect()
}

/// Refuses a URL of the file where the integration's calls wouldn't be let. What its name resolves to is
/// looked at before each call.
pub(super) fn check_written(
    section: &Section<'_, '_>,
    key: &'static str,
    url: &Url,
    access: &Access,
) {
    // A rule that can't be read has been told of.
    let refused = access.policy(&[url]).map(|policy| policy.check(url));
    let (Some(written), Ok(Err(refused))) = (section.text(key), refused) else {
        return;
    };
    let what_to_do = match &refused {
        Refused::Address { address, .. } => format!("; add {address} to allowed_networks"),
        Refused::Host { host } => format!("; add {host} to allowed_hosts"),
        _ => String::new(),
    };
    section.reject(&written, format!("{refused}{what_to_do}"));
}
