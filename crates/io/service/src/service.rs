//! Starting and ending.

use crate::store::open_alone;
use crate::sweep::sweep;
use crate::tasks::Tasks;
use crate::watch::watch;
use crate::{Definitions, StartError};
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_api::{Bodies, Callers, Journal, Logins, Meter, Parts, describe, router};
use tollgate_architect_runner::Runner;
use tollgate_config::{Config, Server};
use tollgate_definitions::{
    Common, Follower, Lanes, LimitRegistry, Live, OperatorNumbers, WorkflowFiles, Workflows,
};
use tollgate_driver::{Driver, Setup};
use tollgate_engine::Snapshot;
use tollgate_execution::{Desk, Executor, OutputCache, Records};
use tollgate_listen::{Bounds, Listening};
use tollgate_store::Store;
use tollgate_workers::Workers;

/// A running service; ends when dropped.
pub struct Service {
    listening: Listening,
    driver: Driver,
    journal: Arc<Journal>,
    store: Option<Arc<Store>>,
    tasks: Tasks,
}

/// Of the time to drain, at most so much is kept for what the store is told in the end.
const LAST_WORDS: Duration = Duration::from_secs(2);

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service")
            .field("listening", &self.listening)
            .finish_non_exhaustive()
    }
}

impl Service {
    /// Reads the action files, opens the store, starts the driver, and listens last.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(config: Config, seed: u64) -> Result<Self, StartError> {
        let definitions = Definitions::load(&config).map_err(StartError::Configuration)?;
        let Definitions {
            catalog, workflows, ..
        } = definitions;
        catalog.warnings().for_each(|it| tracing::warn!("{it}"));
        let store = match &config.store {
            Some(store) => Some(open_alone(store).await.map_err(StartError::Store)?),
            None => None,
        };
        let records = records(&config.server)?;
        let workers = start_workers(&config.server)?;
        let numbers = numbers(&config.server)?;
        let driver = start_driver(&config, seed)?;
        let limits =
            LimitRegistry::start(numbers, driver.clone(), store.clone(), &config.engine).await;
        let limits = Arc::new(limits.map_err(StartError::Limits)?);
        let common = Common {
            workers: Arc::clone(&workers),
            bounds: config.upstream.clone(),
            extra_roots_pem: config.extra_roots_pem.clone(),
            limits: config.shared_limits.clone(),
            registry: Arc::clone(&limits),
        };
        let (live, follower) = Live::new(catalog, store.clone(), driver.clone(), common);
        let follower = go_live(&live, follower).await?;
        let journal = Arc::new(Journal::new(store.is_some()));
        let tasks = start_tasks(&config, store.as_ref(), follower, &journal, &driver);
        let parts = parts(
            &config,
            records,
            (workers, &live, &driver, &journal),
            (workflows, limits),
        );
        let (actions, files) = (
            live.catalog().actions().len(),
            parts.workflows.files().by_id.len(),
        );
        let limits = parts.limits.shown().await;
        let router = TowerToHyperService::new(router(parts.into()));
        let address = config.server.listen;
        let listening = Listening::start(address, bounds(&config.server), router);
        let failed = |error| StartError::Listen(address, error);
        let listening = listening.await.map_err(failed)?;
        tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            address = %listening.address(),
            actions,
            workflows = files,
            connections = listening.max_connections(),
            limits,
            store = store.is_some(),
            "serving"
        );
        Ok(Self {
            listening,
            driver,
            journal,
            store,
            tasks,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listening.address()
    }

    /// The engine's limits, tokens and flows as they are now; none once the engine stopped.
    pub async fn snapshot(&self) -> Option<Snapshot> {
        self.driver.snapshot().await
    }

    /// Waits until a part that the service can't do without has ended, of itself or by a panic, and gives
    /// its name. What the service would do after that is not to be relied on: its owner should end it.
    pub async fn ended(&mut self) -> &'static str {
        tokio::select! {
            () = self.driver.ended() => "engine",
            () = self.listening.ended() => "listener",
            name = self.tasks.ended() => name,
        }
    }

    /// Ends the engine's task as a panic in it would, for tests of whoever watches the service.
    #[doc(hidden)]
    pub fn stop_engine(&self) {
        self.driver.stop();
    }

    /// Accepts no more, lets what is under way come to its end, and writes down what is to be kept; all
    /// of it no longer than `within`, whatever hangs. True if everything came to its end.
    pub async fn drain(self, within: Duration) -> bool {
        let until = Instant::now() + within;
        // What the store is told in the end gets time even if executions take all they may.
        let executions = within - (within / 10).min(LAST_WORDS);
        let answered = self.listening.drain(executions).await;
        let until_ended = until - (within - executions);
        // What is left has no caller any more; the engine gives it up when the driver goes.
        let ended = self
            .driver
            .drain(until_ended.saturating_duration_since(Instant::now()))
            .await;
        let Some(store) = &self.store else {
            return answered && ended;
        };
        let left = until.saturating_duration_since(Instant::now());
        let written = tokio::time::timeout(left, self.journal.write(store.as_ref())).await;
        if written != Ok(true) {
            tracing::warn!("the store did not take the last executions and counters in time");
        }
        answered && ended && written == Ok(true)
    }
}

/// Where a line for each call goes.
fn records(server: &Server) -> Result<Records, StartError> {
    let Some(path) = &server.records_file else {
        return Ok(Records::default());
    };
    Records::open(path).map_err(|error| StartError::Records(path.clone(), error))
}

/// What operators have set of limits.
fn numbers(server: &Server) -> Result<OperatorNumbers, StartError> {
    let failed = |error| StartError::Numbers(server.usage_file.clone(), error);
    OperatorNumbers::open(&server.usage_file).map_err(failed)
}

/// The threads that calculate.
fn start_workers(server: &Server) -> Result<Arc<Workers>, StartError> {
    let bounds = tollgate_workers::Bounds {
        threads: server.calculations.threads,
        waiting_each: server.calculations.waiting_each,
        waiting: server.calculations.waiting,
        time: server.calculations.time,
    };
    let workers = Workers::start(bounds).map_err(StartError::Workers)?;
    Ok(Arc::new(workers))
}

fn start_driver(config: &Config, seed: u64) -> Result<Driver, StartError> {
    let setup = Setup {
        engine: config.engine.clone(),
        clients: config.clients.clone(),
        seed,
        bounds: config.upstream.clone(),
        extra_roots_pem: config.extra_roots_pem.clone(),
    };
    let driver = Driver::start_with_usage(setup, &config.server.usage_file);
    driver.map_err(StartError::Driver)
}

/// Opens the ways out of the file's integrations that have ones of their own, and reads the store.
async fn go_live(live: &Live, mut follower: Follower) -> Result<Follower, StartError> {
    for target in live.catalog().integrations() {
        let Ok(ready) = &target.ready else { continue };
        if ready.guard.is_none() && !ready.access.secures() {
            continue;
        }
        for route in ready.routes() {
            let set = follower.set_outlet((route, None), &ready.access, ready.guard.as_ref());
            set.map_err(|why| StartError::Integration(target.name.clone(), why))?;
        }
    }
    let caught_up = follower.catch_up().await;
    caught_up.map_err(StartError::Definitions)?;
    Ok(follower)
}

/// What is to be done beside the traffic.
fn start_tasks(
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
        tasks.spawn("sweep of the store", sweep(Arc::clone(store), wanted.keep));
    }
    tasks.spawn("watch of what is learned", watch(driver.clone()));
    tasks
}

/// What the API's handlers share.
fn parts(
    config: &Config,
    records: Records,
    (workers, live, driver, journal): (Arc<Workers>, &Arc<Live>, &Driver, &Arc<Journal>),
    (files, limits): (WorkflowFiles, Arc<LimitRegistry>),
) -> Parts {
    let server = &config.server;
    let lanes = Arc::new(Lanes::new(&config.engine.flows, config.default_flow));
    let executor = Arc::new(Executor::new(
        driver.clone(),
        Arc::clone(&workers),
        OutputCache::new(config.caches.clone(), server.cache_bytes),
        records,
        Arc::clone(&lanes),
    ));
    let desk = Desk::new(
        Arc::clone(live),
        Arc::clone(&executor),
        Arc::clone(&lanes),
        describe,
    );
    let runs = tollgate_architect_runner::Bounds {
        max_running: server.max_workflow_runs,
        ..tollgate_architect_runner::Bounds::default()
    };
    let runner = Runner::new(Arc::new(desk), runs).with_workers(Arc::clone(&workers));
    let callers = Callers::new(
        config.callers.clone(),
        Arc::clone(&lanes),
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
    Parts {
        live: Arc::clone(live),
        workflows: Arc::new(Workflows::new(files, Arc::clone(&workers))),
        lanes,
        limits,
        executor,
        runner: Arc::new(runner),
        workers,
        driver: driver.clone(),
        callers: Arc::new(callers),
        logins: Arc::new(logins),
        meter: Arc::new(meter),
        journal: Arc::clone(journal),
        bodies: bodies(server),
    }
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

/// What the connections to this service may take.
fn bounds(server: &Server) -> Bounds {
    Bounds {
        max_connections: server.max_connections,
        header_timeout: server.header_timeout,
        idle_timeout: server.idle_timeout,
        write_timeout: server.write_timeout,
        ping_interval: server.http2_ping_interval,
        max_streams: server.http2_max_streams,
        max_untaken_bytes: server.max_untaken_bytes,
    }
}
