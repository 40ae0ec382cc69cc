//! What is found out before the first call: whether each client can have a token, and so when the node is ready.

use crate::current::Lasting;
use crate::pulse::Pulse;
use std::collections::BTreeSet;
use tollgate_config::Config;
use tollgate_driver::Driver;
use tollgate_model::ClientId;

/// Asks for a token of each client of the file whose tokens an integration takes, so that a wrong secret or token
/// URL is known before the first call.
pub(super) async fn watch_clients(config: &Config, driver: &Driver) {
    for client in watched(config) {
        // An error means that the engine is gone, of which its owner hears.
        let _ = driver.watch_client(client).await;
    }
}

/// What looks at the node from now on, after its first look.
pub(super) async fn first_look(config: &Config, lasting: &Lasting) -> Pulse {
    let clients = watched(config).into_iter();
    let clients = clients.filter_map(|client| config.engine.clients.get(client.index()));
    let names = clients.map(|client| client.name.clone()).collect();
    let mut pulse = Pulse::new(
        (&lasting.driver, &lasting.live, lasting.cluster.as_ref()),
        lasting.readiness.clone(),
        (names, config.upstream.token_timeout),
    );
    pulse.look().await;
    pulse
}

fn watched(config: &Config) -> BTreeSet<ClientId> {
    let pools = config.engine.pools.iter();
    pools.flat_map(|pool| &pool.clients).copied().collect()
}
