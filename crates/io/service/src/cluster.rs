//! The node's part in a cluster, where `[cluster]` says that there is one.

use crate::StartError;
use crate::coordination::open_coordination;
use crate::tasks::Tasks;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use tollgate_cluster::{Cluster, Numbers, Setup};
use tollgate_config::{ClusterConfig, Config};
use tollgate_definitions::{Fault, LimitRegistry, node_name};
use tollgate_driver::Driver;
use tollgate_lease::MemberId;

/// The longest timeout that a call may have where no gateway allows a longer one: that of an action (*documented*: the
/// vendor's data actions take 60 s at the most).
const LONGEST_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the start waits for the store's first answer. Without it the node begins with nothing of its shared limits.
const FIRST_ANSWER: Duration = Duration::from_secs(5);

/// Joins the cluster that the configuration names, before the first call.
pub(crate) async fn join(
    config: &Config,
    process: u64,
    (driver, limits): (&Driver, &Arc<LimitRegistry>),
    tasks: &mut Tasks,
) -> Result<Option<Arc<Cluster>>, StartError> {
    let Some(settings) = &config.cluster else {
        return Ok(None);
    };
    let store = open_coordination(config, settings);
    let setup = Setup {
        driver: driver.clone(),
        numbers: Arc::new(OfOperators(Arc::clone(limits))),
        store: store.map_err(|fault| StartError::Cluster(fault.to_string()))?,
        member: member(config, settings, process)?,
        lease: settings.lease,
        tail: tail(config, settings),
    };
    let (cluster, task) = Cluster::new(setup);
    tasks.spawn("cluster", task);
    if !cluster.joined(FIRST_ANSWER).await {
        let why = cluster.status().trouble;
        let why = why.map_or_else(|| "no answer of the store yet".to_owned(), |it| it.why);
        tracing::warn!(
            why,
            "starting without a part of the shared limits: calls under them are refused until the store answers"
        );
    }
    Ok(Some(Arc::new(cluster)))
}

/// A number that no other process has.
pub(crate) fn draw_process() -> Result<u64, StartError> {
    let mut process = [0; 8];
    getrandom::fill(&mut process).map_err(|error| StartError::Cluster(error.to_string()))?;
    Ok(u64::from_ne_bytes(process))
}

/// The process that starts now: another one each time, whatever the node is called.
fn member(config: &Config, settings: &ClusterConfig, process: u64) -> Result<MemberId, StartError> {
    let fault = |why| StartError::Cluster(Fault::of(config, "cluster", why).to_string());
    let name = node_name(settings).map_err(fault)?;
    Ok(MemberId::new(name, process))
}

/// The longest from a look at a lease until the upstream has counted the call.
fn tail(config: &Config, settings: &ClusterConfig) -> Duration {
    let gateways = config.gateways.iter().map(|gateway| gateway.timeout);
    let longest = gateways.fold(LONGEST_TIMEOUT, Duration::max);
    (longest + config.engine.policy.grace).max(settings.longest_pause)
}

/// What operators have set, in the registry of limits.
struct OfOperators(Arc<LimitRegistry>);

#[async_trait]
impl Numbers for OfOperators {
    async fn share(&self) -> Vec<(String, String)> {
        self.0.share().await
    }

    async fn changed(&self) -> Vec<(String, Option<String>)> {
        self.0.untold().await
    }

    async fn take_over(&self, key: &str, text: Option<&str>) {
        if let Err(error) = self.0.take_over(key, text).await {
            tracing::warn!(%error, key, "a number that was set at another node was not taken over as it should be");
        }
    }
}
