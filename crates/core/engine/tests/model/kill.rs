//! `kill -9`, and a new process with what the old one has written.

use super::{MS, World};
use crate::reference::Reference;
use std::fmt::Write as _;
use std::time::Duration;
use tollgate_engine::Engine;
use tollgate_model::{Instant, Rule};

impl World {
    /// A new process begins, at once or some time later. Callers and answers of the old one are lost.
    pub(super) fn die(&mut self) {
        self.dies = false;
        self.kills += 1;
        let running = std::mem::take(&mut self.running);
        running.into_keys().for_each(|key| self.give_up_on(key));
        if self.random.percent(60) {
            self.now += self.random.range(0, 20).pow(2) * MS;
        }
        self.process += 1;
        self.waiting.clear();
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
        let snapshot = self.engine.snapshot(now);
        self.reference = Reference::new(&self.config, &snapshot, self.now);
        self.first_class = None;
        self.verdicts.fill((0, 0));
        self.told = None;
        self.journal = (self.engine.checkpoint(now), self.now);
        let _ = writeln!(self.trace, "{} killed", self.now);
    }
}

fn set(rule: &mut Rule, to: u32) {
    match rule {
        Rule::Window { allowed, .. } | Rule::Concurrency { allowed } => *allowed = to,
    }
}
