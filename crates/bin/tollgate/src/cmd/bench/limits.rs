//! `tollgate bench limits`: what becomes of calls when the upstream's limits are not as configured.
//!
//! The engine that the service runs, in virtual time, between callers at independent instants and the
//! emulated platform with limits of every kind. Each row is measured under three alignments of windows
//! (or, where windows have none, three seeds), once with one kind of calls, and once with a first class
//! that asks for 30 % of what the upstream really allows.

mod arrival;
mod bound;
mod build;
mod case;
mod drawn;
mod report;
mod seen;
mod sockets;
mod table;
mod virtual_time;

use super::ALIGNMENTS;
use crate::console::errln;
use crate::exit::Exit;
use crate::progress::Progress;
use case::Case;
use report::{Format, Row};
use seen::Seen;
use std::time::Duration;

/// What is measured, and how it is shown.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Cases whose names contain this; may be repeated. All, if none is given.
    #[arg(long = "case")]
    cases: Vec<String>,
    /// Draws so many cases of other shapes and numbers, in place of the shipped ones.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    random: Option<u32>,
    /// Length of windows: a minute, or six seconds.
    #[arg(long, value_enum, default_value_t = Scale::Compressed)]
    scale: Scale,
    /// Windows to measure after those of learning.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(3..=1_000))]
    windows: u32,
    /// Seed of arrivals and everything else that is drawn.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Machine-readable.
    #[arg(long, conflicts_with = "tsv")]
    json: bool,
    /// As a table of figures that a later run can be set beside.
    #[arg(long)]
    tsv: bool,
    /// Over sockets, in real time: the service as it is served, before an emulated upstream. A part of the
    /// table, unless cases are named.
    #[arg(long)]
    sockets: bool,
    /// Ends with 1 if a goal is missed.
    #[arg(long)]
    check: bool,
}

/// Length of windows.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Scale {
    /// 60 s.
    Real,
    /// 6 s.
    Compressed,
}

impl Scale {
    fn period(self) -> Duration {
        match self {
            Self::Real => Duration::from_secs(60),
            Self::Compressed => Duration::from_secs(6),
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::Compressed => "compressed",
        }
    }
}

pub(super) fn run(args: &Args) -> Exit {
    let mut cases = match args.random {
        Some(number) => drawn::cases(number, args.seed),
        None => table::all_cases(args.scale.period()),
    };
    cases.retain(|case| match &args.cases[..] {
        [] => !args.sockets || args.random.is_some() || sockets::PART.contains(&&*case.name),
        names => names.iter().any(|name| case.name.contains(name.as_str())),
    });
    if cases.is_empty() {
        errln!("tollgate bench limits: no case is called so");
        return Exit::Unusable;
    }
    let format = match (args.json, args.tsv) {
        (true, _) => Format::Json,
        (_, true) => Format::Figures,
        _ => Format::Words,
    };
    let mut rows = Vec::new();
    report::begin(format, args.scale.as_str(), args.windows, args.seed);
    let progress = Progress::of(cases.len() as u64, "case");
    for case in &cases {
        progress.say(case.name.clone());
        let Some(row) = measure(case, args) else {
            return Exit::Failed;
        };
        progress.step();
        progress.aside(|| report::show(&row, format));
        rows.push(row);
    }
    drop(progress);
    report::end(&rows, format);

    let missed = rows.iter().any(|row| !row.missed.is_empty());
    Exit::of(!(args.check && missed))
}

/// None if it can't be measured; why has been said.
fn measure(case: &Case, args: &Args) -> Option<Row> {
    let (plain, voice) = if args.sockets {
        let measured = sockets::measure(case, args.windows, &ALIGNMENTS, args.seed);
        let runtime = tokio::runtime::Runtime::new();
        let measured = runtime
            .map_err(anyhow::Error::from)
            .and_then(|runtime| runtime.block_on(measured));
        match measured {
            Ok(measured) => measured,
            Err(error) => {
                errln!("tollgate bench limits: {}: {error:#}", case.name);
                return None;
            }
        }
    } else {
        let virtually = |case: &Case| {
            let mut seen = Seen::default();
            for (number, alignment) in ALIGNMENTS.into_iter().enumerate() {
                let seed = args.seed + 1_000 * number as u64;
                seen.add(virtual_time::run(case, args.windows, alignment, seed));
            }
            seen
        };
        (virtually(case), virtually(&case.with_voice()))
    };
    Some(Row::new(case, args.scale.as_str(), &plain, &voice))
}

#[cfg(test)]
mod tests;
