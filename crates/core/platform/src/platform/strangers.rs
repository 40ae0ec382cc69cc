//! What happens by itself between calls: strangers call, and limits change.

use super::Platform;
use crate::Share;
use crate::gate::Passer;
use crate::strangers::StrangerCalls;
use std::time::Duration;
use tollgate_model::Instant;

impl Platform {
    /// Makes up for what happened by itself up to `now`: strangers' calls, limits that change.
    pub fn look(&mut self, now: Instant) {
        self.begin(now);
        let began = self.began.unwrap_or(now);
        loop {
            let due = self.strangers.iter_mut().enumerate();
            let due = due.filter_map(|(place, calls)| Some((calls.due(began, now)?, place)));
            let Some((at, place)) = due.min() else { break };
            self.strangers[place].take();
            self.gate.advance(at.since(began));
            self.stranger_calls(place, at);
        }
        self.gate.advance(now.since(began));
    }

    fn stranger_calls(&mut self, place: usize, at: Instant) {
        let calls = &self.strangers[place];
        let (token, client) = match calls.share() {
            Share::Organisation => (None, None),
            Share::Client(client) => (None, Some(client)),
            Share::Token(token) => match self.tokens.client(token) {
                Some(client) => (Some(token), Some(client)),
                None if self.config.needs_token => return,
                None => (Some(token), None),
            },
        };
        let passer = Passer {
            token,
            client,
            method: "GET",
            path: calls.path(),
        };
        let counts = &mut self.counts.strangers[place];
        counts.asked += 1;
        if let Ok(entered) = self.gate.enter(passer, at) {
            counts.admitted += 1;
            // It takes no time.
            self.gate.leave(&entered.places);
        }
    }

    /// Notes the beginning; how long ago it was.
    pub(super) fn begin(&mut self, now: Instant) -> Duration {
        if self.began.is_none() {
            self.began = Some(now);
            let seeds = (1..).map(|n| self.seed ^ (n << 32));
            let strangers = self.config.strangers.iter().zip(seeds);
            self.strangers = strangers
                .map(|(stranger, seed)| StrangerCalls::new(stranger.clone(), seed, now))
                .collect();
        }
        self.began.map_or(Duration::ZERO, |began| now.since(began))
    }
}
