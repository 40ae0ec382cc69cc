//! Who goes next.
//!
//! Executions wait in *lanes*: one for each flow and route, ordered by deadline. What can start is a
//! matter of the route, so a lane is blocked as a whole, and a choice looks at lanes, not at
//! executions. Among the lanes that can start the order is:
//!
//! 1. flows that have had less than their guaranteed share in the last window;
//! 2. a class below the first that is owed a start: each start of a higher class earns it the floor's
//!    part of one, and each of its own is taken off, however it came by it, so it is never starved, and
//!    takes nothing from a higher class while it is not;
//! 3. the class, strictly;
//! 4. within the class, the flow with the least virtual time: a start costs it 1/weight
//!    (start-time fair queueing; a flow that was idle joins at the class's present);
//! 5. within the flow, the earliest deadline.
//!
//! A guarantee is lent out while its flow is idle: it decides who goes next, it keeps no slot empty.
//!
//! A lower class takes no slot that is reserved for a higher one ([`crate::reservations`]): order alone would let it
//! use a window up in its first second, and leave the higher class to wait for the next.
//!
//! Cost: a choice sorts the lanes that wait and may start (flows × routes in use), not what they hold.

mod forecast;
mod lane;
mod share;

use crate::Config;
use crate::deadline_queue::{DeadlineQueue, QueueKey};
use crate::rate::Rate;
use forecast::longest_period;
pub(crate) use forecast::{Line, Standing};
pub(crate) use lane::{Candidate, Lane, LaneKey};
use share::{Class, FlowState};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tollgate_model::{ExecutionId, FlowId, Instant, LimitUse, RouteId};

/// One start, in hundredths.
const ONE: i64 = 100;
/// Hundredths of starts that a class can be owed, or have had beforehand, at the most.
const OWED: i64 = 10 * ONE;

/// All that wait.
#[derive(Debug)]
pub(crate) struct Queue {
    flows: Vec<FlowState>,
    classes: BTreeMap<u8, Class>,
    lanes: Vec<Lane>,
    lane_of: BTreeMap<(FlowId, RouteId), usize>,
    /// Indices into `lanes` of those in which something waits.
    active: Vec<usize>,
    floor_percent: u32,
    len: usize,
    /// Executions that pause.
    pausing: usize,
    /// The span over which arrivals are counted to tell how often calls come.
    recent: Duration,
}

impl Queue {
    pub(crate) fn new(config: &Config) -> Self {
        let flows: Vec<_> = config
            .flows
            .iter()
            .map(|flow| FlowState::new(flow, config))
            .collect();
        let classes = flows
            .iter()
            .map(|flow| (flow.class, Class::default()))
            .collect();
        Self {
            flows,
            classes,
            lanes: Vec::new(),
            lane_of: BTreeMap::new(),
            active: Vec::new(),
            floor_percent: config.policy.floor_percent,
            len: 0,
            pausing: 0,
            recent: longest_period(config),
        }
    }

    /// Takes over what flows there are now, and what they are. Those that wait go on waiting, with what their flow has
    /// become. Whether anything has changed.
    pub(crate) fn follow(&mut self, config: &Config) -> bool {
        self.recent = longest_period(config);
        let mut has_changed = self.flows.len() < config.flows.len();
        for (index, flow) in config.flows.iter().enumerate() {
            let wanted = FlowState::new(flow, config);
            self.classes.entry(wanted.class).or_default();
            let Some(state) = self.flows.get_mut(index) else {
                self.flows.push(wanted);
                continue;
            };
            if state.class != wanted.class {
                let (from, waiting) = (state.class, state.queued);
                if let Some(class) = self.classes.get_mut(&from) {
                    class.queued -= waiting;
                }
                if let Some(class) = self.classes.get_mut(&wanted.class) {
                    class.queued += waiting;
                    state.virtual_time = class.virtual_time;
                }
            }
            has_changed |= state.take_over(wanted);
        }
        let classes: BTreeSet<_> = self.flows.iter().map(|flow| flow.class).collect();
        self.classes.retain(|class, _| classes.contains(class));
        has_changed
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn queued(&self, flow: FlowId) -> usize {
        self.flows[flow.index()].queued
    }

    /// Lanes in which something waits.
    pub(crate) fn lanes(&self) -> impl Iterator<Item = &Lane> {
        self.active.iter().map(|&lane| &self.lanes[lane])
    }

    /// Whether something waits in the lane.
    pub(crate) fn waits(&self, flow: FlowId, route: RouteId) -> bool {
        let lane = self.lane_of.get(&(flow, route));
        lane.is_some_and(|&lane| self.lanes[lane].waiting() > 0)
    }

    /// All lanes, those in which nothing waits included.
    pub(crate) fn all_lanes(&self) -> impl Iterator<Item = &Lane> {
        self.lanes.iter()
    }

    pub(crate) fn class(&self, flow: FlowId) -> u8 {
        self.flows[flow.index()].class
    }

    /// Whether no class is below the flow's.
    pub(crate) fn is_last(&self, flow: FlowId) -> bool {
        let last = self.classes.last_key_value();
        last.is_some_and(|(class, _)| *class == self.class(flow))
    }

    /// Counts a submission, whatever will become of it. Gives the place of its lane.
    pub(crate) fn asked(&mut self, flow: FlowId, route: RouteId) -> usize {
        let lane = self.lane(flow, route);
        self.lanes[lane].asked += 1;
        lane
    }

    /// Guarantees the flow another number of starts a window, where it is guaranteed any.
    pub(crate) fn guarantee(&mut self, flow: FlowId, slots: u32) {
        self.flows[flow.index()].guarantee(slots);
    }

    /// Starts of the flow by right of its guarantee that count, and count still when `soon` is over; none where it has no
    /// guarantee.
    pub(crate) fn started_by_right(
        &self,
        flow: FlowId,
        soon: Duration,
        now: Instant,
    ) -> Option<LimitUse> {
        let ledger = self.flows[flow.index()].guaranteed.as_ref()?;
        Some(LimitUse {
            period: ledger.period(),
            held: ledger.held(now),
            stay: ledger.held(now + soon),
        })
    }

    /// Counts an arrival, whether it will wait or not.
    pub(crate) fn arrived(&mut self, flow: FlowId, route: RouteId, now: Instant) {
        let lane = self.lane(flow, route);
        self.arrived_in(lane, now);
    }

    /// Counts an arrival in the lane at this place.
    pub(crate) fn arrived_in(&mut self, lane: usize, now: Instant) {
        self.lanes[lane].arrivals.count(now);
    }

    pub(crate) fn push(&mut self, flow: FlowId, route: RouteId, key: QueueKey) {
        let lane = self.lane(flow, route);
        if self.lanes[lane].queue.len() == 0 {
            self.active.push(lane);
        }
        self.lanes[lane].queue.insert(key);
        let state = &mut self.flows[flow.index()];
        let Some(class) = self.classes.get_mut(&state.class) else {
            return;
        };
        if state.queued == 0 {
            state.virtual_time = state.virtual_time.max(class.virtual_time);
        }
        state.queued += 1;
        class.queued += 1;
        self.len += 1;
    }

    fn lane(&mut self, flow: FlowId, route: RouteId) -> usize {
        let (lanes, recent) = (&mut self.lanes, self.recent);
        *self.lane_of.entry((flow, route)).or_insert_with(|| {
            lanes.push(Lane {
                flow,
                route,
                queue: DeadlineQueue::default(),
                pausing: DeadlineQueue::default(),
                arrivals: Rate::new(recent),
                asked: 0,
            });
            lanes.len() - 1
        })
    }

    /// Takes an execution out, if it waits there.
    pub(crate) fn remove(&mut self, flow: FlowId, route: RouteId, key: QueueKey) -> bool {
        let Some(&lane) = self.lane_of.get(&(flow, route)) else {
            return false;
        };
        let removed = self.lanes[lane].queue.remove(&key);
        if removed {
            self.left(lane);
        }
        removed
    }

    /// Keeps the rank of an execution that pauses.
    pub(crate) fn pause(&mut self, flow: FlowId, route: RouteId, key: QueueKey) {
        let lane = self.lane(flow, route);
        self.lanes[lane].pausing.insert(key);
        self.pausing += 1;
    }

    /// Gives up the rank of an execution that pauses no more.
    pub(crate) fn end_pause(&mut self, flow: FlowId, route: RouteId, key: QueueKey) {
        if let Some(&lane) = self.lane_of.get(&(flow, route)) {
            let ended = self.lanes[lane].pausing.remove(&key);
            self.pausing -= usize::from(ended);
        }
    }

    /// Of each flow no less important than this class, the first that pauses on the route.
    pub(crate) fn pausing_on(&self, route: RouteId, class: u8) -> Vec<QueueKey> {
        if self.pausing == 0 {
            return Vec::new();
        }
        let lanes = self
            .lanes
            .iter()
            .filter(|lane| lane.route == route && self.flows[lane.flow.index()].class <= class);
        lanes
            .filter_map(|lane| lane.pausing.first().copied())
            .collect()
    }

    /// Whether something pauses on the route.
    pub(crate) fn pauses(&self, route: RouteId) -> bool {
        let mut lanes = self.lanes.iter();
        self.pausing > 0 && lanes.any(|lane| lane.route == route && lane.pausing.len() > 0)
    }

    /// The lane in which something waits, from this one on, the most important first.
    pub(crate) fn lane_from(&self, from: LaneKey) -> Option<LaneKey> {
        let keys = self.lanes().map(|lane| LaneKey {
            class: self.flows[lane.flow.index()].class,
            flow: lane.flow,
            route: lane.route,
        });
        keys.filter(|key| *key >= from).min()
    }

    /// The first few executions that wait in the lane behind this one, or the first few of all.
    pub(crate) fn run_after(
        &self,
        lane: LaneKey,
        key: Option<QueueKey>,
        few: usize,
    ) -> Vec<QueueKey> {
        let lane = self.lane_of.get(&(lane.flow, lane.route));
        lane.map_or(Vec::new(), |&lane| {
            self.lanes[lane].queue.run_after(key, few)
        })
    }

    /// Fills `into` with the lanes that may go next, in their order.
    pub(crate) fn order(
        &mut self,
        now: Instant,
        into: &mut Vec<Candidate>,
        may_start: impl Fn(RouteId) -> bool,
    ) {
        into.clear();
        for &lane in &self.active {
            let lane = &self.lanes[lane];
            let Some(&head) = lane.queue.first().filter(|_| may_start(lane.route)) else {
                continue;
            };
            let state = &mut self.flows[lane.flow.index()];
            let entitled = state
                .guaranteed
                .as_mut()
                .is_some_and(|ledger| ledger.has_room(now, 1));
            let owed = self
                .classes
                .get(&state.class)
                .is_some_and(|class| class.owed >= ONE);
            into.push(Candidate {
                unentitled: !entitled,
                unowed: !owed,
                class: state.class,
                virtual_time: state.virtual_time,
                head,
                flow: lane.flow,
                route: lane.route,
            });
        }
        into.sort_unstable();
    }

    /// Starts the first execution of the lane, at the flow's expense.
    pub(crate) fn start(
        &mut self,
        flow: FlowId,
        route: RouteId,
        now: Instant,
    ) -> Option<ExecutionId> {
        let lane = *self.lane_of.get(&(flow, route))?;
        let key = self.lanes[lane].queue.pop_first()?;
        self.charge(flow, now);
        self.left(lane);
        Some(key.execution)
    }

    /// Accounts for a start of the flow's.
    fn charge(&mut self, flow: FlowId, now: Instant) {
        let state = &mut self.flows[flow.index()];
        if let Some(ledger) = &mut state.guaranteed
            && ledger.has_room(now, 1)
        {
            ledger.take(now, 1);
            ledger.settle(now, now, 1);
        }
        for (&priority, class) in &mut self.classes {
            if priority == state.class {
                class.virtual_time = class.virtual_time.max(state.virtual_time);
                class.owed = (class.owed - ONE).max(-OWED);
            } else if priority > state.class {
                // A class whose calls are all refused at once has none waiting, but is owed one all the same.
                let most = if class.queued > 0 { OWED } else { ONE };
                class.owed = (class.owed + i64::from(self.floor_percent)).min(most);
            }
        }
        state.virtual_time += state.cost;
    }

    /// An execution whose deadline has passed.
    pub(crate) fn pop_expired(&mut self, now: Instant) -> Option<ExecutionId> {
        let passed = |lane: &&usize| {
            let first = self.lanes[**lane].queue.first();
            first.is_some_and(|key| key.deadline < now)
        };
        let lane = *self.active.iter().find(passed)?;
        let key = self.lanes[lane].queue.pop_first()?;
        self.left(lane);
        Some(key.execution)
    }

    /// The earliest deadline of all that wait.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.next_due(Instant::ZERO)
    }

    /// The first deadline of a lane that is later than this.
    pub(crate) fn next_due(&self, after: Instant) -> Option<Instant> {
        self.lanes()
            .filter_map(|lane| lane.queue.first())
            .map(|key| key.deadline)
            .filter(|deadline| *deadline > after)
            .min()
    }

    /// The least important execution, if it is less important than one of `flow`: of the lowest
    /// class, the one with the latest deadline.
    pub(crate) fn least_below(&self, flow: FlowId) -> Option<ExecutionId> {
        let class = self.flows[flow.index()].class;
        let lanes = self
            .lanes()
            .map(|lane| (self.flows[lane.flow.index()].class, lane.queue.last()));
        let (lowest, key) = lanes.max()?;
        (lowest > class).then_some(key?.execution)
    }

    /// An execution has left the lane.
    fn left(&mut self, lane: usize) {
        if self.lanes[lane].queue.len() == 0 {
            self.active.retain(|&other| other != lane);
        }
        let state = &mut self.flows[self.lanes[lane].flow.index()];
        state.queued -= 1;
        if let Some(class) = self.classes.get_mut(&state.class) {
            class.queued -= 1;
            if class.queued == 0 {
                class.owed = class.owed.min(ONE);
            }
        }
        self.len -= 1;
    }
}
