//! `tollgate simulate` and `tollgate plan` as they are used.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn tollgate(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tollgate"))
        .args(args)
        .output()
        .expect("the binary runs")
}

fn stdout(args: &[&str]) -> String {
    let output = tollgate(args);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{args:?}: {errors}");
    String::from_utf8(output.stdout).expect("text")
}

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/scenarios")
}

fn example(name: &str) -> String {
    scenarios().join(name).display().to_string()
}

fn written(name: &str, text: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).expect("the test's folder can be written");
    path.display().to_string()
}

#[test]
fn every_example_is_planned_and_says_what_it_teaches() {
    let files = std::fs::read_dir(scenarios()).expect("examples/scenarios");
    let mut found = 0;
    for file in files.map(|file| file.expect("a file").path()) {
        let path = file.display().to_string();
        let plan: serde_json::Value =
            serde_json::from_str(&stdout(&["plan", &path, "--json"])).expect("JSON");
        assert!(plan["ceiling"].as_f64() > Some(0.0), "{path}: {plan}");
        assert!(
            plan["changes"].as_array().is_some_and(|it| it.len() > 8),
            "{path}"
        );
        let text = std::fs::read_to_string(&file).expect("text");
        assert!(
            text.contains("about = \"\"\"") && text.contains("teaches")
                || text.contains("Then ask"),
            "{path}"
        );
        found += 1;
    }
    assert!(found >= 4, "{found} scenarios");
}

#[test]
fn the_same_seed_prints_the_same_bytes_on_any_number_of_threads() {
    let scenario = example("start.toml");
    let run = |threads: &str, seed: &str| {
        let html = written(&format!("same-{threads}-{seed}.html"), "");
        let args = [
            "simulate",
            &scenario,
            "--replications",
            "2",
            "--policy",
            "tollgate",
            "--policy",
            "today",
            "--threads",
            threads,
            "--seed",
            seed,
            "--json",
            "--html",
            &html,
        ];
        (stdout(&args), std::fs::read(&html).expect("the report"))
    };
    let one = run("1", "5");
    assert_eq!(one, run("2", "5"));
    assert_ne!(one.0, run("2", "6").0);
    let json: serde_json::Value = serde_json::from_str(&one.0).expect("JSON");
    let policies = &json["points"][0]["policies"];
    assert_eq!(
        policies[0]["limited"],
        serde_json::json!({}),
        "tollgate meets no 429"
    );
    assert_eq!(
        policies[0]["total"]["served"],
        policies[0]["total"]["interactions"]
    );
    assert!(policies[1]["limited_per_minute"]["mean"].as_f64() > Some(0.0));
}

#[test]
fn a_sweep_has_a_line_for_each_value_policy_and_flow() {
    let csv = written("sweep.csv", "");
    let scenario = example("start.toml");
    let table = stdout(&[
        "simulate",
        &scenario,
        "--replications",
        "1",
        "--policy",
        "today",
        "--sweep",
        "calls=300,1500",
        "--csv",
        &csv,
    ]);
    assert!(table.contains("interactions served a minute"), "{table}");
    let csv = std::fs::read_to_string(csv).expect("the CSV");
    // A heading, and two values with three flows and their sum.
    assert_eq!(csv.lines().count(), 1 + 2 * 4, "{csv}");
    assert!(
        csv.lines()
            .nth(8)
            .is_some_and(|line| line.starts_with("calls,1500,today,all,"))
    );
}

#[test]
fn records_of_a_service_are_replayed_under_other_limits() {
    // 400 calls a minute for four minutes, of which one token carries 300.
    let mut records = "at,flow,action,latency_ms,outcome\n".to_owned();
    for n in 0..1_600 {
        let at = f64::from(n) * 0.15;
        records += &format!("{at:.3},voice,find-customer,{},answered\n", 100 + n % 50);
    }
    let records = written("records.csv", &records);
    let scenario = written(
        "replayed.toml",
        r#"
        replications = 1
        warm_up = "1m"
        [[client]]
        name = "a"
        tokens = 1
        [[action]]
        name = "find-customer"
        [[flow]]
        name = "voice"
        deadline = "5s"
        calls = ["find-customer"]
        arrivals = { per_minute = 1 }
        "#,
    );
    let plan = stdout(&["plan", &scenario, "--from", &records, "--json"]);
    let plan: serde_json::Value = serde_json::from_str(&plan).expect("JSON");
    assert!(
        (plan["calls_per_minute"].as_f64().unwrap_or(0.0) - 400.0).abs() < 1.0,
        "{plan}"
    );
    assert_eq!(plan["least_tokens"]["mean"], 2, "{plan}");
    let args = [
        "simulate", &scenario, "--from", &records, "--policy", "tollgate", "--json",
    ];
    let found: serde_json::Value = serde_json::from_str(&stdout(&args)).expect("JSON");
    let policy = &found["points"][0]["policies"][0];
    let admitted = policy["admitted_per_minute"]["mean"]
        .as_f64()
        .unwrap_or(0.0);
    assert!(
        (295.0..=301.0).contains(&admitted),
        "one token's worth: {admitted}"
    );
}

#[test]
fn faults_name_file_line_column_and_field() {
    let path = written(
        "broken.toml",
        "name = \"x\"\n[[action]]\nname = \"a\"\nlatency = { fixed = 5 }\n[[flow]]\nname = \"f\"\ncalls = [\"b\"]\n",
    );
    for command in ["plan", "simulate"] {
        let output = tollgate(&[command, &path]);
        assert_eq!(output.status.code(), Some(64));
        let errors = String::from_utf8_lossy(&output.stderr);
        for said in [
            "broken.toml:4:21: action[1].latency.fixed: expected a time span",
            "broken.toml:7:10: flow[1].calls: no action is called \"b\"; there are: a",
            "flow[1].arrivals: missing; add arrivals = { per_minute = 60 }",
            "client: missing; add a table [[client]]",
        ] {
            assert!(errors.contains(said), "{said}\n{errors}");
        }
    }
    let output = tollgate(&[
        "simulate",
        &example("start.toml"),
        "--sweep",
        "calls=9..1/1",
    ]);
    assert_eq!(output.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&output.stderr).contains("calls=FROM..TO/STEP"));
}

/// Answers each request on one connection after `after`, until it is closed.
fn slow_server(after: std::time::Duration) -> std::net::SocketAddr {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a connection");
        let mut lines = BufReader::new(stream.try_clone().expect("a second handle"));
        let (mut stream, mut line) = (stream, String::new());
        while lines.read_line(&mut line).is_ok_and(|read| read > 0) {
            if line == "\r\n" {
                std::thread::sleep(after);
                let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
                stream.write_all(answer).expect("the answer is taken");
            }
            line.clear();
        }
    });
    address
}

#[test]
fn a_probe_takes_the_place_of_the_latency() {
    // 100 ms where the scenario says 80 ms.
    let address = slow_server(std::time::Duration::from_millis(100));
    let scenario = example("saturation.toml");
    let ceiling = |args: &[&str]| {
        let text = stdout(&[&["plan", &scenario, "--json"], args].concat());
        let plan: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        plan["ceiling"].as_f64().expect("a ceiling")
    };
    let assumed = ceiling(&[]);
    let measured = ceiling(&["--probe", &format!("lookup=http://{address}/")]);
    // Slots are held for as long as an answer takes, at least: 60.1 s in the place of 60.08 s.
    assert!(
        measured < assumed && measured > assumed * 0.99,
        "{measured} for {assumed}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_probe_that_is_turned_away_is_said_so() {
    let platform = tollgate_platform::Config {
        latency: tollgate_platform::Spread::fixed(std::time::Duration::from_millis(30)),
        ..Default::default()
    };
    let emulator = tollgate_emulator::Emulator::start(platform, 1, ([127, 0, 0, 1], 0).into())
        .await
        .expect("a free port");
    // It wants a token for its API, which a probe has not: that is said, not measured.
    let url = format!("find-customer=http://{}/api/v2/users/7", emulator.address());
    let output = tollgate(&["plan", &example("start.toml"), "--probe", &url]);
    assert_eq!(output.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&output.stderr).contains("answered 401"));
    let output = tollgate(&[
        "plan",
        &example("start.toml"),
        "--probe",
        "nobody=http://127.0.0.1/",
    ]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("there are: find-customer"));
}

#[test]
fn a_flow_file_is_read_beside_its_scenario_and_errors_name_both_places() {
    let plan: serde_json::Value =
        serde_json::from_str(&stdout(&["plan", &example("support-line.toml"), "--json"]))
            .expect("JSON");
    let share = plan["calls_per_minute"].as_f64().unwrap_or(0.0)
        / plan["interactions_per_minute"].as_f64().unwrap_or(1.0);
    assert!((share - 0.6).abs() < 0.04, "{share} calls an interaction");
    written(
        "no-such-step.yaml",
        "inboundCall:\n  name: x\n  startUpRef: ./tasks/task[t]\n  tasks:\n    - task:\n        name: t\n        refId: t\n        actions:\n          - callDatta: {}\n",
    );
    let scenario = written(
        "no-such-step.toml",
        "[[action]]\nname = \"a\"\ntoken = false\n[[flow]]\nname = \"f\"\nfile = \"no-such-step.yaml\"\narrivals = { per_minute = 1 }\n",
    );
    for command in ["plan", "simulate"] {
        let output = tollgate(&[command, &scenario]);
        assert_eq!(output.status.code(), Some(64));
        let errors = String::from_utf8_lossy(&output.stderr);
        let wanted = "no-such-step.toml:6:8: flow[1].file: no-such-step.yaml:9:";
        assert!(errors.contains(wanted), "{errors}");
    }
}

/// A service's own file, with an action of a file and one of the store.
const SERVICE: &str = r#"
[store]
url = "sqlite:none.db"
key_file = "none.keys"

[[client]]
name = "pool"
client_id = "id"
client_secret_env = "TOLLGATE_NO_SUCH_VARIABLE"
token_url = "https://login.example.com/oauth/token"
max_tokens = 4
token_rate = { allowed = 200, period = "60s" }

[[integration]]
name = "Platform"
type = "purecloud-data-actions"
base_url = "https://api.example.com"
clients = ["pool"]
actions = { folder = "no-such-folder" }

[[integration]]
name = "Web"
type = "custom-rest-actions"
actions = { folder = "no-such-folder" }

[[integration.limit]]
name = "web.rate"
allowed = 20
period = "1s"

[[limit]]
name = "org.app.user.rate.per.minute"
allowed = 900
period = "60s"

[[limit]]
name = "requests.volume.max"
allowed = 700
period = "60s"

[[limit]]
name = "actions.concurrent.executions.max"
concurrent = 40

[[cache]]
action = "Look up"
integration = "Platform"
fresh_for = "30s"

[[flow]]
name = "voice"
priority = 0
guaranteed = { limit = "org.app.user.rate.per.minute", calls = 300 }

[[flow]]
name = "e-mail"
priority = 1
weight = 3
max_queued = 500
default = true
"#;

/// What nobody but a scenario can say.
const WORKLOAD: &str = r#"
name = "both"
duration = "10m"
[limits]
way_in = "0ms..15ms"
[[action]]
name = "Look up"
integration = "Platform"
latency = { median = "180ms", p95 = "600ms" }
keys = 500
[[flow]]
name = "voice"
deadline = "4s"
calls = ["Look up"]
arrivals = { per_minute = 300 }
[[flow]]
name = "e-mail"
deadline = "1m"
calls = ["Look up"]
arrivals = { per_minute = 200 }
"#;

/// Both in one scenario, as it had to be written without the service's file.
const ALL_IN_ONE: &str = r#"
name = "both"
duration = "10m"
[limits]
token = 200
organisation = 900
executions = 700
concurrency = 40
way_in = "0ms..15ms"
[[client]]
name = "pool"
tokens = 4
[[action]]
name = "Look up"
latency = { median = "180ms", p95 = "600ms" }
cache = "30s"
keys = 500
[[flow]]
name = "voice"
guaranteed = 300
deadline = "4s"
calls = ["Look up"]
arrivals = { per_minute = 300 }
[[flow]]
name = "e-mail"
priority = 1
weight = 3
max_queued = 500
deadline = "1m"
calls = ["Look up"]
arrivals = { per_minute = 200 }
"#;

#[test]
fn a_service_and_its_workload_are_what_a_scenario_with_all_its_numbers_is() {
    let (config, workload) = (
        written("service.toml", SERVICE),
        written("workload.toml", WORKLOAD),
    );
    let whole = written("all-in-one.toml", ALL_IN_ONE);
    let plan = stdout(&["plan", &workload, "--config", &config, "--json"]);
    assert_eq!(plan, stdout(&["plan", &whole, "--json"]));
    let run = |of: &[&str]| {
        let more = [
            "--replications",
            "1",
            "--policy",
            "tollgate",
            "--policy",
            "today",
            "--json",
        ];
        stdout(&[of, &more].concat())
    };
    let simulated = run(&["simulate", &workload, "--config", &config]);
    assert_eq!(simulated, run(&["simulate", &whole]));
    // The limit of an integration that nobody calls changes nothing; what is simulated in part is told.
    let told = |of: &str| {
        let told = tollgate(&["plan", &workload, "--config", of]);
        String::from_utf8_lossy(&told.stderr).into_owned()
    };
    assert_eq!(told(&config), "");
    let other =
        "max_tokens = 4\ntoken_limit = [{ name = \"an hour\", allowed = 9000, period = \"1h\" }]";
    let config = written(
        "service-in-part.toml",
        &SERVICE.replace("max_tokens = 4", other),
    );
    let told = told(&config);
    let expected = "simulated in part: the limit an hour (9000 in 1h, token)";
    assert!(told.contains(expected), "{told}");
}

#[test]
fn what_a_scenario_and_the_configuration_both_say_names_both_places() {
    let config = written("service-said.toml", SERVICE);
    for (from, to, place, other) in [
        (
            "[limits]",
            "[limits]\ntoken = 300",
            "5:9: limits.token",
            "12:14: client[1].token_rate",
        ),
        (
            "[limits]",
            "[limits]\norganisation = 1",
            "5:16: limits.organisation",
            "31:1: limit[1]",
        ),
        (
            "[limits]",
            "[limits]\nexecutions = 1",
            "5:14: limits.executions",
            "36:1: limit[2]",
        ),
        (
            "[limits]",
            "[limits]\nconcurrency = 1",
            "5:15: limits.concurrency",
            "41:1: limit[3]",
        ),
        (
            "[limits]",
            "[[client]]\nname = \"pool\"\n[limits]",
            "4:1: client",
            "6:1: client[1]",
        ),
        (
            "keys = 500",
            "keys = 500\ncache = \"1m\"",
            "11:9: action[1].cache",
            "48:13: cache[1].fresh_for",
        ),
        (
            "keys = 500",
            "keys = 500\ntoken = true",
            "11:9: action[1].token",
            "16:8: integration[1].type",
        ),
        (
            "deadline = \"1m\"",
            "deadline = \"1m\"\nweight = 2",
            "19:10: flow[2].weight",
            "58:10: flow[2].weight",
        ),
    ] {
        let scenario = written("said.toml", &WORKLOAD.replace(from, to));
        for command in ["plan", "simulate"] {
            let output = tollgate(&[command, &scenario, "--config", &config]);
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(64), "{told}");
            let line =
                format!("{scenario}:{place}: {config}:{other} says that already; remove it here");
            assert!(told.contains(&line), "{line}\n{told}");
        }
    }
    let unknown = WORKLOAD.replace("\"e-mail\"", "\"email\"");
    let output = tollgate(&["plan", &written("said.toml", &unknown), "--config", &config]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        told.contains("no flow is called \"email\"; there are: voice, e-mail, later; did you mean"),
        "{told}"
    );
}

#[test]
fn records_are_a_workload_of_a_service_without_any_scenario() {
    let config = written("service-records.toml", SERVICE);
    let lines: String = (0..3_000)
        .map(|n| {
            let flow = if n % 3 == 0 { "voice" } else { "e-mail" };
            format!("{},{flow},Look up,150,answered\n", f64::from(n) / 10.0)
        })
        .collect();
    let records = format!("at,flow,action,latency_ms,outcome\n{lines}");
    let records = written("of-service.csv", &records);
    // In the store, so that its integration isn't known.
    let output = tollgate(&["plan", "--config", &config, "--from", &records]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(64), "{told}");
    assert!(
        told.contains("\"Look up\"") && told.contains("no action file has this name"),
        "{told}"
    );
    let only = SERVICE.replace(
        "[[integration]]\nname = \"Web\"",
        "[[integration]]\nname = \"Web services\"",
    );
    let (before, web) = only
        .split_once("[[integration]]\nname = \"Web services\"")
        .expect("two");
    let (_, after) = web.split_once("period = \"1s\"\n").expect("its limit");
    let config = written("service-one.toml", &format!("{before}{after}"));
    let plan = stdout(&["plan", "--config", &config, "--from", &records, "--json"]);
    let plan: serde_json::Value = serde_json::from_str(&plan).expect("JSON");
    assert_eq!(plan["limits"].as_array().map(Vec::len), Some(4), "{plan}");
    assert!(
        (plan["calls_per_minute"].as_f64().expect("a number") - 600.0).abs() < 1.0,
        "{plan}"
    );
    let output = tollgate(&["plan", "--config", &config]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.code() == Some(64) && told.contains("--from"),
        "{told}"
    );
}

#[test]
fn the_documents_example_of_a_service_is_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let document = std::fs::read_to_string(root.join("docs/planning.md")).expect("text");
    let (_, section) = document
        .split_once("## A service's own numbers")
        .expect("a section");
    let block = |kind: &str| {
        let (_, block) = section
            .split_once(&format!("```{kind}\n"))
            .expect("a block");
        block.split_once("```").expect("its end").0
    };
    let mut words = block("sh").split_whitespace();
    assert_eq!(words.next(), Some("tollgate"));
    let output = Command::new(env!("CARGO_BIN_EXE_tollgate"))
        .args(words)
        .current_dir(root)
        .output()
        .expect("the binary runs");
    let printed = String::from_utf8(output.stdout).expect("text");
    let shown = block("text");
    assert!(printed.starts_with(shown), "{printed}\n{shown}");
}
