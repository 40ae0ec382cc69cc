//! `tollgate bench`: tollgate measured on emulated upstreams, in virtual time.

mod believed;
mod limits;
mod quota;
mod world;

use crate::exit::Exit;
use std::time::Duration;
use tollgate_platform::Alignment;

/// Compares with other limiters.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Use of the quota, 429s, waits and deadlines met, beside other limiters.
    Quota(quota::Args),
    /// What becomes of calls when the upstream's limits are not as configured, beside what became of
    /// them before tollgate learned.
    Limits(limits::Args),
}

const ALIGNMENTS: [Alignment; 3] = [
    Alignment::FirstCall,
    Alignment::WallClock,
    Alignment::PhasePerKey,
];

pub(crate) fn run(args: &Args) -> Exit {
    match &args.what {
        What::Quota(args) => quota::run(args),
        What::Limits(args) => limits::run(args),
    }
}

fn part(of: u64, all: u64) -> f64 {
    of as f64 / all.max(1) as f64
}

/// Of sorted spans; zero of none.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let place = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(place).copied().unwrap_or_default()
}
