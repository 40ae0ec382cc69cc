//! `tollgate workflow test`: a folder of scripts, for a user's CI.
//!
//! Each `*.yaml` or `*.json` of the folder and its subfolders is a script that names its workflow; a `.txt` of the same name is
//! the transcript it must give. `--accept` writes those.

use super::input::read;
use super::play::{from_script, played, script, world};
use crate::console::{outln, plural};
use anyhow::Context;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tollgate_architect::{Coverage, Workflow};

/// Folders within folders that are looked into.
const MAX_FOLDERS: usize = 4;

/// Runs a folder of scripts.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The folder, or one script.
    folder: PathBuf,
    /// Write the transcripts as they are now.
    #[arg(long)]
    accept: bool,
    /// Fail unless at least this share of each workflow's branches is taken, in percent.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    coverage: u8,
    /// Print JSON: scripts with what differs, workflows with their branches.
    #[arg(long)]
    json: bool,
}

struct Covered {
    workflow: Arc<Workflow>,
    taken: Coverage,
    scripts: u32,
}

pub(super) fn run(args: &Args) -> anyhow::Result<bool> {
    let scripts = scripts(&args.folder)?;
    let mut workflows: BTreeMap<String, Covered> = BTreeMap::new();
    let (mut failed, mut reports) = (0, Vec::new());
    for path in &scripts {
        let name = path
            .strip_prefix(&args.folder)
            .unwrap_or(path)
            .display()
            .to_string();
        let faults = match one(path, args.accept, &mut workflows) {
            Ok(faults) => faults,
            Err(error) => vec![format!("{error:#}")],
        };
        failed += usize::from(!faults.is_empty());
        if args.json {
            reports.push(json!({"script": name, "passed": faults.is_empty(), "faults": faults}));
            continue;
        }
        outln!("{} {name}", if faults.is_empty() { "pass" } else { "FAIL" });
        for fault in &faults {
            outln!("     {}", fault.replace('\n', "\n     "));
        }
    }
    let (short, covered) = coverage(args, &workflows);
    if args.json {
        outln!("{:#}", json!({"scripts": reports, "workflows": covered}));
    } else {
        outln!("{}, {failed} failed", plural(scripts.len(), "script"));
        if short > 0 {
            outln!(
                "{} below {} % of their branches",
                plural(short, "workflow"),
                args.coverage
            );
        }
    }
    Ok(failed == 0 && short == 0)
}

/// Tells which branches were taken, or gives it as JSON; and how many workflows are below the wanted share.
fn coverage(args: &Args, workflows: &BTreeMap<String, Covered>) -> (usize, Vec<serde_json::Value>) {
    let mut short = 0;
    let mut covered = Vec::new();
    for (file, facts) in workflows {
        let (taken, all) = (
            facts.taken.taken(&facts.workflow),
            facts.workflow.branch_count(),
        );
        let missed = facts.taken.missed(&facts.workflow);
        let name = Path::new(file).file_name();
        let name = name.map_or_else(|| file.clone(), |name| name.to_string_lossy().into_owned());
        let enough = taken * 100 >= all * usize::from(args.coverage);
        short += usize::from(!enough);
        if args.json {
            covered
                .push(json!({"workflow": file, "branches": all, "taken": taken, "missed": missed}));
            continue;
        }
        outln!(
            "{taken:>4} of {:>12}, {}: {name}",
            plural(all, "branch"),
            plural(facts.scripts, "script")
        );
        for branch in missed {
            outln!("     never: {branch}");
        }
    }
    (short, covered)
}

fn scripts(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if folder.is_file() {
        return Ok(vec![folder.to_owned()]);
    }
    let mut found = Vec::new();
    collect(folder, MAX_FOLDERS, &mut found)?;
    found.sort();
    anyhow::ensure!(!found.is_empty(), "{}: no scripts in it", folder.display());
    Ok(found)
}

fn collect(folder: &Path, deeper: usize, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let listed = std::fs::read_dir(folder)
        .with_context(|| format!("{}: can't be read", folder.display()))?;
    for entry in listed {
        let path = entry?.path();
        let kind = path.extension().and_then(|kind| kind.to_str());
        if path.is_dir() && deeper > 0 {
            collect(&path, deeper - 1, found)?;
        } else if matches!(kind, Some("yaml" | "yml" | "json")) {
            found.push(path);
        }
    }
    Ok(())
}

/// Plays one script; what differs from its expectations.
fn one(
    path: &Path,
    accept: bool,
    workflows: &mut BTreeMap<String, Covered>,
) -> anyhow::Result<Vec<String>> {
    let told = script(path)?;
    let loaded = from_script(path, &told)?;
    let mut world = world(&told);
    let outcome = played(&loaded, &told, &mut world)?;
    let mut faults = told.differences(&outcome);
    if matches!(outcome.end.word(), "failed" | "bound") && told.expect.end.is_none() {
        faults.push(format!("it ended by {}", outcome.end));
    }
    if world.unused_turns() > 0 {
        faults.push(format!(
            "turns of the person that were never asked for: {}",
            world.unused_turns()
        ));
    }
    let snapshot = path.with_extension("txt");
    let text = outcome.transcript.to_string();
    if accept {
        std::fs::write(&snapshot, &text)
            .with_context(|| format!("{}: can't be written", snapshot.display()))?;
    } else if snapshot.exists() {
        faults.extend(first_difference(&read(&snapshot)?, &text));
    }
    for (file, workflow) in files(path, &told, &loaded) {
        let facts = workflows.entry(file).or_insert_with(|| Covered {
            workflow,
            taken: Coverage::default(),
            scripts: 0,
        });
        facts.taken.add(outcome.coverage.clone());
        facts.scripts += 1;
    }
    Ok(faults)
}

/// The workflows of a script by their whole path; called ones by name.
fn files(
    path: &Path,
    told: &tollgate_architect_test::Script,
    loaded: &super::play::Loaded,
) -> Vec<(String, Arc<Workflow>)> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let main = folder.join(&told.workflow);
    let main = main.canonicalize().unwrap_or(main);
    let mut files = vec![(main.display().to_string(), Arc::clone(&loaded.workflow))];
    files.extend(
        loaded
            .library
            .iter()
            .map(|(name, workflow)| (name.clone(), Arc::clone(workflow))),
    );
    files
}

fn first_difference(wanted: &str, got: &str) -> Option<String> {
    let (mut wanted_lines, mut got_lines) = (wanted.lines(), got.lines());
    for number in 1.. {
        match (wanted_lines.next(), got_lines.next()) {
            (None, None) => break,
            (wanted, got) if wanted == got => {}
            (wanted, got) => {
                return Some(format!(
                    "the transcript differs at line {number}\nexpected: {}\ngot:      {}",
                    wanted.unwrap_or("(its end)"),
                    got.unwrap_or("(its end)")
                ));
            }
        }
    }
    None
}
