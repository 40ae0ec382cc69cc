//! `tollgate workflow run`: one run, in virtual time, its transcript on stdout.

use super::input::substitutions;
use super::play::{load, played, script, world};
use super::service::{Service, ServiceWorld};
use crate::cmd::stored;
use crate::console::{errln, out, outln, plural};
use crate::variables;
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
    /// Send data actions to this running service, such as http://127.0.0.1:8080; without it they are the script's.
    #[arg(long, alias = "service", requires = "client_id")]
    url: Option<String>,
    /// Client id to log in with.
    #[arg(long, alias = "client", value_name = "ID", env = variables::CLIENT_ID, hide_env_values = true)]
    client_id: Option<String>,
    /// Environment variable with its secret.
    #[arg(long, alias = "secret-env", value_name = "VARIABLE", default_value = variables::CLIENT_SECRET)]
    client_secret_env: String,
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
    let outcome = match (&args.url, &args.client_id) {
        (Some(url), Some(client)) => {
            let secret = stored::variable(&args.client_secret_env)?;
            let service = Service::connect(url, client, &secret).map_err(stored::failed)?;
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
            "data actions called: {}; {} of {}, at most {}",
            outcome.calls.values().sum::<u32>(),
            outcome.coverage.taken(&loaded.workflow),
            plural(loaded.workflow.branch_count(), "branch"),
            plural(outcome.peak_bytes, "byte")
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
