//! Entries of callers' lists by which nothing ever passes: they are no fault, and most likely a mistake.

use crate::{Caller, Config, Entrance, Gateway, Role};
use std::slice;
use tollgate_settings::Listing;
use tollgate_upstream::{Closed, Endpoint};

impl Config {
    /// A line for each list and each entry of one that opens nothing, with its place.
    pub(crate) fn idle_passes(&self) -> Vec<String> {
        let listing = self.callers.iter().enumerate();
        let listing = listing.filter(|(_, caller)| !caller.pass_through.is_empty());
        let found = listing.flat_map(|(index, caller)| {
            let field = format!("caller[{}].pass_through", index + 1);
            let gateways = match self.open_to(caller) {
                Ok(gateways) => gateways,
                Err(why) => return vec![(field, why)],
            };
            let entries = caller.pass_through.iter().enumerate();
            let idle = entries.filter_map(|(index, entry)| {
                let why = self.idle(entry, &gateways)?;
                Some((
                    format!("{field}[{}]", index + 1),
                    format!("{entry:?}: {why}", entry = entry.to_string()),
                ))
            });
            idle.collect()
        });
        let line = |(field, why): (String, String)| {
            let problem = self.places.of(&field).problem(why);
            let (file, problems) = (self.file.as_str(), slice::from_ref(&problem));
            Listing { file, problems }.to_string()
        };
        found.map(line).collect()
    }

    /// The gateways that the caller may use, or why there are none.
    fn open_to(&self, caller: &Caller) -> Result<Vec<&Gateway>, String> {
        if self.gateways.is_empty() {
            let why = "nothing passes, since there is no gateway; add [[gateway]], or leave pass_through out";
            return Err(why.to_owned());
        }
        if !caller.roles.contains(&Role::Execute) {
            return Err("nothing passes, since this caller hasn't the role execute".to_owned());
        }
        let may = |gateway: &&Gateway| {
            let named = caller.integrations.as_ref();
            named.is_none_or(|named| named.contains(&gateway.integration))
        };
        let gateways: Vec<_> = self.gateways.iter().filter(may).collect();
        if gateways.is_empty() {
            let lead: Vec<_> = self
                .gateways
                .iter()
                .map(|it| it.integration.as_str())
                .collect();
            return Err(format!(
                "nothing passes, since no gateway leads to one of this caller's integrations; they lead to {}",
                lead.join(", ")
            ));
        }
        Ok(gateways)
    }

    /// Why nothing passes by the entry; none where something may.
    fn idle(&self, entry: &Endpoint, gateways: &[&Gateway]) -> Option<String> {
        match Closed::of_all(entry) {
            Some(Closed::Own) => {
                return Some(
                    "never passes, since logins and the caller's own token are this service's; leave it out: \
                     /oauth/token and /api/v2/tokens/me are answered without it"
                        .to_owned(),
                );
            }
            Some(Closed::Notifications) => {
                return Some(
                    "never passes, since notification channels lead to a WebSocket; leave it out, and open them at \
                     the platform itself"
                        .to_owned(),
                );
            }
            None => {}
        }
        let path = entry.path();
        let taken = |gateway: &&Gateway| self.taken(gateway).find(|it| is_below(&path, it));
        let prefixes: Option<Vec<_>> = gateways.iter().map(taken).collect();
        let prefix = prefixes?.into_iter().next()?;
        let below = path.strip_prefix(prefix.as_str())?;
        Some(format!(
            "leads to no path below {prefix}, which the gateway or its integration's base_url has already; write the \
             path without it, {below:?}"
        ))
    }

    /// What a gateway takes off paths, and what it puts before them.
    fn taken(&self, gateway: &Gateway) -> impl Iterator<Item = String> {
        let entrance = match &gateway.entrance {
            Entrance::Prefix(prefix) => Some(prefix.clone()),
            Entrance::Listener(_) | Entrance::Host(_) | Entrance::UnknownPaths => None,
        };
        let named = self
            .integrations
            .iter()
            .find(|it| it.name == gateway.integration);
        let base = named.and_then(|it| it.base_url.as_ref());
        let base = base.map(|url| url.path().trim_end_matches('/').to_owned());
        let base = base.filter(|path| !path.is_empty());
        entrance.into_iter().chain(base)
    }
}

fn is_below(path: &str, prefix: &str) -> bool {
    let below = path.strip_prefix(prefix);
    below.is_some_and(|below| below.starts_with('/'))
}
