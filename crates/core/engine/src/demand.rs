//! How many slots will be asked for within a span, chance included.

use std::time::Duration;

/// Standard deviations of chance arrivals for which slots are reserved: of a higher class's calls fewer than
/// one in a hundred is to wait.
const RESERVED: f64 = 3.25;
/// Standard deviations of chance arrivals for which a foretold start comes true: of the calls that are taken
/// in, fewer than one in a thousand is to expire.
const FORETOLD: f64 = 5.5;

/// The most arrivals to expect within a span, where `per_second` came during the `recent` span. Chance moves both
/// what will come and what came, from which the rate was taken.
pub(crate) fn most_arrivals(per_second: f64, within: Duration, recent: Duration) -> f64 {
    let mean = per_second * within.as_secs_f64();
    let known = within.as_secs_f64() / recent.as_secs_f64();
    mean + FORETOLD * (mean * (1.0 + known)).sqrt()
}

/// Slots that are asked for at a mean rate, by calls that come at random.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RandomDemand {
    per_second: f64,
    /// Chance is allowed for up to this span. After it, the slots that were given away meanwhile have begun to
    /// come back, and no more are given.
    chance_until: Duration,
    /// Standard deviations of chance that are allowed for.
    deviations: f64,
}

impl RandomDemand {
    /// The demand for which slots are reserved now. The rate was taken over the `recent` span.
    pub(crate) fn to_reserve(per_second: f64, recent: Duration) -> Self {
        Self {
            per_second,
            chance_until: recent / 2,
            deviations: RESERVED,
        }
    }

    /// The demand for which slots may come to be reserved later. The rate was taken over the `recent` span.
    pub(crate) fn to_foresee(per_second: f64, recent: Duration) -> Self {
        Self {
            per_second,
            chance_until: recent,
            deviations: FORETOLD,
        }
    }

    /// This demand and that of others, who ask at this rate and for whom chance is allowed for by so many
    /// standard deviations.
    pub(crate) fn and(self, per_second: f64, deviations: f64) -> Self {
        let both = self.per_second + per_second;
        let variance = self.deviations.powi(2) * self.per_second + deviations.powi(2) * per_second;
        Self {
            per_second: both,
            deviations: if both > 0.0 {
                (variance / both).sqrt()
            } else {
                0.0
            },
            ..self
        }
    }

    /// Slots that are asked for within a span from now on.
    pub(crate) fn within(&self, span: Duration) -> f64 {
        let chance = self.per_second * span.min(self.chance_until).as_secs_f64();
        self.per_second * span.as_secs_f64() + self.deviations * chance.sqrt()
    }

    /// The longest span within which no more slots than these are asked for.
    pub(crate) fn span_of(&self, slots: f64) -> Duration {
        // slots = x + z √x, where x are expected; once no more chance is allowed for, only x grows.
        let half = self.deviations / 2.0;
        let root = (half * half + slots).sqrt() - half;
        let most = (self.per_second * self.chance_until.as_secs_f64()).sqrt();
        let expected = (root * root).max(slots - self.deviations * most).max(0.0);
        Duration::try_from_secs_f64(expected / self.per_second).unwrap_or(Duration::MAX)
    }
}
