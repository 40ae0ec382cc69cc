//! Limits of which headers speak beside the configured ones, held and released ([`crate::header_numbers`]).

use super::limits::Window;
use super::machine::Engine;
use crate::attempt::Attempt;
use crate::header_numbers::{Counts, MOST_NUMBERS, Number, wider};
use crate::learned_limit::{Group, RecentCall, TableEntry};
use crate::upstream::Upstream;
use crate::{LearnedView, Source, WindowFact};
use tollgate_model::{Instant, LimitId, Rule};
use tollgate_quota::Span;

/// A limit is held for so many windows after it was told last.
const WINDOWS: u32 = 4;

impl Engine {
    /// The limit beside the configured ones that an accepted answer speaks of.
    pub(super) fn spoken_of_beside(
        &mut self,
        it: &Attempt,
        fact: WindowFact,
        now: Instant,
    ) -> Option<Window> {
        let upstream = self.upstreams.of(it.passage.route);
        self.release_untold(upstream, fact.allowed, now);
        let Upstream::Pool(pool) = upstream else {
            return None;
        };
        // A wider window may be configured with this number: then it is that, once the counts have shown it.
        let configured = self.only_wider(it, fact);
        if configured.is_none() && self.is_configured(it, fact) {
            return None;
        }
        let mut of_token = self.narrowest(it).into_iter();
        let own = of_token.find_map(|window| Some(self.ledger_of(it, window)?.held(now)))?;
        let several = self.config.pools[pool.index()].clients.len() > 1;
        let of_client = it.passage.client.filter(|_| several);
        for client in [None].into_iter().chain(of_client.map(Some)) {
            let number = (upstream, client, fact.family, fact.allowed);
            let numbers = &mut self.header_numbers.numbers;
            if numbers.len() >= MOST_NUMBERS && !numbers.contains_key(&number) {
                continue;
            }
            let counts = numbers.entry(number).or_insert_with(|| Counts::new(now));
            let opens = counts.hear(it, fact, own, now);
            let group = counts.group(number, several);
            counts.shown = wider(counts.shown, group);
            let (shown, held) = (counts.shown, counts.held);
            if let Some(limit) = configured {
                if shown.is_some() {
                    return Some(Window::Shared(limit));
                }
                continue;
            }
            if opens && shown.is_some() && shown != held.map(|(group, _)| group) {
                self.hold_beside(it, number, now);
            }
        }
        let numbers = &self.header_numbers.numbers;
        let keys = [None, of_client].map(|client| (upstream, client, fact.family, fact.allowed));
        let mut held = keys.iter().filter_map(|key| numbers.get(key)?.held);
        let is_passed =
            |limit: LimitId| self.resources.limits_of(&it.passage).any(|it| it == limit);
        let (_, limit) = held.find(|(_, limit)| is_passed(*limit))?;
        Some(Window::Shared(limit))
    }

    /// Holds the limit of this number from this call on, the first that is known of a window.
    fn hold_beside(&mut self, it: &Attempt, number: Number, now: Instant) {
        let (upstream, _, _, allowed) = number;
        let windows = self.narrowest(it).into_iter();
        let periods = windows.filter_map(|window| self.ledger_of(it, window)?.configured());
        let Some(period) = periods.map(|span| span.period).max() else {
            return;
        };
        let Some(group) = self.release_beside(number) else {
            return;
        };
        self.recheck_promises();
        let rule = Rule::Window {
            allowed,
            period,
            counted_within: None,
        };
        let counted = RecentCall {
            until: now + period,
            token: it.passage.token,
            cost: it.passage.cost,
        };
        let place = self.hold_learned(group, rule, &[counted]);
        if let (Some(TableEntry::Shared(limit)), Some(counts)) =
            (place, self.header_numbers.numbers.get_mut(&number))
        {
            counts.held = Some((group, limit));
            counts.since = now;
        }
        self.disown(upstream, allowed, now);
    }

    /// No token has the number that is another limit's.
    fn disown(&mut self, upstream: Upstream, allowed: u32, now: Instant) {
        let Upstream::Pool(pool) = upstream else {
            return;
        };
        for client in self.config.pools[pool.index()].clients.clone() {
            for place in 0..self.config.clients[client.index()].token_limits.len() {
                for token in self.resources.pools.live(client) {
                    let ledger = self.resources.pools.ledger(token, place);
                    let spans = ledger.and_then(|it| it.configured().zip(it.in_force()));
                    let is_its = |(configured, in_force): &(Span, Span)| {
                        in_force.allowed == allowed && configured.allowed != allowed
                    };
                    if let Some((configured, _)) = spans.filter(is_its) {
                        self.resources.pools.change(token, |ledgers| {
                            ledgers[place].configure(configured.allowed);
                        });
                        self.obey(token, place, configured, now);
                    }
                }
            }
        }
    }

    /// Holds the number's limit no more. Whose calls count under the number, as was shown.
    fn release_beside(&mut self, number: Number) -> Option<Group> {
        let counts = self.header_numbers.numbers.get_mut(&number)?;
        let (shown, held) = (counts.shown, counts.held.take());
        if let Some((_, limit)) = held {
            self.forget_correction(limit);
            self.release_learned(TableEntry::Shared(limit));
        }
        shown
    }

    /// Holds no more what headers of the upstream have not told for long, where they tell of another number.
    fn release_untold(&mut self, upstream: Upstream, told: u32, now: Instant) {
        let ledgers = &self.resources.ledgers;
        let is_late = |counts: &Counts| {
            let ledger = counts.held.map(|(_, limit)| &ledgers[limit.index()]);
            let period = ledger.and_then(|it| it.period());
            now.since(counts.up) > period.unwrap_or_default() * WINDOWS
        };
        let others = self.header_numbers.numbers.iter();
        let others = others.filter(|((of, .., number), _)| *of == upstream && *number != told);
        let late = others.filter(|(_, it)| is_late(it));
        let late: Vec<Number> = late.map(|(number, _)| *number).collect();
        for number in late {
            self.release_beside(number);
            self.header_numbers.numbers.remove(&number);
        }
    }

    /// What headers speak of beside what is configured.
    pub(super) fn beside_view(&self) -> Vec<LearnedView> {
        let held = self.header_numbers.numbers.values();
        let held = held.filter_map(|it| it.held.map(|held| (held, it.since)));
        let views = held.filter_map(|((group, id), since)| {
            let limit = self.config.limits.get(id.index())?;
            let span = Span::of(limit.rule)?;
            Some(LearnedView {
                limit: Some(id),
                name: limit.name.clone(),
                scope: limit.scope,
                of: self.whose(group),
                allowed: span.allowed,
                period: Some(span.period),
                configured: None,
                source: Source::Headers,
                accepted: 0,
                refused: 0,
                since,
            })
        });
        views.collect()
    }
}
