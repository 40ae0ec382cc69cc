//! Who goes next.
//!
//! Executions wait in *lanes*: one for each flow and route, ordered by deadline. What can start is a
//! matter of the route, so a lane is blocked as a whole, and a choice looks at lanes, not at
//! executions. Among the lanes that can start the order is:
//!
//! 1. flows that have had less than their guaranteed share in the last window;
//! 2. a class below the first that is owed a start: each start of a higher class while it waits
//!    earns it the floor's part of one, so it is never starved;
//! 3. the class, strictly;
//! 4. within the class, the flow with the least virtual time: a start costs it 1/weight
//!    (start-time fair queueing; a flow that was idle joins at the class's present);
//! 5. within the flow, the earliest deadline.
//!
//! A guarantee is lent out while its flow is idle: it decides who goes next, it keeps no slot empty.
//!
//! Cost: a choice is linear in the lanes that wait (flows × routes in use), not in what they hold.

use crate::Config;
use std::collections::{BTreeMap, VecDeque};
use tollgate_model::{ExecutionId, FlowId, Instant, RouteId, Rule};
use tollgate_quota::Ledger;

/// One start of a flow with weight 1, in virtual time.
const START: u64 = 1 << 32;

/// The place of an execution in its lane.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Place {
    pub(crate) deadline: Instant,
    pub(crate) execution: ExecutionId,
}

/// One flow's executions on one route, the earliest deadline first.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) flow: FlowId,
    pub(crate) route: RouteId,
    places: VecDeque<Place>,
}

/// All that wait.
#[derive(Debug)]
pub(crate) struct Queue {
    flows: Vec<FlowState>,
    classes: BTreeMap<u8, Class>,
    lanes: Vec<Lane>,
    lane_of: BTreeMap<(FlowId, RouteId), usize>,
    floor_percent: u32,
    len: usize,
}

#[derive(Debug)]
struct FlowState {
    class: u8,
    cost: u64,
    virtual_time: u64,
    queued: usize,
    /// Starts of the last window, up to the guaranteed number.
    guaranteed: Option<Ledger>,
}

#[derive(Debug, Default)]
struct Class {
    virtual_time: u64,
    queued: usize,
    /// Hundredths of a start that the floor owes it.
    owed: u32,
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
            floor_percent: config.policy.floor_percent,
            len: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn queued(&self, flow: FlowId) -> usize {
        self.flows[flow.index()].queued
    }

    /// Lanes in which something waits.
    pub(crate) fn lanes(&self) -> impl Iterator<Item = &Lane> {
        self.lanes.iter().filter(|lane| !lane.places.is_empty())
    }

    pub(crate) fn push(&mut self, flow: FlowId, route: RouteId, place: Place) {
        let lanes = &mut self.lanes;
        let lane = *self.lane_of.entry((flow, route)).or_insert_with(|| {
            lanes.push(Lane {
                flow,
                route,
                places: VecDeque::new(),
            });
            lanes.len() - 1
        });
        let places = &mut self.lanes[lane].places;
        // Deadlines mostly come in order, so the place is at the back or near it.
        let at = places.partition_point(|other| *other < place);
        places.insert(at, place);
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

    /// Takes an execution out, if it waits there.
    pub(crate) fn remove(&mut self, flow: FlowId, route: RouteId, place: Place) -> bool {
        let Some(&lane) = self.lane_of.get(&(flow, route)) else {
            return false;
        };
        let places = &mut self.lanes[lane].places;
        let Ok(at) = places.binary_search(&place) else {
            return false;
        };
        places.remove(at);
        self.left(flow);
        true
    }

    /// The lane that goes next among those whose route can start.
    pub(crate) fn choose(
        &mut self,
        now: Instant,
        mut can_start: impl FnMut(RouteId) -> bool,
    ) -> Option<(FlowId, RouteId)> {
        let mut best = None;
        for index in 0..self.lanes.len() {
            let lane = &self.lanes[index];
            let Some(head) = lane.places.front() else {
                continue;
            };
            if !can_start(lane.route) {
                continue;
            }
            let state = &mut self.flows[lane.flow.index()];
            let entitled = state
                .guaranteed
                .as_mut()
                .is_some_and(|ledger| ledger.has_room(now));
            let owed = self
                .classes
                .get(&state.class)
                .is_some_and(|class| class.owed >= 100);
            let key = (!entitled, !owed, state.class, state.virtual_time, *head);
            if best.is_none_or(|(other, _)| key < other) {
                best = Some((key, index));
            }
        }
        best.map(|(_, index)| (self.lanes[index].flow, self.lanes[index].route))
    }

    /// Starts the first execution of the lane, at the flow's expense.
    pub(crate) fn start(
        &mut self,
        flow: FlowId,
        route: RouteId,
        now: Instant,
    ) -> Option<ExecutionId> {
        let lane = *self.lane_of.get(&(flow, route))?;
        let place = self.lanes[lane].places.pop_front()?;
        self.charge(flow, now);
        self.left(flow);
        Some(place.execution)
    }

    /// Accounts for a start of the flow's.
    fn charge(&mut self, flow: FlowId, now: Instant) {
        let state = &mut self.flows[flow.index()];
        if let Some(ledger) = &mut state.guaranteed
            && ledger.has_room(now)
        {
            ledger.take(now);
            ledger.settle(now, now);
        }
        for (&priority, class) in &mut self.classes {
            if priority == state.class {
                class.virtual_time = class.virtual_time.max(state.virtual_time);
                class.owed = class.owed.saturating_sub(100);
            } else if priority > state.class && class.queued > 0 {
                class.owed = (class.owed + self.floor_percent).min(1_000);
            }
        }
        state.virtual_time += state.cost;
    }

    /// An execution whose deadline has passed.
    pub(crate) fn pop_expired(&mut self, now: Instant) -> Option<ExecutionId> {
        let lane = self.lanes.iter_mut().find(|lane| {
            lane.places
                .front()
                .is_some_and(|place| place.deadline < now)
        })?;
        let (flow, place) = (lane.flow, lane.places.pop_front()?);
        self.left(flow);
        Some(place.execution)
    }

    /// When the next execution expires.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.lanes()
            .filter_map(|lane| lane.places.front())
            .map(|place| place.deadline)
            .min()
    }

    /// The least important execution, if it is less important than one of `flow`: of the lowest
    /// class, the one with the latest deadline.
    pub(crate) fn least_below(&self, flow: FlowId) -> Option<ExecutionId> {
        let class = self.flows[flow.index()].class;
        let lanes = self
            .lanes()
            .map(|lane| (self.flows[lane.flow.index()].class, lane.places.back()));
        let (lowest, place) = lanes.max()?;
        (lowest > class).then_some(place?.execution)
    }

    /// How many of the lane's executions start before one of `flow` with that deadline, at the
    /// least: all of higher classes and of its own flow's earlier ones, and of its class's other
    /// flows what their weights give them meanwhile.
    pub(crate) fn ahead(&self, lane: &Lane, flow: FlowId, deadline: Instant) -> usize {
        let own = &self.flows[flow.index()];
        let other = &self.flows[lane.flow.index()];
        if lane.flow == flow {
            return lane
                .places
                .partition_point(|place| place.deadline <= deadline);
        }
        if other.class != own.class {
            return if other.class < own.class {
                lane.places.len()
            } else {
                0
            };
        }
        // While this flow makes `rank` starts, the other makes rank × weight / weight.
        let rank: usize = self
            .lanes()
            .filter(|own_lane| own_lane.flow == flow)
            .map(|own_lane| {
                own_lane
                    .places
                    .partition_point(|place| place.deadline <= deadline)
            })
            .sum();
        let lead = own.virtual_time.saturating_add(rank as u64 * own.cost);
        let starts = lead.saturating_sub(other.virtual_time) / other.cost;
        lane.places.len().min(starts as usize)
    }

    fn left(&mut self, flow: FlowId) {
        let state = &mut self.flows[flow.index()];
        state.queued -= 1;
        if let Some(class) = self.classes.get_mut(&state.class) {
            class.queued -= 1;
            if class.queued == 0 {
                class.owed = 0;
            }
        }
        self.len -= 1;
    }
}

impl FlowState {
    fn new(flow: &crate::Flow, config: &Config) -> Self {
        let guaranteed = flow.guarantee.and_then(|guarantee| {
            match config.limits.get(guarantee.limit.index())?.rule {
                Rule::Window { period, .. } => Some(Ledger::new(Rule::Window {
                    allowed: guarantee.slots,
                    period,
                    counted_within: None,
                })),
                Rule::Concurrency { .. } => None,
            }
        });
        Self {
            class: flow.priority,
            cost: START / u64::from(flow.weight.max(1)),
            virtual_time: 0,
            queued: 0,
            guaranteed,
        }
    }
}
