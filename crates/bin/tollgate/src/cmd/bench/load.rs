//! Arrivals.

use super::Scale;
use std::time::Duration;
use tollgate_model::{Instant, Stream};

/// A call that somebody makes.
#[derive(Clone, Copy)]
pub(super) struct Arrival {
    pub(super) at: Instant,
    /// Place in the load's flows.
    pub(super) flow: usize,
    /// The latest useful start.
    pub(super) deadline: Instant,
}

/// Who calls.
#[derive(Clone, Copy)]
pub(super) struct Caller {
    pub(super) name: &'static str,
    pub(super) priority: u8,
    pub(super) weight: u32,
}

/// A pattern of arrivals over the whole time.
pub(super) struct Load {
    pub(super) name: &'static str,
    pub(super) callers: Vec<Caller>,
    pub(super) arrivals: Vec<Arrival>,
    /// From counting to answer.
    pub(super) latency: Duration,
}

const ONE: Caller = Caller {
    name: "calls",
    priority: 0,
    weight: 1,
};

impl Load {
    /// All of them, on the scale of the organisation's limit.
    pub(super) fn all(scale: Scale, seed: u64) -> Vec<Self> {
        let mut random = Stream::new(seed);
        let quick = Duration::from_millis(80);
        let second = Duration::from_secs(1);
        let rate = f64::from(scale.allowed) / scale.period.as_secs_f64();
        let end = Instant::ZERO + scale.period * (scale.windows + 1);
        let load = |name, callers, mut arrivals: Vec<Arrival>, latency| {
            arrivals.sort_by_key(|it| it.at);
            Self {
                name,
                callers,
                arrivals,
                latency,
            }
        };
        let twice = |random: &mut Stream| poisson(random, end, 0, 30 * second, 2.0 * rate, |_| 1.0);
        // One window's worth at once, then quiet for two and a half windows.
        let mut bursts = Vec::new();
        let mut at = Instant::ZERO;
        while at < end {
            bursts.extend((0..scale.allowed).map(|_| Arrival {
                at,
                flow: 0,
                deadline: at + 30 * second,
            }));
            at = at + scale.period * 5 / 2;
        }
        let tooth = scale.period.as_secs_f64() * 2.0;
        let sawtooth = poisson(&mut random, end, 0, 20 * second, 2.0 * rate, |at| {
            (at / tooth).fract()
        });
        let mix = [(0.4, 5, 0, 1), (0.8, 30, 1, 3), (0.8, 60, 1, 1)];
        let mixed = mix
            .iter()
            .enumerate()
            .flat_map(|(flow, &(part, within, ..))| {
                poisson(&mut random, end, flow, second * within, part * rate, |_| {
                    1.0
                })
            });
        let mixed: Vec<_> = mixed.collect();
        let callers =
            mix.iter()
                .zip(["voice", "chat", "email"])
                .map(|(&(.., priority, weight), name)| Caller {
                    name,
                    priority,
                    weight,
                });
        vec![
            load("saturation", vec![ONE], twice(&mut random), quick),
            load("burst after idle", vec![ONE], bursts, quick),
            load("sawtooth", vec![ONE], sawtooth, quick),
            load("mix of flows", callers.collect(), mixed, quick),
            load(
                "slow answers",
                vec![ONE],
                twice(&mut random),
                scale.period / 2,
            ),
        ]
    }
}

/// Independent arrivals of up to `rate` a second, thinned to the part that `shape` leaves at a second.
fn poisson(
    random: &mut Stream,
    end: Instant,
    flow: usize,
    within: Duration,
    rate: f64,
    shape: impl Fn(f64) -> f64,
) -> Vec<Arrival> {
    let mut arrivals = Vec::new();
    let mut seconds = 0.0;
    loop {
        seconds -= (1.0 - random.fraction()).ln() / rate;
        let at = Instant::ZERO + Duration::from_secs_f64(seconds);
        if at >= end {
            return arrivals;
        }
        if random.fraction() < shape(seconds) {
            arrivals.push(Arrival {
                at,
                flow,
                deadline: at + within,
            });
        }
    }
}
