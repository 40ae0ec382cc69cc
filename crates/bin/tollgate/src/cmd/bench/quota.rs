//! `tollgate bench quota`: tollgate beside what people use today, on the same emulated platform.

mod bound;
mod fifo;
mod load;
mod report;

use super::ALIGNMENTS;
use super::believed::{Believed, ROUTE};
use super::world::{Caller, Ways, World};
use crate::console::{errln, outln, plural, wrapped};
use crate::exit::Exit;
use crate::progress::Progress;
use bound::Bound;
use fifo::{Fifo, Gate, Governor, Open, SendLog};
use load::Load;
use report::{Report, Seen};
use serde_json::json;
use std::time::Duration;
use tollgate_engine::Engine;
use tollgate_model::{EndpointId, FlowId, Instant};
use tollgate_platform::{Alignment, Client, Config, Platform, Spread, Window};
use tollgate_sim::{Limiter, SendRate, Vegas};

/// What is measured, and how it is shown.
#[derive(clap::Args)]
pub(super) struct Args {
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

    /// Each token's window, and the organisation's.
    fn limits(self) -> [Option<Window>; 2] {
        [self.allowed / self.tokens, self.allowed].map(|allowed| {
            Some(Window {
                allowed,
                period: self.period,
            })
        })
    }
}

/// The most that a call is on its way before it counts; known to the engine.
const JITTER: Duration = Duration::from_millis(15);
const TIMEOUT: Duration = Duration::from_secs(60);
const WAYS: Ways = Ways {
    out: Duration::ZERO,
    refusal: Duration::from_millis(5),
    grant: Duration::from_millis(50),
    headers: false,
};

/// A limiter, and how many tokens it has from the start.
type Make = fn(Scale, &Load) -> (Box<dyn Limiter>, u32);

const PEERS: [(&str, Make); 7] = [
    ("round robin, retry", |scale, _| queue(scale, Open)),
    ("governor, full burst", |scale, _| {
        queue(scale, Governor::new(scale, scale.allowed))
    }),
    ("governor, paced", |scale, _| {
        queue(scale, Governor::new(scale, 1))
    }),
    ("log of send times", |scale, _| {
        queue(scale, SendLog::new(scale))
    }),
    ("AIMD (AWS adaptive)", |scale, _| {
        queue(scale, SendRate::new())
    }),
    ("Vegas (Netflix)", |scale, _| queue(scale, Vegas::new())),
    ("tollgate", |scale, load| (Box::new(engine(scale, load)), 0)),
];

fn queue(scale: Scale, gate: impl Gate + 'static) -> (Box<dyn Limiter>, u32) {
    (Box::new(Fifo::new(scale, gate)), scale.tokens)
}

fn engine(scale: Scale, load: &Load) -> Engine {
    let [token, shared] = scale.limits();
    let believed = Believed {
        tokens: vec![scale.tokens],
        token,
        shared,
        at_once: None,
        counted_within: Some(JITTER),
    };
    let config = believed.config(load.flows.iter().cloned());
    Engine::new(config, 1, Instant::ZERO)
}

pub(super) fn run(args: &Args) -> Exit {
    let scale = Scale {
        allowed: args.allowed / 10 * 10,
        tokens: 10,
        period: Duration::from_secs(60),
        windows: args.windows,
    };
    if !args.json {
        errln!("{}", wrapped(&head(scale, args.seed), ""));
    }
    let (mut rows, mut bounds) = (Vec::new(), Vec::new());
    let loads = Load::all(scale, args.seed);
    let progress = Progress::of((loads.len() * PEERS.len()) as u64, "run");
    for load in loads {
        if !args.json {
            progress.aside(|| report::print_head(load.name));
        }
        for (name, make) in PEERS {
            progress.say(format!("{name}, {}", load.name));
            let report = measure(scale, &load, args.seed, make);
            progress.step();
            if args.json {
                rows.push(report.json(load.name, name));
            } else {
                progress.aside(|| report.print(name));
            }
        }
        let Some(bound) = Bound::of(scale, &load) else {
            continue;
        };
        if args.json {
            bounds.push(json!({
                "load": load.name,
                "use": bound.used,
                "in_time": bound.in_time,
            }));
        } else {
            progress.aside(|| bound.print());
        }
    }
    drop(progress);
    if args.json {
        outln!(
            "{}",
            json!({
                "seed": args.seed,
                "windows": args.windows,
                "allowed": scale.allowed,
                "rows": rows,
                "most_without_429": bounds,
            })
        );
    }
    Exit::Done
}

/// What is measured.
fn head(scale: Scale, seed: u64) -> String {
    format!(
        "{} calls a minute over {}, 0–15 ms of jitter; {} under each of {} alignments, seed {seed}",
        scale.allowed,
        plural(scale.tokens, "token"),
        plural(scale.windows, "window"),
        ALIGNMENTS.len(),
    )
}

/// One limiter under one load, all alignments together.
fn measure(scale: Scale, load: &Load, seed: u64, make: Make) -> Report {
    let mut all = Report::default();
    for alignment in ALIGNMENTS {
        let (mut limiter, held) = make(scale, load);
        let mut seen = Seen::new(scale, load);
        let platform = Platform::new(platform(scale, load, alignment), seed);
        let calls = (&load.arrivals[..], &callers(load)[..]);
        World::new(vec![platform], WAYS, calls, limiter.as_mut(), &mut seen)
            .holding(held, Instant::ZERO)
            .run(Instant::ZERO, scale.measured().1);
        all.add(seen.report(scale));
    }
    all.finish();
    all
}

fn platform(scale: Scale, load: &Load, alignment: Alignment) -> Config {
    let [token, organisation] = scale.limits();
    Config {
        clients: vec![Client {
            id: "client-0".into(),
            secret: "emulated".into(),
        }],
        token,
        organisation,
        alignment,
        way_in: Spread {
            from: Duration::ZERO,
            to: JITTER,
        },
        latency: Spread::fixed(load.latency),
        ..Config::default()
    }
}

fn callers(load: &Load) -> Vec<Caller> {
    let caller = |flow| Caller {
        flow: FlowId(flow as u32),
        route: ROUTE,
        endpoint: EndpointId::UNKNOWN,
        host: 0,
        path: "/".into(),
        timeout: TIMEOUT,
    };
    (0..load.flows.len()).map(caller).collect()
}

#[cfg(test)]
mod tests;
