//! Rendering a typical action's templates, beside minijinja on equivalent ones: time and allocations.
//!
//! Both parse once and get their values made once; minijinja escapes nothing by itself. What each prints is
//! compared first.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use divan::{AllocProfiler, Bencher};
use minijinja::{AutoEscape, Environment};
use serde_json::{Value as Json, json};
use tollgate_template::{Bounds, Context, Template, Value};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    for case in CASES {
        let (template, context) = ours(case);
        let environment = theirs(case);
        let theirs = environment
            .get_template("t")
            .unwrap()
            .render(made(&values(case)))
            .unwrap();
        assert_eq!(
            template.render(&context, &Bounds::default()).unwrap(),
            theirs,
            "{}",
            case.name
        );
    }
    divan::main();
}

struct Case {
    name: &'static str,
    ours: &'static str,
    theirs: &'static str,
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

const CASES: &[Case] = &[
    Case {
        name: "url",
        ours: "/api/v2/conversations/${input.conversationId}/participants/${input.participantId}?expand=$esc.url($input.expand)",
        theirs: "/api/v2/conversations/{{ input.conversationId }}/participants/{{ input.participantId }}?expand={{ input.expand|url }}",
    },
    Case {
        name: "request",
        ours: r#"{"filter":{"type":"or","predicates":[{"type":"dimension","dimension":"queueId","operator":"matches","value":"${input.queueId}"}]},"name":"$esc.jsonString($input.name)","metrics":["oOnQueueUsers"],"priority":${input.priority}}"#,
        theirs: r#"{"filter":{"type":"or","predicates":[{"type":"dimension","dimension":"queueId","operator":"matches","value":"{{ input.queueId }}"}]},"name":"{{ input.name|json }}","metrics":["oOnQueueUsers"],"priority":{{ input.priority }}}"#,
    },
    Case {
        name: "success",
        ours: r#"{"escalate":${escalate},"code":${code},"message":${message},"author":${author},"rating":${rating},"state":${state}}"#,
        theirs: r#"{"escalate":{{ escalate }},"code":{{ code }},"message":{{ message }},"author":{{ author }},"rating":{{ rating }},"state":{{ state }}}"#,
    },
    Case {
        name: "loop",
        ours: r##"{"ids":[#foreach($id in $input.ids)"$id"#if($foreach.hasNext),#end#end],"urgent":#if($input.priority > 3 && $input.queueId == "q-1")true#{else}false#end}"##,
        theirs: r#"{"ids":[{% for id in input.ids %}"{{ id }}"{% if not loop.last %},{% endif %}{% endfor %}],"urgent":{% if input.priority > 3 and input.queueId == "q-1" %}true{% else %}false{% endif %}}"#,
    },
];

fn values(_: &Case) -> Json {
    json!({
        "input": {
            "conversationId": "8b4d1a3e-1f0c-4c7a-9d59-0a7a5b6f9c1d", "participantId": "0d7a5b6f-9c1d-4c7a-9d59-8b4d1a3e1f0c",
            "expand": "a b,c", "queueId": "q-1", "name": "O'Brien \"the\" one", "priority": 5,
            "ids": ["a1", "b2", "c3", "d4", "e5", "f6", "g7", "h8"],
        },
        "escalate": "false", "code": "\"200\"", "message": "\"A message of some length, as they come\"", "author": "\"Ada\"",
        "rating": "5", "state": "\"open\"",
    })
}

/// The values as minijinja has them.
fn made(json: &Json) -> minijinja::Value {
    match json {
        Json::Null => minijinja::Value::from(()),
        Json::Bool(it) => minijinja::Value::from(*it),
        Json::Number(it) => minijinja::Value::from(it.as_i64().unwrap()),
        Json::String(it) => minijinja::Value::from(it.as_str()),
        Json::Array(items) => items.iter().map(made).collect(),
        Json::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.as_str(), made(value)))
            .collect(),
    }
}

fn ours(case: &Case) -> (Template, Context) {
    let mut context = Context::new();
    for (name, value) in values(case).as_object().unwrap() {
        context.insert(name, Value::from_json(value));
    }
    (Template::parse(case.ours).unwrap(), context)
}

fn theirs(case: &Case) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.add_filter("url", |text: &str| {
        let mut out = String::with_capacity(text.len());
        for byte in text.bytes() {
            match byte {
                b' ' => out.push('+'),
                _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
                _ => out.push_str(&format!("%{byte:02X}")),
            }
        }
        out
    });
    environment.add_filter("json", |text: &str| {
        let quoted = serde_json::to_string(text).unwrap();
        quoted[1..quoted.len() - 1].to_owned()
    });
    environment.add_template("t", case.theirs).unwrap();
    environment
}

#[divan::bench(args = CASES)]
fn render_tollgate(bencher: Bencher<'_, '_>, case: &Case) {
    let (template, context) = ours(case);
    let bounds = Bounds::default();
    bencher.bench_local(|| template.render(&context, &bounds).unwrap());
}

#[divan::bench(args = CASES)]
fn render_minijinja(bencher: Bencher<'_, '_>, case: &Case) {
    let environment = theirs(case);
    let template = environment.get_template("t").unwrap();
    let values = made(&values(case));
    bencher.bench_local(|| template.render(&values).unwrap());
}

#[divan::bench(args = CASES)]
fn with_values_tollgate(bencher: Bencher<'_, '_>, case: &Case) {
    let (template, _) = ours(case);
    let (bounds, json) = (Bounds::default(), values(case));
    bencher.bench_local(|| {
        let mut context = Context::new();
        for (name, value) in json.as_object().unwrap() {
            context.insert(name, Value::from_json(value));
        }
        template.render(&context, &bounds).unwrap()
    });
}

#[divan::bench(args = CASES)]
fn with_values_minijinja(bencher: Bencher<'_, '_>, case: &Case) {
    let environment = theirs(case);
    let template = environment.get_template("t").unwrap();
    let json = values(case);
    bencher.bench_local(|| template.render(made(&json)).unwrap());
}

#[divan::bench(args = CASES)]
fn parse_tollgate(bencher: Bencher<'_, '_>, case: &Case) {
    bencher.bench_local(|| Template::parse(case.ours).unwrap());
}
