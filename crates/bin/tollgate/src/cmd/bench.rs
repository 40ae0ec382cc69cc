//! `tollgate bench quota`: tollgate beside what people use today, on the same emulated platform, in
//! virtual time.

mod bound;
mod fifo;
mod limits;
mod load;
mod ours;
mod world;

use crate::console::{errln, outln};
use bound::Bound;
use fifo::{Adaptive, AtOnce, Fifo, Governor, RoundRobin, SendLog};
use load::Load;
use ours::Ours;
use serde_json::json;
use std::process::ExitCode;
use std::time::Duration;
use tollgate_model::Instant;
use tollgate_platform::Alignment;
use world::{Peer, Report, World};

/// Compares with other limiters.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Use of the quota, 429s, waits and deadlines met, beside other limiters.
    Quota {
        /// Machine-readable.
        #[arg(long)]
        json: bool,
        /// Seed of arrivals, jitter and phases.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Windows to measure, after one to warm up.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(3..=1_000))]
        windows: u32,
        /// The organisation's calls per minute; ten tokens share them.
        #[arg(long, default_value_t = 3_000, value_parser = clap::value_parser!(u32).range(10..=100_000))]
        allowed: u32,
    },
    /// What becomes of calls when the upstream's limits are not as configured, beside what became of
    /// them before tollgate learned.
    Limits(limits::Args),
}

/// What the platform is and how long it is watched.
#[derive(Clone, Copy)]
struct Scale {
    /// The organisation's calls per window.
    allowed: u32,
    /// Tokens; each allows its part of the organisation's calls.
    tokens: u32,
    period: Duration,
    windows: u32,
}

impl Scale {
    /// From the end of the warm-up to the end.
    fn measured(self) -> (Instant, Instant) {
        let warm = Instant::ZERO + self.period;
        (warm, warm + self.period * self.windows)
    }

    /// The less of what was asked for meanwhile and what the windows allow.
    fn could(self, offered: u64) -> u64 {
        let allowed = u64::from(self.allowed) * u64::from(self.windows);
        offered.min(allowed).max(1)
    }
}

const ALIGNMENTS: [Alignment; 3] = [
    Alignment::FirstCall,
    Alignment::WallClock,
    Alignment::PhasePerKey,
];

type Make = fn(Scale, &Load) -> Box<dyn Peer>;

const PEERS: [(&str, Make); 7] = [
    ("round robin, retry", |scale, load| {
        Box::new(Fifo::new(load, RoundRobin::new(scale)))
    }),
    ("governor, full burst", |scale, load| {
        Box::new(Fifo::new(load, Governor::full_burst(scale)))
    }),
    ("governor, paced", |scale, load| {
        Box::new(Fifo::new(load, Governor::paced(scale)))
    }),
    ("log of send times", |scale, load| {
        Box::new(Fifo::new(load, SendLog::new(scale)))
    }),
    ("AIMD (AWS adaptive)", |scale, load| {
        Box::new(Fifo::new(load, Adaptive::new(scale)))
    }),
    ("Vegas (Netflix)", |scale, load| {
        Box::new(Fifo::new(load, AtOnce::new(scale)))
    }),
    ("tollgate", |scale, load| Box::new(Ours::new(scale, load))),
];

pub(crate) fn run(args: Args) -> ExitCode {
    let (json, seed, windows, allowed) = match args.what {
        What::Limits(args) => return limits::run(&args),
        What::Quota {
            json,
            seed,
            windows,
            allowed,
        } => (json, seed, windows, allowed),
    };
    let scale = Scale {
        allowed: allowed / 10 * 10,
        tokens: 10,
        period: Duration::from_secs(60),
        windows,
    };
    let mut rows = Vec::new();
    if !json {
        errln!(
            "{} calls a minute over {} tokens, 0–15 ms of jitter; {windows} windows under each of {} alignments, seed {seed}",
            scale.allowed,
            scale.tokens,
            ALIGNMENTS.len()
        );
        outln!(
            "{:<16} {:<21} {:>7} {:>7} {:>8} {:>10} {:>10} {:>8}",
            "load",
            "limiter",
            "use",
            "429s",
            "of sent",
            "wait p50",
            "wait p99",
            "in time"
        );
    }
    let mut bounds = Vec::new();
    for load in Load::all(scale, seed) {
        let bound = Bound::of(scale, &load);
        for (name, make) in PEERS {
            let report = measure(scale, &load, seed, make);
            if json {
                rows.push(row(load.name, name, &report));
            } else {
                print(load.name, name, &report);
            }
        }
        if let Some(bound) = bound {
            if json {
                bounds.push(json!({
                    "load": load.name,
                    "use": bound.used,
                    "in_time": bound.in_time,
                }));
            } else {
                print_bound(load.name, bound);
            }
        }
    }
    if json {
        outln!(
            "{}",
            json!({
                "seed": seed,
                "windows": windows,
                "allowed": scale.allowed,
                "rows": rows,
                "most_without_429": bounds,
            })
        );
    }
    ExitCode::SUCCESS
}

/// One limiter under one load, all alignments together.
fn measure(scale: Scale, load: &Load, seed: u64, make: Make) -> Report {
    let mut all = Report::default();
    for alignment in ALIGNMENTS {
        let mut peer = make(scale, load);
        all.add(World::run(scale, load, alignment, seed, peer.as_mut()));
    }
    all.finish();
    all
}

fn print(load: &str, limiter: &str, report: &Report) {
    outln!(
        "{load:<16} {limiter:<21} {:>6.2}% {:>7} {:>7.2}% {:>9.3}s {:>9.3}s {:>7.2}%",
        100.0 * report.used(),
        report.limited,
        100.0 * report.limited_part(),
        report.waits.percentile(50).as_secs_f64(),
        report.waits.percentile(99).as_secs_f64(),
        100.0 * report.in_time(),
    );
    if report.flows.len() > 1 {
        for flow in &report.flows {
            outln!(
                "{:<16}   of which {:<10} {:>7} {:>7} {:>8} {:>9.3}s {:>9.3}s {:>7.2}%",
                "",
                flow.name,
                "",
                "",
                "",
                flow.waits.percentile(50).as_secs_f64(),
                flow.waits.percentile(99).as_secs_f64(),
                100.0 * flow.in_time(),
            );
        }
    }
}

/// The most that is possible for who is never refused.
fn print_bound(load: &str, bound: Bound) {
    outln!(
        "{load:<16} {:<21} {:>6.2}% {:>7} {:>7} {:>10} {:>10} {:>8.2}%",
        "most without a 429",
        100.0 * bound.used,
        0,
        "",
        "",
        "",
        100.0 * bound.in_time,
    );
}

fn row(load: &str, limiter: &str, report: &Report) -> serde_json::Value {
    let flows = report.flows.iter().map(|flow| {
        json!({
            "flow": flow.name,
            "wait_p50_s": flow.waits.percentile(50).as_secs_f64(),
            "wait_p99_s": flow.waits.percentile(99).as_secs_f64(),
            "in_time": flow.in_time(),
        })
    });
    json!({
        "load": load,
        "limiter": limiter,
        "use": report.used(),
        "answers_429": report.limited,
        "part_429": report.limited_part(),
        "wait_p50_s": report.waits.percentile(50).as_secs_f64(),
        "wait_p99_s": report.waits.percentile(99).as_secs_f64(),
        "in_time": report.in_time(),
        "flows": flows.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests;
