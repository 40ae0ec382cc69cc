//! `tollgate flow calls`.

use super::play::load;
use super::substitutions;
use crate::console::{errln, outln};
use serde_json::json;
use std::path::PathBuf;
use tollgate_flow::{calls, unknown_flows};

/// Lists the data actions that a flow can call.
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
    let found = calls(&loaded.flow, &loaded.library);
    let unknown = unknown_flows(&loaded.flow, &loaded.library);
    if args.json {
        let listed = found.iter().map(|calls| {
            let sites = calls.sites.iter().map(|site| {
                json!({"line": site.place.line, "column": site.place.column, "step": site.step, "path": site.path})
            });
            json!({
                "action": calls.action,
                "least": calls.least,
                "most": match calls.most {
                    tollgate_flow::Count::Finite(count) => json!(count),
                    tollgate_flow::Count::Unbounded => json!("unbounded"),
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
    for flow in &unknown {
        errln!("not looked into: flow `{flow}`; give its file by --with");
    }
    Ok(true)
}
