//! Who says when a call may be sent.

use super::upstream::{Mechanism, Truth};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use tollgate_learn::{
    Call, Change, Finding, FindingId, Group, KnownLimit, Learner, Outcome, Settings,
};
use tollgate_model::{AttemptId, Instant, Rule, TokenId};

pub trait Limiter {
    /// None if the call may be sent now, else when to ask again.
    fn next(&mut self, call: &Call, now: Instant) -> Option<Instant>;
    fn sent(&mut self, attempt: AttemptId, call: Call);
    fn answered(&mut self, attempt: AttemptId, now: Instant, outcome: Outcome);
    fn ended(&mut self, attempt: AttemptId, now: Instant);
    fn timeout(&mut self, _now: Instant) {}
    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
    /// What was found, for a table.
    fn found(&self) -> String {
        String::new()
    }
}

/// Slots under any number of limits.
#[derive(Default)]
pub struct Slots {
    limits: BTreeMap<u64, (Group, Rule, Vec<Hold>)>,
    /// Limits under which refused calls take slots.
    greedy: BTreeSet<u64>,
    calls: BTreeMap<AttemptId, Call>,
}

/// The slots of one part.
struct Hold {
    part: Option<TokenId>,
    /// When each was taken.
    taken: VecDeque<Instant>,
    under_way: u32,
}

fn hold(holds: &mut Vec<Hold>, part: Option<TokenId>) -> &mut Hold {
    match holds.iter().position(|hold| hold.part == part) {
        Some(at) => &mut holds[at],
        None => {
            holds.push(Hold {
                part,
                taken: VecDeque::new(),
                under_way: 0,
            });
            holds.last_mut().unwrap()
        }
    }
}

impl Slots {
    pub fn set(&mut self, id: u64, group: Group, rule: Rule) {
        match self.limits.get_mut(&id) {
            Some(limit) if limit.0 == group => limit.1 = rule,
            _ => {
                self.limits.insert(id, (group, rule, Vec::new()));
            }
        }
    }

    pub fn seed(&mut self, id: u64, slots: impl Iterator<Item = tollgate_learn::Slot>) {
        let (_, _, holds) = self.limits.get_mut(&id).unwrap();
        holds.clear();
        for slot in slots {
            let hold = hold(holds, slot.token);
            hold.taken.push_back(slot.sent);
            hold.under_way += u32::from(slot.until.is_none());
        }
    }

    pub fn remove(&mut self, id: u64) {
        self.limits.remove(&id);
    }

    pub fn next(&mut self, call: &Call, now: Instant) -> Option<Instant> {
        let mut latest = None;
        for (group, rule, holds) in self.limits.values_mut() {
            let Some(part) = group.part(call) else {
                continue;
            };
            let hold = hold(holds, part);
            match *rule {
                Rule::Window {
                    allowed, period, ..
                } => {
                    while hold
                        .taken
                        .front()
                        .is_some_and(|&taken| taken + period <= now)
                    {
                        hold.taken.pop_front();
                    }
                    let over = (hold.taken.len() + 1).saturating_sub(allowed as usize);
                    if over > 0 {
                        let when = hold
                            .taken
                            .get(over - 1)
                            .map_or(Instant::NEVER, |&taken| taken + period);
                        latest = latest.max(Some(when));
                    }
                }
                Rule::Concurrency { allowed } => {
                    if hold.under_way >= allowed {
                        latest = Some(Instant::NEVER);
                    }
                }
            }
        }
        latest
    }

    pub fn sent(&mut self, attempt: AttemptId, call: Call) {
        self.calls.insert(attempt, call);
        for (group, _, holds) in self.limits.values_mut() {
            let Some(part) = group.part(&call) else {
                continue;
            };
            let hold = hold(holds, part);
            hold.taken.push_back(call.sent);
            hold.under_way += 1;
        }
    }

    pub fn refused(&mut self, attempt: AttemptId) {
        let call = self.calls[&attempt];
        for (id, (group, _, holds)) in &mut self.limits {
            let Some(part) = group.part(&call).filter(|_| !self.greedy.contains(id)) else {
                continue;
            };
            let hold = hold(holds, part);
            if let Some(at) = hold.taken.iter().rposition(|&taken| taken == call.sent) {
                hold.taken.remove(at);
            }
        }
    }

    pub fn ended(&mut self, attempt: AttemptId) {
        let Some(call) = self.calls.remove(&attempt) else {
            return;
        };
        for (group, _, holds) in self.limits.values_mut() {
            let Some(part) = group.part(&call) else {
                continue;
            };
            let hold = hold(holds, part);
            hold.under_way = hold.under_way.saturating_sub(1);
        }
    }
}

/// What is configured holds a slot from the answer on, not from the sending: some 30 ms longer here.
fn answered(rule: Rule) -> Rule {
    match rule {
        Rule::Window {
            allowed,
            period,
            counted_within,
        } => Rule::Window {
            allowed,
            period: period + std::time::Duration::from_millis(5),
            counted_within,
        },
        Rule::Concurrency { .. } => rule,
    }
}

/// Limits that are known: what is configured, and the truth.
pub struct Declared(pub Slots);

impl Declared {
    pub fn new(known: impl IntoIterator<Item = (Group, Rule)>) -> Self {
        let mut slots = Slots::default();
        for (at, (group, rule)) in known.into_iter().enumerate() {
            slots.set(at as u64, group, answered(rule));
        }
        Self(slots)
    }
}

impl Limiter for Declared {
    fn next(&mut self, call: &Call, now: Instant) -> Option<Instant> {
        self.0.next(call, now)
    }
    fn sent(&mut self, attempt: AttemptId, call: Call) {
        self.0.sent(attempt, call);
    }
    fn answered(&mut self, attempt: AttemptId, _: Instant, outcome: Outcome) {
        if matches!(outcome, Outcome::Refused { .. }) {
            self.0.refused(attempt);
        }
    }
    fn ended(&mut self, attempt: AttemptId, _: Instant) {
        self.0.ended(attempt);
    }
}

/// What is configured, and what is learned.
pub struct Learning {
    slots: Slots,
    pub learner: Learner,
    /// Nothing is looked at before.
    free: Instant,
    log: bool,
}

const LEARNED: u64 = 1_000;

impl Learning {
    pub fn new(known: &[KnownLimit]) -> Self {
        let mut slots = Slots::default();
        for (at, known) in known.iter().enumerate() {
            slots.set(at as u64, known.group, answered(known.rule));
        }
        Self {
            slots,
            learner: Learner::new(Settings::default(), known.to_vec()),
            free: Instant::ZERO,
            log: std::env::var("WORLD").is_ok(),
        }
    }

    fn set(&mut self, finding: &Finding, now: Instant) {
        let id = LEARNED + u64::from(finding.id.0);
        self.slots.set(id, finding.group, finding.rule);
        self.slots.greedy.remove(&id);
        if finding.counts_refused {
            self.slots.greedy.insert(id);
        }
        self.slots.seed(id, self.learner.slots(finding.id, now));
    }
}

impl Limiter for Learning {
    fn next(&mut self, call: &Call, now: Instant) -> Option<Instant> {
        self.slots.next(call, now)
    }
    fn sent(&mut self, attempt: AttemptId, call: Call) {
        self.slots.sent(attempt, call);
        self.learner.sent(attempt, call);
    }
    fn answered(&mut self, attempt: AttemptId, now: Instant, outcome: Outcome) {
        if matches!(outcome, Outcome::Refused { .. }) {
            self.slots.refused(attempt);
        }
        self.learner.answered(attempt, now, outcome);
    }
    fn ended(&mut self, attempt: AttemptId, now: Instant) {
        self.slots.ended(attempt);
        self.learner.ended(attempt, now);
    }
    fn timeout(&mut self, now: Instant) {
        if self.poll_timeout().is_some_and(|due| due <= now) {
            self.free = now + self.learner.handle_timeout(now);
        }
        while let Some(change) = self.learner.poll_change() {
            if self.log {
                println!("{:9.3} {}", now.as_nanos() as f64 / 1e9, brief(&change));
            }
            match change {
                Change::Hold(finding) | Change::Adjust(finding) => self.set(&finding, now),
                Change::Forget(FindingId(id), _) => self.slots.remove(LEARNED + u64::from(id)),
            }
        }
    }
    fn poll_timeout(&self) -> Option<Instant> {
        self.learner.poll_timeout().map(|due| due.max(self.free))
    }
    fn found(&self) -> String {
        let found: Vec<String> = self
            .learner
            .findings()
            .map(|it| format!("{:?} {}{}", it.group, rule(it.rule), refused(it)))
            .collect();
        found.join(", ")
    }
}

fn brief(change: &Change) -> String {
    match change {
        Change::Hold(it) => format!(
            "hold {:?} {:?} {}{}",
            it.id,
            it.group,
            rule(it.rule),
            refused(it)
        ),
        Change::Adjust(it) => format!(
            "adjust {:?} {:?} {}{} {:?}",
            it.id,
            it.group,
            rule(it.rule),
            refused(it),
            it.state
        ),
        Change::Forget(id, why) => format!("forget {id:?} {why:?}"),
    }
}

fn refused(finding: &Finding) -> &'static str {
    match finding.counts_refused {
        true => ", refused ones count",
        false => "",
    }
}

pub fn rule(rule: Rule) -> String {
    match rule {
        Rule::Window {
            allowed, period, ..
        } => format!("{allowed} in {:.3}s", period.as_secs_f64()),
        Rule::Concurrency { allowed } => format!("{allowed} at once"),
    }
}

pub fn window(allowed: u32, millis: u64) -> Rule {
    Rule::Window {
        allowed,
        period: std::time::Duration::from_millis(millis),
        counted_within: Some(std::time::Duration::ZERO),
    }
}

/// The rule that never exceeds the mechanism.
pub fn oracle(truth: &Truth) -> (Group, Rule) {
    let rule = match truth.mechanism {
        Mechanism::FirstCall { allowed, period }
        | Mechanism::Clock {
            allowed, period, ..
        }
        | Mechanism::Sliding { allowed, period }
        | Mechanism::Greedy { allowed, period } => window(allowed, period / 1_000_000),
        Mechanism::Weighted { allowed, period } => {
            window(1, period / 1_000_000 / u64::from(allowed - 1))
        }
        Mechanism::Bucket { burst, rate } => window(burst as u32, (burst / rate * 1e3) as u64),
        Mechanism::AtOnce { allowed } => Rule::Concurrency { allowed },
    };
    (truth.group, rule)
}
