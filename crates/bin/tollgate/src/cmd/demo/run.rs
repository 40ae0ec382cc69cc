//! One run of the load, with what is shown meanwhile.

use super::gate::Gate;
use super::load::{Arrival, End, Flow, Load, MINUTES, Tally};
use super::pace::Pace;
use super::report::Side;
use super::world::World;
use crate::console::{errln, plural};
use crate::progress::Progress;
use anyhow::Context as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_emulator::Emulator;

pub(super) fn announce(world: &World, load: &Load, pace: Pace) {
    errln!(
        "{} imported. {} interactions call them {} times in {} minutes of the\n\
         platform's, which take {} s here; twice.",
        plural(world.actions, "action"),
        load.arrivals.len(),
        load.executions(),
        MINUTES,
        MINUTES * pace.seconds(),
    );
}

/// The load through one node, which has the limits for itself.
pub(super) async fn through_one(world: &World, load: &Load, name: &str) -> anyhow::Result<Side> {
    let gate = Gate::start(world.config("one", None)?).await;
    let gate = Arc::new(gate.context("the service")?);
    let execute = move |arrival| {
        let gate = Arc::clone(&gate);
        async move { gate.execute(arrival).await }
    };
    Ok(measure(name, &world.emulator, load, execute, |_| String::new()).await)
}

/// Lets each interaction of the load begin when it arrives, and waits for all of them. What `watch` says, of the time since
/// the beginning, is shown meanwhile.
pub(super) async fn measure<W>(
    name: &str,
    emulator: &Emulator,
    load: &Load,
    execute: impl Fn(Arrival) -> W,
    mut watch: impl FnMut(Duration) -> String,
) -> Side
where
    W: Future<Output = Vec<(Flow, End)>> + Send + 'static,
{
    let before = emulator.counts();
    let progress = Progress::of(load.executions(), "execution");
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
                    progress.step();
                }
            }
            _ = redraw.tick() => {
                let limited = limited(emulator) - before.limited();
                progress.say(format!("{name}: {limited} answers 429{}", watch(started.elapsed())));
            }
        }
    }
    let took = started.elapsed();
    drop(progress);
    Side::new(tally, (&before, &emulator.counts()), took, load.pace)
}

fn limited(emulator: &Emulator) -> u64 {
    emulator.counts().limited()
}
