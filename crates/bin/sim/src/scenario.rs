//! What is simulated: limits, clients, actions, flows and faults.
//!
//! A [`Scenario`] is read from a TOML file ([`Scenario::parse`]; every field is described in
//! `docs/planning.md`) or built in code. It comes to three things: the engine's tables
//! ([`Scenario::engine`]), the provider's truth ([`Scenario::platform`]), and a workload.

mod nodes;
mod provider;
mod read;
mod replay;
mod service;
mod tables;
mod understood;

use crate::action::Action;
use crate::arrivals::{Arrivals, Spacing};
use crate::interaction::Behaviour;
use crate::policy::Kind;
use crate::records::Record;
use std::sync::Arc;
use std::time::Duration;
use tollgate_config::{PresetLimit, TOKEN_RATE};
use tollgate_engine::{Facts, Leave};
use tollgate_model::FlowId;
use tollgate_platform::{Alignment, Config as Platform, Faults, Header, Spread, Window};

pub use nodes::Nodes;
pub use read::{ScenarioError, Source};
pub use service::{Service, ServiceAction, ServiceTables};
pub use tables::Tables;

/// Reads what an answer says of limits: its status, headers and body, and when it arrives, as a wall
/// clock's time since 1970.
pub type ReadFacts = fn(u16, Vec<Header>, &[u8], Duration) -> Facts;

/// Everything that is simulated.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it is called in reports.
    pub name: String,
    /// What it teaches.
    pub about: String,
    /// Where all streams come from.
    pub seed: u64,
    /// Runs, each with a seed of its own.
    pub replications: u32,
    /// Time that passes before anything is measured.
    pub warm_up: Duration,
    /// Time measured.
    pub duration: Duration,
    /// What may not be exceeded.
    pub limits: Limits,
    /// The engine's tables of the service that it is about, if it is of one; `limits` has numbers of them.
    pub service: Option<Arc<ServiceTables>>,
    /// What the upstream really is, where that is not what `limits` says; without limits of its own it has
    /// those of `limits`.
    pub upstream: Option<Platform>,
    /// Reads the headers of such an upstream; without it, tollgate is told its numbers as they are.
    pub reads: Option<ReadFacts>,
    /// What tollgate decides by beside the limits; its defaults unless a service's configuration says more.
    pub policy: tollgate_engine::Policy,
    /// OAuth clients, the preferred first.
    pub clients: Vec<Client>,
    /// What is called.
    pub actions: Vec<Action>,
    /// Who calls.
    pub flows: Vec<Flow>,
    /// What goes wrong, and when.
    pub outages: Vec<Outage>,
    /// The processes that tollgate runs as; all other policies are one.
    pub nodes: Nodes,
    /// Who is compared.
    pub policies: Vec<Kind>,
    /// Calls as they were recorded, in the place of all flows' arrivals; ascending.
    pub replay: Option<Arc<[Record]>>,
}

/// The provider's limits. All windows have the same length.
#[derive(Clone, PartialEq, Debug)]
pub struct Limits {
    /// Calls in a window of one token.
    pub token: Option<u32>,
    /// Calls in a window over all tokens of one client.
    pub client: Option<u32>,
    /// Calls in a window over all tokens.
    pub organisation: Option<u32>,
    /// Executions of data actions in a window, with or without a token.
    pub executions: Option<u32>,
    /// Executions under way at once.
    pub concurrency: Option<u32>,
    /// The windows' length.
    pub period: Duration,
    /// Where windows open.
    pub alignment: Alignment,
    /// Life of a token.
    pub token_life: Duration,
    /// From asking for a token to having it.
    pub token_latency: Duration,
    /// From the send to the counting.
    pub way_in: Spread,
    /// What tollgate leaves free of the organisation's window and of the executions, for others.
    pub leave: Option<Leave>,
    /// If declared to the engine: the upstream counts a call no later than this after its send.
    pub counted_within: Option<Duration>,
}

impl Default for Limits {
    /// The vendor's, of both presets: a scenario is about an organisation whose calls are executions of the vendor's
    /// own service unless it says otherwise, since that is what it is compared with.
    fn default() -> Self {
        let allowed = |name| PresetLimit::named(name).map(|limit| limit.rule.allowed());
        Self {
            token: allowed(TOKEN_RATE),
            client: None,
            organisation: allowed("org.app.user.rate.per.minute"),
            executions: allowed("requests.volume.max"),
            concurrency: allowed("actions.concurrent.executions.max"),
            period: Duration::from_secs(60),
            alignment: Alignment::FirstCall,
            token_life: Duration::from_secs(86_400),
            token_latency: Duration::from_millis(100),
            way_in: Spread::fixed(Duration::ZERO),
            leave: None,
            counted_within: None,
        }
    }
}

impl Limits {
    /// A window of `allowed` calls.
    #[must_use]
    pub fn window(&self, allowed: Option<u32>) -> Option<Window> {
        let period = self.period;
        allowed.map(|allowed| Window { allowed, period })
    }
}

/// An OAuth client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Client {
    /// Its name.
    pub name: String,
    /// Tokens it may hold at once.
    pub tokens: u32,
}

/// Who calls.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Its name.
    pub name: String,
    /// Class: 0 goes first.
    pub priority: u8,
    /// Share within the class.
    pub weight: u32,
    /// The flow of the service that it is, where the scenario is of one.
    pub of_service: Option<FlowId>,
    /// Calls that are this flow's when it asks: of the organisation's window, or of that which the service says.
    pub guaranteed: Option<u32>,
    /// Executions that may wait.
    pub max_queued: usize,
    /// How long after it was asked for a call may still start.
    pub deadline: Duration,
    /// What an interaction does.
    pub behaviour: Behaviour,
    /// When interactions begin.
    pub arrivals: Arrivals,
    /// By node: its share of this flow's calls, in the place of [`Nodes::shares`]; none where they are as those.
    pub node_shares: Vec<f64>,
}

impl Flow {
    /// A flow that never calls.
    pub(crate) fn silent(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            priority: 0,
            weight: 1,
            of_service: None,
            guaranteed: None,
            max_queued: 10_000,
            deadline: Duration::from_secs(10),
            behaviour: Behaviour::Steps([].into()),
            arrivals: Arrivals::constant(0.0, Spacing::Even),
            node_shares: Vec::new(),
        }
    }
}

/// A time in which the upstream fails.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Outage {
    /// When it begins.
    pub at: Duration,
    /// How long it lasts.
    pub lasts: Duration,
    /// What goes wrong meanwhile.
    pub faults: Faults,
}

impl Scenario {
    /// When the measured time ends.
    #[must_use]
    pub fn end(&self) -> Duration {
        self.warm_up + self.duration
    }

    /// Tokens over all clients and nodes.
    #[must_use]
    pub fn tokens(&self) -> u32 {
        self.clients
            .iter()
            .map(|client| self.tokens_of(client))
            .sum()
    }

    /// Calls a minute of each action, on the average of the measured time, were nothing cached.
    #[must_use]
    pub fn calls(&self) -> Vec<f64> {
        let mut calls = vec![0.0; self.actions.len()];
        for flow in &self.flows {
            let rate = self.interactions_per_minute(flow);
            for (action, times) in flow.behaviour.calls() {
                calls[action.index()] += rate * times;
            }
        }
        let minutes = self.end().as_secs_f64().max(1e-9) / 60.0;
        for record in self.replay.iter().flat_map(|records| records.iter()) {
            calls[record.action.index()] += 1.0 / minutes;
        }
        calls
    }

    /// Calls a minute that a flow makes of each action; of records, those recorded.
    pub(crate) fn calls_of(&self, flow: usize) -> Vec<f64> {
        let mut calls = vec![0.0; self.actions.len()];
        if let Some(it) = self.flows.get(flow) {
            let rate = self.interactions_per_minute(it);
            for (action, times) in it.behaviour.calls() {
                calls[action.index()] += rate * times;
            }
        }
        let minutes = self.end().as_secs_f64().max(1e-9) / 60.0;
        let records = self.replay.iter().flat_map(|records| records.iter());
        for record in records.filter(|record| record.flow as usize == flow) {
            calls[record.action.index()] += 1.0 / minutes;
        }
        calls
    }

    /// Interactions a minute of one flow, on the average of the measured time.
    #[must_use]
    pub fn interactions_per_minute(&self, flow: &Flow) -> f64 {
        flow.arrivals.per_minute(self.warm_up, self.end())
    }

    /// Calls a minute over all flows, on the average of the measured time, were nothing cached.
    #[must_use]
    pub fn calls_per_minute(&self) -> f64 {
        if let Some(records) = &self.replay {
            return records.len() as f64 / self.end().as_secs_f64().max(1e-9) * 60.0;
        }
        let flows = self.flows.iter().map(|flow| {
            let calls: f64 = flow.behaviour.calls().iter().map(|(_, n)| n).sum();
            calls * self.interactions_per_minute(flow)
        });
        flows.sum()
    }

    /// The same scenario with `factor` times the load.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let mut scaled = self.clone();
        for flow in &mut scaled.flows {
            flow.arrivals = flow.arrivals.scaled(factor);
        }
        if let Some(records) = &self.replay {
            let faster = records.iter().map(|record| Record {
                at: record.at.div_f64(factor),
                ..record.clone()
            });
            scaled.replay = Some(faster.collect());
            scaled.duration = self.end().div_f64(factor).saturating_sub(self.warm_up);
        }
        scaled
    }
}
