//! When the callers of a case call.

use super::case::Case;
use crate::cmd::bench::world::Arrival;
use std::time::Duration;
use tollgate_model::{Instant, Stream};

/// Poisson arrivals of all parties between two instants.
pub(super) fn arrivals(
    case: &Case,
    seed: u64,
    (beginning, end): (Instant, Instant),
) -> Vec<Arrival> {
    let mut arrivals = Vec::new();
    for (party, it) in case.parties.iter().enumerate() {
        if it.rate <= 0.0 {
            continue;
        }
        let mut random = Stream::new(seed ^ ((party as u64 + 1) << 40));
        let mut at = beginning;
        loop {
            at = at + Duration::from_secs_f64(-(1.0 - random.fraction()).ln() / it.rate);
            if at >= end {
                break;
            }
            if let Some(wave) = it.wave
                && random.fraction() >= wave.height(at.since(beginning))
            {
                continue;
            }
            arrivals.push(Arrival {
                at,
                party,
                deadline: at + it.within,
            });
        }
    }
    arrivals.sort_by_key(|arrival| arrival.at);
    arrivals
}
