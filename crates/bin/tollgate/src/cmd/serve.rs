//! `tollgate serve`.

use super::config::BAD_CONFIG;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;
use tokio::signal::unix::{SignalKind, signal};
use tollgate_config::{Config, show_span};
use tollgate_service::{Service, StartError};
use tracing_subscriber::EnvFilter;

/// Runs the service until SIGTERM or SIGINT; then drains. Logs go to stderr (`RUST_LOG` chooses).
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The configuration file.
    #[arg(long)]
    config: PathBuf,
}

pub(crate) fn run(args: Args) -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let config = match Config::load(&args.config) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(BAD_CONFIG);
        }
    };
    for warning in config.warnings(SystemTime::now()) {
        tracing::warn!("{warning}");
    }
    match serve(config) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("tollgate serve: some executions were cut off at the end of the drain");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error:#}");
            let bad_config = error
                .downcast_ref()
                .is_some_and(StartError::is_of_configuration);
            if bad_config {
                ExitCode::from(BAD_CONFIG)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

/// True if all that was under way came to its end.
#[tokio::main]
async fn serve(config: Config) -> anyhow::Result<bool> {
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let within = config.server.drain_timeout;
    let service = Service::start(config, rand::random()).await?;
    println!("http://{}", service.address());
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!(
        "draining for {} at the most; a second signal ends at once",
        show_span(within)
    );
    Ok(tokio::select! {
        drained = service.drain(within) => drained,
        _ = terminate.recv() => false,
        _ = interrupt.recv() => false,
    })
}
