//! `proxy` and what belongs to it, of `[upstream]` or of an integration.

use super::{Reading, secrets};
use crate::ProxyRule;
use tollgate_settings::Section;
use tollgate_upstream::{BadRule, Exception, Proxy, ProxyAddress};

/// Stands for calling directly.
const NONE: &str = "none";

/// What a table says of a proxy.
pub(super) fn read(section: &Section<'_, '_>, source: &Reading<'_>) -> ProxyRule {
    let written = section.text("proxy");
    let user = section.text("proxy_user");
    let exceptions = section.texts("no_proxy");
    let Some(written) = written.filter(|text| text.value != NONE) else {
        for key in [
            "proxy_user",
            "proxy_password_env",
            "proxy_password_file",
            "no_proxy",
        ] {
            section.refuse(key, || {
                "is of no use without proxy = \"http://HOST:PORT\"".to_owned()
            });
        }
        return match section.has("proxy") {
            true => ProxyRule::Direct,
            false => ProxyRule::Inherited,
        };
    };
    let reject = |text, error: BadRule| section.reject(text, error.to_string());
    let address = written.value.parse::<ProxyAddress>();
    let address = address.map_err(|error| reject(&written, error));
    let exceptions = exceptions.unwrap_or_default();
    let exceptions = exceptions.iter().filter_map(|text| {
        let read = text.value.parse::<Exception>();
        read.map_err(|error| reject(text, error)).ok()
    });
    let exceptions = exceptions.collect();
    let login = match user {
        Some(user) => {
            if user.value.contains(':') || user.value.is_empty() {
                section.reject(&user, "expected a name without a colon".to_owned());
            }
            let password = secrets::read(section, source, secrets::PROXY_PASSWORD);
            password.map(|password| (user.value, password))
        }
        None => {
            for key in ["proxy_password_env", "proxy_password_file"] {
                section.refuse(key, || "is of no use without proxy_user".to_owned());
            }
            None
        }
    };
    match address {
        Ok(address) => ProxyRule::Through(Proxy {
            address,
            login,
            exceptions,
        }),
        // It has been told of.
        Err(()) => ProxyRule::Inherited,
    }
}
