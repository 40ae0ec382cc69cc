//! What is likely before anything was seen, and which spans are looked at.

use super::Search;
use crate::finding::{Group, KnownLimit, implies};
use crate::series::Series;
use crate::statistic::Statistic;
use tollgate_model::{Rule, count, nanos};

/// Spans that people choose, in milliseconds.
const NICE: [u64; 36] = [
    100, 200, 250, 500, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000, 10_000,
    12_000, 15_000, 18_000, 20_000, 24_000, 25_000, 30_000, 36_000, 40_000, 45_000, 50_000, 60_000,
    90_000, 120_000, 180_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 21_600_000,
    86_400_000,
];
/// Of these, the periods of most limits.
const COMMON: [u64; 3] = [1_000, 60_000, 3_600_000];
pub(super) const MILLI: u64 = 1_000_000;

impl Search<'_> {
    /// Whether what is configured stops the same calls, or nearly so over a longer period: what is
    /// always used up looks like a limit of whatever is refused by chance.
    pub(super) fn is_known(&self, group: Group, rule: Rule) -> bool {
        self.known.iter().any(|known| {
            let nearly = match (known.rule, rule) {
                (
                    Rule::Window {
                        allowed, period, ..
                    },
                    Rule::Window {
                        allowed: number,
                        period: span,
                        ..
                    },
                ) if span >= period => {
                    let most = f64::from(allowed) * span.as_secs_f64() / period.as_secs_f64();
                    f64::from(number) > 0.95 * most
                }
                _ => false,
            };
            let tokens = matches!(known.group, Group::ClientTokens(_));
            let within = group.is_within(known.group) || tokens && group == Group::Token;
            within && (nearly || implies(known.rule, rule))
        })
    }

    /// What is common comes before what is rare, and of two that explain the same the laxer comes
    /// first: it is the one that the next refusal corrects.
    pub(super) fn taste(
        &self,
        series: &Series,
        statistic: Statistic,
        number: u32,
        under_way: f64,
    ) -> f64 {
        let group = series.group;
        let configured = self.known.iter().any(|known| {
            let tokens = matches!(known.group, Group::ClientTokens(_));
            known.group == group || tokens && group == Group::Token
        });
        let group = f64::from(u8::from(configured))
            + match group {
                Group::Token => 0.0,
                Group::Endpoint(_) => -0.5,
                Group::Client(_) => -1.0,
                Group::ClientTokens(_) | Group::Upstream => -1.5,
            };
        let family = match statistic {
            Statistic::Sliding(_) => 0.0,
            Statistic::AtOnce => 0.3,
            Statistic::FirstCall(_) => -0.5,
            Statistic::Bucket(_) => -0.5,
            Statistic::Clock(..) => -0.5,
            Statistic::Greedy(_) => -2.0,
            Statistic::Weighted(..) => -1.0,
        };
        let period = statistic.window(number).unwrap_or(count(under_way));
        let nice = if self.is_configured(period) {
            1.0
        } else if self.is_nice(period) {
            0.7
        } else {
            0.0
        };
        // Of the calls that count together, so that of two groups neither is laxer for its size.
        let together = series.items.len() as f64 / series.ends.len().max(1) as f64;
        let rate = f64::from(number) * 1e9 / (period.max(1) as f64) / together;
        group + family + nice + 1.5 * rate.ln()
    }

    pub(super) fn is_nice(&self, span: u64) -> bool {
        let near = |nice: u64| span.abs_diff(nice) <= nice / 1_000;
        NICE.iter().any(|&nice| near(nice * MILLI)) || self.is_configured(span)
    }

    /// Whether most limits have this period.
    pub(super) fn is_common(&self, span: u64) -> bool {
        is_common(self.known, span)
    }

    pub(crate) fn is_configured(&self, span: u64) -> bool {
        is_configured(self.known, span)
    }

    /// Whether most limits have this period, or one that is configured is half or twice as long at the most.
    pub(super) fn is_near_to_configured(&self, span: u64) -> bool {
        let near = |period: u64| (period / 2..=period.saturating_mul(2)).contains(&span);
        self.is_common(span) || self.configured().any(near)
    }

    pub(super) fn configured(&self) -> impl Iterator<Item = u64> {
        configured(self.known)
    }

    /// Spans that people choose.
    pub(super) fn chosen(&self) -> Vec<u64> {
        chosen(self.known).collect()
    }

    /// A ladder of spans, those that people choose among them.
    pub(super) fn spans(&self, lasted: u64) -> Vec<u64> {
        let mut spans = self.chosen();
        let mut span = 50.0 * MILLI as f64;
        while span < lasted as f64 {
            spans.push(count(span));
            span *= 0.25_f64.exp2();
        }
        spans.retain(|&span| span <= lasted.saturating_add(lasted / 8));
        spans.sort_unstable();
        spans.dedup();
        spans
    }
}

/// Whether most limits have this period.
pub(crate) fn is_common(known: &[KnownLimit], span: u64) -> bool {
    is_configured(known, span) || COMMON.contains(&(span / MILLI))
}

fn is_configured(known: &[KnownLimit], span: u64) -> bool {
    configured(known).any(|period| span.abs_diff(period) <= period / 1_000)
}

/// The periods that are configured, in nanoseconds.
fn configured(known: &[KnownLimit]) -> impl Iterator<Item = u64> {
    known.iter().filter_map(|known| match known.rule {
        Rule::Window { period, .. } => Some(nanos(period)),
        Rule::Concurrency { .. } => None,
    })
}

/// Spans that people choose, those that are configured among them, in nanoseconds.
pub(crate) fn chosen(known: &[KnownLimit]) -> impl Iterator<Item = u64> {
    let nice = NICE.iter().map(|&nice| nice * MILLI);
    nice.chain(configured(known))
}
