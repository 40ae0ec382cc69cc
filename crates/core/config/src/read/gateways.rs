//! `[[gateway]]`.

use super::{Reading, resolve, tls};
use crate::{Entrance, Gateway, Integration};
use std::net::SocketAddr;
use std::time::Duration;
use tollgate_action::Callee;
use tollgate_settings::{Placed, Section};
use tollgate_upstream::RequestPath;

const TIMEOUTS: (Duration, Duration) = (Duration::from_millis(1), Duration::from_secs(3600));
/// As long as the platform's own calls may take.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
/// Enough for what the platform takes at once.
const DEFAULT_BODY: u64 = 100 * 1024 * 1024;
/// Enough for nearly all requests of programs.
const DEFAULT_REPLAY: usize = 256 * 1024;
/// The most that is held of one request.
const MOST_REPLAY: u64 = 16 * 1024 * 1024;
/// The paths of the service itself: a prefix that began with one of them would hide it.
const OWN: [&str; 6] = ["api", "oauth", "health", "live", "ready", "login"];

/// `listen`: where the service itself does. `stored`: integrations may come from the store, so any name may be one.
pub(super) fn read(
    root: &Section<'_, '_>,
    source: &Reading<'_>,
    integrations: &[Integration],
    (listen, stored): (SocketAddr, bool),
) -> Vec<Gateway> {
    let mut gateways: Vec<Gateway> = Vec::new();
    for section in root.sections("gateway") {
        let integration = integration(&section, integrations, stored);
        let entrance = entrance(&section);
        let tls = tls::read(&section, source);
        if !section.has("listen") {
            section.refuse("tls", || {
                "takes listen: at the service's own listener TLS is that of [server.tls]".to_owned()
            });
        }
        let timeout = section.span("timeout", TIMEOUTS.0..=TIMEOUTS.1);
        let timeout = timeout.unwrap_or(DEFAULT_TIMEOUT);
        let deadline = section.span("deadline", Duration::ZERO..=TIMEOUTS.1);
        let max_body_bytes = section.whole("max_body_bytes", 0..=u64::MAX >> 1);
        let replay_bytes = section.whole("replay_bytes", 0..=MOST_REPLAY);
        let replay_bytes = replay_bytes.and_then(|bytes| usize::try_from(bytes).ok());
        if let (Some(integration), Some(placed)) = (integration, entrance) {
            // Port 0 is a free one for each.
            let is_any = matches!(placed.value, Entrance::Listener(at) if at.port() == 0);
            if !is_any && gateways.iter().any(|it| it.entrance == placed.value) {
                section.reject(&placed, "another gateway has that already".to_owned());
            }
            if placed.value == Entrance::Listener(listen) && listen.port() != 0 {
                let message =
                    "the service itself listens there; give another port, or path or host";
                section.reject(&placed, message.to_owned());
            }
            gateways.push(Gateway {
                integration,
                entrance: placed.value,
                tls,
                timeout,
                deadline: deadline.unwrap_or(timeout),
                max_body_bytes: max_body_bytes.unwrap_or(DEFAULT_BODY),
                replay_bytes: replay_bytes.unwrap_or(DEFAULT_REPLAY),
            });
        }
        section.finish();
    }
    gateways
}

/// The integrations that gateways name.
pub(super) fn integrations(root: &Section<'_, '_>) -> Vec<String> {
    let sections = root.sections("gateway").into_iter();
    let named = sections.filter(|section| section.is_text("integration"));
    let named = named.filter_map(|section| section.text("integration"));
    named.map(|name| name.value).collect()
}

fn integration(
    section: &Section<'_, '_>,
    integrations: &[Integration],
    stored: bool,
) -> Option<String> {
    let named = section.needed("integration", "\"NAME of an [[integration]]\"")?;
    let found = integrations.iter().find(|it| it.name == named.value);
    match found {
        Some(found) if found.kind.calls != Callee::PlatformPath => {
            let message = format!(
                "{} is of the type {}: requests pass through to platform integrations alone, which have a base URL \
                 and tokens of a pool",
                found.name, found.kind.id
            );
            section.reject(&named, message);
        }
        None if !stored => {
            let names: Vec<_> = integrations.iter().map(|it| it.name.clone()).collect();
            resolve(section, &named, "integration", &names);
        }
        _ => {}
    }
    Some(named.value)
}

/// `listen`, `host`, `path` or `unknown_paths`: exactly one of them.
fn entrance(section: &Section<'_, '_>) -> Option<Placed<Entrance>> {
    let address = "an address and a port such as \"127.0.0.1:8081\"";
    let listen = section.parsed("listen", address, |text| {
        text.parse().ok().map(Entrance::Listener)
    });
    let name = "a host name without a port such as \"genesys.example.com\"";
    let host = section.parsed("host", name, |text| host(text).map(Entrance::Host));
    let prefix = "a path such as \"/genesys\", of which no part is the service's own: /api, /oauth, /health, /live, /ready, /login";
    let prefix = section.parsed("path", prefix, |text| path(text).map(Entrance::Prefix));
    let is_rest = section.flag("unknown_paths");
    if is_rest == Some(false) {
        section.refuse("unknown_paths", || {
            "expected true, or leave it out".to_owned()
        });
    }
    let rest = section.here(Entrance::UnknownPaths);
    let rest = (is_rest == Some(true)).then_some(rest);
    let keys = ["listen", "host", "path", "unknown_paths"];
    let given = keys.iter().filter(|key| section.has(key)).count();
    if given == 0 {
        section.missing(
            "listen",
            "\"127.0.0.1:8081\"; or host, path or unknown_paths, for requests at the service's own listener",
        );
    }
    let mut found = [listen, host, prefix, rest].into_iter().flatten();
    let first = found.next()?;
    for other in found {
        section.reject(
            &other,
            "give one of listen, host, path and unknown_paths".to_owned(),
        );
    }
    Some(first)
}

fn host(text: &str) -> Option<String> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    let name = text.to_ascii_lowercase();
    (!name.is_empty() && name.bytes().all(is_name)).then_some(name)
}

fn path(text: &str) -> Option<String> {
    let path = RequestPath::new(text).ok()?.as_str();
    let first = path.split('/').nth(1)?;
    let is_free = !first.is_empty() && !OWN.contains(&first.to_ascii_lowercase().as_str());
    (is_free && !path.ends_with('/') && !path.contains('%')).then(|| path.to_owned())
}
