//! `tollgate workflow run`: one run, in virtual time, its transcript on stdout.

use super::input::substitutions;
use super::play::{load, played, script, world};
use super::service::{Service, ServiceWorld};
use crate::console::{errln, out, outln};
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::path::PathBuf;
use tollgate_architect_test::{Played, Script, World};

/// Runs a workflow.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The workflow's file.
    file: PathBuf,
    /// Input variables as a JSON object; added to the script's.
    #[arg(long, default_value = "{}")]
    input: String,
    /// What persons and the platform do. Its own `workflow` is not looked at.
    #[arg(long)]
    script: Option<PathBuf>,
    /// Files of workflows that this one calls; added to the script's.
    #[arg(long = "with")]
    with: Vec<PathBuf>,
    /// A value for a placeholder, as NAME=VALUE. May be repeated.
    #[arg(long = "set")]
    set: Vec<String>,
    /// Send data actions to this service, by POST /api/v2/integrations/actions/{id}/execute.
    #[arg(long, requires = "client", requires = "secret_env")]
    service: Option<String>,
    /// The OAuth client for the service.
    #[arg(long)]
    client: Option<String>,
    /// The environment variable that holds the client's secret.
    #[arg(long)]
    secret_env: Option<String>,
    /// Print JSON: the end, the transcript, outputs, calls.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<bool> {
    let (mut told, folder) = match &args.script {
        Some(path) => (script(path)?, path.parent().map(PathBuf::from)),
        None => (Script::default(), None),
    };
    let input = tollgate_json::read(&args.input).context("--input: expected a JSON object")?;
    let Value::Object(input) = input else {
        bail!("--input: expected a JSON object");
    };
    told.inputs.extend(input);
    told.set.extend(substitutions(&args.set)?);
    let folder = folder.unwrap_or_default();
    let library = told.library.iter().map(|file| folder.join(file));
    let loaded = load(
        &args.file,
        library.chain(args.with.iter().cloned()),
        &told.set,
    )?;
    let mut scripted = world(&told);
    let outcome = match (&args.service, &args.client, &args.secret_env) {
        (Some(url), Some(client), Some(variable)) => {
            let secret = std::env::var(variable)
                .with_context(|| format!("--secret-env {variable}: not set"))?;
            let service = Service::connect(url, client, &secret)?;
            let mut world = ServiceWorld::new(service, &mut scripted);
            played(&loaded, &told, &mut world as &mut dyn World)?
        }
        _ => played(&loaded, &told, &mut scripted)?,
    };
    if args.json {
        outln!("{:#}", report(&outcome));
    } else {
        out!("{}", outcome.transcript);
        if !outcome.outputs.is_empty() {
            outln!("outputs: {}", Value::Object(outcome.outputs.clone()));
        }
        errln!(
            "{} calls of data actions, {} of {} branches, at most {} bytes",
            outcome.calls.values().sum::<u32>(),
            outcome.coverage.taken(&loaded.workflow),
            loaded.workflow.branch_count(),
            outcome.peak_bytes
        );
    }
    let differences = told.differences(&outcome);
    for difference in &differences {
        errln!("{difference}");
    }
    let failed = matches!(outcome.end.word(), "failed" | "bound");
    Ok(differences.is_empty() && (!failed || told.expect.end.is_some()))
}

fn report(played: &Played) -> Value {
    json!({
        "end": played.end.word(),
        "ended": played.end.to_string(),
        "took_ms": played.took.as_millis() as u64,
        "calls": played.calls,
        "outputs": played.outputs,
        "participant": played.participant,
        "transcript": played.transcript.to_json(),
        "peak_bytes": played.peak_bytes,
    })
}
