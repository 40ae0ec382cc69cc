//! The number and the period in force, beside the configured ones.

use super::announced::{Announcement, Numbers, Span, Verdict};
use super::{Instant, Ledger, Rule};
use std::time::Duration;

impl Ledger {
    /// The number and the period as configured; none of a concurrency limit.
    #[must_use]
    pub fn configured(&self) -> Option<Span> {
        Span::of(self.configured)
    }

    /// The number and the period in force; none of a concurrency limit.
    #[must_use]
    pub fn in_force(&self) -> Option<Span> {
        Span::of(self.rule)
    }

    /// Configures another number, and forgets what was told.
    pub fn configure(&mut self, to: u32) {
        self.announced = None;
        match &mut self.configured {
            Rule::Window { allowed, .. } | Rule::Concurrency { allowed } => *allowed = to,
        }
        self.set_allowed(to);
        if let Some(configured) = self.configured() {
            self.obey(configured);
        }
    }

    /// Whether a window was seen to last longer than is configured.
    #[must_use]
    pub fn shows_longer(&self) -> bool {
        let configured = self.configured().map(|it| it.period);
        let told = self.announced.as_ref().zip(configured);
        told.is_some_and(|(told, configured)| told.shows_longer(configured))
    }

    /// The rule that is configured, where this ledger began with what is in force.
    pub fn was_configured(&mut self, rule: Rule) {
        self.configured = rule;
    }

    /// Stands for ledgers with windows of this period from now on; no slot moves.
    pub fn stand_for(&mut self, of: Duration) {
        if let Rule::Window { period, .. } = &mut self.rule {
            *period = of;
        }
    }

    /// Takes in what the answer says, that was sent at `sent` and came at `now`, of the number and the
    /// period in force. Changes neither; that is [`Self::obey`]'s. With `is_ceiling` no more than the
    /// configured number is believed.
    pub fn hear(
        &mut self,
        sent: Instant,
        now: Instant,
        cost: u32,
        word: Announcement,
        is_ceiling: bool,
    ) -> Verdict {
        let Some(numbers) = self.numbers(is_ceiling) else {
            return Verdict::default();
        };
        let told = self.announced.get_or_insert_default();
        told.hear(sent, now, cost, word, numbers)
    }

    /// Whether evidence is enough to read slow answers as if they had come earlier, or only what is proven
    /// counts: see "Slow answers" in the crate's documentation. Only what is proven, unless this says otherwise.
    pub fn trust_evidence(&mut self, is_enough: bool) {
        self.announced.get_or_insert_default().floor.is_trusted = is_enough;
    }

    /// Puts another number or period in force. A lower number drains; it takes nothing back. Slots that are
    /// settled end a period after the counting as before.
    pub fn obey(&mut self, to: Span) {
        let Rule::Window {
            allowed, period, ..
        } = &mut self.rule
        else {
            return;
        };
        if to.allowed != *allowed {
            self.announced.get_or_insert_default().scout.has_changed();
        }
        *allowed = to.allowed;
        let from = std::mem::replace(period, to.period);
        let is_configured = Span::of(self.configured).is_some_and(|it| it.period == from);
        if from == to.period {
            return;
        }
        if let Some(told) = &mut self.announced
            && let Some(first) = self.ends.front()
            && to.period > from
            && is_configured
        {
            // A longer period is only told so far: one call may look, when the shorter has passed.
            told.looks_until = *first;
        }
        // A slot that ends when somebody looks ends as told, not a period after its counting.
        let looks_until = self.announced.as_ref().map(|told| told.looks_until);
        for end in &mut self.ends {
            if Some(*end) != looks_until {
                *end = end.before(from) + to.period;
            }
        }
        self.ends.make_contiguous().sort_unstable();
        if let Some(learned) = &mut self.learned {
            learned.forget_shape();
        }
        if let Some(told) = &mut self.announced {
            told.floor.forget();
        }
    }

    fn numbers(&self, is_ceiling: bool) -> Option<Numbers> {
        Some(Numbers {
            configured: self.configured()?,
            in_force: self.in_force()?,
            is_ceiling,
        })
    }
}

impl Span {
    /// The number and the period of a rule; none of a concurrency limit.
    #[must_use]
    pub fn of(rule: Rule) -> Option<Self> {
        match rule {
            Rule::Window {
                allowed, period, ..
            } => Some(Self { allowed, period }),
            Rule::Concurrency { .. } => None,
        }
    }

    /// The rule with this number and period.
    #[must_use]
    pub fn put_in(self, rule: Rule) -> Rule {
        match rule {
            Rule::Window { counted_within, .. } => Rule::Window {
                allowed: self.allowed,
                period: self.period,
                counted_within,
            },
            Rule::Concurrency { .. } => rule,
        }
    }
}
