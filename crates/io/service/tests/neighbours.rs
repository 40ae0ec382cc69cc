//! One tenant at its worst, and what another tenant's calls notice of it.
//!
//! Prints, for each kind of worst, the neighbour's 99th percentile alone and beside the attacker, and by how
//! much the process has grown. `cargo test --release -p tollgate-service --test neighbours -- --nocapture`
//! gives figures that mean something; the assertions are generous enough for any machine.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tollgate_service::Service;

/// The neighbour's action that has something to calculate.
const WORKS: &str = "works";
/// The attacker's calls at once.
const AT_ONCE: usize = 8;
/// How long each kind is attacked with.
const SPAN: Duration = Duration::from_secs(1);
/// What only a service that stands still can exceed.
const STILL: Duration = Duration::from_secs(1);
/// What only a service that is without a bound can exceed; test and service are one process here.
const GROWN: u64 = 256 * 1024 * 1024;

/// A loop over nothing, of nearly as many steps as one template may take.
const LOOP: &str = "#foreach($i in [1..999])#foreach($j in [1..990])#end#end";

/// A flow that looks through long texts, over and over.
const FLOW: &str = r#"
workflow:
  name: Heavy
  defaultLanguage: en-us
  startUpRef: /workflow/states/state[main]
  variables:
    - stringVariable:
        name: Flow.Text
        initialValue: { exp: 'ToString(Replace(ToString(MakeList("aaaaaaaaaaaaaaaa","bbbbbbbbbbbbbbbb")), "a", "cccccccccccccccc"))' }
        isInput: false
        isOutput: false
  states:
    - state:
        name: Main
        refId: main
        actions:
          - loop:
              name: Again
              loopCount: { lit: 100 }
              outputs:
                loop:
                  actions:
                    - updateData:
                        name: Longer
                        statements:
                          - string:
                              variable: Flow.Text
                              value: { exp: 'Substring(Replace(Append(Flow.Text, Flow.Text), "b", "bbbb"), 0, 30000)' }
          - endWorkflow: { name: End, exitReason: { noValue: true } }
"#;

/// What the attacker calls.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// An action of one integration.
    Action,
    /// The same action of two integrations, in turn.
    TwoIntegrations,
    /// Runs of [`FLOW`].
    Flow,
}

/// A kind of worst: what differs from a plain action, and the inputs.
struct Worst {
    way: Way,
    what: &'static str,
    changes: Vec<(&'static str, Value)>,
    inputs: String,
}

fn worst(what: &'static str, changes: Vec<(&'static str, Value)>, inputs: impl ToString) -> Worst {
    Worst {
        way: Way::Action,
        what,
        changes,
        inputs: inputs.to_string(),
    }
}

fn kinds() -> Vec<Worst> {
    let body = |template: &str| {
        vec![
            ("/config/request/requestType", json!("POST")),
            ("/config/request/requestTemplate", json!(template)),
        ]
    };
    let schema = |schema: Value| vec![("/contract/input/inputSchema", schema)];
    let paths = |path: &str, count: usize| {
        let all: Map<_, _> = (0..count).map(|n| (format!("x{n}"), json!(path))).collect();
        vec![
            (
                "/config/request/requestUrlTemplate",
                json!("http://UPSTREAM/doc"),
            ),
            ("/config/response/translationMap", Value::Object(all)),
            ("/config/response/successTemplate", json!("{}")),
        ]
    };
    let headers: Map<_, _> = (0..300).map(|n| (format!("X-{n}"), json!(LOOP))).collect();
    let long = "#set($s='aaaaaaaaaaaaaaaa')#foreach($i in [1..15])#set($s=$s+$s)#end";
    vec![
        worst("a template of a million steps", body(LOOP), "{}"),
        worst(
            "300 headers, each such a template",
            vec![("/config/request/headers", Value::Object(headers))],
            "{}",
        ),
        worst(
            "texts that double",
            body("#set($s='a')#foreach($i in [1..40])#set($s=$s+$s)#end"),
            "{}",
        ),
        worst(
            "a pattern on a long text in a loop",
            body(&format!(
                "{long}#foreach($i in [1..100000])#if($s.matches('(a+)+b'))#end#end"
            )),
            "{}",
        ),
        worst(
            "100,000 different patterns",
            body(
                "#set($t='aaaaaaaa')#foreach($i in [1..100000])#if($t.matches(\"(a|b|c|d|e|f){1,50}$i\"))#end#end",
            ),
            "{}",
        ),
        worst(
            "products of long numbers",
            body(
                "#set($n=99999999999)#foreach($i in [1..7])#set($n=$n*$n)#end#foreach($i in [1..300000])#if($n*$n>1)#end#end",
            ),
            "{}",
        ),
        worst(
            "texts kept in a list",
            body(&format!(
                "{long}#set($l=[])#foreach($i in [1..1000])#set($x=$l.add(\"$s$i\"))#end"
            )),
            "{}",
        ),
        worst("50 scans of a long answer", paths("$..*", 50), "{}"),
        worst("1,000 copies of a long answer", paths("$", 1_000), "{}"),
        worst("filters that scan", paths("$..[?(@.b)]", 20), "{}"),
        worst(
            "a pattern that backtracks",
            schema(
                json!({"properties": {"l": {"items": {"anyOf": [{"pattern": "^(?:(?=a)a|a|aa)+$"}, {"type": "string"}]}}}}),
            ),
            json!({"l": vec![format!("{}!", "a".repeat(22)); 18_000]}),
        ),
        worst(
            "names and patterns of names",
            schema(
                json!({"patternProperties": (0..200).map(|n| (format!("^(a|aa)+{n}$"), json!({}))).collect::<Map<_, _>>()}),
            ),
            Value::Object(
                (0..3_000)
                    .map(|n| (format!("{}{n}", "a".repeat(100)), json!(1)))
                    .collect(),
            ),
        ),
        worst(
            "parts that say nothing, for each item",
            schema(json!({"properties": {"l": {"items": {"allOf": vec![json!({}); 5_000]}}}})),
            json!({"l": vec![1; 100_000]}),
        ),
        worst(
            "numbers of 9,000 digits",
            schema(json!({"properties": {"l": {"items": {"multipleOf": 0.01}}}})),
            format!(
                "{{\"l\":[{}]}}",
                vec![format!("0.{}", "1".repeat(9_000)); 50].join(",")
            ),
        ),
        worst(
            "inputs of 500 kB",
            schema(json!({})),
            json!({"l": vec![1; 240_000]}),
        ),
        Worst {
            way: Way::TwoIntegrations,
            ..worst(
                "two integrations, each with such templates",
                body(LOOP),
                "{}",
            )
        },
        Worst {
            way: Way::TwoIntegrations,
            ..worst("two integrations that scan", paths("$..*", 50), "{}")
        },
        Worst {
            way: Way::Flow,
            ..worst("flows that calculate", Vec::new(), "{}")
        },
    ]
}

fn action(name: &str, changes: &[(&str, Value)], upstream: &str) -> String {
    let mut file = json!({
        "name": name, "integrationType": "custom-rest-actions", "actionType": "custom", "secure": false,
        "config": {
            "timeoutSeconds": 2,
            "request": {"requestUrlTemplate": "http://UPSTREAM/ok", "requestType": "GET", "headers": {}, "requestTemplate": ""},
            "response": {"translationMap": {}, "translationMapDefaults": {}, "successTemplate": "${rawResult}"}
        },
        "contract": {"input": {"inputSchema": {"type": "object"}}, "output": {"successSchema": {"type": "object"}}}
    });
    for (pointer, value) in changes {
        *file.pointer_mut(pointer).unwrap() = value.clone();
    }
    file.to_string().replace("UPSTREAM", upstream)
}

/// Answers every request: with a long document under `/doc`.
async fn upstream(listener: TcpListener) {
    let document =
        json!({"a": (0..20_000).map(|n| json!({"b": n, "c": "some text"})).collect::<Vec<_>>()});
    let document: Arc<str> = document.to_string().into();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(answer(stream, Arc::clone(&document)));
    }
}

async fn answer(mut stream: TcpStream, document: Arc<str>) -> Option<()> {
    let (mut head, mut buffer) = (Vec::new(), [0; 4096]);
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        match stream.read(&mut buffer).await.ok()? {
            0 => return None,
            read => head.extend_from_slice(&buffer[..read]),
        }
    }
    let body = if head.starts_with(b"GET /doc") {
        &*document
    } else {
        "{\"ok\":true}"
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(body.as_bytes()).await.ok()
}

struct World {
    service: Service,
    http: reqwest::Client,
    base: String,
    token: String,
    /// Ids by name.
    ids: Map<String, Value>,
}

async fn world(kinds: &[Arc<Worst>]) -> World {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(upstream(listener));
    let folder = tempfile::tempdir().unwrap();
    let [bad, second, good] = ["bad", "second", "good"].map(|name| folder.path().join(name));
    for made in [&bad, &second, &good] {
        std::fs::create_dir(made).unwrap();
    }
    for (number, kind) in kinds.iter().enumerate() {
        let file = action(kind.what, &kind.changes, &address.to_string());
        std::fs::write(bad.join(format!("{number}.json")), &file).unwrap();
        if kind.way == Way::TwoIntegrations {
            let file = file.replace(kind.what, &format!("{} (2)", kind.what));
            std::fs::write(second.join(format!("{number}.json")), file).unwrap();
        }
    }
    std::fs::write(folder.path().join("heavy.yaml"), FLOW).unwrap();
    // More than is done at once: the neighbour needs the workers for this one.
    let work = "#foreach($i in [1..3000])#if($i < 0)x#end#end";
    let headers = ("/config/request/headers", json!({"X-Work": work}));
    for (name, changes) in [("ok", &[][..]), (WORKS, &[headers][..])] {
        let file = action(name, changes, &address.to_string());
        std::fs::write(good.join(format!("{name}.json")), file).unwrap();
    }
    let access = format!(
        "allowed_networks = [\"127.0.0.0/8\"]\nallowed_schemes = [\"http\"]\nallowed_ports = [\"{}\"]\nallowed_hosts = [\"127.0.0.1\"]",
        address.port()
    );
    let text = format!(
        r#"
[[caller]]
client_id = "flows"
client_secret_env = "SECRET"
[[integration]]
name = "Bad"
type = "custom-rest-actions"
actions = {{ folder = "bad" }}
{access}
[[integration]]
name = "Second"
type = "custom-rest-actions"
actions = {{ folder = "second" }}
{access}
[[integration]]
name = "Good"
type = "custom-rest-actions"
actions = {{ folder = "good" }}
{access}
[server]
listen = "127.0.0.1:0"
caller_requests_per_minute = 1000000
workflow_folder = "."
[[limit]]
name = "more than the fastest machine calls"
allowed = 1000000
period = "60s"
"#
    );
    let service = harness::serve(folder.path(), &text).await.unwrap();
    let base = format!("http://{}", service.address());
    let http = reqwest::Client::new();
    let token = harness::login(&http, &base, "flows").await;
    let list = http.get(format!("{base}/api/v2/integrations/actions?pageSize=100"));
    let list: Value = list
        .bearer_auth(&token)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let flows = http.get(format!("{base}/api/v2/flows")).bearer_auth(&token);
    let flows: Value = flows.send().await.unwrap().json().await.unwrap();
    let all = [&list, &flows].map(|list| list["entities"].as_array().unwrap());
    let ids = all
        .into_iter()
        .flatten()
        .map(|it| (it["name"].as_str().unwrap().to_owned(), it["id"].clone()));
    World {
        ids: ids.collect(),
        service,
        http,
        base,
        token,
    }
}

impl World {
    async fn call(&self, name: &str, inputs: &str) -> (u16, String) {
        let id = self.ids[name].as_str().unwrap();
        let request = self.http.post(format!(
            "{}/api/v2/integrations/actions/{id}/execute",
            self.base
        ));
        let request = request.bearer_auth(&self.token).body(inputs.to_owned());
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// The attacker's call, of so many that it has made before.
    async fn attack(&self, kind: &Worst, made: usize) -> (u16, String) {
        match kind.way {
            Way::TwoIntegrations if made % 2 == 1 => {
                self.call(&format!("{} (2)", kind.what), &kind.inputs).await
            }
            Way::Action | Way::TwoIntegrations => self.call(kind.what, &kind.inputs).await,
            Way::Flow => {
                let path = format!("{}/api/v2/flows/executions", self.base);
                let body = json!({"flowId": self.ids["Heavy"]}).to_string();
                let request = self.http.post(path).bearer_auth(&self.token).body(body);
                let answer = request.send().await.unwrap();
                (answer.status().as_u16(), answer.text().await.unwrap())
            }
        }
    }

    /// The neighbour's calls, one after the other; the 99th percentile of how long they took.
    async fn neighbour(&self, span: Duration) -> Duration {
        let (begun, mut took) = (Instant::now(), Vec::new());
        while begun.elapsed() < span || took.len() < 20 {
            for name in ["ok", WORKS] {
                let asked = Instant::now();
                let (status, text) = self.call(name, "{}").await;
                assert_eq!((status, text.as_str()), (200, "{\"ok\":true}"));
                took.push(asked.elapsed());
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        took.sort_unstable();
        took[took.len() * 99 / 100]
    }
}

/// Bytes of this process in memory; nothing where the system doesn't tell.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| {
        line.trim()
            .trim_end_matches("kB")
            .trim()
            .parse::<u64>()
            .ok()
    });
    kilobytes.unwrap_or_default() * 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_neighbour_does_not_notice_one_tenant_at_its_worst() {
    let kinds: Vec<_> = kinds().into_iter().map(Arc::new).collect();
    let world = Arc::new(world(&kinds).await);
    let alone = world.neighbour(SPAN).await;
    let before = resident();
    println!("alone: p99 {alone:?}, {} MB", before >> 20);
    for kind in &kinds {
        let (ends, what) = (Arc::new(AtomicBool::new(false)), kind.what);
        let mut attackers = Vec::new();
        for number in 0..AT_ONCE {
            let (world, ends, kind) = (Arc::clone(&world), Arc::clone(&ends), Arc::clone(kind));
            attackers.push(tokio::spawn(async move {
                let mut last = (0, String::new());
                let mut calls = 0;
                while !ends.load(Ordering::Relaxed) {
                    last = world.attack(&kind, number + calls).await;
                    calls += 1;
                }
                (calls, last)
            }));
        }
        let beside = world.neighbour(SPAN).await;
        let grown = resident().saturating_sub(before);
        ends.store(true, Ordering::Relaxed);
        let (mut calls, mut last) = (0, (0, String::new()));
        for attacker in attackers {
            let (made, end) = attacker.await.unwrap();
            calls += made;
            last = end;
        }
        let told: String = last.1.chars().take(160).collect();
        println!(
            "{what}: p99 {beside:?}, grown by {} MB; {calls} calls, {} {told}",
            grown >> 20,
            last.0
        );
        assert!(
            beside < alone + STILL,
            "{what}: {beside:?} beside, {alone:?} alone"
        );
        assert!(grown < GROWN, "{what}: grown by {grown} bytes");
    }
    let world = Arc::into_inner(world).unwrap();
    world.service.drain(Duration::from_secs(5)).await;
}
