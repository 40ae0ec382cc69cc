//! What of the service follows the configuration, and what stays while it runs.
//!
//! **One configuration, one set of parts.** Callers, flows, actions' outputs, composites, gateways and the API around them
//! are made anew of each configuration ([`Current`]) and shown by one swap ([`Shown`]): a request is answered from its
//! begin to its end by one of them. What has a memory is handed on: the engine with all use, tokens of callers, kept
//! outputs, jobs, runs ([`Lasting`]).

use crate::made::{bodies, door, jobs, logins, meter, transfers};
use crate::shown::Shown;
use std::net::SocketAddr;
use std::sync::Arc;
use tollgate_api::{
    Audience, Journal, LogSwitch, Notices, Parts, Readiness, Reloading, describe, edge, router,
};
use tollgate_architect_runner::{Bounds as RunBounds, Host, Runner};
use tollgate_callers::Door;
use tollgate_cluster::Cluster;
use tollgate_config::{Config, ListenerTls, Organization};
use tollgate_definitions::{Composites, Lanes, LimitRegistry, Live, WorkflowFiles, Workflows};
use tollgate_driver::Driver;
use tollgate_execution::{Executor, OutputCache, RunSupport};
use tollgate_gateway::{Front, Gateway};
use tollgate_history::History;
use tollgate_jobs::{Callbacks, Calls, Jobs};
use tollgate_telemetry::Telemetry;
use tollgate_transfers::Transfers;
use tollgate_workers::Workers;

/// What stays while the service runs. Clones share it.
#[derive(Clone)]
pub(crate) struct Lasting {
    pub(crate) live: Arc<Live>,
    pub(crate) workflows: Arc<Workflows>,
    pub(crate) limits: Arc<LimitRegistry>,
    pub(crate) cluster: Option<Arc<Cluster>>,
    pub(crate) jobs: Option<(Arc<Jobs>, Calls)>,
    pub(crate) transfers: Option<Arc<Transfers>>,
    pub(crate) runner: Arc<Runner>,
    pub(crate) workers: Arc<Workers>,
    pub(crate) driver: Driver,
    pub(crate) journal: Arc<Journal>,
    pub(crate) log: Option<Arc<dyn LogSwitch>>,
    pub(crate) notices: Notices,
    pub(crate) readiness: Readiness,
    pub(crate) reloading: Option<Reloading>,
    pub(crate) history: Arc<History>,
    pub(crate) audience: Audience,
}

/// What is made of the configuration that runs.
pub(crate) struct Current {
    organization: Arc<Organization>,
    lanes: Arc<Lanes>,
    executor: Arc<Executor>,
    door: Arc<Door>,
}

/// What answers at one address.
pub(crate) struct Entrance {
    /// Where it is to listen.
    pub(crate) address: SocketAddr,
    /// The settings of TLS there.
    pub(crate) tls: Option<ListenerTls>,
    pub(crate) shown: Shown,
}

/// What is started, and who has what the parts need.
pub(crate) struct Started {
    pub(crate) telemetry: Telemetry,
    pub(crate) callbacks: Callbacks,
    pub(crate) workers: Arc<Workers>,
    pub(crate) live: Arc<Live>,
    pub(crate) driver: Driver,
    pub(crate) journal: Arc<Journal>,
    pub(crate) limits: Arc<LimitRegistry>,
    pub(crate) cluster: Option<Arc<Cluster>>,
    pub(crate) log: Option<Arc<dyn LogSwitch>>,
    pub(crate) reloading: Option<Reloading>,
    pub(crate) history: Arc<History>,
}

impl Current {
    /// What is made of the first configuration.
    pub(crate) fn first(
        config: &Config,
        (files, composites): (WorkflowFiles, Composites),
        started: Started,
    ) -> (Self, Lasting) {
        let Started {
            telemetry,
            callbacks,
            workers,
            live,
            driver,
            journal,
            limits,
            cluster,
            log,
            reloading,
            history,
        } = started;
        let server = &config.server;
        let lanes = Arc::new(Lanes::new(&config.engine.flows, config.default_flow));
        let host = Host::new(server.max_workflow_runs).with_workers(Arc::clone(&workers));
        let executor = Arc::new(Executor::new(
            driver.clone(),
            Arc::clone(&workers),
            OutputCache::new(config.caches.clone(), server.cache_bytes),
            telemetry,
            (Arc::clone(&lanes), composites),
            RunSupport::new(Arc::clone(&live), host.clone(), describe),
        ));
        let organization = Arc::new(config.organization.clone());
        let door = door(config, (&lanes, &organization), &live);
        let workflows = Arc::new(Workflows::new(files, Arc::clone(&workers)));
        let lasting = Lasting {
            jobs: jobs(config, (&live, &executor, &lanes), &journal, callbacks),
            transfers: transfers(&live, &workflows),
            runner: Arc::new(Runner::new(host, RunBounds::default())),
            live,
            workflows,
            limits,
            cluster,
            workers,
            driver,
            journal,
            log,
            notices: Notices::default(),
            readiness: Readiness::default(),
            audience: Audience::default(),
            reloading,
            history,
        };
        let current = Self {
            organization,
            lanes,
            executor,
            door: Arc::new(door),
        };
        (current, lasting)
    }

    /// What is made of another configuration than `before`. Kept outputs stay where `keeps_outputs`.
    pub(crate) fn next(
        &self,
        (before, config): (&Config, &Config),
        composites: Composites,
        keeps_outputs: bool,
    ) -> Self {
        let (was, server) = (&before.server, &config.server);
        let lanes = Arc::new(Lanes::new(&config.engine.flows, config.default_flow));
        let cache = match keeps_outputs {
            true => self.executor.cache().next(config.caches.clone()),
            false => OutputCache::new(config.caches.clone(), server.cache_bytes),
        };
        let executor = self.executor.next(cache, Arc::clone(&lanes), composites);
        let organization = Arc::new(config.organization.clone());
        let callers = self.door.callers().next(
            config.callers.clone(),
            (Arc::clone(&lanes), Arc::clone(&organization)),
            server.token_life,
            server.max_tokens,
        );
        let same_logins = was.wrong_logins_per_minute == server.wrong_logins_per_minute
            && was.trusted_proxies == server.trusted_proxies;
        let same_meter = was.caller_requests_per_minute == server.caller_requests_per_minute
            && was.caller_requests_at_once == server.caller_requests_at_once;
        let door = self.door.next(
            callers,
            (!same_logins).then(|| logins(server)),
            (!same_meter).then(|| meter(server)),
        );
        Self {
            organization,
            lanes,
            executor: Arc::new(executor),
            door: Arc::new(door),
        }
    }

    /// Has what lasts go on with this.
    pub(crate) fn take_over(&self, lasting: &Lasting, callbacks: Callbacks) {
        if let Some((jobs, calls)) = &lasting.jobs {
            calls.follow(Arc::clone(&self.executor), Arc::clone(&self.lanes));
            jobs.follow(callbacks);
        }
    }

    fn parts(&self, config: &Config, lasting: Lasting) -> Parts {
        Parts {
            live: lasting.live,
            organization: Arc::clone(&self.organization),
            lanes: Arc::clone(&self.lanes),
            limits: lasting.limits,
            cluster: lasting.cluster,
            executor: Arc::clone(&self.executor),
            jobs: lasting.jobs.map(|(jobs, _)| jobs),
            transfers: lasting.transfers,
            workflows: lasting.workflows,
            runner: lasting.runner,
            workers: lasting.workers,
            driver: lasting.driver,
            door: Arc::clone(&self.door),
            journal: lasting.journal,
            log: lasting.log,
            reloading: lasting.reloading,
            notices: lasting.notices,
            readiness: lasting.readiness,
            history: lasting.history,
            audience: lasting.audience,
            bodies: bodies(&config.server),
        }
    }

    /// What answers at each address: the service's own first, then those of gateways, in the configuration's order.
    pub(crate) fn entrances(&self, config: &Config, lasting: &Lasting) -> Vec<Entrance> {
        let server = &config.server;
        let parts = self.parts(config, lasting.clone());
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
        let shown = |router| Shown::new(edge(router, server.cors.as_ref()));
        let (mut alone, mut behind) = (Vec::new(), Vec::new());
        for settings in &config.gateways {
            let gateway = Gateway::new(settings.clone(), shared.clone());
            match settings.address() {
                Some(address) => alone.push(Entrance {
                    address,
                    tls: settings.tls.clone().or_else(|| server.tls.clone()),
                    shown: shown(gateway.router()),
                }),
                None => behind.push(gateway),
            }
        }
        let mut all = vec![Entrance {
            address: server.listen,
            tls: server.tls.clone(),
            shown: shown(Front::router(behind, api)),
        }];
        all.append(&mut alone);
        all
    }
}
