//! The file by example: what is understood, and what each kind of mistake is answered.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bounds;
mod callers;
mod gateways;
mod jobs;
mod limits;
mod organization;
mod reload;
#[path = "../support/mod.rs"]
mod support;

use std::path::Path;
use std::time::Duration;
use support::{LEAST, parse, problems, source};
use tollgate_config::Config;
use tollgate_model::Rule;

/// The one problem of the least file with `from` replaced by `to`.
fn problem(from: &str, to: &str) -> (usize, String, String) {
    assert!(LEAST.contains(from), "{from}");
    support::problem(&LEAST.replace(from, to))
}

#[test]
fn the_example_is_understood() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/tollgate.toml");
    let text = std::fs::read_to_string(example).unwrap();
    let config = parse(&text).unwrap();
    assert_eq!(config.engine.flows.len(), 3);
    assert_eq!(
        config.engine.flows[config.default_flow.index()].name,
        "email"
    );
    assert_eq!(config.server.drain_timeout, Duration::from_secs(30));
    let own = config
        .engine
        .limits
        .iter()
        .find(|limit| limit.name == "web-services.rate")
        .unwrap();
    let second = Rule::Window {
        allowed: 20,
        period: Duration::from_secs(1),
        counted_within: None,
    };
    assert_eq!(own.rule, second);
    assert!(
        !config.describe().contains("hunter2"),
        "no secret is described"
    );
    assert!(
        !format!("{config:?}").contains("hunter2"),
        "no secret is shown"
    );
}

#[test]
fn mistakes_name_line_field_and_what_was_expected() {
    let cases = [
        (
            "type = \"purecloud-data-actions\"",
            "type = \"rest\"",
            14,
            "integration[1].type",
            "expected",
        ),
        (
            "token_url = \"https://login",
            "token_url = \"login",
            10,
            "client[1].token_url",
            "http or https URL",
        ),
        (
            "clients = [\"pool\"]",
            "clients = [\"pol\"]",
            16,
            "integration[1].clients",
            "there are: pool",
        ),
        (
            "client_id = \"id\"",
            "clientid = \"id\"\nclient_id = \"id\"",
            8,
            "client[1].clientid",
            "no such field",
        ),
        (
            "client_id = \"flows\"",
            "client_id = 3",
            3,
            "caller[1].client_id",
            "found 3",
        ),
    ];
    for (from, to, line, field, message) in cases {
        let (at, named, said) = problem(from, to);
        assert_eq!((at, named.as_str()), (line, field), "{said}");
        assert!(said.contains(message), "{said}");
    }
}

#[test]
fn all_problems_come_at_once_in_the_files_order() {
    let text = LEAST
        .replace("\"https://api.example.com\"", "7")
        .replace("client_id = \"id\"", "");
    let found = problems(&text);
    let fields: Vec<_> = found.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(fields, ["client[1].client_id", "integration[1].base_url"]);
    let shown = parse(&text).unwrap_err().to_string();
    assert!(shown.starts_with("test.toml:6:"), "{shown}");
    assert_eq!(problems("x = ")[0].line, 1);
}

#[test]
fn secrets_are_not_written_into_the_file() {
    let (_, field, said) = problem(
        "client_secret_env = \"SECRET\"\ntoken_url",
        "client_secret = \"hunter2\"\ntoken_url",
    );
    assert_eq!(field, "client[1].client_secret");
    assert!(
        said.contains("client_secret_env") && !said.contains("hunter2"),
        "{said}"
    );
    let (_, _, said) = problem(
        "client_secret_env = \"SECRET\"\ntoken_url",
        "client_secret_env = \"ABSENT\"\ntoken_url",
    );
    assert!(said.contains("ABSENT is not set"), "{said}");
}

#[test]
fn without_secrets_everything_else_is_checked() {
    let text = format!(
        "{LEAST}client_certificate = \"absent.pem\"\n[integration.credentials]\nkey = {{ file = \"absent\" }}\n\
         [store]\nurl_env = \"ABSENT\"\nkey_file = \"absent.keys\"\n"
    );
    let absent = source(&|_| None);
    let weak = source(&|_| Some("hunter2".to_owned()));
    let config = Config::parse_without_secrets(&text, &absent).unwrap();
    assert!(config.without_secrets && config.store.is_some());
    assert_eq!(config.callers.len() + config.clients.len(), 2);
    assert!(config.integrations[0].access.identity_pem.is_none());
    assert!(Config::parse(&text, &absent).is_err());
    // A secret that is there must be a good one.
    let found = Config::parse_without_secrets(&text, &weak).unwrap_err();
    assert!(found.to_string().contains("too weak"), "{found}");
    let wrong = text.replace("client_id = \"id\"", "client_ids = \"id\"");
    let told = Config::parse_without_secrets(&wrong, &absent)
        .unwrap_err()
        .to_string();
    assert!(
        told.starts_with("test.toml:8:1: client[1].client_ids: no such field"),
        "{told}"
    );
    assert_eq!(told.lines().count(), 1, "{told}");
}

#[test]
fn fields_that_were_renamed_are_read_by_their_old_names_with_a_warning() {
    let old = format!("[server]\nflow_folder = \"w\"\nmax_flow_runs = 7\n{LEAST}");
    let config = parse(&old).unwrap();
    assert_eq!(
        config.server.workflow_folder.as_deref(),
        Some(Path::new("/srv/w"))
    );
    assert_eq!(config.server.max_workflow_runs, 7);
    assert_eq!(
        config.warnings,
        [
            "server.flow_folder is called workflow_folder now",
            "server.max_flow_runs is called max_workflow_runs now"
        ]
    );
    let both = format!("[server]\nflow_folder = \"w\"\nworkflow_folder = \"w\"\n{LEAST}");
    let found = problems(&both);
    assert_eq!(
        (found.len(), found[0].field.as_str()),
        (1, "server.flow_folder")
    );
    let new = old
        .replace("flow_folder", "workflow_folder")
        .replace("max_flow_runs", "max_workflow_runs");
    assert_eq!(parse(&new).unwrap().warnings, Vec::<String>::new());
}
