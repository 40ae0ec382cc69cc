//! What the second engine is shown, which decides as if nothing were in shadow ([`crate::shadow`]).

use super::Extension;
use super::machine::Engine;
use crate::shadow::Decides;
use crate::{Command, Config, Event};
use tollgate_model::{Instant, LimitId};

impl Decides for Engine {
    fn handle_event(&mut self, event: Event, now: Instant) {
        self.handle_event(event, now);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.handle_timeout(now);
    }

    fn poll_command(&mut self) -> Option<Command> {
        self.poll_command()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.poll_timeout()
    }

    fn limit_named(&self, name: &str) -> Option<LimitId> {
        let mut limits = self.config.limits.with_ids();
        limits.find_map(|(id, limit)| (limit.name == name).then_some(id))
    }

    fn extend_to(&mut self, config: &Config, now: Instant) {
        let wanted = config.clone().enforced();
        let add = |mut tables: Extension<'_>| tables.grow_to(&wanted);
        let added = self.extend(add, now);
        debug_assert!(added.is_ok(), "the first engine's tables were found good");
    }
}

impl Engine {
    /// Tells the second engine, if there is one, what happens.
    #[cold]
    pub(super) fn tell_shadow(&mut self, event: &Event, now: Instant) {
        let Some(shadow) = &mut self.shadow else {
            return;
        };
        match event {
            Event::Submit(submission) => shadow.submit(*submission, now),
            Event::Cancel(execution) => shadow.cancelled(*execution, now),
            Event::Head { attempt, .. } => {
                if let Some(it) = self.attempts.get(attempt) {
                    shadow.answered(it.execution, now);
                }
            }
            Event::SetLimit { .. }
            | Event::LiftLimit(_)
            | Event::SetLeave { .. }
            | Event::SetLease { .. }
            | Event::SetGuarantees { .. }
            | Event::SetTokenLimit { .. }
            | Event::SetMaxTokens { .. }
            | Event::SetTokenPart { .. }
            | Event::RenameLimit { .. }
            | Event::RenameClient { .. }
            | Event::NameEndpoint { .. }
            | Event::RetireClient(_) => shadow.change(event.clone(), now),
            // How calls end is in the commands; tokens, learned limits and closings are the first engine's.
            _ => {}
        }
    }

    /// Shows the second engine, if there is one, which commands have followed: those from `from` on. Its decisions become
    /// commands.
    #[cold]
    pub(super) fn show_to_shadow(&mut self, from: usize, now: Instant) {
        let Some(shadow) = &mut self.shadow else {
            return;
        };
        for command in self.commands.range(from..) {
            match command {
                Command::Send { execution, .. } => shadow.sent(*execution, now),
                Command::Finish(execution, _) => shadow.over(*execution, now),
                _ => {}
            }
        }
        let clients = &self.resources.pools.clients;
        shadow.decide(|client| clients[client.index()].used() > 0, now);
        let decisions = shadow.take_decisions();
        let told = decisions.map(|(execution, it)| Command::WouldHave(execution, it));
        self.commands.extend(told);
    }

    /// The tables have more at their ends, which the second engine's get too.
    pub(super) fn extend_shadow(&mut self, config: &Config, now: Instant) {
        if let Some(shadow) = &mut self.shadow {
            shadow.extend(config, now);
        }
    }
}
