//! Credentials where others will read them: servers and proxies log URLs, not headers and bodies.

use super::{Report, Site, SiteKind};

/// Words in the names of credentials that are secret.
const SECRET: [&str; 7] = ["key", "token", "secret", "pass", "pwd", "sign", "auth"];

pub(super) fn check(site: &Site<'_>, report: &mut Report<'_>) {
    if site.kind != SiteKind::Url {
        return;
    }
    for used in &site.uses.references {
        let name = used.properties.first().copied().unwrap_or_default();
        let secret = match used.root {
            "credentials" => {
                let name = name.to_ascii_lowercase();
                SECRET.iter().any(|word| name.contains(word))
            }
            "authResponse" => true,
            _ => false,
        };
        let before = site.text.get(..used.offset).unwrap_or_default();
        if secret && before.contains('?') {
            let message = format!(
                "`{}.{name}` stands in the URL's query, which servers and proxies on the way write to their \
                 logs: put it into a header or the body if the service takes it there",
                used.root
            );
            report.add(site, used.offset, message);
        }
    }
}
