//! Integration types: what an action file of each is told, what its URL must be, and the documentation's
//! table of them.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test, which reads a file"
)]

mod support;

use serde_json::json;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use support::made::{action, file};
use tollgate_action::{Action, Callee, Credentials, IntegrationType, RawInput, TypeFacts};

/// An action file of that type, with that URL.
fn of_type(id: &str, url: &str) -> String {
    file(&[
        ("/integrationType", json!(id)),
        ("/config/request/requestUrlTemplate", json!(url)),
    ])
}

#[test]
fn what_is_not_http_is_refused_with_what_to_do_instead() {
    for facts in TypeFacts::all() {
        if facts.calls != Callee::NotHttp {
            Action::from_json(&of_type(facts.id, "/path")).unwrap();
            continue;
        }
        let refused = Action::from_json(&of_type(facts.id, "arn:aws:lambda:x:1:function:f"));
        let error = refused.err().unwrap();
        assert_eq!(error.field, "integrationType");
        assert!(error.line.is_some(), "{error}");
        for part in [facts.id, "no HTTP request", "custom-rest-actions"] {
            assert!(error.message.contains(part), "{error}");
        }
    }
    // The type is told before the fields that only requests have.
    let empty = file(&[
        ("/integrationType", json!("function-data-actions")),
        ("/config/request/requestUrlTemplate", json!(null)),
        ("/config/request/requestType", json!(null)),
    ]);
    let error = Action::from_json(&empty).err().unwrap();
    assert_eq!(error.field, "integrationType");
}

#[test]
fn the_name_of_a_function_is_refused_under_any_type() {
    for id in [
        "custom-rest-actions",
        "purecloud-data-actions",
        "x-data-actions",
    ] {
        let refused = Action::from_json(&of_type(id, "ARN:aws:lambda:x:1:function:${input.id}"));
        let error = refused.err().unwrap();
        assert_eq!(error.field, "config.request.requestUrlTemplate");
        assert!(error.message.contains("aws-lambda-data-actions"), "{error}");
    }
}

#[test]
fn a_type_that_cannot_be_configured_is_warned_of() {
    for (id, part) in [
        ("google-data-actions", "service account"),
        ("adobe-data-actions", "Authorization"),
        (
            "snow-data-actions",
            "no integration type that is known here",
        ),
        (
            "salesforce-data-actions",
            "no integration type that is known here",
        ),
        ("salesforce-datadips", "did you mean `salesforce-datadip`?"),
    ] {
        let warnings = action(&[("/integrationType", json!(id))]).warnings();
        let found = warnings.iter().find(|it| it.field == "integrationType");
        let found = found.unwrap_or_else(|| panic!("{id}: {warnings:?}"));
        assert!(found.message.contains(part), "{found}");
        assert!(found.message.contains("custom-rest-actions"), "{found}");
    }
    for facts in TypeFacts::served() {
        let warnings = action(&[("/integrationType", json!(facts.id))]).warnings();
        let told = warnings.iter().any(|it| it.field == "integrationType");
        assert!(!told, "{warnings:?}");
    }
}

#[test]
fn an_url_must_be_what_the_type_calls() {
    let render = |id: &str, url: &str| {
        let action = Action::from_json(&of_type(id, url)).unwrap();
        let input = RawInput::from_value(json!({"id": "1", "n": 1}));
        action
            .render(&input, &Credentials::none())
            .map(|request| request.url)
    };
    let (path, whole) = ("/services/data/v54.0/query/?q=1", "https://x.example.com/y");
    for facts in TypeFacts::all() {
        let (takes_path, takes_whole) = match facts.calls {
            Callee::PlatformPath => (true, false),
            Callee::WholeUrl => (false, true),
            Callee::BelowBaseUrl => (true, true),
            Callee::NotHttp => continue,
        };
        for (url, takes) in [
            (path, takes_path),
            (whole, takes_whole),
            ("//x.example.com/y", false),
            ("services/data", false),
            ("urn:x:y", false),
            ("ftp://x.example.com/y", false),
        ] {
            let got = render(facts.id, url);
            assert_eq!(got.is_ok(), takes, "{} {url}: {got:?}", facts.id);
        }
    }
    // What a type calls that isn't known isn't known either.
    assert!(render("unheard-of", path).is_ok() && render("unheard-of", whole).is_ok());
}

#[test]
fn the_example_below_a_base_url_runs() {
    let example = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../examples/crm/Find-Account-By-Number.json"
    );
    let action = Action::from_json(&std::fs::read_to_string(example).unwrap()).unwrap();
    assert_eq!(action.warnings(), []);
    let input = RawInput::from_value(json!({"number": "+49 30-1"}));
    action.check_input(input.value()).unwrap();
    let request = action.render(&input, &Credentials::none()).unwrap();
    let escaped = "FIND+%7B%5C%2B49+30%5C-1%7D+IN+PHONE+FIELDS+RETURNING+Account%28Id%2CName%29";
    assert_eq!(
        request.url,
        format!("/services/data/v60.0/search/?q={escaped}")
    );
    let found = r#"{"searchRecords": [{"attributes": {"type": "Account"}, "Id": "001", "Name": "Kim & Co"}]}"#;
    let output = action.translate(&input, found).unwrap();
    assert_eq!(
        output,
        json!({"accountIds": ["001"], "accountNames": ["Kim & Co"]})
    );
    let output = action
        .translate(&input, r#"{"searchRecords": []}"#)
        .unwrap();
    assert_eq!(output, json!({"accountIds": [], "accountNames": []}));
}

#[test]
fn the_types_of_the_corpus_are_known() {
    let files = support::corpus();
    if files.is_empty() {
        println!("skipped: no corpus");
        return;
    }
    let mut types = BTreeSet::new();
    for file in files {
        let definition: serde_json::Value = serde_json::from_str(&file.text).unwrap();
        types.extend(definition["integrationType"].as_str().map(str::to_owned));
    }
    assert!(types.len() > 2, "{types:?}");
    for id in types {
        let known = IntegrationType::from_name(&id);
        assert!(matches!(known, IntegrationType::Known(_)), "{id}");
    }
}

#[test]
fn the_documentation_has_the_table() {
    let page = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../docs/configuration.md"
    );
    let page = std::fs::read_to_string(page).unwrap();
    let mut table = String::new();
    for facts in TypeFacts::all() {
        let TypeFacts {
            id,
            name,
            login,
            here,
            ..
        } = facts;
        let (call, evidence) = (facts.calls.as_str(), facts.evidence.as_str());
        let here = if facts.served {
            here.to_owned()
        } else {
            &format!("not served: {here}")
        };
        writeln!(
            table,
            "| `{id}` | {name} | {call} | {login} | {here} | {evidence} |"
        )
        .unwrap();
    }
    assert!(
        page.contains(&table),
        "docs/configuration.md should have:\n{table}"
    );
}
