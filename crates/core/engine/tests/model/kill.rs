//! `kill -9`, and a new process with what the old one has written.

use super::{MS, World};
use crate::invariants;
use crate::reference::Reference;
use crate::setup::CONCURRENCY;
use crate::upstream::SECOND;
use std::fmt::Write as _;
use std::time::Duration;
use tollgate_engine::{Command, Engine, Snapshot};
use tollgate_model::{Instant, Rule};

impl World {
    /// A new process begins, at once or some time later. Callers and answers of the old one are lost, and
    /// what it was about to do from this command on, which is on record.
    pub(super) fn die(&mut self, command: Command) {
        self.dies = false;
        self.kills += 1;
        let mut next = Some(command);
        while let Some(command) = next {
            if let Command::Send { give_up, .. } = command {
                self.at_once.until = self.at_once.until.max(give_up.as_nanos());
            }
            next = self.engine.poll_command();
        }
        self.note_at_once(&self.engine.snapshot(Instant::from_nanos(self.now)));
        let running = std::mem::take(&mut self.running);
        running.into_keys().for_each(|key| self.give_up_on(key));
        if self.random.percent(60) {
            self.now += self.random.range(0, 20).pow(2) * MS;
        }
        self.process += 1;
        self.waiting.clear();
        self.undecided.clear();
        let now = Instant::from_nanos(self.now);
        let mut config = self.config.clone();
        // What limits were set to is told again by whoever told it before.
        for (limit, counter) in &self.upstream.limits {
            set(&mut config.limits[limit.index()].rule, counter.allowed());
        }
        let of_tokens = self.upstream.token_allowed();
        for client in &mut config.clients {
            set(&mut client.token_limits[0].rule, of_tokens);
        }
        self.engine = Engine::new(config, self.seed, now);
        // Whether the clock can be trusted is not always known; zero is always safe.
        let elapsed = if self.random.percent(50) {
            self.now - self.journal.1
        } else {
            0
        };
        self.engine
            .restore(&self.journal.0, Duration::from_nanos(elapsed), now);
        self.tell_leases();
        let snapshot = self.engine.snapshot(now);
        let unknown = self.now - self.journal.1 - elapsed;
        let free_from = self.free_from(unknown);
        self.reference = Reference::new(&self.config, &snapshot, free_from, self.now);
        invariants::held_as_it_was(self, &snapshot);
        self.first_class = None;
        self.verdicts.fill((0, 0));
        self.told = None;
        self.checkpoint();
        let _ = writeln!(self.trace, "{} killed", self.now);
    }
}

/// What may have been under way since the last checkpoint.
#[derive(Debug, Default)]
pub(crate) struct AtOnce {
    /// At once, at the most; and what of the limit a record covers beyond that, at the most.
    pub(crate) most: u32,
    pub(crate) block: u32,
    /// When the last of these calls is given up.
    pub(crate) until: u64,
}

impl World {
    pub(super) fn checkpoint(&mut self) {
        let now = Instant::from_nanos(self.now);
        self.journal = (self.engine.checkpoint(now), self.now);
        let running = self.running.keys().filter_map(|key| self.give_ups.get(key));
        self.at_once = AtOnce {
            until: running.copied().max().unwrap_or(0),
            ..AtOnce::default()
        };
        self.note_at_once(&self.engine.snapshot(now));
    }

    pub(super) fn note_at_once(&mut self, snapshot: &Snapshot) {
        let view = &snapshot.limits[CONCURRENCY.index()];
        self.at_once.most = self.at_once.most.max(view.held);
        self.at_once.block = self.at_once.block.max(view.allowed / 32).max(1);
    }

    /// When the process that begins now holds nothing of the concurrency limit any more for those before
    /// it. Of the time since the last checkpoint it was not told of `unknown`.
    fn free_from(&self, unknown: u64) -> u64 {
        let grace = self.config.policy.grace.as_nanos() as u64;
        // An end is rounded up when it is recorded, and once when it is handed on.
        let under_way = (self.at_once.until + SECOND).max(self.now) + grace + SECOND;
        under_way.max(self.reference.free_from()) + unknown
    }
}

fn set(rule: &mut Rule, to: u32) {
    match rule {
        Rule::Window { allowed, .. } | Rule::Concurrency { allowed } => *allowed = to,
    }
}
