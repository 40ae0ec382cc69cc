//! Starting and ending.

mod first;
mod pieces;
mod put_back;
mod traces;

use crate::cluster;
use crate::current::{Current, Started};
use crate::file_watch::FileWatch;
use crate::listeners::Listeners;
use crate::made::callbacks;
use crate::pictures::Pictures;
use crate::pulse::Heart;
use crate::reload::Reloader;
use crate::sampling::{open_history, sample};
use crate::store::open_alone;
use crate::tasks::Tasks;
use crate::{Definitions, StartError};
use first::{first_look, watch_clients};
use pieces::{
    carry_later, follow_renewals, foundation, go_live, log_start, numbers, renewals, start_driver,
    start_tasks, start_workers,
};
use put_back::leave;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tollgate_api::{Audience, Journal, LogSwitch, Readiness, Reloading};
use tollgate_cluster::Cluster;
use tollgate_config::{Config, Running};
use tollgate_definitions::{LimitRegistry, Live};
use tollgate_driver::Driver;
use tollgate_engine::Snapshot;
use tollgate_history::History;
use tollgate_jobs::Jobs;
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
    reloading: Reloading,
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
        let (running, pictures) = (Running::of(&config), Pictures::of(&config, &definitions));
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
        let callbacks = callbacks(&config)?;
        let workers = start_workers(&config.server)?;
        let numbers = numbers(&config.server)?;
        let process = cluster::draw_process()?;
        let driver = start_driver(&config, seed, process)?;
        let limits =
            LimitRegistry::start(numbers, driver.clone(), store.clone(), &config.engine).await;
        let limits = Arc::new(limits.map_err(StartError::Limits)?);
        let foundation = foundation(&config, &workers, &limits);
        let (live, follower) = Live::new(catalog, store.clone(), driver.clone(), foundation);
        let follower = go_live(&config, (&live, &driver), follower).await?;
        watch_clients(&config, &driver).await;
        let journal = Arc::new(Journal::new(store.is_some()));
        let mut tasks = start_tasks(&config, store.as_ref(), follower, &journal, &driver);
        let cluster = cluster::join(&config, process, (&driver, &limits), &mut tasks).await?;
        let (reloading, wishes) = Reloading::new(&config.digest);
        let started = Started {
            telemetry: telemetry.clone(),
            callbacks,
            workers,
            live,
            driver: driver.clone(),
            journal: Arc::clone(&journal),
            limits,
            cluster: cluster.clone(),
            log,
            reloading: Some(reloading.clone()),
            history: Arc::new(open_history(&config.server, process)),
        };
        let (current, lasting) = Current::first(&config, (workflows, composites), started);
        let jobs = lasting.jobs.as_ref().map(|(jobs, _)| Arc::clone(jobs));
        let transfers = lasting.transfers.clone();
        let renewals = renewals(&config)?;
        let readiness = lasting.readiness.clone();
        let (history, audience) = (Arc::clone(&lasting.history), lasting.audience.clone());
        let seen_by = (Arc::clone(&history), audience.clone());
        tasks.spawn(
            "history",
            sample(seen_by, (driver.clone(), telemetry.clone())),
        );
        let pulse = first_look(&config, &lasting).await;
        let entrances = current.entrances(&config, &lasting);
        let (listening, shown) = Listeners::start(&config.server, &renewals, entrances).await?;
        tasks.spawn("look at the node", pulse.beat());
        carry_later(jobs.as_ref(), transfers.as_ref(), &mut tasks);
        let look_now = follow_renewals(renewals, &lasting.notices, &mut tasks);
        log_start(&config, &lasting, &listening).await;
        let reloader = Reloader {
            running,
            pictures,
            current,
            lasting,
            shown,
            look_now,
            watched: Arc::new(Mutex::new(FileWatch::of(&config))),
            config,
        };
        reloader.start(wishes, &mut tasks);
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
            reloading,
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

    /// What has the configuration read anew.
    #[must_use]
    pub fn reloading(&self) -> Reloading {
        self.reloading.clone()
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
