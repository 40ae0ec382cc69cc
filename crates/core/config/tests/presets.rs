//! Limits by name: which hold, what takes their place, and what `config check` says of the tokens beside them.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test, which reads and writes a file"
)]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use support::{LEAST, parse, problem};
use tollgate_config::PresetLimit;
use tollgate_model::Scope;

/// A web service beside the platform integration of the least file.
const WEB: &str = r#"
[[integration]]
name = "Web"
type = "custom-rest-actions"
actions = { folder = "actions" }
"#;

const CEILING: &str = "org.app.user.rate.per.minute";
const VOLUME: &str = "requests.volume.max";
const AT_ONCE: &str = "actions.concurrent.executions.max";

/// By integration, what its calls pass and how much that allows.
fn passed(before: &str, behind: &str) -> [BTreeMap<String, u32>; 2] {
    let config = parse(&format!("{before}\n{LEAST}{WEB}\n{behind}")).unwrap();
    let tables = &config.engine;
    [0, 1].map(|route| {
        let ids = tables.routes[route].limits.iter();
        let limits = ids.map(|id| &tables.limits[id.index()]);
        limits
            .map(|limit| (limit.name.clone(), limit.rule.allowed()))
            .collect()
    })
}

fn named(limits: &[(&str, u32)]) -> BTreeMap<String, u32> {
    let limits = limits.iter();
    limits
        .map(|(name, allowed)| ((*name).to_owned(), *allowed))
        .collect()
}

fn limit(name: &str, allowed: u32) -> String {
    format!("[[limit]]\nname = \"{name}\"\nallowed = {allowed}\nperiod = \"60s\"\n")
}

#[test]
fn what_binds_a_caller_of_the_platform_holds_and_what_binds_the_vendor_on_demand() {
    let none = named(&[]);
    assert_eq!(passed("", ""), [named(&[(CEILING, 3000)]), none.clone()]);
    assert_eq!(passed("presets = []", ""), [none.clone(), none.clone()]);
    let executions = named(&[(VOLUME, 2500), (AT_ONCE, 50)]);
    let of_vendor = "presets = [\"genesys-data-actions\"]";
    assert_eq!(
        passed(of_vendor, ""),
        [executions.clone(), executions.clone()]
    );
    let both = "presets = [\"genesys-cloud\", \"genesys-data-actions\"]";
    let all = named(&[(CEILING, 3000), (VOLUME, 2500), (AT_ONCE, 50)]);
    assert_eq!(passed(both, ""), [all, executions]);
}

#[test]
fn a_limit_of_the_file_takes_the_place_of_a_presets() {
    let ceiling = "presets = [\"genesys-cloud\"]";
    assert_eq!(
        passed(ceiling, &limit(CEILING, 900))[0],
        named(&[(CEILING, 900)])
    );
    assert_eq!(
        passed(ceiling, &limit("ours", 900))[0],
        named(&[(CEILING, 3000), ("ours", 900)])
    );
    // As it was read when there were no presets: the file's limits are all that hold.
    assert_eq!(
        passed("", &limit(VOLUME, 2500))[0],
        named(&[(VOLUME, 2500)])
    );
}

#[test]
fn a_preset_that_there_isnt_is_told_with_those_there_are() {
    for (presets, said) in [
        ("[\"genesys-clod\"]", "did you mean \"genesys-cloud\"?"),
        ("[\"genesys-cloud\", \"genesys-cloud\"]", "twice"),
        ("\"genesys-cloud\"", "a list of texts"),
    ] {
        let (line, field, message) = problem(&format!("presets = {presets}\n{LEAST}{WEB}"));
        assert_eq!((line, field.starts_with("presets")), (1, true));
        assert!(message.contains(said), "{message}");
    }
}

#[test]
fn tokens_that_do_not_fit_the_ceiling_are_told() {
    let notes = |before: &str, tokens: &str, behind: &str| {
        let client = format!("[[client]]\n{tokens}");
        let text = LEAST.replace("[[client]]\n", &format!("{client}\n"));
        parse(&format!("{before}\n{text}{WEB}\n{behind}"))
            .unwrap()
            .notes()
    };
    for (tokens, said) in [
        (
            "",
            Some(
                "4 tokens of pool carry 1200 calls a minute and org.app.user.rate.per.minute allows 3000: 10",
            ),
        ),
        ("max_tokens = 9", Some("9 tokens of pool carry 2700")),
        ("max_tokens = 10", None),
        (
            "max_tokens = 12",
            Some("allows 3000: 10 (max_tokens) are enough"),
        ),
        (
            "max_tokens = 5\ntoken_rate = { allowed = 100, period = \"10s\" }",
            None,
        ),
        (
            "max_tokens = 3\ntoken_limit = [{ name = \"brief\", allowed = 2, period = \"1s\" }]",
            Some("carry 360 calls"),
        ),
        // Its own limit binds before.
        (
            "limit = [{ name = \"own\", allowed = 500, period = \"60s\" }]",
            None,
        ),
    ] {
        let found = notes("", tokens, "");
        match said {
            Some(said) => assert!(found[0].contains(said), "{tokens}: {found:?}"),
            None => assert!(found.is_empty(), "{tokens}: {found:?}"),
        }
    }
    // Clients of several integrations have one ceiling.
    let second = r#"
[[client]]
name = "other"
client_id = "id"
client_secret_env = "SECRET"
token_url = "https://login.example.com/oauth/token"
max_tokens = 6
[[integration]]
name = "Second"
type = "purecloud-data-actions"
base_url = "https://api.example.com"
clients = ["other"]
actions = { folder = "actions" }
"#;
    assert_eq!(notes("", "", second), Vec::<String>::new());
    let of_web = format!("{}integrations = [\"Web\"]", limit("ours", 9));
    for (before, behind) in [("presets = []", ""), ("", &of_web)] {
        let found = notes(before, "", behind);
        assert!(found[0].contains("genesys-cloud"), "{found:?}");
    }
}

#[test]
fn every_line_of_the_table_is_a_limit_and_the_documentation_has_them() {
    let lines = include_str!("../src/presets.tsv").lines().count();
    assert_eq!(PresetLimit::all().len(), lines - 1);
    assert_eq!(tollgate_config::token_rate().scope, Scope::Token);
    let mut table =
        String::from("| preset | limit | allows | counts | evidence |\n|---|---|---|---|---|\n");
    for it in PresetLimit::all() {
        let (counts, evidence, source) = (it.counts.as_str(), it.evidence, it.source);
        assert!(["documented", "assumed"].contains(&evidence), "{it:?}");
        let (preset, name, allows) = (it.preset, it.name, it.allows);
        writeln!(
            table,
            "| `{preset}` | `{name}` | {allows} | {counts} | {evidence}: {source} |"
        )
        .unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/configuration.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let begin = page.find("| preset | limit |").unwrap();
    let length = page[begin..].find("\n\n").unwrap() + 1;
    if std::env::var_os("TOLLGATE_WRITE").is_some() {
        let page = format!("{}{table}{}", &page[..begin], &page[begin + length..]);
        std::fs::write(path, page).unwrap();
    } else {
        assert_eq!(
            &page[begin..begin + length],
            table,
            "docs/configuration.md has another table: TOLLGATE_WRITE=1 cargo test -p tollgate-config --test presets"
        );
    }
}
