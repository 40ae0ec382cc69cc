//! Writes the seeds: our own examples, and the templates and paths of `../shared/corpus` where it is there.

#[path = "../../crates/core/pattern/tests/oracle/pieces.rs"]
mod pieces;

use serde_json::Value as Json;
use std::path::Path;
use std::{fs, io};

/// Answers as `headers` reads them: a status, headers, a body.
const HEADERS: [&str; 7] = [
    "200\ninin-ratelimit-count: 12\ninin-ratelimit-allowed: 300\ninin-ratelimit-reset: 41",
    "429\nRetry-After: 3\ninin-ratelimit-count: 301\ninin-ratelimit-allowed: 300",
    "200\nRateLimit: \"default\";r=50;t=30\nRateLimit-Policy: \"default\";q=100;w=60",
    "200\nRateLimit: limit=100, remaining=50, reset=30",
    "200\nX-RateLimit-Limit: 100\nX-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1800000030",
    "503\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT",
    "403\nContent-Type: application/json\n{\"error\": \"rate limit exceeded\"}",
];

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let written =
        fs::read_to_string(root.join("../crates/core/template/tests/oracle/templates.txt"))?;
    let mut templates: Vec<String> = written.split("\n---\n").map(str::to_owned).collect();
    let mut paths: Vec<String> = [
        "$.a[?(@.b == 'x' && !@.c)].d",
        "$..a",
        "$['a','b']",
        "$.a[-1:].length()",
        "$.a[?(@.b nin $..b || @.c.length() == 3)].c.append(4)",
        "$.concat($.a[*].b, \"-\", {\"x\": [1, 'y']})",
        "$..[?(@.c[?(@ > 1)] empty false)].c[0].x",
        "$..[0].b",
        "$.a[*].c.length($.x[*])",
        "$.a[?(!(@.b =~ /(?=x).*/i) && 'x' in @..b)]\0{\"a\": [{\"b\": \"xy\"}]}",
    ]
    .map(str::to_owned)
    .to_vec();
    let mut actions = Vec::new();
    for entry in fs::read_dir(root.join("../examples/actions"))? {
        actions.push(fs::read_to_string(entry?.path())?);
    }
    for folder in ["actions", "caching-in-flows", "more/actions"] {
        let Ok(entries) = fs::read_dir(root.join("../../shared/corpus").join(folder)) else {
            eprintln!("skipped: there is no ../shared/corpus/{folder}");
            continue;
        };
        for entry in entries {
            let text = fs::read_to_string(entry?.path())?;
            let Ok(action) = tollgate_json::read(&text) else {
                continue;
            };
            let fields = [
                "request/requestUrlTemplate",
                "request/requestTemplate",
                "response/successTemplate",
            ];
            let texts = fields
                .iter()
                .filter_map(|field| action.pointer(&format!("/config/{field}"))?.as_str());
            templates.extend(texts.map(str::to_owned));
            let map = action
                .pointer("/config/response/translationMap")
                .and_then(Json::as_object);
            let found = map
                .into_iter()
                .flatten()
                .filter_map(|(_, path)| path.as_str());
            paths.extend(found.map(str::to_owned));
            actions.push(text);
        }
    }
    let texts = pieces::TEXTS.iter().cycle();
    let patterns = pieces::PATTERNS.iter().zip(texts);
    let patterns = patterns.map(|(pattern, text)| format!("{pattern}\0{text}"));
    let headers = HEADERS.map(str::to_owned).to_vec();
    let mut configurations = Vec::new();
    for name in ["tollgate.toml", "emulated.toml", "crm.toml"] {
        configurations.push(fs::read_to_string(root.join("../examples").join(name))?);
    }
    let mut workflows = Vec::new();
    for folder in ["examples/workflows", "../shared/corpus/flows"] {
        let Ok(entries) = fs::read_dir(root.join("..").join(folder)) else {
            eprintln!("skipped: there is no {folder}");
            continue;
        };
        for entry in entries {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|kind| kind == "yaml" || kind == "yml")
            {
                workflows.push(fs::read_to_string(path)?);
            }
        }
    }
    let targets = [
        ("headers", headers),
        ("config", configurations),
        ("workflow", workflows),
        ("template", templates),
        ("jsonpath", paths),
        ("pattern", patterns.collect()),
        ("action", actions),
    ];
    for (target, seeds) in targets {
        let folder = root.join("corpus").join(target);
        fs::create_dir_all(&folder)?;
        for (number, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(format!("seed-{number:04}")), seed)?;
        }
        println!("{target}: {} seeds", seeds.len());
    }
    Ok(())
}
