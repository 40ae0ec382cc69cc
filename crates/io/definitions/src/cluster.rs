//! What `[cluster]` says, checked as far as that goes without the coordination store.

use crate::Fault;
use tollgate_config::{ClusterConfig, Config};
use tollgate_coordination::CoordinationUrl;

/// What is wrong with the table; connects nowhere.
pub(crate) fn faults(config: &Config, cluster: &ClusterConfig) -> Vec<Fault> {
    let mut faults = Vec::new();
    let url = cluster.url.expose();
    if !(config.without_secrets && url.is_empty())
        && let Err(error) = CoordinationUrl::parse(url)
    {
        let field = cluster_url_field(config);
        faults.push(Fault::of(config, field, error.to_string()));
    }
    if let Err(message) = node_name(cluster) {
        faults.push(Fault::of(config, "cluster", message));
    }
    faults
}

/// The field that says where the coordination store is.
#[must_use]
pub fn cluster_url_field(config: &Config) -> &'static str {
    let fields = ["cluster.url", "cluster.url_env", "cluster.url_file"];
    let found = fields.into_iter().find(|field| config.places.has(field));
    found.unwrap_or("cluster.url")
}

/// How others call this node: as the file says, or by its host's name.
///
/// # Errors
/// The host's name is none that a node can have.
pub fn node_name(cluster: &ClusterConfig) -> Result<String, String> {
    if let Some(name) = &cluster.node {
        return Ok(name.clone());
    }
    let system = rustix::system::uname();
    let host = system.nodename().to_string_lossy();
    if ClusterConfig::is_node_name(&host) {
        return Ok(host.into_owned());
    }
    Err(format!(
        "the host's name {host:?} can't be a node's; add node = \"a\", another name on each node"
    ))
}
