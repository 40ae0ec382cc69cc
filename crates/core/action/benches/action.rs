//! A whole action: its request rendered and a response translated, beside the same made of other crates:
//! minijinja for the templates, serde_json_path for the paths, serde_json around them.
//!
//! All parse their templates and paths once; what each gives is compared first. Ours also keeps the
//! rules of data actions: URL and header checks, defaults, serialisation as Java has it, the contract.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use divan::{AllocProfiler, Bencher};
use minijinja::{AutoEscape, Environment};
use serde_json::{Value, json};
use serde_json_path::JsonPath;
use tollgate_action::{Action, Credentials, RawInput};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

const FILE: &str = include_str!("../../../../examples/actions/Get-Queue-Counts.json");
const INPUT: &str = r#"{"queueId": "8b4d1a3e-1f0c-4c7a-9d59-0a7a5b6f9c1d", "mediaType": "chat"}"#;
const RESPONSE: &str = r#"{"results": [{"group": {"queueId": "8b4d1a3e-1f0c-4c7a-9d59-0a7a5b6f9c1d", "mediaType": "chat"},
    "data": [{"metric": "oWaiting", "stats": {"count": 4}}, {"metric": "oInteracting", "stats": {"count": 11}}]}]}"#;

const REQUEST: &str = r#"{
  "filter": {
    "type": "and",
    "predicates": [
      {"type": "dimension", "dimension": "queueId", "operator": "matches", "value": {{ input.queueId|tojson }}},
      {"type": "dimension", "dimension": "mediaType", "operator": "matches", "value": "{% if input.mediaType %}{{ input.mediaType }}{% else %}voice{% endif %}"}
    ]
  },
  "metrics": ["oWaiting", "oInteracting"]
}"#;
const SUCCESS: &str = r#"{"waiting": {{ waiting }}, "interacting": {{ interacting }}}"#;

fn main() {
    let (ours, theirs) = (Ours::new(), Theirs::new());
    let rendered: Value = serde_json::from_str(&ours.render()).unwrap();
    assert_eq!(
        rendered,
        serde_json::from_str::<Value>(&theirs.render()).unwrap()
    );
    assert_eq!(ours.translate(), json!({"waiting": 4, "interacting": 11}));
    assert_eq!(ours.translate(), theirs.translate());
    divan::main();
}

struct Ours {
    action: Action,
    input: RawInput,
}

impl Ours {
    fn new() -> Self {
        Self {
            action: Action::from_json(FILE).unwrap(),
            input: RawInput::parse(INPUT).unwrap(),
        }
    }

    fn render(&self) -> String {
        let request = self.action.render(&self.input, &Credentials::none());
        request.unwrap().body.unwrap()
    }

    fn translate(&self) -> Value {
        self.action.translate(&self.input, RESPONSE).unwrap()
    }
}

struct Theirs {
    templates: Environment<'static>,
    paths: [JsonPath; 2],
    input: Value,
}

impl Theirs {
    fn new() -> Self {
        let mut templates = Environment::new();
        templates.set_auto_escape_callback(|_| AutoEscape::None);
        templates.add_template("request", REQUEST).unwrap();
        templates.add_template("success", SUCCESS).unwrap();
        let path = |metric| {
            let path = format!("$.results[*].data[?(@.metric == '{metric}')].stats.count");
            JsonPath::parse(&path).unwrap()
        };
        Self {
            templates,
            paths: [path("oWaiting"), path("oInteracting")],
            input: json!({"input": serde_json::from_str::<Value>(INPUT).unwrap()}),
        }
    }

    fn render(&self) -> String {
        let template = self.templates.get_template("request").unwrap();
        template.render(&self.input).unwrap()
    }

    fn translate(&self) -> Value {
        let response: Value = serde_json::from_str(RESPONSE).unwrap();
        let [waiting, interacting] = self.paths.each_ref().map(|path| {
            let found = path.query(&response).first();
            found.map_or("0".to_owned(), Value::to_string)
        });
        let template = self.templates.get_template("success").unwrap();
        let text = template.render(json!({"waiting": waiting, "interacting": interacting}));
        serde_json::from_str(&text.unwrap()).unwrap()
    }
}

#[divan::bench]
fn render_ours(bencher: Bencher<'_, '_>) {
    let ours = Ours::new();
    bencher.bench(|| ours.render());
}

#[divan::bench]
fn render_theirs(bencher: Bencher<'_, '_>) {
    let theirs = Theirs::new();
    bencher.bench(|| theirs.render());
}

#[divan::bench]
fn translate_ours(bencher: Bencher<'_, '_>) {
    let ours = Ours::new();
    bencher.bench(|| ours.translate());
}

#[divan::bench]
fn translate_theirs(bencher: Bencher<'_, '_>) {
    let theirs = Theirs::new();
    bencher.bench(|| theirs.translate());
}
