//! Integrations below a base URL of their own: their fields, their logins, and each mistake in them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod addresses;
#[path = "../support/mod.rs"]
mod support;

use support::{parse, problem};
use tollgate_config::Login;

/// An integration below a base URL that logs in by OAuth.
const CRM: &str = r#"
[[caller]]
client_id = "flows"
client_secret_env = "SECRET"

[[integration]]
name = "CRM"
type = "salesforce-datadip"
base_url = "https://example.my.salesforce.com"
actions = { folder = "crm" }

[integration.login]
token_url = "https://login.example.com/token"
client_id = "app"
client_secret_env = "SECRET"
"#;

const OAUTH: &str = r#"token_url = "https://login.example.com/token"
client_id = "app"
client_secret_env = "SECRET""#;

/// The text has one mistake.
#[track_caller]
fn one(text: &str, line: usize, field: &str, message: &str) {
    let (at, named, said) = problem(text);
    assert_eq!((at, named.as_str()), (line, field), "{said}");
    assert!(said.contains(message), "{said}");
}

#[test]
fn a_client_logs_in_with_what_the_file_says() {
    let crm = CRM.replace(
        "[integration.login]",
        "[integration.login]\nscope = \"api\"",
    );
    let presets = "presets = [\"genesys-cloud\", \"genesys-data-actions\"]";
    let config = parse(&format!("{presets}\n{crm}")).unwrap();
    let crm = &config.integrations[0];
    assert_eq!(crm.kind.id, "salesforce-datadip");
    let base = crm.base_url.as_ref().unwrap().as_str();
    assert_eq!(base, "https://example.my.salesforce.com/");
    let Some(Login::ClientCredentials {
        client,
        scope,
        in_body,
    }) = &crm.login
    else {
        panic!("{:?}", crm.login);
    };
    assert_eq!(client.token_url.as_str(), "https://login.example.com/token");
    assert_eq!(client.client_id, "app");
    assert_eq!((scope.as_deref(), *in_body), (Some("api"), false));
    // It takes no token of the platform's, and so passes none of their limits.
    assert_eq!(config.engine.routes[0].pool, None);
    assert!(config.engine.pools.is_empty() && config.engine.clients.is_empty());
    let limits = &config.engine.routes[0].limits;
    let named = |name: &str| {
        let mut found = limits.iter().map(|id| &config.engine.limits[id.index()]);
        found.any(|limit| limit.name == name)
    };
    assert!(named("actions.concurrent.executions.max"));
    assert!(!named("org.app.user.rate.per.minute"));

    let told = config.describe();
    assert!(
        told.contains("integration CRM: salesforce-datadip at https://example"),
        "{told}"
    );
    assert!(
        told.contains("logs in as the client app at https://login.example"),
        "{told}"
    );
    for shown in [told, format!("{config:?}")] {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn a_user_logs_in_with_a_password() {
    let text = CRM.replace("salesforce-datadip", "zendesk-data-actions");
    let text = text.replace(
        OAUTH,
        "user_name = \"kim@example.com/token\"\npassword_env = \"SECRET\"",
    );
    let config = parse(&text).unwrap();
    let Some(Login::Basic {
        user_name,
        password,
    }) = &config.integrations[0].login
    else {
        panic!("{:?}", config.integrations[0].login);
    };
    assert_eq!(user_name, "kim@example.com/token");
    assert_eq!(password.expose(), "hunter2-hunter3-0123");
    assert!(config.describe().contains("logs in as the user kim@"));
    let without = CRM.replace(OAUTH, "").replace("[integration.login]", "");
    let without = parse(&without).unwrap();
    assert!(
        without.integrations[0].login.is_none(),
        "an action may log in instead"
    );
}

#[test]
fn mistakes_name_line_field_and_what_to_do() {
    let login = "[integration.login]\n";
    let body = "client_in = \"cookie\"\n".to_owned() + OAUTH;
    for (from, to, line, field, message) in [
        (
            "salesforce-datadip",
            "salesforce",
            8,
            "integration[1].type",
            "\"zendesk-data-actions\", found \"salesforce\"",
        ),
        (
            "salesforce-datadip",
            "saleforce-datadip",
            8,
            "integration[1].type",
            "(did you mean \"salesforce-datadip\"?)",
        ),
        (
            "salesforce-datadip",
            "aws-lambda-data-actions",
            8,
            "integration[1].type",
            "put the function behind an HTTPS address",
        ),
        (
            "salesforce-datadip",
            "google-data-actions",
            8,
            "integration[1].type",
            "make it one of `custom-rest-actions`",
        ),
        (
            "base_url = \"https://example.my.salesforce.com\"\n",
            "",
            6,
            "integration[1].base_url",
            "missing; add base_url = \"https://",
        ),
        (
            "https://example.my.salesforce.com",
            "example.my.salesforce.com",
            9,
            "integration[1].base_url",
            "http or https URL",
        ),
        (
            "actions = {",
            "clients = [\"pool\"]\nactions = {",
            10,
            "integration[1].clients",
            "remove clients",
        ),
        (
            OAUTH,
            "scope = \"api\"",
            12,
            "integration[1].login.token_url",
            "or user_name for Basic",
        ),
        (
            "client_id = \"app\"\n",
            "",
            12,
            "integration[1].login.client_id",
            "missing",
        ),
        (
            "client_secret_env = \"SECRET\"\n\n[[integration",
            "client_secret_env = \"ABSENT\"\n\n[[integration",
            4,
            "caller[1].client_secret_env",
            "ABSENT is not set",
        ),
        (
            "token_url = \"https",
            "token_url = \"ftp",
            13,
            "integration[1].login.token_url",
            "http or https URL",
        ),
        (
            "token_url =",
            "user_name = \"kim\"\ntoken_url =",
            14,
            "integration[1].login.token_url",
            "either this or user_name",
        ),
        (
            OAUTH,
            "user_name = \"kim:x\"\npassword_env = \"SECRET\"",
            13,
            "integration[1].login.user_name",
            "without a colon",
        ),
        (
            OAUTH,
            "user_name = \"kim\"",
            12,
            "integration[1].login.password_env",
            "missing",
        ),
        (
            OAUTH,
            "user_name = \"kim\"\npassword = \"s3cret\"",
            14,
            "integration[1].login.password",
            "use password_env or password_file",
        ),
        (
            OAUTH,
            body.as_str(),
            13,
            "integration[1].login.client_in",
            "\"header\" or \"body\"",
        ),
        (
            login,
            "[integration.login]\nscopes = \"api\"\n",
            13,
            "integration[1].login.scopes",
            "no such field; known here:",
        ),
    ] {
        assert!(CRM.contains(from), "{from}");
        one(&CRM.replacen(from, to, 1), line, field, message);
    }
}

#[test]
fn a_login_is_for_types_below_a_base_url() {
    let rest = CRM.replace("salesforce-datadip", "custom-rest-actions");
    one(
        &rest.replace("base_url = \"https://example.my.salesforce.com\"\n", ""),
        11,
        "integration[1].login",
        "remove [integration.login]",
    );
    let without = rest.split("[integration.login]").next().unwrap();
    one(without, 9, "integration[1].base_url", "remove base_url");
}

#[test]
fn the_example_is_understood() {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../examples/crm.toml");
    let config = parse(&std::fs::read_to_string(example).unwrap()).unwrap();
    let crm = &config.integrations[0];
    assert_eq!(crm.kind.id, "salesforce-datadip");
    assert!(matches!(crm.login, Some(Login::ClientCredentials { .. })));
    let limits = config.engine.routes[0].limits.iter();
    let mut limits = limits.map(|id| &config.engine.limits[id.index()]);
    assert!(limits.any(|limit| limit.name == "crm.at.once"));
}
