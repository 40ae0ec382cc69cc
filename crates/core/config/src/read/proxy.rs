//! `proxy` and what belongs to it, of `[upstream]` or of an integration.

use super::{Reading, secrets};
use crate::ProxyRule;
use tollgate_settings::Section;
use tollgate_upstream::{Exception, Proxy, ProxyAddress};

/// Stands for calling directly.
const NONE: &str = "none";

/// What a table says of a proxy.
pub(super) fn read(section: &Section<'_, '_>, source: &Reading<'_>) -> ProxyRule {
    let written = section.text("proxy");
    let user = section.text("proxy_user");
    let exceptions = section.texts("no_proxy").unwrap_or_default();
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
    let address = section.read::<ProxyAddress>(&written);
    let exceptions = exceptions
        .iter()
        .filter_map(|text| section.read::<Exception>(text));
    let exceptions = exceptions.collect();
    let login = match user {
        Some(user) => {
            if user.value.contains(':') {
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
        Some(address) => ProxyRule::Through(Proxy {
            address,
            login,
            exceptions,
        }),
        // It has been told of.
        None => ProxyRule::Inherited,
    }
}
