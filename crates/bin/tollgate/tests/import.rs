//! What `tollgate import` says of action files whose integration type can't run, or isn't the integration's.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::Server;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};

const CONFIG: &str = r#"
[server]
listen = "127.0.0.1:0"

[store]
url = "sqlite:store.db"
key_file = "keys"

[[caller]]
client_id = "flows"
client_secret_env = "TOLLGATE_TEST_SECRET"
roles = ["administer", "author"]

[[flow]]
name = "voice"
priority = 0
default = true
"#;

fn tollgate(folder: &Path, args: &[&str]) -> (bool, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
    let command = command.args(args).current_dir(folder);
    let command = command.env("TOLLGATE_TEST_SECRET", "only for this test");
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.success(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// Writes an action file of that type.
fn write(folder: &Path, name: &str, kind: &str, url: &str) {
    let any = json!({"type": "object", "properties": {"id": {"type": "string"}}});
    let file = json!({
        "name": name, "integrationType": kind, "actionType": "custom",
        "config": {
            "request": {
                "requestUrlTemplate": url, "requestType": "GET", "headers": {},
                "requestTemplate": "${input.rawRequest}",
            },
            "response": {
                "translationMap": {}, "translationMapDefaults": {}, "successTemplate": "${rawResult}",
            },
        },
        "contract": {"input": {"inputSchema": any}, "output": {"successSchema": any}},
        "secure": false,
    });
    std::fs::write(folder.join(format!("{name}.json")), file.to_string()).unwrap();
}

#[test]
fn types_are_told_and_fit_or_nothing_is_imported() {
    let server = Server::start(CONFIG, |serve| {
        let folder = serve.get_current_dir().unwrap();
        assert!(tollgate(folder, &["init", "--config", "tollgate.toml"]).0);
        serve.stderr(Stdio::null())
    });
    let token = server.token();
    for (name, kind) in [
        ("CRM", "salesforce-datadip"),
        ("Web", "custom-rest-actions"),
    ] {
        let new = json!({"name": name, "integrationType": {"id": kind}}).to_string();
        let (status, body) = server.post("/api/v2/integrations", &token, "", &new);
        assert_eq!(status, 200, "{body}");
    }
    let at = server.folder.path();
    write(
        at,
        "query",
        "salesforce-datadip",
        "/services/data/${input.id}",
    );
    write(
        at,
        "lambda",
        "aws-lambda-data-actions",
        "arn:aws:lambda:x:1:function:f",
    );
    write(at, "function", "function-data-actions", "/none");
    write(
        at,
        "google",
        "google-data-actions",
        "https://x.googleapis.com/y",
    );

    let url = format!("http://{}", server.address);
    let remote = [
        "--url",
        &url,
        "--client-id",
        "flows",
        "--client-secret-env",
        "TOLLGATE_TEST_SECRET",
    ];
    // The store second: what is changed there is seen by the service a second later.
    for place in [&remote[..], &["--config", "tollgate.toml"]] {
        let import = |into: &str, files: &[&str]| {
            let args = [&["import", "--integration", into], files, place].concat();
            tollgate(at, &args)
        };
        // Each that can't run is named, and nothing is imported.
        let files = ["query.json", "lambda.json", "function.json"];
        let (done, out, said) = import("CRM", &files);
        assert!(!done && out.is_empty(), "{out}{said}");
        for part in [
            "lambda.json: integrationType (line 1",
            "function URL",
            "function.json: integrationType",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        // What will surprise is told, and is no reason to refuse.
        let (done, out, said) = import("CRM", &["query.json"]);
        assert!(done && out.contains("query"), "{said}");
        assert!(
            said.contains("query.json: warning: config.request.requestUrlTemplate"),
            "{said}"
        );
        // A file of a new name, and one of a known name, of another type than the integration's.
        write(
            at,
            "other",
            "custom-rest-actions",
            "https://x.example.com/y",
        );
        let known = std::fs::read_to_string(at.join("other.json")).unwrap();
        let mut known: Value = serde_json::from_str(&known).unwrap();
        known["name"] = json!("query");
        std::fs::write(at.join("known.json"), known.to_string()).unwrap();
        for file in ["other.json", "known.json"] {
            let (done, _, said) = import("CRM", &[file]);
            assert!(
                !done && said.contains("expected salesforce-datadip, the type of CRM"),
                "{said}"
            );
        }
        let (done, _, said) = import("Web", &["google.json"]);
        assert!(
            !done && said.contains("make it one of `custom-rest-actions`"),
            "{said}"
        );
    }
}
