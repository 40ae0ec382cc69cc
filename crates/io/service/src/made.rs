//! Parts that are made of a table of the configuration each.

use crate::StartError;
use std::sync::Arc;
use tollgate_api::{Bodies, JobReport, Journal};
use tollgate_callers::{Callers, Door, Logins, Meter};
use tollgate_config::{Config, Organization, Server};
use tollgate_definitions::{Lanes, Live, Workflows};
use tollgate_execution::Executor;
use tollgate_jobs::{Callbacks, Calls, Jobs};
use tollgate_transfers::{Tables, Transfers, Work, WorkflowTexts};

/// The callers of the configuration that may be called back.
pub(crate) fn callbacks(config: &Config) -> Result<Callbacks, StartError> {
    Callbacks::new(config).map_err(|(caller, why)| StartError::Callback(caller, why))
}

pub(crate) fn logins(server: &Server) -> Logins {
    Logins::new(
        server.wrong_logins_per_minute,
        server.trusted_proxies.clone(),
    )
}

pub(crate) fn meter(server: &Server) -> Meter {
    Meter::new(
        server.caller_requests_per_minute,
        server.caller_requests_at_once,
    )
}

/// Executions that are carried out later, where there is a store.
pub(crate) fn jobs(
    config: &Config,
    (live, executor, lanes): (&Arc<Live>, &Arc<Executor>, &Arc<Lanes>),
    journal: &Arc<Journal>,
    callbacks: Callbacks,
) -> Option<(Arc<Jobs>, Calls)> {
    let (settings, store) = (config.jobs.clone()?, live.store().ok()?);
    let calls = Calls::new(
        Arc::clone(live),
        Arc::clone(executor),
        Arc::clone(lanes),
        Arc::new(JobReport::new(Arc::clone(journal))),
        settings.max_answer_bytes,
    );
    let work = Arc::new(calls.clone());
    let jobs = Jobs::new(Arc::clone(store), work, settings, callbacks);
    Some((Arc::new(jobs), calls))
}

/// What clients bring and take in their own time, where there is a store.
pub(crate) fn transfers(live: &Live, workflows: &Arc<Workflows>) -> Option<Arc<Transfers>> {
    let store = live.store().ok()?;
    let texts = WorkflowTexts::new(Arc::clone(workflows));
    let works: Vec<Arc<dyn Work>> = vec![Arc::new(Tables), Arc::new(texts)];
    let transfers = Transfers::new(Arc::clone(store), works);
    Some(Arc::new(transfers))
}

/// What the bodies of requests may take.
pub(crate) fn bodies(server: &Server) -> Bodies {
    Bodies {
        max_bytes: server.max_body_bytes,
        within: server.body_timeout,
        patience: server.header_timeout,
        bytes_per_second: server.body_bytes_per_second,
    }
}

/// The door for the callers of the configuration and of the store.
pub(crate) fn door(
    config: &Config,
    (lanes, organization): (&Arc<Lanes>, &Arc<Organization>),
    live: &Live,
) -> Door {
    let server = &config.server;
    let callers = Callers::new(
        config.callers.clone(),
        (Arc::clone(lanes), Arc::clone(organization)),
        live.store().ok().cloned(),
        server.token_life,
        server.max_tokens,
    );
    Door::new(callers, logins(server), meter(server))
}
