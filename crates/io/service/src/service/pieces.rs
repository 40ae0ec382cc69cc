//! The pieces that a service is put together of, each from its part of the configuration.

use crate::StartError;
use crate::listeners::Listeners;
use crate::renewal::Renewal;
use crate::sweep::sweep;
use crate::tasks::Tasks;
use crate::watch::watch;
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use tollgate_api::{
    Audience, Bodies, JobReport, Journal, LogSwitch, Notices, Parts, Readiness, describe, edge,
    router,
};
use tollgate_architect_runner::{Host, Runner};
use tollgate_callers::{Callers, Door, Logins, Meter};
use tollgate_cluster::Cluster;
use tollgate_config::{Config, ListenerTls, Server};
use tollgate_definitions::{
    Composites, Follower, Lanes, LimitRegistry, Live, OperatorNumbers, WorkflowFiles, Workflows,
};
use tollgate_driver::{Driver, Setup};
use tollgate_execution::{Executor, OutputCache, RunSupport};
use tollgate_gateway::{Front, Gateway};
use tollgate_history::History;
use tollgate_jobs::{Callbacks, Calls, Jobs};
use tollgate_listen::{Bounds, Listener, most_connections};
use tollgate_store::Store;
use tollgate_telemetry::{Records, Telemetry};
use tollgate_transfers::{Tables, Transfers, Work, WorkflowTexts};
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
pub(super) async fn go_live(live: &Live, mut follower: Follower) -> Result<Follower, StartError> {
    for target in live.catalog().integrations() {
        let Ok(wiring) = &target.wiring else { continue };
        if wiring.guard.is_none() && !wiring.access.has_own_connections() {
            continue;
        }
        for route in wiring.routes.all() {
            let set = follower.set_outlet((route, None), &wiring.access, wiring.guard.as_ref());
            set.map_err(|why| StartError::Integration(target.name.clone(), why))?;
        }
    }
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
    if let (Some(store), Some(wanted)) = (store, &config.store) {
        tasks.spawn("follower of the store", follower.follow());
        tasks.spawn("journal", Arc::clone(journal).keep(Arc::clone(store)));
        let jobs = config.jobs.clone().unwrap_or_default().keep;
        let sweep = sweep(Arc::clone(store), wanted.keep, jobs);
        tasks.spawn("sweep of the store", sweep);
    }
    tasks.spawn("watch of what is learned", watch(driver.clone()));
    tasks
}

/// What is known of workflows, composites, limits, and the node's part in a cluster.
type Known = (
    WorkflowFiles,
    Composites,
    Arc<LimitRegistry>,
    Option<Arc<Cluster>>,
);

/// What the API's handlers share.
pub(super) fn parts(
    config: &Config,
    (telemetry, callbacks, history): (Telemetry, Callbacks, History),
    (workers, live, driver, journal): (Arc<Workers>, &Arc<Live>, &Driver, &Arc<Journal>),
    (files, composites, limits, cluster): Known,
    log: Option<Arc<dyn LogSwitch>>,
) -> Parts {
    let server = &config.server;
    let lanes = Arc::new(Lanes::new(&config.engine.flows, config.default_flow));
    let host = Host::new(server.max_workflow_runs).with_workers(Arc::clone(&workers));
    let executor = Arc::new(Executor::new(
        driver.clone(),
        Arc::clone(&workers),
        OutputCache::new(config.caches.clone(), server.cache_bytes),
        telemetry,
        (Arc::clone(&lanes), composites),
        RunSupport::new(Arc::clone(live), host.clone(), describe),
    ));
    let runner = Runner::new(host, tollgate_architect_runner::Bounds::default());
    let jobs = jobs(config, (live, &executor, &lanes), journal, callbacks);
    let organization = Arc::new(config.organization.clone());
    let callers = Callers::new(
        config.callers.clone(),
        (Arc::clone(&lanes), Arc::clone(&organization)),
        live.store().ok().cloned(),
        server.token_life,
        server.max_tokens,
    );
    let logins = Logins::new(
        server.wrong_logins_per_minute,
        server.trusted_proxies.clone(),
    );
    let meter = Meter::new(
        server.caller_requests_per_minute,
        server.caller_requests_at_once,
    );
    let workflows = Arc::new(Workflows::new(files, Arc::clone(&workers)));
    Parts {
        live: Arc::clone(live),
        organization,
        lanes,
        limits,
        cluster,
        executor,
        jobs,
        transfers: transfers(live, &workflows),
        workflows,
        runner: Arc::new(runner),
        workers,
        driver: driver.clone(),
        door: Arc::new(Door::new(callers, logins, meter)),
        journal: Arc::clone(journal),
        log,
        notices: Notices::default(),
        readiness: Readiness::default(),
        history: Arc::new(history),
        audience: Audience::default(),
        bodies: bodies(server),
    }
}

/// Executions that are carried out later, where there is a store.
fn jobs(
    config: &Config,
    (live, executor, lanes): (&Arc<Live>, &Arc<Executor>, &Arc<Lanes>),
    journal: &Arc<Journal>,
    callbacks: Callbacks,
) -> Option<Arc<Jobs>> {
    let (settings, store) = (config.jobs.clone()?, live.store().ok()?);
    let calls = Calls::new(
        Arc::clone(live),
        Arc::clone(executor),
        Arc::clone(lanes),
        Arc::new(JobReport::new(Arc::clone(journal))),
        settings.max_answer_bytes,
    );
    let jobs = Jobs::new(Arc::clone(store), Arc::new(calls), settings, callbacks);
    Some(Arc::new(jobs))
}

/// What clients bring and take in their own time, where there is a store.
fn transfers(live: &Live, workflows: &Arc<Workflows>) -> Option<Arc<Transfers>> {
    let store = live.store().ok()?;
    let texts = WorkflowTexts::new(Arc::clone(workflows));
    let works: Vec<Arc<dyn Work>> = vec![Arc::new(Tables), Arc::new(texts)];
    let transfers = Transfers::new(Arc::clone(store), works);
    Some(Arc::new(transfers))
}

/// How TLS is spoken, at each listener with settings of its own.
pub(super) fn renewals(config: &Config) -> Result<Vec<Renewal>, StartError> {
    let started = config.listener_tls().map(Renewal::start);
    started.collect::<Result<_, _>>().map_err(StartError::Tls)
}

/// Answers requests from now on, at the service's own listener and at those of gateways.
pub(super) async fn listen(
    config: &Config,
    renewals: &[Renewal],
    parts: Parts,
) -> Result<Listeners, StartError> {
    let server = &config.server;
    let (live, executor) = (Arc::clone(&parts.live), Arc::clone(&parts.executor));
    let (door, journal) = (Arc::clone(&parts.door), Arc::clone(&parts.journal));
    let pace = parts.bodies;
    let api = router(parts.into());
    let shared = tollgate_gateway::Parts {
        live,
        executor,
        door,
        journal,
        pace,
        api: api.clone(),
    };
    let own_tls = server.tls.as_ref();
    let (mut alone, mut behind) = (Vec::new(), Vec::new());
    for settings in &config.gateways {
        let gateway = Gateway::new(settings.clone(), shared.clone());
        match settings.address() {
            Some(address) => alone.push((address, settings.tls.as_ref().or(own_tls), gateway)),
            None => behind.push(gateway),
        }
    }
    let bounds = bounds(server, 1 + alone.len());
    let start = async |address, tls: Option<&ListenerTls>, router| {
        let service = TowerToHyperService::new(edge(router, server.cors.as_ref()));
        let tls = tls.and_then(|tls| renewals.iter().find_map(|it| it.tls_of(&tls.table)));
        let listening = Listener::start_secured(address, tls, bounds, service).await;
        listening.map_err(|error| StartError::Listen(address, error))
    };
    let own = start(server.listen, own_tls, Front::router(behind, api)).await?;
    let mut of_gateways = Vec::new();
    for (address, tls, gateway) in alone {
        of_gateways.push(start(address, tls, gateway.router()).await?);
    }
    Ok(Listeners::new(own, of_gateways))
}

/// What the bodies of requests may take.
fn bodies(server: &Server) -> Bodies {
    Bodies {
        max_bytes: server.max_body_bytes,
        within: server.body_timeout,
        patience: server.header_timeout,
        bytes_per_second: server.body_bytes_per_second,
    }
}

/// What the connections to one of so many listeners may take: they share the connections of all evenly.
fn bounds(server: &Server, listeners: usize) -> Bounds {
    Bounds {
        max_connections: server.max_connections.min(most_connections()) / listeners.max(1),
        header_timeout: server.header_timeout,
        idle_timeout: server.idle_timeout,
        write_timeout: server.write_timeout,
        ping_interval: server.http2_ping_interval,
        max_streams: server.http2_max_streams,
        max_untaken_bytes: server.max_untaken_bytes,
    }
}
