//! `tollgate demo`: the same load twice against the same emulated platform, with one token and retries,
//! and through tollgate.
//!
//! Everything is real but the platform: sockets, action files, configuration, the service. A minute of
//! the platform's passes in two seconds here; spans are shown at the platform's pace, so what loopback
//! and this machine add is shown thirty times too long, for both.

mod gate;
mod lag;
mod load;
mod plain;
mod report;
mod world;

use crate::console::{errln, out, outln};
use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use lag::Lag;
use load::{Arrival, Load, Tally};
use report::Report;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};
use tollgate_emulator::Emulator;
use world::World;

/// One minute of the platform's, here.
const MINUTE: Duration = Duration::from_secs(2);
/// How much faster time passes than at the platform.
const SPEED: u32 = 30;

/// Exit status of what a signal ended, as shells have it for Ctrl-C.
const INTERRUPTED: u8 = 130;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
    /// Seed of the arrivals.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) fn run(args: Args) -> ExitCode {
    match demo(args.seed) {
        Ok(None) => {
            errln!("tollgate demo: ended before its end");
            ExitCode::from(INTERRUPTED)
        }
        Ok(Some(report)) => {
            if args.json {
                outln!("{}", report.to_json());
            } else {
                out!("{report}");
            }
            if report.gate.limited == 0 {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            errln!("tollgate demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The report; none if somebody ended it before. Either way nothing of it is left behind.
#[tokio::main]
async fn demo(seed: u64) -> anyhow::Result<Option<Report>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        report = compare(seed) => report.map(Some),
        _ = terminate.recv() => Ok(None),
        _ = interrupt.recv() => Ok(None),
        _ = hang_up.recv() => Ok(None),
    }
}

async fn compare(seed: u64) -> anyhow::Result<Report> {
    let world = World::start(seed).await?;
    let load = Load::draw(seed);
    errln!(
        "{} actions imported. {} interactions call them {} times in {} minutes of the\n\
         platform's, which take {} s here; twice.",
        world.actions,
        load.arrivals.len(),
        load.executions(),
        load::MINUTES,
        load::MINUTES * MINUTE.as_secs() as u32,
    );
    let lag = Lag::watch();
    let plain = Arc::new(
        plain::Plain::start(&world)
            .await
            .context("the plain caller")?,
    );
    let plain = measure(
        "one token, retries",
        &world.emulator,
        &load,
        move |arrival| {
            let plain = Arc::clone(&plain);
            async move { plain.execute(arrival).await }
        },
    )
    .await;
    // The organisation's window that the first run filled must not weigh on the second.
    tokio::time::sleep(MINUTE).await;
    let gate = Arc::new(gate::Gate::start(&world).await.context("the service")?);
    let gate = measure("tollgate", &world.emulator, &load, move |arrival| {
        let gate = Arc::clone(&gate);
        async move { gate.execute(arrival).await }
    })
    .await;
    Ok(Report {
        plain,
        gate,
        lag: lag.usual(),
    })
}

/// Lets each interaction of the load begin when it arrives, and waits for all of them.
async fn measure<W>(
    name: &str,
    emulator: &Emulator,
    load: &Load,
    execute: impl Fn(Arrival) -> W,
) -> report::Side
where
    W: Future<Output = Vec<(load::Flow, load::End)>> + Send + 'static,
{
    let before = emulator.counts();
    let progress = progress(name, load);
    let mut tally = Tally::default();
    let (started, mut next) = (Instant::now(), 0);
    let mut running = tokio::task::JoinSet::new();
    let mut redraw = tokio::time::interval(Duration::from_millis(100));
    while next < load.arrivals.len() || !running.is_empty() {
        let due = load.arrivals.get(next).map(|arrival| started + arrival.at);
        tokio::select! {
            biased;
            () = tokio::time::sleep_until(due.unwrap_or(started).into()), if due.is_some() => {
                running.spawn(execute(load.arrivals[next]));
                next += 1;
            }
            Some(ends) = running.join_next() => {
                // A task that panicked has lost what it was to do.
                for (flow, end) in ends.unwrap_or_default() {
                    tally.add(flow, end);
                    progress.inc(1);
                }
            }
            _ = redraw.tick() => progress.set_message(format!("{} answers 429", limited(emulator) - before.limited())),
        }
    }
    let took = started.elapsed();
    progress.finish_and_clear();
    report::Side::new(tally, &before, &emulator.counts(), took)
}

fn limited(emulator: &Emulator) -> u64 {
    emulator.counts().limited()
}

/// Drawn on stderr, and only where a person looks.
fn progress(name: &str, load: &Load) -> ProgressBar {
    let bar = ProgressBar::new(load.executions());
    let style = ProgressStyle::with_template("{prefix:>18} {bar:22} {pos}/{len} {elapsed} {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_prefix(name.to_owned());
    bar
}
