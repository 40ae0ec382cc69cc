//! Addresses in the file: where calls may go, and that none holds a password.

use crate::support::parse;
use crate::{CRM, one};

#[test]
fn an_address_that_calls_would_not_be_let_to_is_told_with_what_to_allow() {
    let base = "https://example.my.salesforce.com";
    let private = CRM.replace(base, "http://10.1.2.3:8080");
    let told = "which is private; only a network this integration allows can permit that; \
                add 10.1.2.3 to allowed_networks";
    one(&private, 9, "integration[1].base_url", told);
    let open = "actions = { folder = \"crm\" }\nallowed_networks = [\"10.1.0.0/16\"]";
    let private = private.replace("actions = { folder = \"crm\" }", open);
    assert!(
        parse(&private).is_ok(),
        "its scheme and port are allowed by being written"
    );
    let token = private.replace("https://login.example.com", "http://10.2.0.1");
    one(
        &token,
        14,
        "integration[1].login.token_url",
        "add 10.2.0.1 to allowed_networks",
    );
    let hosts = "actions = { folder = \"crm\" }\nallowed_hosts = [\"*.my.salesforce.com\"]";
    let hosts = CRM.replace("actions = { folder = \"crm\" }", hosts);
    one(
        &hosts,
        14,
        "integration[1].login.token_url",
        "add login.example.com to allowed_hosts",
    );
    // A web service's rules are read alike.
    for (rule, field, message) in [
        (
            "allowed_networks = [\"10.0.0.0/8\", \"ten\"]",
            "integration[1].allowed_networks",
            "network \"ten\"",
        ),
        (
            "allowed_ports = [\"x\"]",
            "integration[1].allowed_ports",
            "port \"x\"",
        ),
        (
            "allowed_schemes = [\"ftp\"]",
            "integration[1].allowed_schemes",
            "scheme \"ftp\"",
        ),
        (
            "allowed_hosts = [\"a b\"]",
            "integration[1].allowed_hosts",
            "host \"a b\"",
        ),
    ] {
        let with = format!("actions = {{ folder = \"crm\" }}\n{rule}");
        one(
            &CRM.replace("actions = { folder = \"crm\" }", &with),
            11,
            field,
            message,
        );
    }
}

#[test]
fn an_address_with_a_password_is_refused_and_not_shown() {
    let base = "https://example.my.salesforce.com";
    let platform = r#"
[[caller]]
client_id = "flows"
client_secret_env = "SECRET"
[[client]]
name = "pool"
client_id = "app"
client_secret_env = "SECRET"
token_url = "https://login.example.com/token"
[[integration]]
name = "P"
type = "purecloud-data-actions"
base_url = "https://api.example.com"
clients = ["pool"]
actions = { folder = "p" }
"#;
    let (login, token) = ("[integration.login]", "client_secret_env");
    for (text, from, line, field, instead) in [
        (CRM, base, 9, "integration[1].base_url", login),
        (
            CRM,
            "https://login.example.com",
            13,
            "integration[1].login.token_url",
            token,
        ),
        (
            platform,
            "https://login.example.com",
            9,
            "client[1].token_url",
            token,
        ),
        (
            platform,
            "https://api.example.com",
            13,
            "integration[1].base_url",
            "its clients",
        ),
    ] {
        assert!(parse(text).is_ok(), "{:?}", parse(text).err());
        let host = from.trim_start_matches("https://");
        for (user, told) in [
            ("https://kim:p4ssw0rd@", instead),
            ("https://:p4ssw0rd@", instead),
            ("https://p4ssw0rd@", instead),
            ("ftp://kim:p4ssw0rd@", "http or https URL"),
            ("kim:p4ssw0rd@", "http or https URL"),
        ] {
            let text = text.replace(from, &format!("{user}{host}"));
            one(&text, line, field, told);
            let shown = parse(&text).unwrap_err().to_string();
            assert!(!shown.contains("p4ssw0rd"), "{shown}");
        }
    }
}
