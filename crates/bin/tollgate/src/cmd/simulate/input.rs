//! What `plan` and `simulate` read: the scenario, a service's configuration and records, and a probe's answer
//! times.

mod service;

use crate::cmd::wire;
use crate::console::{errln, plural};
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, UNIX_EPOCH};
use tollgate_engine::Facts;
use tollgate_platform::Header;
use tollgate_sim::latency::Latency;
use tollgate_sim::{Records, Scenario, Service, Source};

/// Largest scenario, or file that one names, in bytes.
const MAX_FILE: u64 = 4 << 30;
/// Requests of a probe, one after the other.
const PROBES: usize = 30;
/// Pause between two of them.
const PAUSE: Duration = Duration::from_millis(50);
/// Longest wait for one.
const LONGEST: Duration = Duration::from_secs(20);

#[derive(clap::Args)]
pub(crate) struct Input {
    /// The scenario file; beside --config only the workload, and not needed where --from gives one.
    #[arg(required_unless_present = "config")]
    scenario: Option<PathBuf>,
    /// Take limits, clients, flows and actions from a service's own configuration and action files. No
    /// secret is read.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Take a service's own records (CSV or JSON lines: at,flow,action,latency_ms,outcome) in the place
    /// of the scenario's arrivals.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Measure how long this action's upstream takes, by 30 GET requests one after the other, in the
    /// place of the scenario's latency. May be repeated.
    #[arg(long = "probe", value_name = "ACTION=URL")]
    probes: Vec<String>,
}

impl Input {
    /// As it was given, to be shown in another command.
    pub(crate) fn arguments(&self) -> String {
        let shown = |path: &PathBuf| {
            let path = path.display().to_string();
            let is_plain = |letter: char| letter.is_alphanumeric() || "/._-+=,".contains(letter);
            if path.chars().all(is_plain) {
                path
            } else {
                format!("'{}'", path.replace('\'', r"'\''"))
            }
        };
        let named = |option: &str, path: &Option<PathBuf>| {
            let path = path.as_ref()?;
            Some(format!("{option} {}", shown(path)))
        };
        let parts = [
            self.scenario.as_ref().map(shown),
            named("--config", &self.config),
            named("--from", &self.from),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        parts.join(" ")
    }

    pub(crate) fn load(&self) -> anyhow::Result<Scenario> {
        let records = self.from.as_deref().map(read_records).transpose()?;
        let mut scenario = match &self.config {
            Some(config) => self.of_service(config, records.as_ref())?,
            None => with_scenario(self.scenario.as_deref(), |text, source| {
                Ok(Scenario::parse(text, source)?)
            })?,
        };
        scenario.reads = Some(facts_of);
        if let Some(records) = records {
            scenario = scenario.replaying(&records);
        }
        for probe in &self.probes {
            measure(&mut scenario, probe)?;
        }
        Ok(scenario)
    }

    /// The workload of a service.
    fn of_service(&self, config: &Path, records: Option<&Records>) -> anyhow::Result<Scenario> {
        if self.scenario.is_none() && records.is_none() {
            bail!(
                "--config says what there is and not what is asked of it; give a scenario with the workload, or \
                 a service's records with --from"
            );
        }
        let config = service::config(config)?;
        let actions = service::actions(&config)?;
        let service = Service {
            config: &config,
            actions: &actions,
            records,
        };
        with_scenario(self.scenario.as_deref(), |text, source| {
            let named = Source {
                file: self.scenario.as_ref().map_or(&config.file, |_| source.file),
                ..*source
            };
            let (scenario, in_part) = Scenario::parse_for(text, &named, &service)?;
            for what in in_part {
                errln!("{}: simulated in part: {what}", config.file);
            }
            Ok(scenario)
        })
    }
}

/// Hands the scenario's text on, which is empty without a scenario.
fn with_scenario<T>(
    path: Option<&Path>,
    parse: impl FnOnce(&str, &Source<'_>) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let Some(path) = path else {
        let none = |_: &str| Err(std::io::Error::other("no scenario"));
        return parse(
            "",
            &Source {
                file: "",
                read: &none,
            },
        );
    };
    let file = path.display().to_string();
    let text = read(path).with_context(|| format!("{file}: give the path of a scenario"))?;
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let source = Source {
        file: &file,
        read: &|name| read(&folder.join(name)),
    };
    parse(&text, &source)
}

/// Reads what an answer says of limits, as the driver does.
pub(crate) fn facts_of(status: u16, said: Vec<Header>, body: &[u8], since_1970: Duration) -> Facts {
    let now = UNIX_EPOCH + since_1970;
    tollgate_driver::facts_of(status, &wire::headers(said, now), body, now)
}

fn read_records(from: &Path) -> anyhow::Result<Records> {
    let file = from.display().to_string();
    let text = read(from).with_context(|| format!("{file}: give the path of a file of records"))?;
    let records = Records::parse(&text, &file)?;
    errln!(
        "{file}: {} replayed, {} answered from a cache left out",
        plural(records.len(), "call"),
        records.cached
    );
    Ok(records)
}

fn read(path: &Path) -> std::io::Result<String> {
    if std::fs::metadata(path)?.len() > MAX_FILE {
        return Err(std::io::Error::other("larger than 4 GiB"));
    }
    std::fs::read_to_string(path)
}

fn measure(scenario: &mut Scenario, probe: &str) -> anyhow::Result<()> {
    let (name, url) = probe
        .split_once('=')
        .with_context(|| format!("--probe {probe}: expected ACTION=URL"))?;
    let Some(action) = scenario.actions.iter_mut().find(|it| it.name == name) else {
        let names: Vec<_> = scenario.actions.iter().map(|it| it.name.as_str()).collect();
        let names = names.join(", ");
        bail!("--probe {probe}: no action is called {name:?}; there are: {names}");
    };
    let mut seconds = ask(url).with_context(|| format!("--probe {probe}"))?;
    seconds.sort_by(f64::total_cmp);
    let millis = |share: usize| seconds[(seconds.len() - 1) * share / 100] * 1e3;
    errln!(
        "{name}: {PROBES} answers, half within {:.1} ms, 95 of 100 within {:.1} ms",
        millis(50),
        millis(95)
    );
    if let Some(latency) = Latency::measured(seconds) {
        action.latency = latency;
    }
    Ok(())
}

/// Answer times in seconds. The first, which had to connect, does not count.
#[tokio::main(flavor = "current_thread")]
async fn ask(url: &str) -> anyhow::Result<Vec<f64>> {
    let client = crate::cmd::http::client(url, LONGEST)?;
    let mut seconds = Vec::with_capacity(PROBES);
    for n in 0..=PROBES {
        let started = Instant::now();
        let answer = client.get(url).send().await?;
        let status = answer.status();
        answer.bytes().await?;
        if !status.is_success() {
            bail!("answered {status}; give a URL that answers a GET without a token with success");
        }
        if n > 0 {
            seconds.push(started.elapsed().as_secs_f64());
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(seconds)
}
