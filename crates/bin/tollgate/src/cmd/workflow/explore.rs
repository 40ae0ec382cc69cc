//! `tollgate workflow explore`: scripts that take every branch, found by trying.

use super::input::substitutions;
use super::play::load;
use crate::console::{errln, outln, plural};
use anyhow::Context;
use std::path::{Component, Path, PathBuf};
use tollgate_architect_test::{Script, explore};

/// Tries a workflow out.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The workflow's file.
    file: PathBuf,
    /// Files of workflows that this one calls.
    #[arg(long = "with")]
    with: Vec<PathBuf>,
    /// A value for a placeholder, as NAME=VALUE. May be repeated.
    #[arg(long = "set")]
    set: Vec<String>,
    /// Write the scripts into this folder, to be read, corrected and kept as tests.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Write over scripts that are there.
    #[arg(long)]
    force: bool,
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
    if let Some(folder) = &args.out {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{}: can't be made", folder.display()))?;
    }
    let loaded = load(&args.file, args.with.iter().cloned(), &set)?;
    let base = Script {
        workflow: from_folder(args.out.as_deref(), &args.file)?,
        library: args
            .with
            .iter()
            .map(|file| from_folder(args.out.as_deref(), file))
            .collect::<anyhow::Result<_>>()?,
        set,
        ..Script::default()
    };
    let found = explore(
        &loaded.workflow,
        &loaded.library,
        &base,
        args.seed,
        args.tries,
    );
    let (taken, all) = (
        found.coverage.taken(&loaded.workflow),
        loaded.workflow.branch_count(),
    );
    outln!(
        "{taken} of {} by {}, {}, at most {}",
        plural(all, "branch"),
        plural(found.scripts.len(), "script"),
        plural(found.runs, "try"),
        plural(found.most_steps, "step")
    );
    for (end, count) in &found.ends {
        outln!("  {count:>5} ended by {end}");
    }
    for branch in found.coverage.missed(&loaded.workflow) {
        outln!("  never: {branch}");
    }
    for why in &found.stuck {
        errln!("stuck: {why}");
    }
    if let Some(folder) = &args.out {
        let path = |index: usize| folder.join(format!("{}-{:02}.yaml", args.prefix, index + 1));
        let mut paths = (0..found.scripts.len()).map(path);
        if let Some(there) = paths.find(|path| path.exists() && !args.force) {
            let there = there.display();
            anyhow::bail!("{there}: is there already; take another --prefix, or --force");
        }
        for (index, script) in found.scripts.iter().enumerate() {
            let path = path(index);
            std::fs::write(&path, script.to_yaml())
                .with_context(|| format!("{}: can't be written", path.display()))?;
        }
    }
    Ok(found.stuck.is_empty())
}

/// A file as scripts in a folder name it: the way from there, as short as it is.
fn from_folder(folder: Option<&Path>, file: &Path) -> anyhow::Result<String> {
    let Some(folder) = folder else {
        return Ok(file.display().to_string());
    };
    // By the names alone: a link in the way is meant to stay one.
    let whole = |path: &Path| -> anyhow::Result<PathBuf> {
        let absolute =
            std::path::absolute(path).with_context(|| format!("{}: no path", path.display()))?;
        let mut plain = PathBuf::new();
        for part in absolute.components() {
            match part {
                Component::ParentDir => drop(plain.pop()),
                other => plain.push(other),
            }
        }
        Ok(plain)
    };
    let (folder, file) = (whole(folder)?, whole(file)?);
    let common = folder
        .components()
        .zip(file.components())
        .take_while(|(l, r)| l == r)
        .count();
    let mut way = PathBuf::new();
    for _ in folder.components().skip(common) {
        way.push("..");
    }
    way.extend(file.components().skip(common));
    Ok(way.display().to_string())
}
