//! `tollgate workflow calls`.

use super::input::substitutions;
use super::play::load;
use crate::console::{errln, outln};
use serde_json::json;
use std::path::PathBuf;
use tollgate_architect_test::{calls, unknown_workflows};

/// Lists the data actions that a workflow can call.
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
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<bool> {
    let loaded = load(
        &args.file,
        args.with.iter().cloned(),
        &substitutions(&args.set)?,
    )?;
    let found = calls(&loaded.workflow, &loaded.library);
    let unknown = unknown_workflows(&loaded.workflow, &loaded.library);
    if args.json {
        let listed = found.iter().map(|calls| {
            let sites = calls.sites.iter().map(|site| {
                json!({"line": site.place.line, "column": site.place.column, "step": site.step, "path": site.path})
            });
            json!({
                "action": calls.action,
                "least": calls.least,
                "most": match calls.most {
                    tollgate_architect_test::Count::Finite(count) => json!(count),
                    tollgate_architect_test::Count::Unbounded => json!("unbounded"),
                },
                "sites": sites.collect::<Vec<_>>(),
            })
        });
        let report = json!({"actions": listed.collect::<Vec<_>>(), "not_looked_into": unknown});
        outln!("{report:#}");
        return Ok(true);
    }
    if found.is_empty() {
        outln!("no data actions");
    }
    for calls in &found {
        outln!(
            "{}: {} to {} an interaction",
            calls.action,
            calls.least,
            calls.most
        );
        for site in &calls.sites {
            outln!("  {} {}", site.place, site.step);
            for branch in &site.path {
                outln!("      after {branch}");
            }
        }
    }
    for workflow in &unknown {
        errln!("not looked into: workflow `{workflow}`; give its file by --with");
    }
    Ok(true)
}
