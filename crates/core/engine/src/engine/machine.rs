//! The engine's state: what is configured, what waits, what is under way, and the policies that decide.
//!
//! Each policy is a type with its own state in a file of its own, and doesn't know the engine. The files beside this
//! one carry out what happens: they ask the policies, and change what waits and what is under way.

use crate::asking::Asking;
use crate::attempt::Attempt;
use crate::closing::Closings;
use crate::configured_rules::ConfiguredRules;
use crate::counted::Counted;
use crate::endpoints::Endpoints;
use crate::estimate::{Backlog, Estimator};
use crate::execution::{Execution, FULL_RETRY_BUDGET, FlowCount};
use crate::foreign::Foreign;
use crate::header_numbers::HeaderNumbers;
use crate::journal::EarlierProcess;
use crate::latency::Latencies;
use crate::lessons::Lessons;
use crate::own_entries::OwnEntries;
use crate::promise_walk::PromiseWalk;
use crate::queue::{Candidate, Queue};
use crate::reservations::Reservations;
use crate::resources::Resources;
use crate::shadow::Shadow;
use crate::situation::Situation;
use crate::timer::Timers;
use crate::upstream::Upstreams;
use crate::{Command, Config, Mode};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use tollgate_model::{AttemptId, ClientId, ExecutionId, FlowId, Instant, LimitId, RouteId, Stream};

/// Event in, command out, next wake-up.
///
/// After each `handle_…` the caller carries out what [`Self::poll_command`] gives until it gives
/// none, and calls [`Self::handle_timeout`] when [`Self::poll_timeout`] says so.
#[derive(Debug)]
pub struct Engine {
    pub(super) config: Arc<Config>,
    pub(super) resources: Resources,
    pub(super) queue: Queue,
    /// What flows are guaranteed here of limits that several processes share.
    pub(super) guaranteed: BTreeMap<FlowId, u32>,
    pub(super) executions: BTreeMap<ExecutionId, Execution>,
    pub(super) attempts: BTreeMap<AttemptId, Attempt>,
    pub(super) next_attempt: u64,
    pub(super) timers: Timers,
    pub(super) commands: VecDeque<Command>,
    pub(super) flows: Vec<FlowCount>,
    /// Hundredths of a retry that the budget has left.
    pub(super) retry_budget: u32,
    /// Drawn from for the spread of renewals.
    pub(super) random: Stream,
    /// When a blocked lane may have room.
    pub(super) wake: Option<Instant>,
    /// What lower classes leave to higher ones.
    pub(super) reservations: Reservations,
    /// The last choice's candidates; kept for its memory.
    pub(super) order: Vec<Candidate>,
    /// The last estimate's tables; kept for their memory.
    pub(super) backlog: Backlog,
    /// What other applications take of the limits.
    pub(super) foreign: Foreign,
    pub(super) headers_ignored: u64,
    /// What is configured where headers have put something else in force.
    pub(super) configured: ConfiguredRules,
    pub(super) limited: u64,
    /// Limits that nothing defines any more.
    pub(super) lifted: BTreeSet<LimitId>,
    /// How long answers take under each limit on calls at once.
    pub(super) latencies: Latencies,
    /// What an earlier process has used; none if there was none.
    pub(super) earlier: Option<EarlierProcess>,
    /// Retired clients that may have tokens to drop.
    pub(super) retiring: Vec<ClientId>,
    /// Places in the tables that are set aside for learned limits and for routes of single endpoints.
    pub(super) own: OwnEntries,
    /// Which routes lead to one upstream.
    pub(super) upstreams: Upstreams,
    /// Endpoints that have a route or a limit of their own.
    pub(super) endpoints: Endpoints,
    /// The learners of upstreams that have refused a call.
    pub(super) lessons: Lessons,
    /// Numbers that headers speak of beside the configured ones.
    pub(super) header_numbers: HeaderNumbers,
    /// What refusals have closed.
    pub(super) closings: Closings,
    /// How far the queue has been looked through for calls that can't start in time any more.
    pub(super) promises: PromiseWalk,
    /// Calls that wait while other processes are asked for slots.
    pub(super) asking: Asking,
    pub(super) any_flow_in_shadow: bool,
    /// What would happen with nothing in shadow; none if nothing is.
    pub(super) shadow: Option<Box<Shadow<Engine>>>,
}

impl Engine {
    /// An engine with empty ledgers. `config` is one that [`Config::check`] has passed.
    #[must_use]
    pub fn new(mut config: Config, seed: u64, now: Instant) -> Self {
        // A limit named twice is one limit.
        for route in &mut config.routes {
            once(&mut route.limits);
        }
        for client in &mut config.clients {
            once(&mut client.limits);
        }
        for flow in &mut config.flows {
            once(&mut flow.limits);
        }
        let shadow = (!config.is_enforced()).then(|| {
            let mut enforced = config.clone().enforced();
            // How long answers take is the load's doing that the first engine lets through.
            enforced.policy.follow_latency = false;
            let engine = Self::new(enforced, seed, now);
            Box::new(Shadow::new(engine, config.flows.len()))
        });
        let own = OwnEntries::set_aside(&mut config);
        let mut counted = Counted::default();
        counted.take_out(&mut config);
        let config = Arc::new(config);
        Self {
            own,
            any_flow_in_shadow: config.flows.iter().any(|it| it.mode == Mode::Shadow),
            shadow,
            upstreams: Upstreams::new(&config),
            endpoints: Endpoints::default(),
            asking: Asking::default(),
            lessons: Lessons::default(),
            header_numbers: HeaderNumbers::default(),
            closings: Closings::default(),
            promises: PromiseWalk::default(),
            resources: Resources::new(Arc::clone(&config), counted, now),
            queue: Queue::new(&config),
            guaranteed: BTreeMap::new(),
            executions: BTreeMap::new(),
            attempts: BTreeMap::new(),
            next_attempt: 0,
            timers: Timers::default(),
            commands: VecDeque::new(),
            flows: vec![FlowCount::default(); config.flows.len()],
            retry_budget: FULL_RETRY_BUDGET,
            random: Stream::new(seed),
            wake: None,
            reservations: Reservations::new(&config),
            order: Vec::new(),
            backlog: Backlog::default(),
            foreign: Foreign::default(),
            headers_ignored: 0,
            configured: ConfiguredRules::default(),
            limited: 0,
            lifted: BTreeSet::new(),
            latencies: Latencies::default(),
            earlier: None,
            retiring: Vec::new(),
            config,
        }
    }

    /// The situation now, and what is reserved in it.
    pub(super) fn situation(&mut self, now: Instant) -> (Situation<'_>, &mut Reservations) {
        let Estimator {
            situation,
            reservations,
            ..
        } = self.estimator(now);
        (situation, reservations)
    }

    pub(super) fn estimator(&mut self, now: Instant) -> Estimator<'_> {
        Estimator {
            situation: Situation {
                config: &self.config,
                queue: &mut self.queue,
                resources: &mut self.resources,
                foreign: &self.foreign,
                now,
            },
            reservations: &mut self.reservations,
            backlog: &mut self.backlog,
        }
    }

    pub(super) fn route(&self, route: RouteId) -> &crate::Route {
        &self.config.routes[route.index()]
    }
}

/// Each limit once, in the order of their naming.
fn once(limits: &mut Vec<LimitId>) {
    let mut seen = BTreeSet::new();
    limits.retain(|limit| seen.insert(*limit));
}
