//! What handlers share. Each takes the parts that it needs.

use crate::audience::Audience;
use crate::bodies::Bodies;
use crate::journal::Journal;
use crate::log_switch::LogSwitch;
use crate::notices::Notices;
use crate::readiness::Readiness;
use crate::reloading::Reloading;
use axum::extract::FromRef;
use std::sync::Arc;
use tollgate_architect_runner::Runner;
use tollgate_callers::Door;
use tollgate_cluster::Cluster;
use tollgate_config::Organization;
use tollgate_definitions::{Lanes, LimitRegistry, Live, Workflows};
use tollgate_driver::Driver;
use tollgate_execution::Executor;
use tollgate_history::History;
use tollgate_jobs::Jobs;
use tollgate_transfers::Transfers;
use tollgate_workers::Workers;

/// The parts of the API, which its handlers share.
#[derive(Clone)]
pub struct Api(Arc<Parts>);

impl From<Parts> for Api {
    fn from(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident: $type:ty,)*) => {
        /// The parts that handlers take.
        pub struct Parts {
            $($(#[$doc])* pub $name: $type,)*
        }

        $(impl FromRef<Api> for $type {
            fn from_ref(api: &Api) -> Self {
                api.0.$name.clone()
            }
        })*
    };
}

parts! {
    /// What is configured and stored.
    live: Arc<Live>,
    /// The organisation that the service speaks for.
    organization: Arc<Organization>,
    /// The workflows.
    workflows: Arc<Workflows>,
    /// The flows that callers may name.
    lanes: Arc<Lanes>,
    /// What every limit allows.
    limits: Arc<LimitRegistry>,
    /// The node's part in a cluster; there where the configuration has one.
    cluster: Option<Arc<Cluster>>,
    /// Carries calls out.
    executor: Arc<Executor>,
    /// Carries calls out later; there where a store is.
    jobs: Option<Arc<Jobs>>,
    /// What clients bring and take in their own time; there where a store is.
    transfers: Option<Arc<Transfers>>,
    /// Runs workflows.
    runner: Arc<Runner>,
    /// Does what takes long to calculate.
    workers: Arc<Workers>,
    /// What can be asked of the engine.
    driver: Driver,
    /// Who may call, and how often.
    door: Arc<Door>,
    /// Who did what.
    journal: Arc<Journal>,
    /// What writes the log; there where the service's owner has one that can be changed.
    log: Option<Arc<dyn LogSwitch>>,
    /// Has the configuration read anew; there where the service's owner has a file of it.
    reloading: Option<Reloading>,
    /// What whoever runs the service should know.
    notices: Notices,
    /// What was found of the node at the last look.
    readiness: Readiness,
    /// What was seen of the service.
    history: Arc<History>,
    /// Who is told of what is seen.
    audience: Audience,
    /// Bounds of requests' bodies.
    bodies: Bodies,
}
