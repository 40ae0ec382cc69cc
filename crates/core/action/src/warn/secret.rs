//! Credentials where others will read them: servers and proxies log URLs, not headers and bodies.

use super::{Report, Site, SiteKind};

/// Words in the names of credentials that are secret.
const SECRET: [&str; 5] = ["key", "token", "secret", "pass", "pwd"];
/// Ends of names that are addresses, whatever else they say.
const ADDRESS: [&str; 5] = ["url", "uri", "host", "endpoint", "domain"];

pub(super) fn check(site: &Site<'_>, report: &mut Report<'_>) {
    if site.kind != SiteKind::Url {
        return;
    }
    for used in &site.uses.references {
        let Some(name) = used.properties.last() else {
            continue;
        };
        if matches!(used.root, "credentials" | "authResponse") && is_secret(name) {
            let message = format!(
                "`{}.{name}` stands in the URL, which servers and proxies on the way write to their logs: \
                 put it into a header or the body if the service takes it there",
                used.root
            );
            report.add(site, used.offset, message);
        }
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET.iter().any(|word| name.contains(word)) && !ADDRESS.iter().any(|end| name.ends_with(end))
}
