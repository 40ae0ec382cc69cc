//! `tollgate serve`.

mod notify;

use crate::console::{errln, outln};
use crate::exit::Exit;
use crate::{deadline, log, variables};
use notify::Notify;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tollgate_config::{Config, show_span};
use tollgate_service::{Heart, Reloading, Service, StartError};

/// How long what is under way may take then.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// Runs the service until SIGTERM or SIGINT; then drains. Tells systemd how it stands (`NOTIFY_SOCKET`).
///
/// Logs go to stderr, as `[log]` says. The environment variable RUST_LOG goes before it: off, error, warn, info (the
/// default), debug, trace, or for a module tollgate_driver=debug; several with commas between. SIGHUP has
/// the configuration read anew, as `tollgate reload` does. Exit status: 0 after a whole drain, 1 where executions were cut off, 64
/// for a configuration that can't be used, 70 where a part of the service died.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The configuration file.
    #[arg(long, value_name = "FILE", env = variables::CONFIG, hide_env_values = true)]
    config: PathBuf,
}

pub(crate) fn run(args: Args) -> Exit {
    let wish = match log::Wish::of_environment() {
        Ok(wish) => wish,
        Err(error) => {
            errln!("tollgate serve: {error}");
            return Exit::Unusable;
        }
    };
    let config = match tollgate_files::load(&args.config) {
        Ok(config) => config,
        Err(error) => {
            errln!("{error}");
            return Exit::Unusable;
        }
    };
    let (log, levels) = log::start(&config.log, wish);
    for warning in tollgate_files::warnings(&config, SystemTime::now()) {
        tracing::warn!("{warning}");
    }
    let end = serve(config, levels);
    log.end();
    match end {
        Ok(End::Whole) => Exit::Done,
        Ok(End::CutOff) => {
            errln!("tollgate serve: some executions were cut off at the end of the drain");
            Exit::Failed
        }
        Ok(End::Broken) => Exit::Broken,
        Err(error) => {
            errln!("{error:#}");
            let bad_config = error
                .downcast_ref()
                .is_some_and(StartError::is_of_configuration);
            if bad_config {
                Exit::Unusable
            } else {
                Exit::Failed
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
async fn serve(config: Config, levels: Arc<log::Levels>) -> anyhow::Result<End> {
    let mut signals = Signals::new()?;
    let (notice, within) = (config.server.drain_notice, config.server.drain_timeout);
    deadline::hold(notice + within)?;
    let notify = Arc::new(Notify::from_environment());
    let service = Service::start_logging(config, rand::random(), Some(levels)).await?;
    outln!("{}", service.url());
    for url in service.gateway_urls() {
        outln!("{url} (gateway)");
    }
    let heart = service.heart();
    notify.ready(&heart.words());
    signals.reload = Some(Reload {
        reloading: service.reloading(),
        notify: Arc::clone(&notify),
        heart: service.heart(),
    });
    tokio::select! {
        end = live(service, &mut signals, &notify, (notice, within)) => Ok(end),
        never = notify.follow(&heart) => match never {},
    }
}

/// Waits until the service is to end or breaks, and ends it.
async fn live(
    mut service: Service,
    signals: &mut Signals,
    notify: &Notify,
    (notice, within): (Duration, Duration),
) -> End {
    tokio::select! {
        () = signals.end() => {}
        part = service.ended() => return broken(service, part, notify).await,
    }
    service.announce_drain();
    notify.stopping("draining", notice + within + deadline::CLOSING);
    if !notice.is_zero() {
        tracing::info!(
            "not ready any more, and taking calls for {} yet; a second signal ends at once",
            show_span(notice)
        );
        tokio::select! {
            () = tokio::time::sleep(notice) => {}
            () = signals.end() => return End::CutOff,
            part = service.ended() => return broken(service, part, notify).await,
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
    if whole { End::Whole } else { End::CutOff }
}

/// Ends a service a part of which has died, whatever hangs in it.
async fn broken(service: Service, part: &'static str, notify: &Notify) -> End {
    let ending = format!("ending, for a part of the service has died: {part}");
    notify.stopping(&ending, LAST_ANSWERS + deadline::CLOSING);
    deadline::end_within(LAST_ANSWERS, Exit::Broken);
    last_answers(service, part).await
}

/// Calls that don't need the dead part get their answers; then the process ends, so that whoever watches
/// it starts another.
async fn last_answers(service: Service, part: &'static str) -> End {
    tracing::error!(
        part,
        status = Exit::Broken.status(),
        "a part of the service has died; the process ends"
    );
    service.drain(LAST_ANSWERS).await;
    tracing::error!(part, status = Exit::Broken.status(), "ended");
    End::Broken
}

/// The signals that a service knows.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    /// What SIGHUP asks for; there once the service is.
    reload: Option<Reload>,
}

/// Has the configuration read anew, and tells the service manager when that begins and ends.
#[derive(Clone)]
struct Reload {
    reloading: Reloading,
    notify: Arc<Notify>,
    heart: Heart,
}

impl Reload {
    async fn run(self) {
        self.notify.reloading();
        // The log says what came of it. Whatever that is, the service goes on.
        let _ = self.reloading.reload().await;
        self.notify.ready(&self.heart.words());
    }
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            reload: None,
        })
    }

    /// Waits for a signal to end. A terminal that is closed sends SIGHUP, and so do administrators who want the
    /// configuration read again: the first find it as it was.
    async fn end(&mut self) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hang_up.recv() => {
                    if let Some(reload) = self.reload.clone() {
                        tokio::spawn(reload.run());
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// A service of this folder.
    async fn started(folder: &Path) -> Service {
        let text = "[server]\nlisten = \"127.0.0.1:0\"\n[store]\nurl = \"sqlite:store.db\"\nkey_file = \"keys\"\n\
                    [[flow]]\nname = \"voice\"\npriority = 0\ndefault = true\n";
        let file = folder.join("tollgate.toml");
        std::fs::write(&file, text).unwrap();
        crate::cmd::stored::make_key_file(&folder.join("keys")).unwrap();
        let config = tollgate_files::load(&file).unwrap();
        Service::start(config, 1).await.unwrap()
    }

    #[tokio::test]
    async fn a_service_whose_engine_died_ends() {
        let folder = tempfile::tempdir().unwrap();
        let mut service = started(folder.path()).await;
        let base = format!("http://{}", service.address());
        let status = async |path: &str| {
            let answer = reqwest::get(format!("{base}/{path}")).await;
            answer.unwrap().status().as_u16()
        };
        assert_eq!(status("health").await, 200);
        assert_eq!(status("live").await, 200);
        service.stop_engine();
        let part = service.ended().await;
        assert_eq!(part, "engine");
        assert_eq!(status("health").await, 503);
        assert_eq!(status("live").await, 503);
        assert_eq!(status("ready").await, 503);
        assert_eq!(last_answers(service, part).await, End::Broken);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_heart_stops_where_the_engine_hangs_and_beats_again_when_it_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let service = started(folder.path()).await;
        let heart = service.heart();
        // Only a hang takes so long.
        let long = Duration::from_secs(60);
        assert!(heart.beats(long).await);
        let (go_on, until) = std::sync::mpsc::channel();
        service.hang_engine(until);
        assert!(!heart.beats(Duration::from_millis(200)).await);
        drop(go_on);
        assert!(heart.beats(long).await);
        service.drain(Duration::ZERO).await;
    }
}
