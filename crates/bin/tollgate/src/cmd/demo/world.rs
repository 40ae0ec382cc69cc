//! The emulated platform, and the configuration of a service that calls it.

use super::pace::Pace;
use crate::cmd::http::json;
use anyhow::Context as _;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tollgate_action::Action;
use tollgate_config::{Config, Source};
use tollgate_emulator::Emulator;
use tollgate_platform::{Client, Spread, Window};

/// Calls of a token in a minute; the platform's default.
pub(super) const PER_TOKEN: u32 = 300;
/// The name of the organisation's limit.
pub(super) const LIMIT: &str = "org.app.user.rate.per.minute";
/// The organisation of the demo, so that its value is no other's.
pub(super) const ORGANIZATION: &str = "70116a7e-de30-4000-8000-000000000001";
/// Tokens that tollgate may use: ten carry all that the organisation allows. Each is one node's as a whole, so several nodes
/// need some more for it.
const MAX_TOKENS: u32 = 12;
/// The secret of the emulator's clients, worth nothing elsewhere.
pub(super) const SECRET: &str = "emulated-0f1e2d3c4b5a";

/// The action files of `examples/actions`, so that the binary needs no folder beside it.
const ACTIONS: include_dir::Dir<'_> =
    include_dir::include_dir!("$CARGO_MANIFEST_DIR/../../../examples/actions");

pub(super) struct World {
    pub(super) emulator: Emulator,
    /// How many actions were imported.
    pub(super) actions: usize,
    /// The actions by name, for the plain caller.
    pub(super) by_name: BTreeMap<String, Action>,
    folder: tempfile::TempDir,
    pace: Pace,
}

impl World {
    pub(super) async fn start(seed: u64, pace: Pace) -> anyhow::Result<Self> {
        let emulator = Emulator::start(platform(pace), seed, ([127, 0, 0, 1], 0).into())
            .await
            .context("no free port on loopback")?;
        let folder = tempfile::tempdir().context("no folder for the action files")?;
        let mut by_name = BTreeMap::new();
        for file in ACTIONS.files() {
            let name = file.path().display().to_string();
            let text = file.contents_utf8().with_context(|| name.clone())?;
            let action = Action::from_json(text).with_context(|| name.clone())?;
            let of_type = folder.path().join(action.integration_type().as_str());
            std::fs::create_dir_all(&of_type)?;
            std::fs::write(of_type.join(file.path()), text)?;
            by_name.insert(action.name().to_owned(), action);
        }
        Ok(Self {
            emulator,
            actions: by_name.len(),
            by_name,
            folder,
            pace,
        })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.emulator.address())
    }

    /// The configuration of the node of that name, which shares its limits at this URL, if there is one.
    pub(super) fn config(&self, name: &str, cluster: Option<&str>) -> anyhow::Result<Config> {
        let mut text = settings(&self.url(), name, self.pace);
        if cluster.is_some() {
            text += &shared(name);
        }
        let env = |variable: &str| match variable {
            "CLUSTER" => cluster.map(str::to_owned),
            _ => Some(SECRET.to_owned()),
        };
        let source = Source {
            file: "demo.toml",
            folder: self.folder.path() as &Path,
            env: &env,
            files: &tollgate_files::Disk,
        };
        Ok(Config::parse(&text, &source)?)
    }
}

/// The service's configuration, as a user would write it.
fn settings(url: &str, name: &str, pace: Pace) -> String {
    let (minute, organisation) = (pace.seconds(), pace.organisation());
    format!(
        r#"
[server]
listen = "127.0.0.1:0"
usage_file = "{name}.usage"

[[caller]]
client_id = "flows"
flows = ["*"]
client_secret_env = "SECRET"

[[limit]]
name = "{LIMIT}"
allowed = {organisation}
period = "{minute}s"

[[limit]]
name = "actions.concurrent.executions.max"
concurrent = 50

[[client]]
name = "pool"
client_id = "tollgate"
client_secret_env = "SECRET"
token_url = "{url}/oauth/token"
max_tokens = {MAX_TOKENS}
token_rate = {{ allowed = {PER_TOKEN}, period = "{minute}s" }}

[[integration]]
name = "Platform"
type = "purecloud-data-actions"
base_url = "{url}"
clients = ["pool"]
actions = {{ folder = "purecloud-data-actions" }}

[[integration]]
name = "Web services"
type = "custom-rest-actions"
actions = {{ folder = "custom-rest-actions" }}

[[flow]]
name = "voice"
priority = 0

[[flow]]
name = "sms"
priority = 1
weight = 2

[[flow]]
name = "email"
priority = 1
default = true
"#
    )
}

/// What a node has that shares its limits. Its value in the store is the demo's alone.
fn shared(name: &str) -> String {
    format!(
        r#"
[organization]
id = "{ORGANIZATION}"

[cluster]
url_env = "CLUSTER"
node = "{name}"
lease = "20s"
"#
    )
}

/// The platform with its default limits and usual latency, in compressed time.
fn platform(pace: Pace) -> tollgate_platform::Config {
    let window = |allowed| {
        Some(Window {
            allowed,
            period: pace.minute(),
        })
    };
    let client = |id: &str| Client {
        id: id.to_owned(),
        secret: SECRET.to_owned(),
    };
    tollgate_platform::Config {
        clients: vec![client("plain"), client("tollgate")],
        token: window(PER_TOKEN),
        organisation: window(pace.organisation()),
        concurrency: Some(50),
        way_in: Spread {
            from: Duration::ZERO,
            to: Duration::from_millis(15) / pace.speed(),
        },
        latency: Spread {
            from: Duration::from_millis(60) / pace.speed(),
            to: Duration::from_millis(120) / pace.speed(),
        },
        ..tollgate_platform::Config::default()
    }
}

/// Inputs of the actions that the scenario calls, made from an interaction's number.
pub(super) fn inputs(action: &str, number: usize) -> serde_json::Value {
    let id = format!("00000000-0000-4000-8000-{:012}", number % 40);
    match action {
        "Find-Contact-By-Number" => serde_json::json!({"number": format!("+4930{number:07}")}),
        "Get-User-Presence" => serde_json::json!({"userId": id}),
        _ => serde_json::json!({"queueId": id}),
    }
}

/// Logs in with client credentials; gives the token.
pub(super) async fn login(
    http: &reqwest::Client,
    base: &str,
    client: &str,
) -> anyhow::Result<String> {
    let grant = http
        .post(format!("{base}/oauth/token"))
        .basic_auth(client, Some(SECRET))
        .form(&[("grant_type", "client_credentials")])
        .send()
        .await?;
    let grant = json(grant).await?;
    let token = grant["access_token"].as_str();
    Ok(token.context("no token")?.to_owned())
}
