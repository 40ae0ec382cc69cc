//! The pieces that a service is put together of, each from its part of the configuration.

use crate::StartError;
use crate::current::Lasting;
use crate::listeners::Listeners;
use crate::outlets::open_outlets;
use crate::renewal::{LookNow, Renewal};
use crate::sweep::sweep;
use crate::tasks::Tasks;
use crate::watch::watch;
use std::sync::Arc;
use tollgate_api::{Journal, Notices};
use tollgate_config::{Config, Server};
use tollgate_definitions::{Follower, Foundation, LimitRegistry, Live, OperatorNumbers};
use tollgate_driver::{Driver, Setup};
use tollgate_jobs::Jobs;
use tollgate_store::Store;
use tollgate_telemetry::Records;
use tollgate_transfers::Transfers;
use tollgate_workers::Workers;

/// Where a line for each call goes.
pub(super) fn records(server: &Server) -> Result<Records, StartError> {
    let Some(path) = &server.records_file else {
        return Ok(Records::default());
    };
    Records::open(path).map_err(|error| StartError::Records(path.clone(), error))
}

/// What operators have set of limits.
pub(super) fn numbers(server: &Server) -> Result<OperatorNumbers, StartError> {
    let failed = |error| StartError::Numbers(server.usage_file.clone(), error);
    OperatorNumbers::open(&server.usage_file).map_err(failed)
}

/// The threads that calculate.
pub(super) fn start_workers(server: &Server) -> Result<Arc<Workers>, StartError> {
    let bounds = tollgate_workers::Bounds {
        threads: server.calculations.threads,
        waiting_each: server.calculations.waiting_each,
        waiting: server.calculations.waiting,
        time: server.calculations.time,
    };
    let workers = Workers::start(bounds).map_err(StartError::Workers)?;
    Ok(Arc::new(workers))
}

pub(super) fn start_driver(config: &Config, seed: u64, process: u64) -> Result<Driver, StartError> {
    let setup = Setup {
        engine: config.engine.clone(),
        clients: config.clients.clone(),
        seed,
        bounds: config.upstream.clone(),
        extra_roots_pem: config.extra_roots_pem.clone(),
        proxy: config.proxy.clone(),
    };
    let driver = Driver::start_with_usage(setup, &config.server.usage_file, process);
    driver.map_err(StartError::Driver)
}

/// Opens the ways out of the file's integrations that have ones of their own, and reads the store.
pub(super) async fn go_live(
    config: &Config,
    (live, driver): (&Live, &Driver),
    mut follower: Follower,
) -> Result<Follower, StartError> {
    open_outlets(config, &live.catalog(), driver)?;
    let caught_up = follower.catch_up().await;
    caught_up.map_err(StartError::Definitions)?;
    Ok(follower)
}

/// What is to be done beside the traffic.
pub(super) fn start_tasks(
    config: &Config,
    store: Option<&Arc<Store>>,
    follower: Follower,
    journal: &Arc<Journal>,
    driver: &Driver,
) -> Tasks {
    let mut tasks = Tasks::default();
    tasks.spawn("follower of the definitions", follower.follow());
    if let (Some(store), Some(wanted)) = (store, &config.store) {
        tasks.spawn("journal", Arc::clone(journal).keep(Arc::clone(store)));
        let jobs = config.jobs.clone().unwrap_or_default().keep;
        let sweep = sweep(Arc::clone(store), wanted.keep, jobs);
        tasks.spawn("sweep of the store", sweep);
    }
    tasks.spawn("watch of what is learned", watch(driver.clone()));
    tasks
}

/// How TLS is spoken, at each listener with settings of its own.
pub(super) fn renewals(config: &Config) -> Result<Vec<Renewal>, StartError> {
    let started = config.listener_tls().map(Renewal::start);
    started.collect::<Result<_, _>>().map_err(StartError::Tls)
}

/// Follows the files of the listeners' certificates; gives what has them looked at now, where TLS is spoken.
pub(super) fn follow_renewals(
    renewals: Vec<Renewal>,
    notices: &Notices,
    tasks: &mut Tasks,
) -> Option<LookNow> {
    let look_now = (!renewals.is_empty()).then(LookNow::default);
    for (renewal, look_now) in renewals.into_iter().zip(look_now.iter().cycle()) {
        let following = renewal.follow(look_now.clone(), notices.clone());
        tasks.spawn("renewal of a certificate", following);
    }
    look_now
}

/// Carries out what is done later.
pub(super) fn carry_later(
    jobs: Option<&Arc<Jobs>>,
    transfers: Option<&Arc<Transfers>>,
    tasks: &mut Tasks,
) {
    if let Some(jobs) = jobs {
        tasks.spawn("jobs", Arc::clone(jobs).carry());
    }
    if let Some(transfers) = transfers {
        tasks.spawn("transfers", Arc::clone(transfers).carry());
    }
}

/// What all stored integrations share.
pub(super) fn foundation(
    config: &Config,
    workers: &Arc<Workers>,
    registry: &Arc<LimitRegistry>,
) -> Foundation {
    Foundation {
        workers: Arc::clone(workers),
        bounds: config.upstream.clone(),
        extra_roots_pem: config.extra_roots_pem.clone(),
        proxy: config.proxy.clone(),
        limits: config.shared_limits.clone(),
        registry: Arc::clone(registry),
    }
}

/// The line of the log that says what is served.
pub(super) async fn log_start(config: &Config, lasting: &Lasting, listening: &Listeners) {
    let (cluster, limits) = (lasting.cluster.as_ref(), lasting.limits.shown().await);
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        configuration = config.file,
        digest = config.digest,
        address = %listening.address(),
        integrations = lasting.live.catalog().integrations().count(),
        actions = lasting.live.catalog().actions().len(),
        flows = config.engine.flows.len(),
        gateways = config.gateways.len(),
        workflows = lasting.workflows.files().by_id.len(),
        connections = listening.max_connections(),
        limits,
        store = lasting.live.store().is_ok(),
        node = cluster.map(|it| it.status().member),
        tls = config.server.tls.is_some(),
        "serving"
    );
}
