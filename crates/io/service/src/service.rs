//! Starting and ending.

use crate::api::{self, App};
use crate::callers::Callers;
use crate::journal::Journal;
use crate::logins::Logins;
use crate::meter::Meter;
use crate::principal::Principal;
use crate::sweep::sweep;
use crate::watch::watch;
use hyper_util::service::TowerToHyperService;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_architect_runner::Runner;
use tollgate_config::{Caller, Config};
use tollgate_definitions::{
    Common, Definitions, Faults, Lanes, LimitRegistry, Live, OperatorNumbers, RefreshError,
    file_integration_id, store_parts, wall_time,
};
use tollgate_driver::{ChangeError, Driver, Setup, SetupError};
use tollgate_engine::Snapshot;
use tollgate_execution::{Desk, Executor, OutputCache, Records};
use tollgate_listen::{Bounds, Listening};
use tollgate_store::{Grant, OpenError, Reach, Role, Store};
use tollgate_workers::{Bounds as WorkerBounds, Workers};

/// A running service; ends when dropped.
pub struct Service {
    listening: Listening,
    driver: Driver,
    journal: Arc<Journal>,
    store: Option<Arc<Store>>,
    tasks: Tasks,
}

/// Why a service could not be started. Nothing was bound, or nothing is any more.
#[derive(Debug)]
pub enum StartError {
    /// The configuration, or a file that it names, can't be used as it is written. No file was touched.
    Configuration(Faults),
    /// The store can't be opened.
    Store(OpenError),
    /// What the store holds can't be read.
    Definitions(RefreshError),
    /// An integration's authorities, certificate or allow-list can't be used.
    Integration(String, String),
    /// The file of records can't be opened.
    Records(std::path::PathBuf, std::io::Error),
    /// The file of the numbers that were set, beside this usage file, can't be read.
    Numbers(std::path::PathBuf, std::io::Error),
    /// The threads that calculate can't be started.
    Workers(std::io::Error),
    /// The driver could not be set up.
    Driver(SetupError),
    /// The engine ended before it had the numbers that were set.
    Limits(ChangeError),
    /// The address can't be bound.
    Listen(SocketAddr, std::io::Error),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Configuration(faults) => faults.fmt(f),
            Self::Store(error @ OpenError::Keys(_)) => write!(
                f,
                "[store]: {error}; `tollgate init` makes a key file where there is none"
            ),
            Self::Store(error) => write!(f, "[store]: {error}"),
            Self::Definitions(error) => write!(f, "[store]: {error}"),
            Self::Integration(name, why) => write!(f, "integration {name}: {why}"),
            Self::Records(path, error) => {
                write!(f, "server.records_file: {}: {error}", path.display())
            }
            Self::Numbers(path, error) => {
                let path = path.with_extension("limits");
                write!(f, "limits that were set: {}: {error}", path.display())
            }
            Self::Workers(error) => write!(f, "server.calculation_threads: {error}"),
            Self::Driver(error) => error.fmt(f),
            Self::Limits(error) => write!(f, "limits that were set: {error}"),
            Self::Listen(address, error) => {
                write!(f, "server.listen: can't listen on {address}: {error}")
            }
        }
    }
}

impl std::error::Error for StartError {}

impl StartError {
    /// Whether it is the configuration that has to be changed.
    #[must_use]
    pub fn is_of_configuration(&self) -> bool {
        matches!(
            self,
            Self::Configuration(_)
                | Self::Integration(..)
                | Self::Store(OpenError::Url(_) | OpenError::Keys(_))
        )
    }
}

/// Of the time to drain, at most so much is kept for what the store is told in the end.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Opens the store of a configuration, and brings its schema up to date.
///
/// # Errors
/// Its URL or keys can't be used, or the database can't.
pub async fn open(store: &tollgate_config::Store) -> Result<Arc<Store>, OpenError> {
    let (url, ring) = store_parts(store)?;
    let opened = Store::open_within(&url, ring, wall_time(), bounds(store));
    Ok(Arc::new(opened.await?))
}

/// The same, for the one service that may use a file.
async fn open_alone(store: &tollgate_config::Store) -> Result<Arc<Store>, OpenError> {
    let (url, ring) = store_parts(store)?;
    let opened = Store::open_alone(&url, ring, wall_time(), bounds(store));
    Ok(Arc::new(opened.await?))
}

fn bounds(store: &tollgate_config::Store) -> tollgate_store::Bounds {
    tollgate_store::Bounds {
        timeout: store.timeout,
        connect_timeout: store.connect_timeout,
    }
}

/// The file's callers and what they may do.
fn callers(config: &Config, lanes: &Lanes) -> Vec<(Caller, Principal)> {
    let principal = |caller: &Caller| {
        let reach = match &caller.integrations {
            None => Reach::Everything,
            Some(names) => {
                let ids = names.iter().map(|name| file_integration_id(name));
                Reach::Integrations(ids.collect())
            }
        };
        let grant = |role: &tollgate_config::Role| Grant {
            role: match role {
                tollgate_config::Role::Execute => Role::Execute,
                tollgate_config::Role::Author => Role::Author,
                tollgate_config::Role::Administer => Role::Administer,
            },
            reach: reach.clone(),
        };
        let grants = caller.roles.iter().map(grant).collect();
        let own = lanes.own(&caller.flows, caller.default_flow.as_deref());
        Principal::new(&caller.client_id, grants, None, own)
    };
    let callers = config.callers.iter();
    callers.map(|it| (it.clone(), principal(it))).collect()
}

/// Tasks that run for as long as their owner lives, each with a name. One that ends before has died.
#[derive(Default)]
struct Tasks {
    running: tokio::task::JoinSet<()>,
    names: HashMap<tokio::task::Id, &'static str>,
}

impl Tasks {
    fn spawn(&mut self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let id = self.running.spawn(work).id();
        self.names.insert(id, name);
    }

    /// Waits until one has ended, and gives its name. Never ends if there are none.
    async fn ended(&mut self) -> &'static str {
        let id = match self.running.join_next_with_id().await {
            None => std::future::pending().await,
            Some(Ok((id, ()))) => id,
            Some(Err(panicked)) => panicked.id(),
        };
        self.names.get(&id).copied().unwrap_or("task")
    }
}

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
        let Definitions {
            catalog: files,
            workflows: workflow_files,
            ..
        } = Definitions::load(&config).map_err(StartError::Configuration)?;
        for warning in files.warnings() {
            tracing::warn!("{warning}");
        }
        let store: Option<Arc<Store>> = match &config.store {
            Some(store) => Some(open_alone(store).await.map_err(StartError::Store)?),
            None => None,
        };
        let lanes = Arc::new(Lanes::new(&config.engine.flows, config.default_flow));
        let callers = callers(&config, &lanes);
        let server = config.server;
        let numbers = OperatorNumbers::open(&server.usage_file);
        let numbers =
            numbers.map_err(|error| StartError::Numbers(server.usage_file.clone(), error))?;
        let bounds = config.upstream.clone();
        let records = match server.records_file {
            Some(path) => Records::open(&path).map_err(|error| StartError::Records(path, error))?,
            None => Records::default(),
        };
        let setup = Setup {
            engine: config.engine.clone(),
            clients: config.clients,
            seed,
            bounds: config.upstream,
            extra_roots_pem: config.extra_roots_pem.clone(),
        };
        let driver = Driver::start_with_usage(setup, &server.usage_file);
        let driver = driver.map_err(StartError::Driver)?;
        let limits =
            LimitRegistry::start(numbers, driver.clone(), store.clone(), &config.engine).await;
        let limits = Arc::new(limits.map_err(StartError::Limits)?);
        let runs = tollgate_architect_runner::Bounds {
            max_running: server.max_workflow_runs,
            ..tollgate_architect_runner::Bounds::default()
        };
        let guarded: Vec<_> = files.integrations().map(Arc::clone).collect();
        let calculations = WorkerBounds {
            threads: server.calculations.threads,
            waiting_each: server.calculations.waiting_each,
            waiting: server.calculations.waiting,
            time: server.calculations.time,
        };
        let workers = Workers::start(calculations).map_err(StartError::Workers)?;
        let workers = Arc::new(workers);
        let common = Common {
            workers: Arc::clone(&workers),
            bounds,
            extra_roots_pem: config.extra_roots_pem.clone(),
            limits: config.shared_limits,
            registry: Arc::clone(&limits),
        };
        let live = Arc::new(Live::new(files, store.clone(), driver.clone(), common));
        for target in guarded {
            if let Ok(ready) = &target.ready
                && (ready.guard.is_some() || ready.access.secures())
            {
                for route in ready.routes() {
                    let set = live.outlet((route, None), &ready.access, ready.guard.as_ref());
                    let named = |why| StartError::Integration(target.name.clone(), why);
                    set.map_err(named)?;
                }
            }
        }
        live.refresh().await.map_err(StartError::Definitions)?;
        let journal = Arc::new(Journal::default());
        let mut tasks = Tasks::default();
        if let (Some(store), Some(wanted)) = (&store, &config.store) {
            tasks.spawn("follower of the store", Arc::clone(&live).follow());
            tasks.spawn("journal", Arc::clone(&journal).keep(Arc::clone(store)));
            tasks.spawn("sweep of the store", sweep(Arc::clone(store), wanted.keep));
        }
        let (per_minute, at_once) = (
            server.caller_requests_per_minute,
            server.caller_requests_at_once,
        );
        tasks.spawn("watch of what is learned", watch(driver.clone()));
        let executor = Executor::new(
            driver.clone(),
            Arc::clone(&workers),
            OutputCache::new(config.caches, server.cache_bytes),
            records,
            Arc::clone(&lanes),
        );
        let executor = Arc::new(executor);
        let desk = Desk::new(
            Arc::clone(&live),
            Arc::clone(&executor),
            Arc::clone(&lanes),
            api::describe,
        );
        let app = App {
            live,
            logins: Logins::new(server.wrong_logins_per_minute, server.trusted_proxies),
            callers: Callers::new(
                callers,
                Arc::clone(&lanes),
                store.clone(),
                server.token_life,
                server.max_tokens,
            ),
            meter: Meter::new(per_minute, at_once),
            journal: Arc::clone(&journal),
            driver: driver.clone(),
            lanes,
            runner: Runner::new(Arc::new(desk), runs).with_workers(Arc::clone(&workers)),
            workers,
            executor,
            limits,
            workflow_files,
            bodies: api::Bodies {
                max_bytes: server.max_body_bytes,
                within: server.body_timeout,
                patience: server.header_timeout,
                bytes_per_second: server.body_bytes_per_second,
            },
        };
        let bounds = Bounds {
            max_connections: server.max_connections,
            header_timeout: server.header_timeout,
            idle_timeout: server.idle_timeout,
            write_timeout: server.write_timeout,
            ping_interval: server.http2_ping_interval,
            max_streams: server.http2_max_streams,
            max_untaken_bytes: server.max_untaken_bytes,
        };
        let app = Arc::new(app);
        let picture = app.live.catalog();
        let limits = app.limits.shown().await;
        let router = TowerToHyperService::new(api::router(Arc::clone(&app)));
        let listening = Listening::start(server.listen, bounds, router)
            .await
            .map_err(|error| StartError::Listen(server.listen, error))?;
        tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            address = %listening.address(),
            actions = picture.actions().len(),
            workflows = app.workflow_files.by_id.len(),
            connections = listening.max_connections(),
            limits,
            store = app.live.store().is_ok(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_dies_is_named() {
        let mut tasks = Tasks::default();
        tasks.spawn("lives", std::future::pending());
        tasks.spawn("panics", async { panic!("a fault") });
        assert_eq!(tasks.ended().await, "panics");
        tasks.spawn("returns", async {});
        assert_eq!(tasks.ended().await, "returns");
    }
}
