//! How many calls the limits really let pass in the long run.

use super::{Config, Kind, Paths, Slowing, Whose};
use std::time::Duration;

impl Config {
    /// Calls a second that all limits but those of single paths let pass so long after the beginning,
    /// where each client has so many `tokens` (where none are needed, all calls are one's) and a call
    /// takes so many seconds.
    #[must_use]
    pub fn carries(&self, at: Duration, tokens: &[u32], takes: f64) -> f64 {
        let laws = self.laws();
        let of = |whose, client: Option<usize>| {
            let all = laws
                .iter()
                .filter(|law| law.whose == whose && law.paths == Paths::All);
            let concerned = all.filter(|law| {
                law.clients.is_empty() || client.is_some_and(|it| law.clients.contains(&it))
            });
            concerned
                .map(|law| rate(law.at(at), takes))
                .fold(f64::INFINITY, f64::min)
        };
        let tokens = if self.needs_token { tokens } else { &[1] };
        let clients = tokens.iter().enumerate().map(|(place, tokens)| {
            let client = self.needs_token.then_some(place);
            if client.is_some() && self.is_disabled(place) {
                return 0.0;
            }
            let of_tokens = f64::from(*tokens) * of(Whose::Token, client);
            of_tokens.min(of(Whose::Client, client))
        });
        let by_clients: f64 = clients.sum();
        by_clients
            .min(of(Whose::Organisation, None))
            .min(self.slowing.carries(takes))
    }

    fn is_disabled(&self, client: usize) -> bool {
        let disabled = &self.token_endpoint.disabled;
        let client = self.clients.get(client);
        client.is_some_and(|client| disabled.contains(&client.id))
    }
}

impl Slowing {
    /// Calls a second that the workers carry, or a crowd of the best size.
    fn carries(self, takes: f64) -> f64 {
        match self {
            Self::None => f64::INFINITY,
            Self::Workers(workers) => f64::from(workers) / takes,
            Self::Thrashing(knee) => f64::from(knee) / takes / 2.0,
        }
    }
}

/// Calls a second that a limit lets pass.
fn rate(kind: Kind, takes: f64) -> f64 {
    match kind {
        Kind::Concurrency(most) => f64::from(most) / takes,
        kind => kind.rate().unwrap_or(f64::INFINITY),
    }
}
