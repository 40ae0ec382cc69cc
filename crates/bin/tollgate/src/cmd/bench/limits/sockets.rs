//! The same cases over sockets: the service as `tollgate serve` runs it, between callers that wait for
//! nobody and emulated upstreams.
//!
//! What comes over the wire takes the whole way: the service's API, its queue, the driver, HTTP, and
//! back. A case takes its learning and its measured windows in real time, and all its runs go on at once.

use super::arrival::arrivals;
use super::case::{Case, Party};
use super::seen::Seen;
use crate::cmd::bench::world::Arrival;
use crate::cmd::remote::Remote;
use anyhow::Context as _;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{sleep, sleep_until};
use tollgate_config::{Config, Source};
use tollgate_emulator::Emulator;
use tollgate_model::Instant;
use tollgate_platform::{Alignment, Counts, Window};
use tollgate_service::Service;

/// Cases that are measured over sockets, unless others are asked for.
pub(super) const PART: [&str; 9] = [
    "true",
    "told-less",
    "bucket-open",
    "hidden-open",
    "path",
    "stray-open-60",
    "as-403",
    "at-once",
    "stranger",
];
/// The secret of the emulator's clients and of the caller, worth nothing elsewhere.
const SECRET: &str = "emulated-7c1d9e02b6af";
/// How often the upstreams' counts are looked at.
const LOOK: Duration = Duration::from_millis(50);
/// An answer that comes so soon says no without having waited.
const AT_ONCE: Duration = Duration::from_millis(100);

/// Measures a case under each alignment, plain and with voice; all at the same time.
pub(super) async fn measure(
    case: &Case,
    windows: u32,
    alignments: &[Alignment],
    seed: u64,
) -> anyhow::Result<(Seen, Seen)> {
    let voice = case.with_voice();
    let mut runs = Vec::new();
    for (number, alignment) in alignments.iter().copied().enumerate() {
        for case in [case, &voice] {
            let seed = seed + 1_000 * number as u64;
            runs.push(tokio::spawn(run(case.clone(), windows, alignment, seed)));
        }
    }
    let mut seen = [Seen::default(), Seen::default()];
    for (number, run) in runs.into_iter().enumerate() {
        seen[number % 2].add(run.await??);
    }
    let [plain, voice] = seen;
    Ok((plain, voice))
}

async fn run(case: Case, windows: u32, alignment: Alignment, seed: u64) -> anyhow::Result<Seen> {
    let mut upstreams = Vec::new();
    for config in &case.hosts {
        let mut config = config.clone();
        config.alignment = alignment;
        for client in &mut config.clients {
            client.secret = SECRET.into();
        }
        upstreams.push(Emulator::start(config, seed, ([127, 0, 0, 1], 0).into()).await?);
    }
    let folder = tempfile::tempdir().context("no folder for the action files")?;
    let urls: Vec<String> = upstreams
        .iter()
        .map(|upstream| format!("http://{}", upstream.address()))
        .collect();
    write_actions(&case, &urls, folder.path())?;
    let service = Service::start(configuration(&case, &urls, folder.path())?, 1).await?;
    let caller = Caller::log_in(&case, &format!("http://{}", service.address())).await?;

    let (learned, end) = case.times(Instant::ZERO, windows);
    let calls = arrivals(&case, seed, (Instant::ZERO, end));
    let seen = Arc::new(Mutex::new(Seen::new(&case, Instant::ZERO, learned, end)));
    let began = tokio::time::Instant::now();
    let looking = tokio::spawn(look(upstreams, Arc::clone(&seen), began, end));
    let caller = Arc::new(caller);
    let mut open = tokio::task::JoinSet::new();
    for (number, arrival) in calls.iter().copied().enumerate() {
        sleep_until(began + arrival.at.since(Instant::ZERO)).await;
        while open.try_join_next().is_some() {}
        let (caller, seen) = (Arc::clone(&caller), Arc::clone(&seen));
        open.spawn(async move {
            let ended = caller.call(arrival.party).await;
            let now = Instant::ZERO + began.elapsed();
            note(&mut lock(&seen), number, arrival, ended, now);
        });
    }
    looking.await?;
    open.shutdown().await;
    let mut seen = std::mem::take(&mut *lock(&seen));
    seen.finish(&case, &calls);
    Ok(seen)
}

fn lock(seen: &Mutex<Seen>) -> std::sync::MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Follows what the upstreams count.
async fn look(
    upstreams: Vec<Emulator>,
    seen: Arc<Mutex<Seen>>,
    began: tokio::time::Instant,
    end: Instant,
) {
    let mut last = vec![Counts::default(); upstreams.len()];
    loop {
        sleep(LOOK).await;
        let now = Instant::ZERO + began.elapsed();
        if now >= end {
            return;
        }
        let mut strangers = (0, 0);
        for (upstream, last) in upstreams.iter().zip(&mut last) {
            let counts = upstream.counts();
            let mut seen = lock(&seen);
            for _ in last.admitted..counts.admitted {
                seen.admitted(now);
            }
            for (limit, count) in &counts.limited {
                for _ in last.limited.get(limit).copied().unwrap_or(0)..*count {
                    seen.limited(*limit, true, now);
                }
            }
            for stranger in &counts.strangers {
                strangers.0 += stranger.asked;
                strangers.1 += stranger.admitted;
            }
            *last = counts;
        }
        lock(&seen).strangers(strangers, now);
    }
}

/// How a call ended for its caller.
enum Ended {
    /// After it had waited so long.
    Served(Duration),
    Refused,
    Expired,
    Failed,
}

fn note(seen: &mut Seen, number: usize, arrival: Arrival, ended: Ended, now: Instant) {
    match ended {
        Ended::Served(waited) => seen.served(number, arrival.at + waited),
        Ended::Failed => seen.failed(number),
        Ended::Expired => seen.refused(number, true, now),
        Ended::Refused if now.since(arrival.at) < AT_ONCE => {
            seen.refused(number, false, arrival.at);
        }
        Ended::Refused => seen.refused(number, false, now),
    }
}

/// A caller of the service's API.
struct Caller {
    remote: Remote,
    /// By party: the id of its action, its flow, and its deadline.
    calls: Vec<(String, &'static str, Duration)>,
}

impl Caller {
    async fn log_in(case: &Case, base: &str) -> anyhow::Result<Self> {
        let remote = Remote::login(base, "flows", SECRET).await?;
        let ids = remote.actions().await?;
        let call = |party: &Party| {
            let name = action_name(party);
            let id = ids
                .get(&name)
                .with_context(|| format!("no action {name}"))?;
            Ok((id.clone(), party.name, party.within))
        };
        let calls = case
            .parties
            .iter()
            .map(call)
            .collect::<anyhow::Result<_>>()?;
        Ok(Self { remote, calls })
    }

    async fn call(&self, party: usize) -> Ended {
        let (action, flow, deadline) = &self.calls[party];
        let none = json!({});
        let called = self.remote.execute(action, (flow, *deadline), &none);
        let Ok(executed) = called.await else {
            return Ended::Failed;
        };
        match executed.status {
            200 => Ended::Served(executed.waited.unwrap_or_default()),
            429 | 503 if executed.body["messageParams"]["tollgateCode"] == "expired" => {
                Ended::Expired
            }
            429 | 503 => Ended::Refused,
            _ => Ended::Failed,
        }
    }
}

fn action_name(party: &Party) -> String {
    format!("host {} {}", party.host, party.path.replace('/', " "))
}

fn write_actions(case: &Case, urls: &[String], folder: &Path) -> anyhow::Result<()> {
    let pooled = !case.believed.tokens.is_empty();
    for (number, party) in case.parties.iter().enumerate() {
        let known = |other: &Party| other.path == party.path && other.host == party.host;
        if case.parties[..number].iter().any(known) {
            continue;
        }
        let url = match pooled {
            true => party.path.clone(),
            false => format!("{}{}", urls[party.host], party.path),
        };
        let object = json!({"type": "object", "properties": {}});
        let action: Value = json!({
            "name": action_name(party),
            "integrationType": kind(case),
            "actionType": "custom",
            "config": {
                "request": {
                    "requestUrlTemplate": url, "requestType": "GET", "headers": {},
                    "requestTemplate": "${input.rawRequest}",
                },
                "response": {
                    "translationMap": {}, "translationMapDefaults": {},
                    "successTemplate": "${rawResult}",
                },
            },
            "contract": {
                "input": {"inputSchema": object},
                "output": {"successSchema": {"type": "object", "additionalProperties": true}},
            },
        });
        let file = folder.join(format!("{number}.json"));
        std::fs::write(file, action.to_string())?;
    }
    Ok(())
}

fn kind(case: &Case) -> &'static str {
    match case.believed.tokens.is_empty() {
        true => "custom-rest-actions",
        false => "purecloud-data-actions",
    }
}

fn configuration(case: &Case, urls: &[String], folder: &Path) -> anyhow::Result<Config> {
    let source = Source {
        file: "limits.toml",
        folder,
        env: &|_| Some(SECRET.to_owned()),
        files: &tollgate_files::Disk,
    };
    Ok(Config::parse(&settings(case, urls)?, &source)?)
}

/// The service's configuration, as a user would write it.
fn settings(case: &Case, urls: &[String]) -> anyhow::Result<String> {
    let believed = &case.believed;
    let url = urls.first().context("no upstream")?;
    let mut text = format!(
        "{SERVER}[[integration]]\nname = \"upstream\"\ntype = \"{}\"\n",
        kind(case)
    );
    text.push_str("actions = { folder = \".\" }\n");
    let (limit, scope) = if believed.tokens.is_empty() {
        text.push_str(ANY_PORT_OF_THIS_MACHINE);
        ("integration.limit", "")
    } else {
        let clients = (0..believed.tokens.len()).map(|number| format!("\"client-{number}\""));
        let clients = clients.collect::<Vec<_>>().join(", ");
        writeln!(text, "base_url = \"{url}\"\nclients = [{clients}]")?;
        ("limit", "scope = \"organisation\"\n")
    };
    if let Some(at_once) = believed.at_once {
        text.push_str("[[integration.limit]]\nname = \"at once\"\n");
        writeln!(text, "concurrent = {at_once}")?;
    }
    if let Some(Window { allowed, period }) = believed.shared {
        let millis = period.as_millis();
        write!(text, "[[{limit}]]\nname = \"shared\"\n{scope}")?;
        writeln!(text, "allowed = {allowed}\nperiod = \"{millis}ms\"")?;
    }
    for (number, tokens) in believed.tokens.iter().enumerate() {
        write!(
            text,
            "[[client]]\nname = \"client-{number}\"\nclient_id = \"client-{number}\"\n"
        )?;
        write!(
            text,
            "client_secret_env = \"SECRET\"\ntoken_url = \"{url}/oauth/token\"\n"
        )?;
        writeln!(text, "max_tokens = {tokens}")?;
        if let Some(Window { allowed, period }) = believed.token {
            let millis = period.as_millis();
            writeln!(
                text,
                "token_rate = {{ allowed = {allowed}, period = \"{millis}ms\" }}"
            )?;
        }
    }
    for party in &case.parties {
        let (name, class) = (party.name, party.class);
        writeln!(text, "[[flow]]\nname = \"{name}\"\npriority = {class}")?;
    }
    Ok(text)
}

const SERVER: &str = r#"[server]
listen = "127.0.0.1:0"
[[caller]]
client_id = "flows"
flows = ["*"]
client_secret_env = "SECRET"
"#;

const ANY_PORT_OF_THIS_MACHINE: &str = r#"allowed_hosts = ["127.0.0.1"]
allowed_networks = ["127.0.0.0/8"]
allowed_schemes = ["http"]
allowed_ports = ["1-65535"]
"#;
