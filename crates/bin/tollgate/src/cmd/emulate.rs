//! `tollgate emulate`.

use crate::console::{errln, outln, plural};
use crate::exit::Exit;
use anyhow::Context;
use tollgate_config::parse_span;
use tollgate_emulator::Emulator;
use tollgate_platform::{Alignment, Client, Config, Faults, Spread, Window};

/// Runs the emulated platform until it is interrupted; then prints what it counted.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A file that says what the platform is, in place of all other options but the port and the seed:
    /// limits of every kind, headers and lies, strangers, strays, faults. See docs/limits.md.
    #[arg(long)]
    config: Option<std::path::PathBuf>,
    /// Port on loopback; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// OAuth client, as ID:SECRET. May be repeated.
    #[arg(long = "client", default_value = "demo:emulated")]
    clients: Vec<String>,
    /// Calls of one token per window, as 300/60s; 0 for no limit.
    #[arg(long, default_value = "300/60s")]
    token_limit: String,
    /// Calls of one client per window.
    #[arg(long, default_value = "0")]
    client_limit: String,
    /// Calls of the organisation per window.
    #[arg(long, default_value = "3000/60s")]
    organisation_limit: String,
    /// Calls at once; 0 for no limit.
    #[arg(long, default_value_t = 0)]
    concurrency: u32,
    /// Where windows open: first-call, wall-clock or phase-per-key.
    #[arg(long, default_value = "first-call")]
    alignment: String,
    /// How long a call takes, as 80ms or 50ms..200ms.
    #[arg(long, default_value = "80ms")]
    latency: String,
    /// How long a call is on its way before it counts.
    #[arg(long, default_value = "0ms..15ms")]
    jitter: String,
    /// Calls answered 503, in percent.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    unavailable: u8,
    /// Calls whose connection is dropped, in percent.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    dropped: u8,
    /// Calls that take ten times as long, in percent.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    slow: u8,
    /// Seed of everything that is drawn.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) fn run(args: Args) -> Exit {
    let config = match config(&args) {
        Ok(config) => config,
        Err(error) => {
            errln!("tollgate emulate: {error:#}");
            return Exit::Unusable;
        }
    };
    match serve(config, args.seed, args.port) {
        Ok(()) => Exit::Done,
        Err(error) => {
            errln!("tollgate emulate: {error:#}");
            Exit::Failed
        }
    }
}

#[tokio::main]
async fn serve(config: Config, seed: u64, port: u16) -> anyhow::Result<()> {
    let emulator = Emulator::start(config, seed, ([127, 0, 0, 1], port).into())
        .await
        .with_context(|| format!("port {port} on loopback"))?;
    outln!("http://{}", emulator.address());
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result?,
        _ = terminate.recv() => {}
    }
    let counts = emulator.counts();
    errln!(
        "{} admitted, {} answered 429, {} answered 401, over {}",
        plural(counts.admitted, "call"),
        counts.limited(),
        counts.unauthorized,
        plural(counts.tokens.len(), "token")
    );
    Ok(())
}

fn config(args: &Args) -> anyhow::Result<Config> {
    if let Some(file) = &args.config {
        let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
        return tollgate_platform::file::parse(&text).map_err(|problems| {
            let file = &file.display().to_string();
            let problems = &problems;
            anyhow::anyhow!("{}", tollgate_settings::Listing { file, problems })
        });
    }
    let clients = args.clients.iter().map(|text| {
        let (id, secret) = text
            .split_once(':')
            .with_context(|| format!("--client {text}: expected ID:SECRET"))?;
        Ok(Client {
            id: id.to_owned(),
            secret: secret.to_owned(),
        })
    });
    Ok(Config {
        clients: clients.collect::<anyhow::Result<_>>()?,
        token: window("--token-limit", &args.token_limit)?,
        client: window("--client-limit", &args.client_limit)?,
        organisation: window("--organisation-limit", &args.organisation_limit)?,
        concurrency: (args.concurrency > 0).then_some(args.concurrency),
        alignment: Alignment::parse(&args.alignment).with_context(|| {
            let text = &args.alignment;
            format!("--alignment {text}: expected first-call, wall-clock or phase-per-key")
        })?,
        way_in: spread_of("--jitter", &args.jitter)?,
        latency: spread_of("--latency", &args.latency)?,
        faults: Faults {
            unavailable_percent: args.unavailable,
            dropped_percent: args.dropped,
            slow_percent: args.slow,
        },
        ..Config::default()
    })
}

fn window(flag: &str, text: &str) -> anyhow::Result<Option<Window>> {
    if text == "0" {
        return Ok(None);
    }
    let parts = text.split_once('/').and_then(|(allowed, period)| {
        let allowed = allowed.parse().ok().filter(|allowed| *allowed > 0)?;
        let period = parse_span(period).filter(|period| !period.is_zero())?;
        Some(Window { allowed, period })
    });
    let window = parts.with_context(|| format!("{flag} {text}: expected 0, or as 300/60s"))?;
    Ok(Some(window))
}

fn spread_of(flag: &str, text: &str) -> anyhow::Result<Spread> {
    Spread::parse(text).with_context(|| format!("{flag} {text}: expected as 80ms or 50ms..200ms"))
}
