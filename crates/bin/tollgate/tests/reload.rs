//! A running service takes another configuration over, as a whole or not at all, and loses no call by it.

mod common;

use common::{Server, settled};
use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tollgate_emulator::Emulator;
use tollgate_platform::{Client, Spread, Window};

const SECRET: &str = "only for this test";
/// Only a hang takes so long.
const PATIENCE: Duration = Duration::from_secs(120);
/// What the platform allows of calls, in [`PERIOD`].
const ALLOWED: u32 = 60;
const PERIOD: Duration = Duration::from_secs(3);
const EXECUTE: &str = "/api/v2/integrations/actions";

/// An emulated platform, a service in front of it, and calls all the while.
struct World {
    server: Server,
    emulator: Emulator,
    base: String,
    token: String,
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    load: Vec<std::thread::JoinHandle<Vec<(u16, String)>>>,
    runtime: tokio::runtime::Runtime,
}

impl World {
    fn start(watch: bool, threads: usize) -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let platform = tollgate_platform::Config {
            clients: vec![Client {
                id: "pool".into(),
                secret: SECRET.into(),
            }],
            token: None,
            organisation: Some(Window {
                allowed: ALLOWED,
                period: PERIOD,
            }),
            latency: Spread::fixed(Duration::from_millis(5)),
            ..tollgate_platform::Config::default()
        };
        let emulator = Emulator::start(platform, 1, ([127, 0, 0, 1], 0).into());
        let emulator = runtime.block_on(emulator).expect("it listens");
        let base = text(emulator.address().port(), 40, watch);
        let server = Server::start(&base, |serve| {
            serve.stderr(Stdio::piped()).env("RUST_LOG", "info")
        });
        write(&server, "other.secret", "the first secret of other");
        let token = server.token();
        let mut world = Self {
            server,
            emulator,
            base,
            token,
            stop: Arc::default(),
            answered: Arc::default(),
            load: Vec::new(),
            runtime,
        };
        let action = world.action("Get-Queue-Counts").expect("it is there");
        for _ in 0..threads {
            world.call_all_the_while(&action);
        }
        world.until_answered(20);
        world
    }

    /// Calls the action from now on, one call after another; failures are kept.
    fn call_all_the_while(&mut self, action: &str) {
        let (stop, answered) = (Arc::clone(&self.stop), Arc::clone(&self.answered));
        let (address, token) = (self.server.address.clone(), self.token.clone());
        let path = format!("{EXECUTE}/{action}/execute");
        self.load.push(std::thread::spawn(move || {
            let mut failed = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let answer = common::post(&address, &path, &token, QUEUE);
                if answer.0 != 200 {
                    failed.push(answer);
                }
                answered.fetch_add(1, Ordering::Relaxed);
            }
            failed
        }));
    }

    /// Waits until so many more calls have been answered.
    fn until_answered(&self, more: u64) {
        let begun = (self.answered.load(Ordering::Relaxed), Instant::now());
        while !self.load.is_empty() && self.answered.load(Ordering::Relaxed) < begun.0 + more {
            assert!(begun.1.elapsed() < PATIENCE, "calls are answered");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn write_config(&self, text: &str) {
        write(&self.server, "tollgate.toml", text);
    }

    /// `tollgate reload`: its status, stdout and stderr.
    fn reload(&self) -> (i32, String, String) {
        let url = format!("http://{}", self.server.address);
        let args = [
            "reload",
            "--url",
            &url,
            "--client-id",
            "flows",
            "--client-secret-env",
            "TOLLGATE_TEST_SECRET",
        ];
        let Output {
            status,
            stdout,
            stderr,
        } = settled(&args, &[("TOLLGATE_TEST_SECRET", SECRET)]);
        let text = |bytes| String::from_utf8(bytes).expect("text");
        (status.code().expect("a status"), text(stdout), text(stderr))
    }

    /// Has it taken over, and expects what is told of it.
    fn takes_over(&self, what: &str) {
        let (status, stdout, stderr) = self.reload();
        assert_eq!(status, 0, "{stdout}{stderr}");
        assert!(stdout.contains(what), "{what}: {stdout}");
        self.until_answered(10);
    }

    /// Expects that nothing is taken over, and what is told of it.
    fn refuses(&self, what: &[&str]) {
        let (status, stdout, stderr) = self.reload();
        assert_eq!(status, 64, "{stdout}{stderr}");
        for what in what {
            assert!(stderr.contains(what), "{what}: {stderr}");
        }
        self.until_answered(10);
    }

    /// The id of the action of this name, if there is one.
    fn action(&self, name: &str) -> Option<String> {
        let path = format!("{EXECUTE}?name={name}");
        let (status, body) = self.server.get(&path, &self.token);
        assert_eq!(status, 200, "{body}");
        let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        body["entities"][0]["id"].as_str().map(str::to_owned)
    }

    /// What the limit allows, as the API tells; none if there is none.
    fn allowed(&self, limit: &str) -> Option<u64> {
        let (_, body) = self.server.get("/api/v2/tollgate/limits", &self.token);
        let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        let limits = body["entities"].as_array().cloned().unwrap_or_default();
        let found = limits.iter().find(|it| it["name"] == limit);
        found.and_then(|it| it["allowed"].as_u64())
    }

    /// The status of a login of the caller `other`.
    fn login_of_other(&self, secret: &str) -> u16 {
        let secret = secret.replace(' ', "+");
        let form = format!("grant_type=client_credentials&client_id=other&client_secret={secret}");
        let head =
            "POST /oauth/token HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n";
        self.server.send(head, &form).0
    }

    fn metric(&self, name: &str) -> f64 {
        let (_, body) = self.server.get("/metrics", &self.token);
        let line = body
            .lines()
            .find(|line| line.starts_with(&format!("{name} ")));
        let value = line.and_then(|line| line.split(' ').nth(1)?.parse().ok());
        value.unwrap_or_else(|| panic!("{name}: {body}"))
    }

    fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !is_so(self) {
            assert!(begun.elapsed() < PATIENCE, "{what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends the load: no call has failed, and the platform has turned none away. Gives the log.
    fn end(mut self) -> String {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.load.drain(..) {
            assert_eq!(thread.join().expect("it ended"), [], "calls failed");
        }
        let counts = self.emulator.counts();
        assert_eq!(counts.limited(), 0, "{:?}", counts.limited);
        let log = self.server.process.stderr.take().expect("piped");
        self.server.terminate();
        let log = std::io::read_to_string(log).expect("text");
        drop(self.emulator);
        drop(self.runtime);
        log
    }
}

const QUEUE: &str = r#"{"queueId": "00000000-0000-4000-8000-000000000001"}"#;

fn write(server: &Server, file: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    // As editors do: a file is there as a whole or as it was.
    let folder = server.folder.path();
    let beside = folder.join("beside");
    std::fs::write(&beside, text).expect("written");
    let owner = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&beside, owner).expect("set");
    std::fs::rename(beside, folder.join(file)).expect("renamed");
}

/// A configuration whose limit allows so much.
fn text(port: u16, allowed: u32, watch: bool) -> String {
    format!(
        r#"
[server]
listen = "127.0.0.1:0"
watch = {watch}

[[caller]]
client_id = "flows"
client_secret_env = "TOLLGATE_TEST_SECRET"
roles = ["execute", "administer"]
flows = ["*"]

[[limit]]
name = "org"
allowed = {allowed}
period = "3s"

[[client]]
name = "pool"
client_id = "pool"
client_secret_env = "TOLLGATE_TEST_SECRET"
token_url = "http://127.0.0.1:{port}/oauth/token"
max_tokens = 2
# Calls come for as long as the machine takes: a token's default would hold them for longer than they may wait.
token_rate = {{ allowed = 100000, period = "60s" }}

[[integration]]
name = "Platform"
type = "purecloud-data-actions"
base_url = "http://127.0.0.1:{port}"
clients = ["pool"]
actions = {{ folder = "actions" }}

[[integration]]
name = "Web services"
type = "custom-rest-actions"
actions = {{ folder = "actions" }}

[[flow]]
name = "voice"
priority = 0
default = true
"#
    )
}

const OTHER: &str = "\n[[caller]]\nclient_id = \"other\"\nclient_secret_file = \"other.secret\"\n";

/// Copies an action file in the service's folder, changed.
fn copy_action(server: &Server, to: &str, change: impl FnOnce(String) -> String) {
    let folder = server.folder.path().join("actions");
    let text = std::fs::read_to_string(folder.join("Get-Queue-Counts.json")).expect("read");
    write(server, &format!("actions/{to}"), &change(text));
}

#[test]
fn what_changes_is_taken_over_and_no_call_is_lost() {
    let world = World::start(false, 6);
    // The platform's own number; then less; then many turns, each of which would forget what was used, were it forgotten.
    for allowed in [ALLOWED, 20, ALLOWED, 50, ALLOWED, 50, ALLOWED] {
        let before = world.allowed("org").expect("it is there");
        world.write_config(
            &world
                .base
                .replace("allowed = 40", &format!("allowed = {allowed}")),
        );
        world.takes_over("limits ~1");
        assert_eq!(
            world.allowed("org"),
            Some(u64::from(allowed)),
            "was {before}"
        );
    }
    let base = world.base.replace("allowed = 40", "allowed = 60");
    // A limit that comes, binds at once, and goes: what waits for it is judged anew.
    let more = format!("{base}\n[[limit]]\nname = \"narrow\"\nallowed = 4\nperiod = \"1s\"\n");
    world.write_config(&more);
    world.takes_over("limits +1");
    assert_eq!(world.allowed("narrow"), Some(4));
    world.write_config(&base);
    world.takes_over("limits -1");
    assert_eq!(world.allowed("narrow"), None);
    // An action that comes, and one that becomes another.
    copy_action(&world.server, "Another.json", |text| {
        text.replace("\"Get-Queue-Counts\"", "\"Another\"")
    });
    world.takes_over("actions +1");
    let another = world.action("Another").expect("it came");
    let path = format!("{EXECUTE}/{another}/execute");
    let (status, body) = world.server.post(&path, &world.token, "", QUEUE);
    assert_eq!(status, 200, "{body}");
    copy_action(&world.server, "Another.json", |text| {
        let text = text.replace("\"Get-Queue-Counts\"", "\"Another\"");
        text.replace(
            "\\\"waiting\\\": $successTemplateUtils.firstFromArray(\\\"$waiting\\\", \\\"0\\\")",
            "\\\"waiting\\\": 4711",
        )
    });
    world.takes_over("actions ~1");
    let (_, body) = world.server.post(&path, &world.token, "", QUEUE);
    assert!(body.contains("4711"), "{body}");
    // A caller that comes, and whose secret becomes another.
    assert_eq!(world.login_of_other("the first secret of other"), 401);
    world.write_config(&format!("{base}{OTHER}"));
    world.takes_over("callers +1");
    assert_eq!(world.login_of_other("the first secret of other"), 200);
    write(&world.server, "other.secret", "the second secret of other");
    world.takes_over("files ~1");
    assert_eq!(world.login_of_other("the first secret of other"), 401);
    assert_eq!(world.login_of_other("the second secret of other"), 200);
    // A flow that comes, and one that becomes another.
    let flows = format!("{base}{OTHER}\n[[flow]]\nname = \"email\"\npriority = 1\n");
    world.write_config(&flows.replace("priority = 0", "priority = 2"));
    world.takes_over("flows +1 ~1");
    let (status, body) = world
        .server
        .post(&path, &world.token, "Tollgate-Flow: email\r\n", QUEUE);
    assert_eq!(status, 200, "{body}");
    world.takes_over("nothing");
    let log = world.end();
    assert!(log.contains("the configuration was taken over"), "{log}");
}

#[test]
fn what_cannot_be_used_changes_nothing_and_is_told_by_name_and_line() {
    let world = World::start(false, 2);
    world.write_config(&world.base.replace("allowed = 40", "allowed = 0"));
    world.refuses(&["tollgate.toml:14:11: limit[1].allowed: "]);
    assert_eq!(world.allowed("org"), Some(40));
    assert!(world.metric("tollgate_config_last_reload_successful") < 0.5);
    let since = world.metric("tollgate_config_last_reload_success_timestamp_seconds");
    assert!(since > 1e9);
    world.write_config(&world.base.replace("allowed = 40", "allowed = 50"));
    copy_action(&world.server, "Broken.json", |text| {
        text.replace("successTemplate", "x")
    });
    let broken = Path::new("actions/Broken.json");
    std::fs::write(world.server.folder.path().join(broken), "{").expect("written");
    world.refuses(&["actions/Broken.json"]);
    assert_eq!(
        world.allowed("org"),
        Some(40),
        "nothing of it, not even what is good"
    );
    std::fs::remove_file(world.server.folder.path().join(broken)).expect("removed");
    // What only a start takes over refuses the whole.
    let fixed = world.base.replace("127.0.0.1:0\"", "127.0.0.1:1\"");
    world.write_config(&fixed.replace("allowed = 40", "allowed = 50"));
    world.refuses(&["tollgate.toml:3:10: server.listen: ", "restart"]);
    let period = world.base.replace("period = \"3s\"", "period = \"4s\"");
    world.write_config(&period);
    world.refuses(&["limit[1]", "period"]);
    assert_eq!(world.allowed("org"), Some(40));
    let (_, health) = world.server.get("/health", "");
    assert!(health.contains("configuration: "), "{health}");
    world.write_config(&world.base.replace("allowed = 40", "allowed = 50"));
    world.takes_over("limits ~1");
    assert!(world.metric("tollgate_config_last_reload_successful") > 0.5);
    let (_, health) = world.server.get("/health", "");
    assert_eq!(health, "ok\n");
    let log = world.end();
    assert!(
        log.contains("tollgate.toml:14:11: limit[1].allowed: "),
        "{log}"
    );
}

#[test]
fn a_signal_has_it_read_anew_and_so_have_files_that_change_where_they_are_watched() {
    let world = World::start(true, 2);
    world.write_config(&world.base.replace("allowed = 40", "allowed = 50"));
    world.until("the file is seen", |it| it.allowed("org") == Some(50));
    copy_action(&world.server, "Another.json", |text| {
        text.replace("\"Get-Queue-Counts\"", "\"Another\"")
    });
    world.until("the folder is seen", |it| it.action("Another").is_some());
    world.end();
    let world = World::start(false, 2);
    world.write_config(&world.base.replace("allowed = 40", "allowed = 50"));
    world.server.signal("HUP");
    world.until("the signal is heard", |it| it.allowed("org") == Some(50));
    world.write_config("[server]\nlisten = 1\n");
    world.server.signal("HUP");
    world.until("the failure is told", |it| {
        it.metric("tollgate_config_last_reload_successful") < 0.5
    });
    assert_eq!(world.allowed("org"), Some(50));
    let log = world.end();
    assert!(log.contains("tollgate.toml:2:10: server.listen: "), "{log}");
}
