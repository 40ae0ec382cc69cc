//! Starting and ending.

mod first;
mod pieces;
mod put_back;
mod traces;

use crate::cluster;
use crate::listeners::Listeners;
use crate::pulse::Heart;
use crate::renewal::LookNow;
use crate::sampling::{open_history, sample};
use crate::store::open_alone;
use crate::tasks::Tasks;
use crate::{Definitions, StartError};
use first::{first_look, watch_clients};
use pieces::{go_live, listen, numbers, parts, renewals, start_driver, start_tasks, start_workers};
use put_back::leave;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_api::{Audience, Journal, LogSwitch, Readiness};
use tollgate_cluster::Cluster;
use tollgate_config::Config;
use tollgate_definitions::{Foundation, LimitRegistry, Live};
use tollgate_driver::Driver;
use tollgate_engine::Snapshot;
use tollgate_history::History;
use tollgate_jobs::{Callbacks, Jobs};
use tollgate_store::Store;
use tollgate_telemetry::Telemetry;
use tollgate_transfers::Transfers;

/// A running service; ends when dropped.
pub struct Service {
    listening: Listeners,
    driver: Driver,
    journal: Arc<Journal>,
    store: Option<Arc<Store>>,
    jobs: Option<Arc<Jobs>>,
    transfers: Option<Arc<Transfers>>,
    cluster: Option<Arc<Cluster>>,
    telemetry: Telemetry,
    readiness: Readiness,
    history: Arc<History>,
    audience: Audience,
    tasks: Tasks,
    /// Where TLS is spoken.
    look_now: Option<LookNow>,
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
        Self::start_logging(config, seed, None).await
    }

    /// The same, with a log that administrators may change through the API.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start_logging(
        config: Config,
        seed: u64,
        log: Option<Arc<dyn LogSwitch>>,
    ) -> Result<Self, StartError> {
        let definitions = Definitions::load(&config).map_err(StartError::Configuration)?;
        for warning in definitions.warnings() {
            tracing::warn!("{warning}");
        }
        let Definitions {
            catalog,
            composites,
            workflows,
            ..
        } = definitions;
        let store = match &config.store {
            Some(store) => Some(open_alone(store).await.map_err(StartError::Store)?),
            None => None,
        };
        let telemetry = traces::telemetry(&config)?;
        let callbacks =
            Callbacks::new(&config).map_err(|(caller, why)| StartError::Callback(caller, why))?;
        let workers = start_workers(&config.server)?;
        let numbers = numbers(&config.server)?;
        let process = cluster::draw_process()?;
        let driver = start_driver(&config, seed, process)?;
        let limits =
            LimitRegistry::start(numbers, driver.clone(), store.clone(), &config.engine).await;
        let limits = Arc::new(limits.map_err(StartError::Limits)?);
        let foundation = Foundation {
            workers: Arc::clone(&workers),
            bounds: config.upstream.clone(),
            extra_roots_pem: config.extra_roots_pem.clone(),
            proxy: config.proxy.clone(),
            limits: config.shared_limits.clone(),
            registry: Arc::clone(&limits),
        };
        let (live, follower) = Live::new(catalog, store.clone(), driver.clone(), foundation);
        let follower = go_live(&live, follower).await?;
        watch_clients(&config, &driver).await;
        let journal = Arc::new(Journal::new(store.is_some()));
        let mut tasks = start_tasks(&config, store.as_ref(), follower, &journal, &driver);
        let cluster = cluster::join(&config, process, (&driver, &limits), &mut tasks).await?;
        let history = open_history(&config.server, process);
        let parts = parts(
            &config,
            (telemetry.clone(), callbacks, history),
            (workers, &live, &driver, &journal),
            (workflows, composites, limits, cluster.clone()),
            log,
        );
        let (integrations, actions, files) = (
            live.catalog().integrations().count(),
            live.catalog().actions().len(),
            parts.workflows.files().by_id.len(),
        );
        let node = cluster.as_ref().map(|it| it.status().member);
        let limits = parts.limits.shown().await;
        let (jobs, transfers) = (parts.jobs.clone(), parts.transfers.clone());
        let renewals = renewals(&config)?;
        let (notices, readiness) = (parts.notices.clone(), parts.readiness.clone());
        let (history, audience) = (Arc::clone(&parts.history), parts.audience.clone());
        tasks.spawn("history", sample(&parts, telemetry.clone()));
        let pulse = first_look(&config, &driver, &parts).await;
        let listening = listen(&config, &renewals, parts).await?;
        tasks.spawn("look at the node", pulse.beat());
        if let Some(jobs) = &jobs {
            tasks.spawn("jobs", Arc::clone(jobs).carry());
        }
        if let Some(transfers) = &transfers {
            tasks.spawn("transfers", Arc::clone(transfers).carry());
        }
        let look_now = (!renewals.is_empty()).then(LookNow::default);
        for (renewal, look_now) in renewals.into_iter().zip(look_now.iter().cycle()) {
            let following = renewal.follow(look_now.clone(), notices.clone());
            tasks.spawn("renewal of a certificate", following);
        }
        tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            configuration = config.file,
            digest = config.digest,
            address = %listening.address(),
            integrations,
            actions,
            flows = config.engine.flows.len(),
            gateways = config.gateways.len(),
            workflows = files,
            connections = listening.max_connections(),
            limits,
            store = store.is_some(),
            node,
            tls = config.server.tls.is_some(),
            "serving"
        );
        Ok(Self {
            listening,
            driver,
            journal,
            store,
            jobs,
            transfers,
            cluster,
            telemetry,
            readiness,
            history,
            audience,
            tasks,
            look_now,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listening.address()
    }

    /// Where it is called: scheme, address and port.
    #[must_use]
    pub fn url(&self) -> String {
        self.listening.url()
    }

    /// Where its gateways with listeners of their own are called, in the order of the configuration.
    #[must_use]
    pub fn gateway_urls(&self) -> Vec<String> {
        self.listening.urls_of_gateways().collect()
    }

    /// The node's part in the cluster; none where the configuration has no `[cluster]`.
    #[must_use]
    pub fn cluster(&self) -> Option<tollgate_cluster::Status> {
        self.cluster.as_ref().map(|it| it.status())
    }

    /// What has the files of the listeners' certificates looked at now; none where no TLS is spoken.
    #[must_use]
    pub fn look_now(&self) -> Option<LookNow> {
        self.look_now.clone()
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

    /// What a service manager may ask of it.
    #[must_use]
    pub fn heart(&self) -> Heart {
        Heart::new(&self.driver, &self.readiness)
    }

    /// Keeps the engine's task from doing anything until the other end of `until` is dropped, for tests of whoever
    /// watches the service.
    #[doc(hidden)]
    pub fn hang_engine(&self, until: std::sync::mpsc::Receiver<()>) {
        self.driver.hang(until);
    }

    /// From now on `GET /ready` says that calls are to be sent elsewhere, and connections are closed after their next
    /// answer. All listeners go on accepting, and so does what is under way: see [`Self::drain`].
    pub fn announce_drain(&self) {
        self.readiness.drain(self.driver.now());
        self.audience.end();
        self.listening.announce();
    }

    /// Ends the engine's task as a panic in it would, for tests of whoever watches the service.
    #[doc(hidden)]
    pub fn stop_engine(&self) {
        self.driver.stop();
    }

    /// Accepts no more, lets what is under way come to its end, and writes down what is to be kept; all
    /// of it no longer than `within`, whatever hangs. True if everything came to its end.
    pub async fn drain(self, within: Duration) -> bool {
        self.readiness.drain(self.driver.now());
        self.audience.end();
        let until = Instant::now() + within;
        // What the store is told in the end gets time even if executions take all they may.
        let executions = within - (within / 10).min(LAST_WORDS);
        let (answered, put_back, transfers) = tokio::join!(
            self.listening.drain(executions),
            self.drain_jobs(executions),
            self.drain_transfers(executions)
        );
        let until_ended = until - (within - executions);
        // What is left has no caller any more; the engine gives it up when the driver goes.
        let ended = self
            .driver
            .drain(until_ended.saturating_duration_since(Instant::now()))
            .await;
        // Nothing is under way any more, so all that the node has of shared limits can be the others'.
        if let Some(cluster) = &self.cluster {
            let left = until.saturating_duration_since(Instant::now());
            leave(cluster, left.min(LAST_WORDS)).await;
        }
        // The driver decides nothing more, so this takes no longer than the writing of lines.
        let left = until.saturating_duration_since(Instant::now());
        let _ = tokio::time::timeout(left, self.telemetry.settle()).await;
        let left = until.saturating_duration_since(Instant::now());
        self.settle_history(left.min(LAST_WORDS)).await;
        let Some(store) = &self.store else {
            return answered && ended;
        };
        let ended = ended && put_back && transfers;
        let left = until.saturating_duration_since(Instant::now());
        let written = tokio::time::timeout(left, self.journal.write(store.as_ref())).await;
        if written != Ok(true) {
            tracing::warn!("the store did not take the last executions and counters in time");
        }
        answered && ended && written == Ok(true)
    }
}
