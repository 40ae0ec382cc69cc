//! From the configuration that runs to another one: what has changed, and what of it can't be taken over by a service
//! that runs.
//!
//! **What runs is what one text says, never a mixture of two.** A text with something that only a start can take over is
//! refused as a whole, with the fields that are in the way: the address that is listened on, the store, the cluster, the
//! policy. So the digest that a node shows is always that of what it does, and no restart brings a surprise.
//!
//! **A field is fixed unless it is known to be live.** [`Changes`] compares the texts' tables field by field; what isn't on
//! the list here is in the way. A new field that nobody has thought of asks for a restart, and does nothing wrong.
//!
//! **The engine keeps what it has.** [`Running`] finds for each limit, client, flow and route of the new text what the
//! engine has of it already, so that its use, tokens and queue stay ([`tables`]).

mod document;
mod obstacle;
mod secrets;
mod tables;

pub use document::{Changed, Changes, Document};
pub use obstacle::Obstacle;
pub use tables::{Planned, Running};

use crate::Config;

/// What else changes while the service runs: fields, and tables with all that is in them.
const LIVE_FIELDS: [&str; 15] = [
    "presets",
    "organization",
    "log.level",
    "server.cors",
    "server.max_body_bytes",
    "server.body_timeout",
    "server.body_bytes_per_second",
    "server.token_life",
    "server.max_tokens",
    "server.caller_requests_per_minute",
    "server.caller_requests_at_once",
    "server.wrong_logins_per_minute",
    "server.trusted_proxies",
    "server.workflow_folder",
    "server.flow_folder",
];

impl Config {
    /// What is different in `next`, and what of it is in the way of taking it over.
    #[must_use]
    pub fn changes_to(&self, next: &Self) -> (Changes, Vec<Obstacle>) {
        let changes = Changes::between(&self.document, &next.document);
        let fixed = changes.fields.iter().filter(|field| !is_live(field));
        let mut obstacles: Vec<_> = fixed
            .map(|field| Obstacle::new(field, "can't change while the service runs"))
            .collect();
        obstacles.extend(self.fixed_listeners(next));
        obstacles.extend(secrets::fixed(self, next));
        if self.cluster.is_some() && self.organization.id != next.organization.id {
            let why = "is the organisation whose limits the nodes share";
            obstacles.push(Obstacle::new("organization.id", why));
        }
        (changes, obstacles)
    }

    /// Of files that hold something else than they did (paths as they are shown), those that only a start reads: a key
    /// ring, a secret of `[trace]`, a proxy's password. The text that names them is the same, so nothing else tells.
    #[must_use]
    pub fn fixed_files(&self, changed: &Changed) -> Vec<Obstacle> {
        let is_changed = |path: &str| {
            let names = [&changed.added, &changed.changed, &changed.removed];
            names.iter().any(|names| names.contains(path))
        };
        let read = self.files.iter().filter(|it| !it.written);
        let read = read.filter(|it| is_changed(&it.path.display().to_string()));
        let fixed =
            read.filter(|it| !document::is_of_live_list(&it.field) && !is_live_file(&it.field));
        let why = "names a file whose contents can't change";
        fixed.map(|it| Obstacle::new(&it.field, why)).collect()
    }

    /// Gateways whose listeners would have to be opened, closed or secured otherwise.
    fn fixed_listeners(&self, next: &Self) -> Option<Obstacle> {
        let listeners = |config: &Self| -> Vec<_> {
            let gateways = config.gateways.iter();
            let alone = gateways.filter_map(|it| Some((it.address()?, it.tls.clone())));
            // The table's number is no part of what it says.
            let of_files = |tls: crate::ListenerTls| {
                let crate::ListenerTls {
                    table: _,
                    certificate,
                    key,
                    client_authorities,
                    require_client_certificate,
                } = tls;
                (
                    certificate,
                    key,
                    client_authorities,
                    require_client_certificate,
                )
            };
            alone.map(|(at, tls)| (at, tls.map(of_files))).collect()
        };
        let (before, after) = (listeners(self), listeners(next));
        if before == after {
            return None;
        }
        let is_other = |place: usize| before.get(place) != after.get(place);
        let place = (0..after.len()).find(|place| is_other(*place));
        let alone = next.gateways.iter().enumerate();
        let alone = alone.filter(|(_, it)| it.address().is_some());
        let index = place.and_then(|place| alone.map(|(index, _)| index).nth(place));
        let field = index.map_or("gateway".to_owned(), |index| {
            format!("gateway[{}].listen", index + 1)
        });
        let why = "the listeners of gateways, their order and their TLS can't change while the service runs";
        Some(Obstacle::new(field, why))
    }
}

/// Whether a file that this field names is read anew while the service runs. Those of listeners are followed by themselves.
fn is_live_file(field: &str) -> bool {
    is_live(field) || field.starts_with("server.tls.")
}

fn is_live(field: &str) -> bool {
    LIVE_FIELDS.iter().any(|live| {
        let rest = field.strip_prefix(live);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    })
}
