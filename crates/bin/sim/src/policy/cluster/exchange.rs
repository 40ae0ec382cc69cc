//! Exchanges over a store in memory, in virtual time: what is on its way, and when it arrives.
//!
//! A node reads the value and swaps it, each in a round trip; if another node was faster, it swaps the other's value in
//! another one. A hint tells the other nodes of each swap half a round trip after it.

use super::member::{Member, SERVER};
use crate::scenario::Nodes;
use std::time::Duration;
use tollgate_lease::{Answer, Elapsed, Request, Value};
use tollgate_model::{Agenda, Instant};

/// From one look at a node's demand, and at whether it is due to exchange, to the next; *ours*.
const LOOK: Duration = Duration::from_millis(50);
/// Exchanges of each node before the run begins: the first to come has all, and gives back in the second round what the
/// others get in it.
const ROUNDS: u32 = 2;

#[derive(Debug)]
enum Due {
    Look(usize),
    /// A node's message arrives at the store.
    AtStore(usize, Message),
    /// The store's reply arrives at the node.
    AtNode(usize, Reply),
    /// The news of a revision arrives at a node; whether it is called by it.
    Hint(usize, u64, bool),
}

#[derive(Debug)]
enum Message {
    Read,
    /// In the place of the value of that revision.
    Swap(u64, Box<Value>),
}

#[derive(Debug)]
enum Reply {
    Found(u64, Box<Value>),
    Done(u64),
}

/// How far a node's exchange is.
#[derive(Debug)]
enum Phase {
    Idle,
    Reading,
    Swapping(Box<Request>, Answer),
}

#[derive(Debug)]
pub(super) struct Exchanges {
    agenda: Agenda<Due>,
    half: Duration,
    revision: u64,
    value: Value,
    /// By node.
    phases: Vec<Phase>,
    round_trips: u64,
}

impl Exchanges {
    pub(super) fn new(nodes: &Nodes) -> Self {
        let mut agenda = Agenda::default();
        for place in 0..nodes.count {
            // No two look at the same instant.
            let at = Instant::ZERO + LOOK * (place + 1) / nodes.count;
            agenda.add(at, Due::Look(place as usize));
        }
        Self {
            agenda,
            half: nodes.store_round_trip / 2,
            revision: 1,
            value: Value::of_nobody(SERVER),
            phases: (0..nodes.count).map(|_| Phase::Idle).collect(),
            round_trips: 0,
        }
    }

    pub(super) fn round_trips(&self) -> u64 {
        self.round_trips
    }

    pub(super) fn next_at(&self) -> Option<Instant> {
        self.agenda.next_at()
    }

    /// Shares the limits out before the run begins, in no time.
    pub(super) fn begin(&mut self, members: &mut [Member]) {
        for _ in 0..ROUNDS {
            for member in members.iter_mut() {
                let request = member.ask((self.revision, &self.value), Instant::ZERO);
                let found = Some((self.revision, self.value.clone()));
                let (value, answer) = Value::exchange(found, Elapsed::default(), SERVER, &request);
                self.revision += 1;
                self.value = value;
                member.hear(&answer, self.revision, Instant::ZERO);
            }
        }
    }

    /// Does the next thing that is due; gives the place of the node that may have something to do from it.
    pub(super) fn step(&mut self, members: &mut [Member], now: Instant) -> Option<usize> {
        let (_, due) = self.agenda.pop_due(now)?;
        Some(match due {
            Due::Look(place) => {
                self.agenda.add(now + LOOK, Due::Look(place));
                self.look(place, &mut members[place], now);
                place
            }
            Due::AtStore(place, message) => {
                self.serve(place, message, members, now);
                place
            }
            Due::AtNode(place, reply) => {
                self.hear(place, reply, &mut members[place], now);
                place
            }
            Due::Hint(place, revision, is_called) => {
                members[place].node.hint(revision, is_called, now);
                self.look(place, &mut members[place], now);
                place
            }
        })
    }

    /// Calls of the node wait for what others have to spare.
    pub(super) fn hasten(&mut self, place: usize, member: &mut Member, now: Instant) {
        member.node.hasten(now);
        self.look(place, member, now);
    }

    /// Exchanges if that is due by what is asked now.
    fn look(&mut self, place: usize, member: &mut Member, now: Instant) {
        member.look(now);
        if matches!(self.phases[place], Phase::Idle) && member.node.due(now) <= now {
            self.phases[place] = Phase::Reading;
            self.post(place, Message::Read, now);
        }
    }

    fn post(&mut self, place: usize, message: Message, now: Instant) {
        self.round_trips += 1;
        self.agenda
            .add(now + self.half, Due::AtStore(place, message));
    }

    /// The store does what it is asked.
    fn serve(&mut self, place: usize, message: Message, members: &[Member], now: Instant) {
        let reply = match message {
            Message::Swap(expected, value) if expected == self.revision => {
                self.revision += 1;
                self.value = *value;
                self.spread(place, members, now);
                Reply::Done(self.revision)
            }
            Message::Read | Message::Swap(..) => {
                Reply::Found(self.revision, Box::new(self.value.clone()))
            }
        };
        self.agenda.add(now + self.half, Due::AtNode(place, reply));
    }

    /// Tells all other nodes of a new value.
    fn spread(&mut self, but: usize, members: &[Member], now: Instant) {
        let called = self.value.called();
        for (place, member) in members.iter().enumerate() {
            if place != but {
                let is_called = called.contains(member.node.member());
                let hint = Due::Hint(place, self.revision, is_called);
                self.agenda.add(now + self.half, hint);
            }
        }
    }

    fn hear(&mut self, place: usize, reply: Reply, member: &mut Member, now: Instant) {
        let phase = std::mem::replace(&mut self.phases[place], Phase::Idle);
        match (phase, reply) {
            (Phase::Swapping(_, answer), Reply::Done(revision)) => {
                member.hear(&answer, revision, now);
            }
            (Phase::Idle, _) | (Phase::Reading, Reply::Done(_)) => {}
            (phase, Reply::Found(revision, value)) => {
                let request = match phase {
                    Phase::Swapping(request, _) => request,
                    Phase::Idle | Phase::Reading => Box::new(member.ask((revision, &value), now)),
                };
                let elapsed = member.node.elapsed(Some(revision), now);
                let found = Some((revision, *value));
                let (next, answer) = Value::exchange(found, elapsed, SERVER, &request);
                self.phases[place] = Phase::Swapping(request, answer);
                self.post(place, Message::Swap(revision, Box::new(next)), now);
            }
        }
    }
}
