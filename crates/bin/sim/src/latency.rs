//! How long an upstream takes: drawn from in the simulation, integrated in the plan.

use std::time::Duration;
use tollgate_model::Stream;

/// A distribution of answer times.
#[derive(Clone, PartialEq, Debug)]
pub enum Latency {
    /// Always the same.
    Fixed(Duration),
    /// Evenly between two bounds.
    Even {
        /// The least.
        from: Duration,
        /// The most.
        to: Duration,
    },
    /// Exponential: the memoryless server of queueing theory.
    Exponential {
        /// The mean.
        mean: Duration,
    },
    /// Log-normal: what answer times mostly look like.
    LogNormal {
        /// Half are below it.
        median: Duration,
        /// Deviation of the logarithm.
        sigma: f64,
    },
    /// Counted in buckets; even within each.
    Histogram(Buckets),
}

/// Counted answer times.
#[derive(Clone, PartialEq, Debug)]
pub struct Buckets {
    /// Upper bound in seconds and the share of answers up to it, both ascending; the first bucket
    /// starts at `from`, the last share is 1.
    bounds: Vec<(f64, f64)>,
    from: f64,
}

/// The 95th percentile of the standard normal.
const Z95: f64 = 1.644_853_626_951_472_2;

impl Latency {
    /// The log-normal with this median and 95th percentile; none if they don't ascend.
    #[must_use]
    pub fn log_normal(median: Duration, p95: Duration) -> Option<Self> {
        (median > Duration::ZERO && p95 >= median).then(|| Self::LogNormal {
            median,
            sigma: (p95.as_secs_f64() / median.as_secs_f64()).ln() / Z95,
        })
    }

    /// From upper bounds and counts; none unless bounds ascend and something was counted.
    #[must_use]
    pub fn histogram(from: Duration, counts: &[(Duration, f64)]) -> Option<Self> {
        let total: f64 = counts.iter().map(|(_, count)| count).sum();
        let ascending = counts.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let first = counts.first()?.0;
        if !ascending || first < from || total <= 0.0 {
            return None;
        }
        let mut up_to = 0.0;
        let bounds = counts.iter().map(|(bound, count)| {
            up_to += count / total;
            (bound.as_secs_f64(), up_to)
        });
        Some(Self::Histogram(Buckets {
            bounds: bounds.collect(),
            from: from.as_secs_f64(),
        }))
    }

    /// From measured answer times in seconds: a bucket ends at each of up to 200 quantiles.
    #[must_use]
    pub fn measured(mut samples: Vec<f64>) -> Option<Self> {
        samples.retain(|sample| sample.is_finite() && *sample >= 0.0);
        samples.sort_by(f64::total_cmp);
        let (&from, &last) = (samples.first()?, samples.last()?);
        let cuts = samples.len().min(200);
        let mut bounds: Vec<(f64, f64)> = Vec::with_capacity(cuts);
        for cut in 1..=cuts {
            let upper = samples[(samples.len() * cut / cuts) - 1];
            let share = cut as f64 / cuts as f64;
            match bounds.last_mut() {
                Some(bound) if bound.0 >= upper => bound.1 = share,
                _ => bounds.push((upper, share)),
            }
        }
        if last <= from {
            return Some(Self::Fixed(Duration::from_secs_f64(from)));
        }
        Some(Self::Histogram(Buckets { bounds, from }))
    }

    /// The same shape, `factor` times as long.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        match self {
            Self::Fixed(span) => Self::Fixed(span.mul_f64(factor)),
            Self::Even { from, to } => Self::Even {
                from: from.mul_f64(factor),
                to: to.mul_f64(factor),
            },
            Self::Exponential { mean } => Self::Exponential {
                mean: mean.mul_f64(factor),
            },
            Self::LogNormal { median, sigma } => Self::LogNormal {
                median: median.mul_f64(factor),
                sigma: *sigma,
            },
            Self::Histogram(buckets) => {
                let bounds = buckets.bounds.iter();
                Self::Histogram(Buckets {
                    bounds: bounds
                        .map(|(bound, up_to)| (bound * factor, *up_to))
                        .collect(),
                    from: buckets.from * factor,
                })
            }
        }
    }

    /// One answer time.
    #[must_use]
    pub fn draw(&self, random: &mut Stream) -> Duration {
        match self {
            Self::Fixed(span) => *span,
            Self::Even { from, to } => *from + to.saturating_sub(*from).mul_f64(random.unit()),
            Self::Exponential { mean } => nanos(mean.as_nanos() as f64 * random.exponential()),
            Self::LogNormal { median, sigma } => {
                nanos(median.as_nanos() as f64 * (sigma * random.normal()).exp())
            }
            Self::Histogram(buckets) => nanos(buckets.at(random.unit()) * 1e9),
        }
    }

    /// The mean, in seconds.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean_within(f64::INFINITY)
    }

    /// The mean of min(answer time, `most`), in seconds: how long a call is under way if it is given
    /// up after `most`.
    #[must_use]
    pub fn mean_within(&self, most: f64) -> f64 {
        match self {
            Self::Fixed(span) => span.as_secs_f64().min(most),
            Self::Even { from, to } => even_within(from.as_secs_f64(), to.as_secs_f64(), most),
            // ∫₀^t e^{-x/m} dx
            Self::Exponential { mean } => {
                let mean = mean.as_secs_f64();
                if mean == 0.0 {
                    0.0
                } else {
                    mean * -(-most / mean).exp_m1()
                }
            }
            // E[X; X < t] + t·P(X > t)
            Self::LogNormal { median, sigma } => {
                let (median, sigma) = (median.as_secs_f64(), sigma.max(1e-9));
                let mean = median * (sigma * sigma / 2.0).exp();
                if most.is_infinite() {
                    return mean;
                }
                let z = (most / median).ln() / sigma;
                mean * normal_below(z - sigma) + most * normal_below(-z)
            }
            Self::Histogram(buckets) => buckets
                .each()
                .map(|(low, high, share)| share * even_within(low, high, most))
                .sum(),
        }
    }

    /// The share of answers that take longer than `most` seconds.
    #[must_use]
    pub fn beyond(&self, most: f64) -> f64 {
        match self {
            Self::Fixed(span) => f64::from(u8::from(span.as_secs_f64() > most)),
            Self::Even { from, to } => even_beyond(from.as_secs_f64(), to.as_secs_f64(), most),
            Self::Exponential { mean } => (-most / mean.as_secs_f64()).exp(),
            Self::LogNormal { median, sigma } => {
                normal_below(-(most / median.as_secs_f64()).ln() / sigma.max(1e-9))
            }
            Self::Histogram(buckets) => buckets
                .each()
                .map(|(low, high, share)| share * even_beyond(low, high, most))
                .sum(),
        }
    }
}

impl Buckets {
    /// The quantile of a share in (0, 1].
    fn at(&self, share: f64) -> f64 {
        let place = self.bounds.partition_point(|bound| bound.1 < share);
        let place = place.min(self.bounds.len() - 1);
        let below = place
            .checked_sub(1)
            .map_or((self.from, 0.0), |at| self.bounds[at]);
        let (upper, up_to) = self.bounds[place];
        let within = ((share - below.1) / (up_to - below.1).max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
        below.0 + (upper - below.0) * within
    }

    /// Lower bound, upper bound and share of each bucket.
    fn each(&self) -> impl Iterator<Item = (f64, f64, f64)> {
        let below = std::iter::once((self.from, 0.0)).chain(self.bounds.iter().copied());
        below
            .zip(&self.bounds)
            .map(|(below, bound)| (below.0, bound.0, bound.1 - below.1))
    }
}

fn nanos(nanos: f64) -> Duration {
    Duration::from_nanos(nanos as u64)
}

/// E[min(X, most)] of an even X in [low, high].
fn even_within(low: f64, high: f64, most: f64) -> f64 {
    if most >= high {
        f64::midpoint(low, high)
    } else if most <= low {
        most
    } else {
        let below = (most - low) / (high - low);
        below * f64::midpoint(low, most) + (1.0 - below) * most
    }
}

fn even_beyond(low: f64, high: f64, most: f64) -> f64 {
    if high <= low {
        return f64::from(u8::from(low > most));
    }
    ((high - most) / (high - low)).clamp(0.0, 1.0)
}

/// The standard normal's distribution function, by the complementary error function's continued
/// fraction far out and its series near zero; exact to 1e-12.
pub(crate) fn normal_below(z: f64) -> f64 {
    let x = z.abs() / std::f64::consts::SQRT_2;
    let tail = if x < 2.5 {
        // erf(x) = 2/√π · e^{-x²} · Σ 2ⁿ x^{2n+1} / (1·3·…·(2n+1))
        let (mut term, mut sum, mut n) = (x, x, 0.0);
        while term > 1e-17 && n < 200.0 {
            n += 1.0;
            term *= 2.0 * x * x / (2.0 * n + 1.0);
            sum += term;
        }
        0.5 - sum * (-x * x).exp() / std::f64::consts::PI.sqrt()
    } else {
        let fraction = (1..=60)
            .rev()
            .fold(x, |below, n| x + f64::from(n) / 2.0 / below);
        (-x * x).exp() / std::f64::consts::PI.sqrt() / fraction / 2.0
    };
    if z > 0.0 { 1.0 - tail } else { tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn all() -> Vec<Latency> {
        vec![
            Latency::Fixed(ms(200)),
            Latency::Even {
                from: ms(100),
                to: ms(500),
            },
            Latency::Exponential { mean: ms(300) },
            Latency::log_normal(ms(200), ms(900)).unwrap(),
            Latency::histogram(ms(10), &[(ms(100), 3.0), (ms(400), 5.0), (ms(2_000), 2.0)])
                .unwrap(),
            Latency::measured((1..=1_000).map(|n| f64::from(n) / 1_000.0).collect()).unwrap(),
        ]
    }

    #[test]
    fn integrals_agree_with_draws() {
        for latency in all() {
            let mut random = Stream::child(3, "latency", 0);
            let draws: Vec<f64> = (0..200_000)
                .map(|_| latency.draw(&mut random).as_secs_f64())
                .collect();
            let mean = |of: &dyn Fn(f64) -> f64| draws.iter().map(|x| of(*x)).sum::<f64>() / 2e5;
            for most in [0.15, 0.3, 1.0, f64::INFINITY] {
                let within = latency.mean_within(most);
                let drawn = mean(&|x| x.min(most));
                assert!(
                    (within / drawn - 1.0).abs() < 0.01,
                    "{latency:?} {most}: {within} {drawn}"
                );
            }
            for most in [0.15, 0.3, 1.0] {
                let drawn = mean(&|x| f64::from(u8::from(x > most)));
                assert!(
                    (latency.beyond(most) - drawn).abs() < 0.005,
                    "{latency:?} {most}"
                );
            }
        }
    }

    #[test]
    fn the_normal_is_exact() {
        for (z, below) in [
            (0.0, 0.5),
            (1.0, 0.841_344_746_068_543),
            (-1.959_963_984_540_054, 0.025),
            (4.0, 0.999_968_328_758_167),
            (-6.0, 9.865_876_450_376_98e-10),
        ] {
            assert!((normal_below(z) / below - 1.0).abs() < 1e-9, "{z}");
        }
    }
}
