//! `tollgate demo`: the same load twice against the same emulated platform, with one token and retries,
//! and through tollgate.
//!
//! Everything is real but the platform: sockets, action files, configuration, the service. A minute of
//! the platform's passes in two seconds here; spans are shown at the platform's pace, so what loopback
//! and this machine add is shown thirty times too long, for both.
//!
//! With `--nodes` the same load runs through one node, and then through several that share the limits, at a third of the
//! pace.

mod gate;
mod lag;
mod load;
mod meaning;
mod nodes;
mod pace;
mod parts;
mod plain;
mod report;
mod run;
mod world;

use super::stored;
use crate::console::{errln, out, outln};
use crate::exit::Exit;
use anyhow::Context as _;
use lag::Lag;
use load::Load;
use pace::Pace;
use report::{Compared, Report};
use run::{announce, measure, through_one};
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use world::World;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
    /// Seed of the arrivals.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Compare one node with so many that share the limits; it takes 70 s.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(2..=5))]
    nodes: Option<u8>,
    /// Where they share: postgres://… or redis://…; within this process without it. One with a password is refused, since
    /// others on this machine see arguments: see --cluster-env.
    #[arg(long, value_name = "URL", requires = "nodes")]
    cluster: Option<String>,
    /// The environment variable that has the URL, with its password.
    #[arg(
        long,
        value_name = "VARIABLE",
        requires = "nodes",
        conflicts_with = "cluster"
    )]
    cluster_env: Option<String>,
}

impl Args {
    /// Where nodes share; none for within this process.
    fn cluster(&self) -> anyhow::Result<Option<String>> {
        if let Some(name) = &self.cluster_env {
            return stored::variable(name).map(Some);
        }
        if self.cluster.as_deref().is_some_and(has_password) {
            return Err(stored::bad_usage(
                "--cluster: others see a password in an argument; put the URL into a variable and name that with \
                 --cluster-env",
            ));
        }
        Ok(self.cluster.clone())
    }
}

/// Whether the URL has a password: in front of its host, or among its parameters.
fn has_password(url: &str) -> bool {
    let (_, rest) = url.split_once("://").unwrap_or_default();
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let user = rest[..end].rsplit_once('@').map(|(user, _)| user);
    user.is_some_and(|user| user.contains(':')) || rest[end..].contains("password=")
}

pub(crate) fn run(args: Args) -> Exit {
    match demo(&args) {
        Ok(None) => {
            errln!("tollgate demo: ended before its end");
            Exit::Interrupted
        }
        Ok(Some(report)) => {
            if args.json {
                outln!("{}", report.to_json());
            } else {
                out!("{report}");
                report.verdict().print();
            }
            Exit::of(report.limited() == 0)
        }
        Err(error) => stored::report("demo", Err(error)),
    }
}

/// The report; none if somebody ended it before. Either way nothing of it is left behind.
#[tokio::main]
async fn demo(args: &Args) -> anyhow::Result<Option<Report>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let cluster = args.cluster()?;
    let compared = async {
        match args.nodes {
            None => compare(args.seed).await,
            Some(nodes) => nodes::compare(args.seed, nodes, cluster.as_deref()).await,
        }
    };
    tokio::select! {
        report = compared => report.map(Some),
        _ = terminate.recv() => Ok(None),
        _ = interrupt.recv() => Ok(None),
        _ = hang_up.recv() => Ok(None),
    }
}

async fn compare(seed: u64) -> anyhow::Result<Report> {
    let pace = Pace::FAST;
    let world = World::start(seed, pace).await?;
    let load = Load::draw(seed, pace);
    announce(&world, &load, pace);
    let lag = Lag::watch();
    let plain = Arc::new(
        plain::Plain::start(&world)
            .await
            .context("the plain caller")?,
    );
    let plain = measure(
        "one token, retries",
        &world.emulator,
        &load,
        move |arrival| {
            let plain = Arc::clone(&plain);
            async move { plain.execute(arrival).await }
        },
        |_| String::new(),
    )
    .await;
    // The organisation's window that the first run filled must not weigh on the second.
    tokio::time::sleep(pace.minute()).await;
    let gate = through_one(&world, &load, "tollgate").await?;
    Ok(Report {
        pace,
        compared: Compared::Plain,
        first: plain,
        second: gate,
        lag: lag.usual(),
    })
}
