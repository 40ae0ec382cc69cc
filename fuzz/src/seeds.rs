//! Writes the seeds: our own examples, and what others wrote in `../shared/corpus` where it is there.

#[path = "../../crates/core/pattern/tests/oracle/pieces.rs"]
mod pieces;

use serde_json::Value as Json;
use std::path::Path;
use std::{fs, io};
use tollgate_expression::functions;

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

/// Paths that have what the examples lack.
const PATHS: [&str; 10] = [
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
];

/// Values as JSON that a service may answer, at the ends of what is possible.
const EXTREMES: [&str; 7] = [
    "-9223372036854775808",
    "9223372036854775807",
    "79228162514264337593543950335",
    "-0.0000000000000000000000000001",
    "[]",
    "\"\"",
    "\"-P106751991167DT7H12M55.807S\"",
];

/// The files with one of these endings below folders of the project or beside it, by their paths.
fn texts(folders: &[&str], endings: &[&str]) -> io::Result<Vec<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders: Vec<_> = folders.iter().map(|folder| root.join(folder)).collect();
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            eprintln!("skipped: there is no {}", folder.display());
            continue;
        };
        for entry in entries {
            let path = entry?.path();
            let ending = path.extension().and_then(|ending| ending.to_str());
            if path.is_dir() {
                folders.push(path);
            } else if ending.is_some_and(|ending| endings.contains(&ending)) {
                files.push(path);
            }
        }
    }
    files.sort();
    files.iter().map(fs::read_to_string).collect()
}

/// The templates of an action file.
fn templates(action: &Json) -> impl Iterator<Item = String> {
    let fields = [
        "request/requestUrlTemplate",
        "request/requestTemplate",
        "response/successTemplate",
    ];
    let found = fields.map(|field| action.pointer(&format!("/config/{field}"))?.as_str());
    found.into_iter().flatten().map(str::to_owned)
}

/// The paths of an action file.
fn paths(action: &Json) -> impl Iterator<Item = String> {
    let map = action.pointer("/config/response/translationMap");
    let map = map.and_then(Json::as_object).into_iter().flatten();
    map.filter_map(|(_, path)| Some(path.as_str()?.to_owned()))
}

/// An argument for a parameter as the table of functions writes it: `[integer]`, `string literal`, `T...~`.
fn argument(parameter: &str) -> String {
    let word = parameter.trim_start_matches('[');
    let end = word.find(|letter: char| !letter.is_alphanumeric());
    let word = match &word[..end.unwrap_or(word.len())] {
        "T" => "integer",
        "any" => "json",
        word => word,
    };
    match word {
        "boolean" if parameter.contains("literal") => "true".to_owned(),
        _ if parameter.contains("literal") => "\"EUR\"".to_owned(),
        _ if parameter.starts_with('[') => format!("Flow.{word}Collection"),
        _ => format!("Flow.{word}"),
    }
}

/// Every way to call every function, with extreme values too; the examples of the reference that lies beside the
/// project, and the expressions that stand on one line of a workflow.
fn expressions(workflows: &[String]) -> Vec<String> {
    let calls = functions().flat_map(|function| {
        let ways = function.overloads.iter();
        ways.map(|way| {
            let parameters = way.written().split("->").next().unwrap_or_default();
            let parameters = parameters.split(',').map(str::trim);
            let arguments = parameters.filter(|part| !part.is_empty()).map(argument);
            let arguments: Vec<String> = arguments.collect();
            format!("{}({})", function.name, arguments.join(", "))
        })
    });
    let operators = ["-Flow.integer", "-Flow.duration", "1 + Flow.integer"];
    let calls = calls.chain(operators.map(str::to_owned));
    let extreme = calls.clone().flat_map(|call| {
        let with = move |value| format!("{call}\0{value}");
        EXTREMES.iter().map(with)
    });
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let examples = fs::read_to_string(root.join("../shared/reference/examples.tsv"));
    let examples = examples.unwrap_or_default();
    let examples = examples.lines().skip(1);
    let examples = examples.filter_map(|line| line.split('\t').nth(3).map(str::to_owned));
    let lines = workflows.iter().flat_map(|text| text.lines());
    let written = lines.filter_map(|line| {
        let written = line.split_once("exp: ")?.1.trim();
        Some(written.trim_matches(['\'', '"', '}']).to_owned())
    });
    let calls = calls.chain(extreme);
    calls.chain(examples).chain(written).collect()
}

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let oracle = root.join("../crates/core/template/tests/oracle/templates.txt");
    let oracle = fs::read_to_string(oracle)?;
    let mut written: Vec<String> = oracle.split("\n---\n").map(str::to_owned).collect();
    let mut read = PATHS.map(str::to_owned).to_vec();
    let actions = texts(&["examples/actions", "../shared/corpus"], &["json"])?;
    for action in actions
        .iter()
        .filter_map(|text| tollgate_json::read(text).ok())
    {
        written.extend(templates(&action));
        read.extend(paths(&action));
    }
    let searched = pieces::TEXTS.iter().cycle();
    let patterns = pieces::PATTERNS.iter().zip(searched);
    let patterns = patterns.map(|(pattern, text)| format!("{pattern}\0{text}"));
    let folders = ["examples", "../shared/corpus", "../shared/cases/flows"];
    let workflows = texts(&folders, &["yaml", "yml"])?;
    let targets = [
        ("repository", texts(&["examples"], &["tf"])?),
        ("headers", HEADERS.map(str::to_owned).to_vec()),
        ("config", texts(&["examples"], &["toml"])?),
        ("expression", expressions(&workflows)),
        ("workflow", workflows),
        ("template", written),
        ("jsonpath", read),
        ("pattern", patterns.collect()),
        ("action", actions),
        // Any bytes are events.
        ("engine", Vec::new()),
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
