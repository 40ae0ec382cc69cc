//! Arrivals.

use super::Scale;
use crate::cmd::bench::world::Arrival;
use std::time::Duration;
use tollgate_engine::Flow;
use tollgate_model::{Instant, Stream};

/// A pattern of arrivals over the whole time.
pub(super) struct Load {
    pub(super) name: &'static str,
    /// Who calls.
    pub(super) flows: Vec<Flow>,
    pub(super) arrivals: Vec<Arrival>,
    /// From counting to answer.
    pub(super) latency: Duration,
}

/// Flows of the mix: name, part of the organisation's calls, seconds that a call may wait, priority and weight.
const MIX: [(&str, f64, u64, u8, u32); 3] = [
    ("voice", 0.4, 5, 0, 1),
    ("chat", 0.8, 30, 1, 3),
    ("email", 0.8, 60, 1, 1),
];

impl Load {
    /// All of them, on the scale of the organisation's limit.
    pub(super) fn all(scale: Scale, seed: u64) -> Vec<Self> {
        let mut random = Stream::new(seed);
        let quick = Duration::from_millis(80);
        let rate = f64::from(scale.allowed) / scale.period.as_secs_f64();
        let mut poisson = |party, within, rate, shape: &dyn Fn(f64) -> f64| {
            poisson(
                &mut random,
                scale.measured().1,
                (party, within),
                rate,
                shape,
            )
        };
        let tooth = scale.period.as_secs_f64() * 2.0;
        let sawtooth = poisson(0, 20, 2.0 * rate, &|at| (at / tooth).fract());
        let mut mixed = Vec::new();
        for (party, (_, part, within, ..)) in MIX.into_iter().enumerate() {
            mixed.extend(poisson(party, within, part * rate, &|_| 1.0));
        }
        let mut twice = || poisson(0, 30, 2.0 * rate, &|_| 1.0);
        let (saturation, slow) = (twice(), twice());
        let mix = MIX.map(|(name, _, _, priority, weight)| flow(name, priority, weight));
        let one = || vec![flow("calls", 0, 1)];
        vec![
            Self::new("saturation", one(), saturation, quick),
            Self::new("burst after idle", one(), bursts(scale), quick),
            Self::new("sawtooth", one(), sawtooth, quick),
            Self::new("mix of flows", mix.into(), mixed, quick),
            Self::new("slow answers", one(), slow, scale.period / 2),
        ]
    }

    fn new(
        name: &'static str,
        flows: Vec<Flow>,
        mut arrivals: Vec<Arrival>,
        latency: Duration,
    ) -> Self {
        arrivals.sort_by_key(|it| it.at);
        // The first call comes at the very beginning.
        if let Some(first) = arrivals.first_mut() {
            *first = arrival(Instant::ZERO, first.party, first.deadline.since(first.at));
        }
        Self {
            name,
            flows,
            arrivals,
            latency,
        }
    }
}

fn flow(name: &str, priority: u8, weight: u32) -> Flow {
    Flow {
        name: name.into(),
        priority,
        weight,
        max_queued: 100_000,
        ..Flow::default()
    }
}

fn arrival(at: Instant, party: usize, within: Duration) -> Arrival {
    Arrival {
        at,
        party,
        deadline: at + within,
    }
}

/// One window's worth at once, then quiet for two and a half windows, and so on.
fn bursts(scale: Scale) -> Vec<Arrival> {
    let mut arrivals = Vec::new();
    let mut at = Instant::ZERO;
    while at < scale.measured().1 {
        let call = arrival(at, 0, Duration::from_secs(30));
        arrivals.resize(arrivals.len() + scale.allowed as usize, call);
        at = at + scale.period * 5 / 2;
    }
    arrivals
}

/// Independent arrivals of up to `rate` a second, thinned to the part that `shape` leaves at a second; each may
/// wait for so many seconds.
fn poisson(
    random: &mut Stream,
    end: Instant,
    (party, within): (usize, u64),
    rate: f64,
    shape: &dyn Fn(f64) -> f64,
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
            arrivals.push(arrival(at, party, Duration::from_secs(within)));
        }
    }
}
