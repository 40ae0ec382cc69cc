//! A random world: nodes that send calls under one limit, an upstream that counts them, a store, and a network between
//! them, all of which fail.
//!
//! What is true is known here, and nowhere else: real time, which calls the upstream may still count, and who has which
//! lease. The nodes know their own clocks and what the store says.

mod calls;
mod exchange;
pub(crate) mod faults;
mod notices;

use crate::slots::Slots;
use crate::store::{Found, Revision, Server};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::Duration;
use tollgate_lease::{
    Answer, Demand, GuaranteedWant, MemberId, Node, Notice, PAUSE, Request, SOON, SharedLimit,
    Value,
};
use tollgate_model::{Agenda, ClassDemand, FlowDemand, Instant, LimitUse, Stream};

pub(crate) const KEY: &str = "organisation:calls";
/// The flow of all calls, which has a guarantee.
pub(crate) const FLOW: &str = "calls";
pub(crate) const LEASE: Duration = Duration::from_secs(60);
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);
pub(crate) const GRACE: Duration = Duration::from_secs(5);

/// What a world is like.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) seed: u64,
    pub(crate) nodes: usize,
    pub(crate) allowed: u32,
    /// Of them, what is guaranteed to the flow.
    pub(crate) guarantee: u32,
    /// The window's length; none for a limit on calls at once.
    pub(crate) period: Option<Duration>,
    /// Calls a second of each node, which is drawn anew now and then if `shifts`.
    pub(crate) rates: Vec<f64>,
    pub(crate) shifts: bool,
    /// Whether operators set other numbers, and the upstream closes the limit.
    pub(crate) is_told: bool,
    /// How often something fails, in a thousand of the nodes' looks at their clocks.
    pub(crate) faults: u64,
    /// Whether the store fails, too, or only nodes and the network do. A store that fails often is in doubt all the time, which
    /// leaves nothing to the rules for nodes that fail.
    pub(crate) store_fails: bool,
    /// How many of a hundred calls are lost, and may be counted as late as can be.
    pub(crate) calls_lost: u64,
    /// How long a message takes at the most, and how many of a hundred are lost.
    pub(crate) slowest: Duration,
    pub(crate) lost: u8,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) steps: u64,
    pub(crate) sent: u64,
    pub(crate) asked: u64,
    pub(crate) round_trips: u64,
    /// The most calls that a window of the upstream's counted, or that were under way at once.
    pub(crate) most: u32,
    pub(crate) doubts: u64,
}

#[derive(Debug)]
enum Event {
    Arrive(usize),
    /// A node looks at its clock.
    Look(usize, u64),
    Count,
    Answered(usize, u64),
    GivenUp(usize, u64),
    /// A message of a node's operation to a server.
    ToServer(usize, usize, u64, Message),
    /// A server's answer, to the process that asked.
    FromServer(usize, u64, u64, Reply),
    Hint(usize, u64, Revision, bool),
    Resume(usize),
    Shift,
}

#[derive(Clone, Debug)]
enum Message {
    Read,
    Swap(Option<Revision>, Vec<u8>),
}

#[derive(Clone, Debug)]
enum Reply {
    Found(Found),
    /// The value is there; whether it will be after a failover.
    Done(Revision, bool),
}

#[derive(Debug)]
struct Process {
    node: Node,
    slots: Slots,
    /// What it has found of a process that it succeeds.
    found: Option<Slots>,
    /// What it knows of a closing of the limit, by its clock.
    closed_until: Option<Instant>,
    demand: Demand,
    asked: u64,
    queue: VecDeque<Instant>,
    /// Its process's number: what is under way of another one is nothing to it.
    life: u64,
    is_paused: bool,
    leaves: bool,
    /// The operation under way with the store.
    operation: Option<Operation>,
    /// Its clock is `offset + real × rate`, in millionths.
    rate: u64,
    offset: u64,
    server: usize,
    rate_of_calls: f64,
}

#[derive(Debug)]
struct Operation {
    number: u64,
    begun: Instant,
    /// None before the value was read.
    request: Option<Request>,
    answer: Option<Answer>,
}

/// A revision as the node keeps it: its number goes first, and no two of two histories are the same.
fn key((number, nonce): Revision) -> u64 {
    number << 20 | nonce >> 44
}

pub(crate) struct World {
    pub(crate) setting: Setting,
    pub(crate) now: Instant,
    agenda: Agenda<Event>,
    stream: Stream,
    processes: Vec<Process>,
    servers: Vec<Server>,
    /// Until when each call may count that was sent: a period after it is surely counted.
    ends: BinaryHeap<Reverse<Instant>>,
    next: u64,
    /// What the upstream counted of late.
    window: VecDeque<Instant>,
    pub(crate) outcome: Outcome,
    /// When each member's leases really end, as far as it knows.
    leases: BTreeMap<MemberId, Instant>,
    /// Whether operators set nothing any more, and the upstream closes nothing.
    is_quiet: bool,
    /// What the value has allowed of late, and from when.
    ceilings: VecDeque<(Instant, u32)>,
    /// When closings really end, by their numbers.
    closings: BTreeMap<String, Instant>,
}

impl World {
    pub(crate) fn new(setting: Setting) -> Self {
        let stream = Stream::child(setting.seed, "world", 0);
        let mut world = Self {
            now: Instant::from_nanos(1_000_000_000),
            agenda: Agenda::default(),
            stream,
            processes: Vec::new(),
            servers: vec![Server::new(0)],
            ends: BinaryHeap::new(),
            next: 1,
            window: VecDeque::new(),
            outcome: Outcome::default(),
            leases: BTreeMap::new(),
            ceilings: VecDeque::from([(Instant::ZERO, setting.allowed)]),
            closings: BTreeMap::new(),
            is_quiet: false,
            setting,
        };
        for place in 0..world.setting.nodes {
            let process = world.process(place);
            world.processes.push(process);
            world.look(place);
            world.agenda.add(world.now, Event::Arrive(place));
        }
        world
            .agenda
            .add(world.now + Duration::from_secs(120), Event::Shift);
        world
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn shared(&self, allowed: u32) -> SharedLimit {
        SharedLimit {
            name: None,
            moves_singly: false,
            allowed,
            tail: TIMEOUT + GRACE + self.setting.period.unwrap_or_default(),
        }
    }

    fn process(&mut self, place: usize) -> Process {
        let life = self.number();
        let shared = self.shared(self.setting.allowed);
        let member = MemberId::new(format!("n{place}"), self.stream.next());
        Process {
            node: Node::new(member, LEASE, [(KEY.to_owned(), shared)]),
            slots: Slots::of(self.setting.allowed),
            found: None,
            closed_until: None,
            demand: Demand::default(),
            asked: 0,
            queue: VecDeque::new(),
            life,
            is_paused: false,
            leaves: false,
            operation: None,
            rate: 999_000 + self.stream.below(2_001),
            offset: self.stream.below(1 << 50),
            server: 0,
            rate_of_calls: self.setting.rates[place],
        }
    }

    /// Runs so many steps, or until then.
    pub(crate) fn run(&mut self, steps: u64, until: Instant) {
        while self.outcome.steps < steps
            && let Some((at, event)) = self.agenda.pop_due(until)
        {
            self.outcome.steps += 1;
            self.now = at;
            self.step(event);
        }
    }

    fn step(&mut self, event: Event) {
        match event {
            Event::Arrive(place) => self.arrive(place),
            Event::Look(place, life) => self.looks(place, life),
            Event::Count => self.count(),
            Event::Answered(place, life) => self.over(place, life, true),
            Event::GivenUp(place, life) => self.over(place, life, false),
            Event::ToServer(place, server, operation, message) => {
                self.serve(place, server, operation, message);
            }
            Event::FromServer(place, life, operation, reply) => {
                if self.lives(place, life) {
                    self.hear(place, operation, reply);
                }
            }
            Event::Hint(place, life, revision, owes) => {
                if self.lives(place, life) {
                    let clock = self.clock(place);
                    self.processes[place].node.hint(key(revision), owes, clock);
                }
            }
            Event::Resume(place) => {
                self.processes[place].is_paused = false;
                self.look(place);
                self.send(place);
            }
            Event::Shift => self.shift(),
        }
    }

    fn lives(&self, place: usize, life: u64) -> bool {
        let it = &self.processes[place];
        it.life == life && !it.is_paused
    }

    fn look(&mut self, place: usize) {
        let life = self.processes[place].life;
        let in_a_while = Duration::from_millis(20 + self.stream.below(60));
        self.agenda
            .add(self.now + in_a_while, Event::Look(place, life));
    }

    fn shift(&mut self) {
        if self.setting.shifts {
            self.setting.rates.rotate_right(1);
            for (place, rate) in self.setting.rates.clone().into_iter().enumerate() {
                self.processes[place].rate_of_calls = rate;
            }
        }
        self.agenda
            .add(self.now + Duration::from_secs(180), Event::Shift);
    }
}
