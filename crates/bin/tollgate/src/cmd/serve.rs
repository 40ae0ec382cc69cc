//! `tollgate serve`.

use super::config::BAD_CONFIG;
use crate::console::{errln, outln};
use crate::log;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tollgate_config::{Config, show_span};
use tollgate_service::{LookNow, Service, StartError};

/// Exit status when a part that the service can't do without has ended; `EX_SOFTWARE` of sysexits.
const BROKEN: u8 = 70;
/// How long what is under way may take then.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// Runs the service until SIGTERM or SIGINT; then drains.
///
/// Logs go to stderr. The environment variable RUST_LOG chooses what is logged: off, error, warn, info (the
/// default), debug, trace, or for a module tollgate_driver=debug; several with commas between. SIGHUP has
/// the files of `[server.tls]` looked at. Exit status: 0 after a whole drain, 1 where executions were cut off, 64
/// for a configuration that can't be used, 70 where a part of the service died.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The configuration file.
    #[arg(long)]
    config: PathBuf,
}

pub(crate) fn run(args: Args) -> ExitCode {
    let log = match log::start() {
        Ok(log) => log,
        Err(error) => {
            errln!("tollgate serve: {error}");
            return ExitCode::from(BAD_CONFIG);
        }
    };
    let config = match tollgate_files::load(&args.config) {
        Ok(config) => config,
        Err(error) => {
            errln!("{error}");
            return ExitCode::from(BAD_CONFIG);
        }
    };
    for warning in tollgate_files::warnings(&config, SystemTime::now()) {
        tracing::warn!("{warning}");
    }
    let end = serve(config);
    log.end();
    match end {
        Ok(End::Whole) => ExitCode::SUCCESS,
        Ok(End::CutOff) => {
            errln!("tollgate serve: some executions were cut off at the end of the drain");
            ExitCode::FAILURE
        }
        Ok(End::Broken) => ExitCode::from(BROKEN),
        Err(error) => {
            errln!("{error:#}");
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

/// How a service came to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    /// All that was under way came to its end.
    Whole,
    /// Not all of it did.
    CutOff,
    /// A part of the service that it can't do without died.
    Broken,
}

#[tokio::main]
async fn serve(config: Config) -> anyhow::Result<End> {
    let mut signals = Signals::new()?;
    let within = config.server.drain_timeout;
    crate::deadline::hold(within)?;
    let mut service = Service::start(config, rand::random()).await?;
    outln!("{}", service.url());
    for url in service.gateway_urls() {
        outln!("{url} (gateway)");
    }
    signals.look_now = service.look_now();
    tokio::select! {
        () = signals.end() => {}
        part = service.ended() => {
            crate::deadline::end_within(LAST_ANSWERS, BROKEN);
            return Ok(broken(service, part).await);
        }
    }
    tracing::info!(
        "draining for {} at the most; a second signal ends at once",
        show_span(within)
    );
    let whole = tokio::select! {
        drained = service.drain(within) => drained,
        () = signals.end() => false,
    };
    Ok(if whole { End::Whole } else { End::CutOff })
}

/// Calls that don't need the dead part get their answers; then the process ends, so that whoever watches
/// it starts another.
async fn broken(service: Service, part: &'static str) -> End {
    tracing::error!(
        part,
        status = BROKEN,
        "a part of the service has died; the process ends"
    );
    service.drain(LAST_ANSWERS).await;
    tracing::error!(part, status = BROKEN, "ended");
    End::Broken
}

/// The signals that a service knows.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    /// What SIGHUP asks.
    look_now: Option<LookNow>,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            look_now: None,
        })
    }

    /// Waits for a signal to end. A terminal that is closed sends SIGHUP, and so do administrators who
    /// expect the configuration to be read again, which is done by a restart: neither ends the service. The
    /// listener's certificate is looked at.
    async fn end(&mut self) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hang_up.recv() => match &self.look_now {
                    Some(look_now) => look_now.ask(),
                    None => tracing::warn!(
                        "SIGHUP changes nothing; restart the service to have its configuration read again"
                    ),
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_service_whose_engine_died_ends() {
        let folder = tempfile::tempdir().unwrap();
        let text = "[server]\nlisten = \"127.0.0.1:0\"\n[store]\nurl = \"sqlite:store.db\"\nkey_file = \"keys\"\n\
                    [[flow]]\nname = \"voice\"\npriority = 0\ndefault = true\n";
        let file = folder.path().join("tollgate.toml");
        std::fs::write(&file, text).unwrap();
        crate::cmd::stored::make_key_file(&folder.path().join("keys")).unwrap();
        let config = tollgate_files::load(&file).unwrap();
        let mut service = Service::start(config, 1).await.unwrap();
        let health = format!("http://{}/health", service.address());
        let status = async || reqwest::get(&health).await.unwrap().status().as_u16();
        assert_eq!(status().await, 200);
        service.stop_engine();
        let part = service.ended().await;
        assert_eq!(part, "engine");
        assert_eq!(status().await, 503);
        assert_eq!(broken(service, part).await, End::Broken);
    }
}
