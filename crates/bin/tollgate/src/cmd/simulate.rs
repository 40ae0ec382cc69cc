//! `tollgate simulate`.
//!
//! The threads live here: the simulator itself has none. Runs are taken from one list by as many
//! threads as asked for, and their results put back by place, so the output does not depend on which
//! was done first.

mod input;

use crate::console::{errln, out, outln, plural};
use crate::exit::Exit;
use crate::progress::Progress;
use crate::verdict::{self, Verdict};
use anyhow::{Context, bail};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use tollgate_sim::stats::RunStats;
use tollgate_sim::{Policy, Results, Study, Sweep, report};

pub(crate) use input::Input;
#[cfg(test)]
pub(crate) use input::facts_of;

/// Simulates a scenario in virtual time, under tollgate and under what people do without it.
///
/// The table goes to stdout, the progress to stderr. The same scenario and seed give the same output,
/// byte for byte. The scenario's fields are described in docs/planning.md; examples lie in
/// examples/scenarios.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    input: Input,
    /// Vary one parameter: calls=100..600/50, tokens=1,2,5, timeout=1s..5s/1s; also token,
    /// organisation, executions, concurrency, deadline, cache.
    #[arg(long, value_name = "PARAMETER=FROM..TO/STEP")]
    sweep: Option<String>,
    /// Simulate only this policy: tollgate, one-token, round-robin, paced, adaptive, vegas or today. May be repeated.
    #[arg(long = "policy", value_name = "POLICY")]
    policies: Vec<String>,
    /// Seed in the place of the scenario's.
    #[arg(long)]
    seed: Option<u32>,
    /// Replications in the place of the scenario's.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1000))]
    replications: Option<u32>,
    /// Print JSON in the place of the table.
    #[arg(long)]
    json: bool,
    /// Write CSV to this file, too.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Write a self-contained HTML report to this file, too.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Runs at once; as many as there are cores if not given.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=256))]
    threads: Option<u32>,
}

pub(crate) fn run(args: Args) -> Exit {
    let study = match study(&args) {
        Ok(study) => study,
        Err(error) => {
            errln!("tollgate simulate: {error:#}");
            return Exit::Unusable;
        }
    };
    let results = carry_out(study, args.threads);
    match give_out(&args, &results) {
        Ok(()) => Exit::Done,
        Err(error) => {
            errln!("tollgate simulate: {error:#}");
            Exit::Failed
        }
    }
}

fn study(args: &Args) -> anyhow::Result<Study> {
    let mut scenario = args.input.load()?;
    if let Some(seed) = args.seed {
        scenario.seed = seed.into();
    }
    if let Some(replications) = args.replications {
        scenario.replications = replications;
    }
    if !args.policies.is_empty() {
        scenario.policies = args
            .policies
            .iter()
            .map(|word| {
                let words = Policy::ALL.map(Policy::as_str).join(", ");
                Policy::parse(word)
                    .with_context(|| format!("--policy {word}: expected one of {words}"))
            })
            .collect::<anyhow::Result<_>>()?;
    }
    let sweep = args.sweep.as_deref().map(Sweep::parse).transpose();
    Ok(Study::new(scenario, sweep.context("--sweep")?))
}

/// Runs everything on several threads.
fn carry_out(study: Study, threads: Option<u32>) -> Results {
    let jobs = study.jobs();
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = threads.map_or(cores, |threads| threads as usize);
    let progress = Progress::of(jobs.len() as u64, "run");
    let next = AtomicUsize::new(0);
    let places: Vec<Mutex<Option<RunStats>>> = jobs.iter().map(|_| Mutex::default()).collect();
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads.min(jobs.len()) {
            scope.spawn(|| {
                while let Some((job, place)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    jobs.get(at).zip(places.get(at))
                } {
                    let run = study.run(*job);
                    // A poisoned place would mean that this very line panicked before.
                    if let Ok(mut place) = place.lock() {
                        *place = Some(run);
                    }
                    progress.step();
                }
            });
        }
    });
    drop(progress);
    let runs: Vec<RunStats> = places
        .into_iter()
        .filter_map(|place| place.into_inner().ok().flatten())
        .collect();
    let calls: u64 = runs.iter().map(|run| run.calls).sum();
    let seconds = started.elapsed().as_secs_f64();
    errln!(
        "{}, {} in {seconds:.2} s: {:.0} calls a second on {}",
        plural(runs.len(), "run"),
        plural(calls, "call"),
        calls as f64 / seconds.max(1e-9),
        plural(threads, "thread")
    );
    study.sum_up(runs)
}

fn give_out(args: &Args, results: &Results) -> anyhow::Result<()> {
    if let Some(path) = &args.csv {
        write(path, &report::csv(results))?;
    }
    if let Some(path) = &args.html {
        write(path, &report::html(results))?;
    }
    if args.json {
        outln!("{:#}", report::json(results));
    } else {
        out!("{}\n", report::table(results).trim_end_matches('\n'));
        out!("\n");
        verdict(args, results).print();
    }
    Ok(())
}

/// What the runs mean, and where there is more of them.
fn verdict(args: &Args, results: &Results) -> Verdict {
    let meaning = report::meaning(results);
    let arguments = args.input.arguments();
    let next = match &args.html {
        Some(path) => format!(
            "open {}; `tollgate plan {arguments}` says what each change would buy.",
            path.display()
        ),
        None => format!(
            "`tollgate simulate {arguments} --html report.html` draws it; `tollgate plan {arguments}` says what each \
             change would buy."
        ),
    };
    Verdict::new(standing(meaning.standing), meaning.says, next)
}

/// A standing of the simulator's as one that is printed.
pub(crate) fn standing(of: report::Standing) -> verdict::Standing {
    match of {
        report::Standing::Good => verdict::Standing::Good,
        report::Standing::Doubtful => verdict::Standing::Doubtful,
        report::Standing::Bad => verdict::Standing::Bad,
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    if path.is_dir() {
        bail!("{}: is a folder; give the path of a file", path.display());
    }
    std::fs::write(path, text).with_context(|| path.display().to_string())
}
