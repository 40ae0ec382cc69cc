//! What a node and a server of the store say to each other.

use super::*;

impl World {
    pub(super) fn clock(&self, place: usize) -> Instant {
        self.shown(place, self.now)
    }

    /// What a node's clock shows at a real instant.
    pub(super) fn shown(&self, place: usize, at: Instant) -> Instant {
        let it = &self.processes[place];
        let passed = u128::from(at.as_nanos()) * u128::from(it.rate) / 1_000_000;
        Instant::from_nanos(it.offset + passed as u64)
    }

    /// The real instant at which a node's clock shows another one: no earlier, and a nanosecond later at the most.
    pub(super) fn real(&self, place: usize, at: Instant) -> Instant {
        let it = &self.processes[place];
        let passed = u128::from(at.as_nanos().saturating_sub(it.offset)) * 1_000_000;
        Instant::from_nanos(passed.div_ceil(u128::from(it.rate)) as u64)
    }

    pub(super) fn looks(&mut self, place: usize, life: u64) {
        if !self.lives(place, life) {
            return;
        }
        self.send(place);
        if self.stream.below(1000) < self.setting.faults {
            self.fail(place);
            if !self.lives(place, life) {
                return;
            }
        }
        if self.setting.is_told && !self.is_quiet && self.stream.below(10_000) == 0 {
            self.told(place);
        }
        self.look(place);
        if self.stream.below(20) == 0 {
            self.processes[place].slots.checkpoint();
        }
        let clock = self.clock(place);
        let now = self.now;
        let period = self.setting.period;
        let it = &mut self.processes[place];
        if it
            .operation
            .as_ref()
            .is_some_and(|op| now.since(op.begun) > Duration::from_secs(1))
        {
            it.operation = None;
            it.node.fail(clock);
        }
        let asked = ClassDemand {
            class: 0,
            asked: it.asked,
            waiting: it.queue.len() as u64,
            open: it.slots.open.into(),
            weight: 1,
        };
        let used = LimitUse {
            period,
            held: it.slots.held(now),
            stay: it.slots.held_until(now + SOON),
        };
        let by_right = FlowDemand {
            flow: FLOW.to_owned(),
            class: 0,
            guarantee: self.setting.guarantee,
            asked: asked.asked,
            waiting: asked.waiting,
            used: LimitUse {
                period,
                held: it.slots.by_right(now),
                stay: it.slots.by_right(now + SOON),
            },
        };
        let wants = it.demand.wants([asked], &[by_right], used, clock);
        it.node.want(KEY, wants);
        if it.operation.is_none() && it.node.due(clock) <= clock {
            self.begin(place);
        }
    }

    pub(super) fn request(&mut self, place: usize) -> Request {
        let owed = self.processes[place].node.owed();
        if let Some(slots) = owed.get(KEY) {
            let now = self.now;
            let settled = self.setting.period.is_some();
            let (free, settled) = self.processes[place].slots.give_back(*slots, settled, now);
            let settled = settled.iter();
            let settled: Vec<_> = settled
                .map(|(end, slots)| (self.shown(place, *end) + Duration::from_nanos(1), *slots))
                .collect();
            self.processes[place].node.give_back(KEY, free, &settled);
        }
        let clock = self.clock(place);
        self.processes[place].node.request(clock)
    }

    pub(super) fn begin(&mut self, place: usize) {
        let number = self.number();
        self.processes[place].operation = Some(Operation {
            number,
            begun: self.now,
            request: None,
            answer: None,
        });
        self.post(place, number, Message::Read);
    }

    pub(super) fn way(&mut self) -> Option<Instant> {
        if self.stream.percent(self.setting.lost) {
            return None;
        }
        let slowest = self.setting.slowest;
        let takes = match self.stream.below(50) {
            0 => slowest.mul_f64(self.stream.fraction()),
            _ => Duration::from_micros(300 + self.stream.below(2_000)),
        };
        Some(self.now + takes)
    }

    pub(super) fn post(&mut self, place: usize, number: u64, message: Message) {
        self.outcome.round_trips += 1;
        let server = self.processes[place].server;
        // Some messages come twice.
        let copies = if self.setting.lost > 0 && self.stream.percent(3) {
            2
        } else {
            1
        };
        for _ in 0..copies {
            if let Some(at) = self.way() {
                self.agenda
                    .add(at, Event::ToServer(place, server, number, message.clone()));
            }
        }
    }

    pub(super) fn serve(&mut self, place: usize, server: usize, number: u64, message: Message) {
        let nonce = self.stream.next();
        let Some(it) = self.servers.get_mut(server) else {
            return;
        };
        let reply = match message {
            Message::Read => Reply::Found(it.read()),
            Message::Swap(expected, value) => {
                let before = it.value.clone();
                match it.swap(expected, value, nonce) {
                    None => Reply::Found(it.read()),
                    Some(revision) => {
                        self.check_value(server, before.map(|(_, value)| value));
                        self.hint(place, server, revision);
                        Reply::Done(revision, server == 0)
                    }
                }
            }
        };
        let life = self.processes[place].life;
        if let Some(at) = self.way() {
            self.agenda
                .add(at, Event::FromServer(place, life, number, reply));
        }
    }

    pub(super) fn hint(&mut self, but: usize, server: usize, revision: Revision) {
        let text = &self.servers[server].value.as_ref().unwrap().1;
        let called: Vec<MemberId> = Value::read(text)
            .unwrap()
            .called()
            .into_iter()
            .cloned()
            .collect();
        for place in 0..self.processes.len() {
            if place != but
                && self.processes[place].server == server
                && let Some(at) = self.way()
            {
                let it = &self.processes[place];
                let is_called = called.contains(it.node.member());
                self.agenda
                    .add(at, Event::Hint(place, it.life, revision, is_called));
            }
        }
    }

    /// *Guarantee*: what members are told of it by one value is no more than it.
    pub(super) fn check_guarantee(&self, value: &Value) {
        let guarantee = self.setting.guarantee;
        let flow = GuaranteedWant {
            flow: FLOW.to_owned(),
            guarantee,
            ..GuaranteedWant::default()
        };
        let told: u32 = value.rights(KEY, &flow).map(|right| right.slots).sum();
        assert!(
            told <= guarantee,
            "guarantee: {told} of {guarantee}, now {:?}, seed {}\n{}",
            self.now,
            self.setting.seed,
            String::from_utf8_lossy(&value.write()),
        );
    }

    /// *Conservation*, and *a lease ends first at the node*.
    pub(super) fn check_value(&mut self, server: usize, before: Option<Vec<u8>>) {
        // What another server than the primary says lets nobody send.
        let Some((_, text)) = self.servers[server].value.as_ref().filter(|_| server == 0) else {
            return;
        };
        let value = Value::read(text).unwrap();
        self.note_ceiling(&value);
        self.check_guarantee(&value);
        for view in value.views() {
            let all = view.leased + view.returning + view.unknown + view.free;
            // A first value that comes late, after another first one was lost, shows what its member had before; and a
            // number that was lowered is less than what members have.
            let may_be_more = !view.known_in.is_zero() || self.setting.is_told;
            let is_more = all > view.allowed && view.free == 0;
            assert!(
                all == view.allowed || (is_more && may_be_more),
                "conservation: {view:?}, now {:?}, seed {}",
                self.now,
                self.setting.seed,
            );
        }
        let Some(before) = before.and_then(|text| Value::read(&text).ok()) else {
            return;
        };
        if before.doubts() != value.doubts() {
            return;
        }
        for (before, view) in before.views().zip(value.views()) {
            // What is taken beyond a number that was lowered only becomes less.
            let taken = view.leased + view.returning;
            let most = view.allowed.max(before.leased + before.returning);
            assert!(
                !before.known_in.is_zero() || taken <= most,
                "conservation: {before:?}, {view:?}"
            );
        }
        for member in before.members().map(|it| it.member) {
            let has_gone = !value.members().any(|it| it.member == member);
            if let Some(ends) = self.leases.get(member).filter(|_| has_gone) {
                assert!(
                    *ends <= self.now,
                    "a lease ends first at the node: {member} at {ends:?}, now {:?}, seed {}\n{}\n{}",
                    self.now,
                    self.setting.seed,
                    String::from_utf8_lossy(&before.write()),
                    String::from_utf8_lossy(&value.write()),
                );
            }
        }
    }

    pub(super) fn hear(&mut self, place: usize, number: u64, reply: Reply) {
        let Some(mut operation) = self.processes[place].operation.take() else {
            return;
        };
        if operation.number != number {
            self.processes[place].operation = Some(operation);
            return;
        }
        match reply {
            Reply::Found(found) => {
                let clock = self.clock(place);
                let revision = found.value.as_ref().map(|(revision, _)| *revision);
                let value = found.value.map(|(_, text)| Value::read(&text).unwrap());
                let node = &mut self.processes[place].node;
                let elapsed = node.elapsed(revision.map(key), clock);
                let request = match operation.request.take() {
                    Some(request) => request,
                    None => {
                        if let Some(seen) = revision.map(key).zip(value.as_ref()) {
                            node.see(seen, &found.server, clock);
                            self.hear_notices(place);
                        }
                        self.request(place)
                    }
                };
                let seen = revision.map(key).zip(value);
                let (value, answer) = Value::exchange(seen, elapsed, &found.server, &request);
                self.outcome.doubts += u64::from(answer.doubt.is_some());
                let number = self.number();
                self.processes[place].operation = Some(Operation {
                    number,
                    request: Some(request),
                    answer: Some(answer),
                    ..operation
                });
                self.post(place, number, Message::Swap(revision, value.write()));
            }
            Reply::Done(_, false) => {
                let clock = self.clock(place);
                self.processes[place].node.fail(clock);
            }
            Reply::Done(revision, true) => {
                let clock = self.clock(place);
                let now = self.now;
                let Some(answer) = operation.answer else {
                    return;
                };
                let it = &mut self.processes[place];
                let leases = it.node.answer(&answer, key(revision), clock);
                self.hear_notices(place);
                let Some(lease) = leases.get(KEY) else { return };
                let mut lease = lease.clone();
                lease.until = self.real(place, lease.until);
                for (until, _) in &mut lease.phantoms {
                    *until = self.real(place, *until);
                }
                let it = &mut self.processes[place];
                if let Some(dead) = it.found.take_if(|_| lease.is_inherited) {
                    it.slots.inherit(dead);
                }
                it.slots.lease(&lease);
                if !it.leaves {
                    self.leases.insert(it.node.member().clone(), lease.until);
                }
                let is_gone = it.leaves && lease.until <= now;
                if is_gone {
                    self.replace(place);
                }
                self.send(place);
            }
        }
    }
}
