//! Virtual time: engine and platform under one seed.
//!
//! **What this decides.** What a scenario means ([`Scenario`]), what happens in it ([`run`]: discrete
//! events over the very engine that serves, against the provider's own rules), what can be said
//! without simulating ([`Plan`]), and how either is reported ([`report`]). **What it does not**: it
//! opens no socket, reads no clock and no file, and has no threads; whoever calls it runs many runs at
//! once, and gives it the files that a scenario names.
//!
//! Invariants, by name:
//!
//! - *same seed, same result*: a run depends on the scenario, the policy and the seed, to the byte;
//! - *same traffic*: policies of one seed see the same arrivals;
//! - *flat*: what a run keeps does not grow with the time it simulates;
//! - *nothing hangs*: every interaction that began ends.
//!
//! They are tested in `tests/`, beside the known answers (`tests/answers.rs`) and the waiting times of
//! queueing theory (`tests/queueing.rs`).

mod action;
pub mod arrivals;
pub mod interaction;
pub mod latency;
mod plan;
mod policy;
mod records;
pub mod report;
mod scenario;
pub mod stats;
mod study;
mod sweep;
mod upstream;
mod workflow;
mod world;

pub use action::{Action, ActionId, Cache};
pub use plan::{Change, FlowPlan, Least, LimitPlan, Plan, plan_json, plan_table};
pub use policy::Kind as Policy;
pub use policy::{Limiter, SendRate, Vegas};
pub use records::{Record, RecordError, Records};
pub use scenario::{
    Client, Flow, Limits, Nodes, Outage, ReadFacts, Scenario, ScenarioError, Service,
    ServiceAction, ServiceTables, Source, Tables,
};
pub use study::{
    ClusterSummary, FlowSummary, Job, Point, PolicySummary, RealUpstream, Results, Study,
};
pub use sweep::{Parameter, Sweep, SweepError};
pub use upstream::facts;

use policy::{Cluster, Settings, baseline};
use stats::RunStats;
use std::time::Duration;
use tollgate_engine::Engine;
use tollgate_model::{Instant, Stream};
use world::{Names, World};

/// Simulates a scenario once under a policy.
#[must_use]
pub fn run(scenario: &Scenario, policy: Policy, seed: u64) -> RunStats {
    let tables = scenario.tables();
    let names = Names::of(&tables);
    if policy == Policy::Tollgate && scenario.nodes.are_several() {
        let cluster = Cluster::new(scenario, &tables, seed);
        return World::new(scenario, cluster, names, (policy.caches(), seed)).run();
    }
    if policy == Policy::Tollgate {
        let seed_of_engine = Stream::child(seed, "engine", 0).next();
        let engine = Engine::new(tables.config, seed_of_engine, Instant::ZERO);
        return World::new(scenario, engine, names, (policy.caches(), seed)).run();
    }
    let baseline = baseline(policy, settings(scenario, &tables));
    World::new(scenario, baseline, names, (policy.caches(), seed)).run()
}

/// The seed of a scenario's replication with this number.
#[must_use]
pub fn seed_of(scenario: &Scenario, replication: u32) -> u64 {
    Stream::child(scenario.seed, "replication", replication.into()).next()
}

fn settings(scenario: &Scenario, tables: &Tables) -> Settings {
    let limits = &scenario.limits;
    let clients = tables.config.clients.with_ids();
    let places =
        clients.flat_map(|(id, client)| std::iter::repeat_n(id, client.max_tokens as usize));
    let token_places: Vec<_> = places.collect();
    let over = |allowed: Option<u32>, many: usize| Some(u64::from(allowed?) * many as u64);
    let narrowest = [
        over(limits.token, token_places.len()),
        over(limits.client, scenario.clients.len()),
        over(limits.organisation, 1),
        over(limits.executions, 1),
    ];
    let narrowest = narrowest.into_iter().flatten().min();
    let routes = tables.config.routes.with_ids();
    let with_token = routes.filter(|(_, route)| route.pool.is_some());
    Settings {
        token_places,
        with_token: with_token.map(|(id, _)| id).collect(),
        period: limits.period,
        pace: narrowest.map_or(Duration::ZERO, |calls| {
            limits.period.div_f64(calls.max(1) as f64)
        }),
    }
}
