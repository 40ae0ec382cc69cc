//! Limits that another process shares: what it lends and gets back at random, when leases end, and the laws of it.

use super::{MS, World};
use crate::random::Random;
use crate::setup::{BURST, CONCURRENCY, GUARANTEED, INTEGRATION, OF_FLOW, ORGANISATION};
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_engine::{Event, Lease, LimitView, Mode, Snapshot};
use tollgate_model::{ClientId, ExecutionId, Instant, LimitId, Refusal, Rule};

/// The other process, and what was agreed with it.
#[derive(Debug)]
pub(crate) struct Leases {
    /// Drawn from for leases alone, so that worlds without any stay what they were.
    random: Random,
    of: BTreeMap<LimitId, Lease>,
    /// Tokens that this process may use, of clients that the other one uses as well.
    parts: BTreeMap<ClientId, u32>,
    /// Settled slots that were given back, which the other process holds.
    returned: BTreeMap<LimitId, Vec<(Instant, u32)>>,
    /// What was sent in this step.
    sent: Vec<ExecutionId>,
    pub(crate) given_back: u64,
}

impl Leases {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed ^ 0x1ea5e),
            of: BTreeMap::new(),
            parts: BTreeMap::new(),
            returned: BTreeMap::new(),
            sent: Vec::new(),
            given_back: 0,
        }
    }

    /// Whether the world has any.
    pub(super) fn draw(&mut self) -> bool {
        self.random.percent(50)
    }

    pub(super) fn pause(&mut self) -> u64 {
        self.random.range(0, 700) * MS
    }

    /// Tokens of the client that this process may use.
    pub(crate) fn most_tokens(&self, client: ClientId, in_all: u32) -> usize {
        let part = self
            .parts
            .get(&client)
            .map_or(u32::MAX, |part| *part.max(&1));
        in_all.min(part) as usize
    }

    pub(crate) fn note_sent(&mut self, execution: ExecutionId) {
        self.sent.push(execution);
    }
}

impl World {
    /// Something happens to one of the leases. Whether the engine was called.
    pub(super) fn change_lease(&mut self) -> bool {
        if self.leases.random.percent(30) {
            self.change_part();
            return true;
        }
        let limits = [ORGANISATION, CONCURRENCY, INTEGRATION, OF_FLOW, BURST];
        let limit = limits[self.leases.random.range(0, 4) as usize];
        if self.config.limits[limit.index()].mode == Mode::Shadow {
            return false;
        }
        match self.leases.random.range(0, 9) {
            0..4 => self.give_back(limit),
            4..9 => self.grant(limit),
            _ => return self.end_sharing(limit),
        }
        true
    }

    /// Another number of a client's tokens may be used here: none and more than there are among them.
    fn change_part(&mut self) {
        let client = ClientId(self.leases.random.range(0, 1) as u32);
        let tokens = self.leases.random.range(0, 4) as u32;
        self.leases.parts.insert(client, tokens);
        self.tell_part(client);
    }

    fn tell_part(&mut self, client: ClientId) {
        let tokens = self.leases.parts[&client];
        let event = Event::SetTokenPart { client, tokens };
        let now = Instant::from_nanos(self.now);
        self.engine.handle_event(event, now);
    }

    /// The limit is this process's alone again, if the other one holds nothing of it.
    fn end_sharing(&mut self, limit: LimitId) -> bool {
        let returned = self.leases.returned.get(&limit);
        let ends = returned.is_none_or(|it| it.iter().all(|(end, _)| end.as_nanos() <= self.now));
        if ends {
            self.leases.of.remove(&limit);
            self.tell_lease(limit, Vec::new());
        }
        ends
    }

    fn give_back(&mut self, limit: LimitId) {
        let slots = self.leases.random.range(1, 40) as u32;
        let now = Instant::from_nanos(self.now);
        let given_back = self.engine.give_back(limit, slots, now);
        assert!(given_back.slots() <= slots);
        let Some(lease) = self.leases.of.get_mut(&limit) else {
            return assert_eq!(given_back.slots(), 0, "nothing is leased");
        };
        lease.slots -= given_back.slots();
        self.leases.given_back += u64::from(given_back.slots());
        for (end, slots) in given_back.settled {
            assert!(end > now);
            (0..slots).for_each(|_| self.reference.gave_back(limit, end.as_nanos()));
            self.leases
                .returned
                .entry(limit)
                .or_default()
                .push((end, slots));
        }
    }

    /// A lease with more slots, or a longer one, or one that ends soon.
    fn grant(&mut self, limit: LimitId) {
        let now = Instant::from_nanos(self.now);
        let snapshot = self.engine.snapshot(now);
        let allowed = snapshot.limits[limit.index()].allowed;
        let random = &mut self.leases.random;
        let before = self.leases.of.get(&limit).copied();
        let mut slots = before.map_or(allowed, |lease| lease.slots);
        let returned = self.leases.returned.entry(limit).or_default();
        returned.retain(|(end, _)| *end > now);
        let of_others: u32 = returned.iter().map(|(_, slots)| slots).sum();
        let mut held = Vec::new();
        if before.is_some() {
            let free = allowed.saturating_sub(slots + of_others);
            let more = random.range(0, free.into()) as u32;
            slots += more;
            // Some of these were used by the other process.
            if let Rule::Window { period, .. } = self.config.limits[limit.index()].rule
                && more > 0
            {
                let until = now + Duration::from_millis(random.range(1, period.as_millis() as u64));
                held.push((until, random.range(0, more.into()) as u32));
            }
            if random.percent(50) {
                slots += of_others;
                held.append(returned);
            }
        }
        let lasts = match random.percent(70) {
            true => random.range(1, 40) * 250,
            false => random.range(0, 300),
        };
        let lease = Lease {
            slots,
            until: now + Duration::from_millis(lasts),
            is_renewed: random.percent(70),
        };
        self.leases.of.insert(limit, lease);
        self.tell_lease(limit, held);
        self.tell_guarantees(limit);
    }

    fn tell_lease(&mut self, limit: LimitId, held: Vec<(Instant, u32)>) {
        for (until, slots) in &held {
            self.reference.taken_over(limit, until.as_nanos(), *slots);
        }
        let lease = self.leases.of.get(&limit).copied();
        let event = Event::SetLease { limit, lease, held };
        let now = Instant::from_nanos(self.now);
        self.engine.handle_event(event, now);
    }

    /// The flow that has a guarantee has some of it here.
    fn tell_guarantees(&mut self, limit: LimitId) {
        let slots = self.leases.random.range(0, 2) as u32;
        let event = Event::SetGuarantees {
            limit,
            slots: [(GUARANTEED.to_owned(), slots)].into(),
        };
        let now = Instant::from_nanos(self.now);
        self.engine.handle_event(event, now);
    }

    /// A new process is told its leases before anything else.
    pub(super) fn tell_leases(&mut self) {
        let limits: Vec<LimitId> = self.leases.of.keys().copied().collect();
        for limit in limits {
            self.tell_lease(limit, Vec::new());
        }
        let clients: Vec<ClientId> = self.leases.parts.keys().copied().collect();
        clients
            .into_iter()
            .for_each(|client| self.tell_part(client));
    }
}

/// No more tokens are used than the part, which is one at the least.
pub(super) fn within_parts(world: &World, snapshot: &Snapshot) {
    for (client, part) in &world.leases.parts {
        let view = &snapshot.clients[client.index()];
        assert!(
            view.tokens <= (*part).max(1) as usize,
            "within parts: more than {part} tokens are used at {}: {view:?}",
            world.now
        );
    }
}

/// Nothing is sent under a lease that has ended, nor beyond its slots.
pub(super) fn within_leases(world: &mut World, snapshot: &Snapshot) {
    let sent = std::mem::take(&mut world.leases.sent);
    if !world.config.is_enforced() {
        return;
    }
    for execution in sent {
        let Some(it) = world.waiting.get(&execution) else {
            continue;
        };
        let route = &world.config.routes[it.route.index()];
        let flow = &world.config.flows[it.flow.index()];
        for limit in route.limits.iter().chain(&flow.limits) {
            let view = &snapshot.limits[limit.index()];
            if let Some(lease) = view.lease {
                let ours = view.held - view.foreign;
                assert!(
                    lease.until.as_nanos() > world.now && ours <= lease.slots,
                    "within leases: {execution:?} was sent at {}: {view:?}",
                    world.now
                );
            }
        }
    }
}

/// A refusal for the end of a lease names one that has ended, or will and is not renewed.
pub(crate) fn names_a_lease(world: &World, execution: ExecutionId, refusal: &Refusal) {
    let now = Instant::from_nanos(world.now);
    let mut leases = world.leases.of.iter().filter(|(limit, _)| {
        refusal.limit.as_ref() == Some(&world.config.limits[limit.index()].name)
    });
    assert!(
        leases.any(|(_, lease)| !lease.is_renewed || lease.until <= now) && refusal.lease.is_some(),
        "names a lease: {execution:?} at {}: {refusal:?} {:?}",
        world.now,
        world.leases
    );
}

/// Whether the limit has room for a call of this cost at this instant, as far as the lease goes.
pub(crate) fn has_room(view: &LimitView, cost: u32, at: Instant) -> bool {
    let Some(lease) = view.lease else {
        return view.held + view.left_free + cost <= view.allowed;
    };
    let given = lease.slots.min(view.allowed).saturating_sub(view.left_free);
    let of_others = view.foreign.min(view.allowed - given);
    lease.until > at && view.held - of_others + cost <= given
}
