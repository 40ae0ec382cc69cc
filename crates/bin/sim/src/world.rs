//! One run: the event heap, the virtual clock, and everything that happens on them.
//!
//! Time jumps from event to event; ties go in the order in which the events were made. An interaction
//! has one call under way at a time, so its slot holds the call's state too; slots are used again, and
//! an execution's number is a serial with the slot in its low bits. Attempts are numbered by the
//! policy one after the other, so they lie in a queue that loses its head as they end. Nothing here
//! grows with the time simulated, only with what is under way.

mod attempts;
mod calls;
mod heap;
mod interactions;
mod notes;

use crate::arrivals::Cursor;
use crate::interaction::Progress;
use crate::policy::Limiter;
use crate::scenario::{Scenario, Tables};
use crate::stats::{FlowStats, RunStats, Series};
use crate::upstream::{Granted, Upstream};
use attempts::Attempt;
use heap::{Due, Heap};
use interactions::Interaction;
use std::collections::VecDeque;
use std::ops::Range;
use tollgate_engine::Event;
use tollgate_model::{ClientId, ExecutionId, FlowId, Instant, RouteId, Stream, TokenId, nanos};
use tollgate_platform::StrangerCounts;

/// Bits of an execution's number that are its interaction's slot.
const SLOT_BITS: u32 = 24;
/// Wake-ups of a policy at one instant before it is taken to be broken.
const WAKES: u32 = 100_000;
const NEVER: u64 = u64::MAX;

#[derive(Debug)]
/// How submissions name what the policy knows.
pub(crate) struct Names {
    /// By action.
    routes: Vec<RouteId>,
    /// In the scenario's order.
    flows: Vec<FlowId>,
}

impl Names {
    pub(crate) fn of(tables: &Tables) -> Self {
        Self {
            routes: tables.routes.clone(),
            flows: tables.config.flows.ids().collect(),
        }
    }
}

pub(crate) struct World<'s, P> {
    scenario: &'s Scenario,
    policy: P,
    names: Names,
    caches: bool,
    upstream: Upstream,
    now: u64,
    heap: Heap,
    end: u64,
    measured: Range<u64>,
    /// By flow.
    cursors: Vec<Cursor>,
    interactions: Vec<Interaction>,
    free: Vec<u32>,
    /// Interactions under way.
    live: usize,
    next_execution: u64,
    attempts: VecDeque<Attempt>,
    /// The number of the first of them.
    first_attempt: u64,
    /// By action: until when the answer for each input is good at each node.
    kept: Vec<Vec<u64>>,
    /// By action.
    latencies: Vec<Stream>,
    keys: Stream,
    scripts: Stream,
    way_in: bool,
    under_way: u32,
    waiting: u32,
    tokens: u32,
    stats: RunStats,
    bucket: usize,
    bucket_end: u64,
    /// Other applications' calls before anything is measured.
    strangers_before: StrangerCounts,
}

impl<'s, P: Limiter> World<'s, P> {
    pub(crate) fn new(
        scenario: &'s Scenario,
        policy: P,
        names: Names,
        (caches, seed): (bool, u64),
    ) -> Self {
        let end = nanos(scenario.end());
        let streams = |name: &str, count: usize| -> Vec<Stream> {
            (0..count)
                .map(|at| Stream::child(seed, name, at as u64))
                .collect()
        };
        let keys = |action: &crate::action::Action| match action.cache {
            Some(cache) if caches => vec![0; cache.keys as usize * scenario.nodes.count as usize],
            _ => Vec::new(),
        };
        let arrivals = streams("arrivals", scenario.flows.len());
        let series = Series::new(end);
        let mut world = Self {
            policy,
            names,
            caches,
            upstream: Upstream::new(scenario, Stream::child(seed, "upstream", 0).next()),
            now: 0,
            heap: Heap::default(),
            end,
            measured: nanos(scenario.warm_up)..end,
            cursors: scenario
                .flows
                .iter()
                .zip(arrivals)
                .map(|(flow, stream)| flow.arrivals.begin(stream))
                .collect(),
            interactions: Vec::new(),
            free: Vec::new(),
            live: 0,
            next_execution: 0,
            attempts: VecDeque::new(),
            first_attempt: 0,
            kept: scenario.actions.iter().map(keys).collect(),
            latencies: streams("latency", scenario.actions.len()),
            keys: Stream::child(seed, "keys", 0),
            scripts: Stream::child(seed, "scripts", 0),
            way_in: scenario.has_way_in(),
            under_way: 0,
            waiting: 0,
            tokens: 0,
            bucket: 0,
            bucket_end: series.step,
            strangers_before: StrangerCounts::default(),
            stats: RunStats {
                flows: vec![FlowStats::default(); scenario.flows.len()],
                series,
                ..RunStats::default()
            },
            scenario,
        };
        world.first_events();
        world
    }

    fn first_events(&mut self) {
        for flow in 0..self.cursors.len() as u32 {
            self.plan_arrival(flow);
        }
        if self
            .scenario
            .replay
            .as_ref()
            .is_some_and(|it| !it.is_empty())
        {
            self.heap.push(0, Due::Record(0));
        }
        for (at, outage) in self.scenario.outages.iter().enumerate() {
            let at = at as u32;
            self.heap.push(nanos(outage.at), Due::Outage(at, true));
            let over = nanos(outage.at + outage.lasts);
            self.heap.push(over, Due::Outage(at, false));
        }
    }

    /// To the end of the last interaction.
    pub(crate) fn run(mut self) -> RunStats {
        let mut wakes = 0;
        loop {
            let due = self.heap.next_at();
            let wake = self.policy.poll_timeout().map_or(NEVER, Instant::as_nanos);
            if self.live == 0 && !self.heap.expects_arrivals() {
                break;
            }
            if wake <= due {
                if wake == NEVER {
                    break;
                }
                wakes = if wake <= self.now { wakes + 1 } else { 0 };
                assert!(
                    wakes < WAKES,
                    "the policy never comes to rest at {} ns",
                    self.now
                );
                self.advance(wake);
                self.policy.handle_timeout(Instant::from_nanos(self.now));
            } else {
                let Some((at, due)) = self.heap.pop() else {
                    break;
                };
                self.advance(at);
                self.step(due);
            }
            self.stats.events += 1;
            self.carry_out();
        }
        if self.now < self.end {
            self.mark(self.end, true);
        }
        self.stats.round_trips = self.policy.round_trips();
        self.stats
    }

    fn step(&mut self, due: Due) {
        match due {
            Due::Arrival(flow) => {
                self.plan_arrival(flow);
                let progress = self.scenario.flows[flow as usize].behaviour.begin();
                self.begin(flow, progress);
            }
            Due::Record(at) => self.replay(at as usize),
            Due::Resume(slot) => self.go_on(slot, None),
            Due::HangUp(execution) => self.hang_up(execution),
            Due::Reach(attempt) => self.reach(attempt),
            Due::Answer(attempt) => self.answer(attempt),
            Due::Token(client, token) => self.token(client, token),
            Due::Outage(at, begins) => {
                let outage = self.scenario.outages.get(at as usize);
                let faults = outage.filter(|_| begins).map(|outage| outage.faults);
                self.upstream.set_faults(faults.unwrap_or_default());
            }
        }
    }

    fn plan_arrival(&mut self, flow: u32) {
        let arrivals = &self.scenario.flows[flow as usize].arrivals;
        if let Some(at) = arrivals.next(&mut self.cursors[flow as usize])
            && at < self.end
        {
            self.heap.push(at, Due::Arrival(flow));
        }
    }

    fn replay(&mut self, at: usize) {
        let Some(records) = &self.scenario.replay else {
            return;
        };
        let record = records[at].clone();
        if let Some(next) = records.get(at + 1) {
            self.heap.push(nanos(next.at), Due::Record(at as u32 + 1));
        }
        self.begin(record.flow, Progress::Record(record.action, record.latency));
    }

    fn token(&mut self, client: ClientId, token: TokenId) {
        let now = Instant::from_nanos(self.now);
        let event = match self.upstream.grant(client, token, now) {
            Granted::New(expires_in) => {
                self.stats.tokens += 1;
                self.tokens += 1;
                let tokens = self.tokens;
                self.bucket(|bucket| {
                    bucket.tokens = tokens;
                    bucket.granted += 1;
                });
                Event::TokenGranted { token, expires_in }
            }
            Granted::Known(known, expires_in) => Event::TokenRepeated {
                token,
                known,
                expires_in,
            },
            Granted::Not(retry_after, failure) => Event::TokenFailed {
                token,
                retry_after,
                failure,
            },
        };
        self.policy.handle_event(event, now);
    }
}

fn slot_of(execution: ExecutionId) -> u32 {
    (execution.0 & ((1 << SLOT_BITS) - 1)) as u32
}
