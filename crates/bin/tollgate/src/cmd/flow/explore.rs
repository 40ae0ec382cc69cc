//! `tollgate flow explore`: scripts that take every branch, found by trying.

use super::play::load;
use super::substitutions;
use anyhow::Context;
use std::path::PathBuf;
use tollgate_flow::{Script, explore};

/// Tries a flow out.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The flow's file.
    file: PathBuf,
    /// Files of flows that this one calls.
    #[arg(long = "with")]
    with: Vec<PathBuf>,
    /// A value for a placeholder, as NAME=VALUE. May be repeated.
    #[arg(long = "set")]
    set: Vec<String>,
    /// Write the scripts into this folder, to be read, corrected and kept as tests.
    #[arg(long)]
    out: Option<PathBuf>,
    /// How the scripts name the flow's file; as given, unless said.
    #[arg(long)]
    named: Option<String>,
    /// Begins the scripts' names.
    #[arg(long, default_value = "path")]
    prefix: String,
    /// All the chance there is.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Tries at most.
    #[arg(long, default_value_t = 2000)]
    tries: u32,
}

pub(super) fn run(args: &Args) -> anyhow::Result<bool> {
    let set = substitutions(&args.set)?;
    let loaded = load(&args.file, args.with.iter().cloned(), &set)?;
    let base = Script {
        flow: args
            .named
            .clone()
            .unwrap_or_else(|| args.file.display().to_string()),
        library: args
            .with
            .iter()
            .map(|file| file.display().to_string())
            .collect(),
        set,
        ..Script::default()
    };
    let found = explore(&loaded.flow, &loaded.library, &base, args.seed, args.tries);
    let (taken, all) = (
        found.coverage.taken(&loaded.flow),
        loaded.flow.branch_count(),
    );
    outln!(
        "{taken} of {all} branches by {} scripts, {} tries, at most {} steps",
        found.scripts.len(),
        found.runs,
        found.most_steps
    );
    for (end, count) in &found.ends {
        outln!("  {count:>5} ended by {end}");
    }
    for branch in found.coverage.missed(&loaded.flow) {
        outln!("  never: {branch}");
    }
    for why in &found.stuck {
        eprintln!("stuck: {why}");
    }
    if let Some(folder) = &args.out {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{}: can't be made", folder.display()))?;
        for (index, script) in found.scripts.iter().enumerate() {
            let path = folder.join(format!("{}-{:02}.yaml", args.prefix, index + 1));
            std::fs::write(&path, script.to_yaml())
                .with_context(|| format!("{}: can't be written", path.display()))?;
        }
    }
    Ok(found.stuck.is_empty())
}
