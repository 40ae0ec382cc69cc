//! What an operator may want to know of a configuration although nothing of it is wrong: whether its tokens fit the
//! limit over all of them.

use crate::Config;
use std::collections::BTreeMap;
use tollgate_engine::{Client, LimitSpec, Mode};
use tollgate_model::{LimitId, PoolId, Rule};

impl Config {
    /// What is worth a look, a line for each thing.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let mut under: BTreeMap<LimitId, Vec<&Client>> = BTreeMap::new();
        for (id, pool) in self.engine.pools.with_ids() {
            let clients = pool.clients.iter();
            let clients = clients.map(|client| &self.engine.clients[client.index()]);
            match self.ceiling_of(id) {
                Some(ceiling) => under.entry(ceiling).or_default().extend(clients),
                None => notes.push(format!(
                    "no limit of calls a minute holds over all tokens of integration {:?}; presets = \
                     [\"genesys-cloud\"] holds one beside what the file says",
                    pool.name
                )),
            }
        }
        let of_tokens = under.iter().filter_map(|(limit, clients)| {
            let limit = &self.engine.limits[limit.index()];
            compare(clients, per_minute(limit)?, &limit.name)
        });
        notes.extend(of_tokens);
        notes
    }

    /// The narrowest window that holds and that all calls with tokens of the pool pass.
    fn ceiling_of(&self, pool: PoolId) -> Option<LimitId> {
        let routes = self.engine.routes.iter();
        let routes: Vec<_> = routes.filter(|route| route.pool == Some(pool)).collect();
        let (first, others) = routes.split_first()?;
        let holds = |id: &LimitId| self.engine.limits[id.index()].mode == Mode::Enforce;
        let passed = first.limits.iter().copied().filter(holds);
        let by_all = passed.filter(|id| others.iter().all(|route| route.limits.contains(id)));
        let windows =
            by_all.filter_map(|id| Some((per_minute(&self.engine.limits[id.index()])?, id)));
        let narrowest = windows.min_by(|(a, _), (b, _)| a.total_cmp(b));
        narrowest.map(|(_, id)| id)
    }
}

/// Says so if the clients' tokens can't use what the limit allows, or if fewer of them could. Nothing of clients with
/// limits of their own over all their tokens, which may bind before.
fn compare(clients: &[&Client], ceiling: f64, limit: &str) -> Option<String> {
    if clients.iter().any(|it| !it.limits.is_empty()) {
        return None;
    }
    let rates: Vec<f64> = clients.iter().map(|it| rate(it)).collect::<Option<_>>()?;
    let reach: f64 = clients
        .iter()
        .zip(&rates)
        .map(|(it, rate)| rate * f64::from(it.max_tokens))
        .sum();
    let tokens: u32 = clients.iter().map(|it| it.max_tokens).sum();
    let least = rates.iter().copied().reduce(f64::min)?;
    let names: Vec<_> = clients.iter().map(|it| it.name.as_str()).collect();
    let enough = (ceiling / least).ceil();
    let facts = format!(
        "{tokens} tokens of {} carry {reach:.0} calls a minute and {limit} allows {ceiling:.0}",
        names.join(", ")
    );
    if reach < ceiling {
        return Some(format!(
            "{facts}: {enough:.0} (max_tokens of all clients together) would use it; the vendor warns against many \
             tokens for one application"
        ));
    }
    (reach - least >= ceiling).then(|| format!("{facts}: {enough:.0} (max_tokens) are enough"))
}

/// Calls a minute that each token of the client carries, as far as its windows tell.
fn rate(client: &Client) -> Option<f64> {
    let windows = client.token_limits.iter().filter_map(per_minute);
    windows.min_by(f64::total_cmp)
}

/// Calls a minute that a window lets through; none of a limit on calls at once.
fn per_minute(limit: &LimitSpec) -> Option<f64> {
    match limit.rule {
        Rule::Window {
            allowed, period, ..
        } => Some(f64::from(allowed) * 60.0 / period.as_secs_f64()),
        Rule::Concurrency { .. } => None,
    }
}
