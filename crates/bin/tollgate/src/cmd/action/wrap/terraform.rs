//! The same as Terraform's files, for the vendor's provider (CX as Code): one for what all actions share, and one for
//! each action. The secret is a variable, and in none of them.

use super::made::{LOGIN_NAME, Wrapped};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The resources and variables that all actions share.
const SHARED: &str = include_str!("shared.tf");
/// How Terraform names where tollgate is, within a text.
const URL: &str = "${var.tollgate_url}";

/// The name of the file with what all actions share.
pub(super) const SHARED_FILE: &str = "tollgate.tf";

/// What all actions share: the integration, its credentials and its login.
pub(super) fn shared(url: &str, login: &Value) -> String {
    let request = &login["config"]["request"];
    let texts = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let replaced = [
        ("@url@", quoted(url)),
        ("@login_name@", quoted(LOGIN_NAME)),
        (
            "@login_url@",
            at_tollgate(&texts(&request["requestUrlTemplate"]), url),
        ),
        ("@login_body@", quoted(&texts(&request["requestTemplate"]))),
        ("@login_headers@", headers(&request["headers"])),
        (
            "@login_answer@",
            quoted(&texts(&login["config"]["response"]["successTemplate"])),
        ),
    ];
    replaced
        .iter()
        .fold(SHARED.to_owned(), |text, (place, value)| {
            text.replace(place, value)
        })
}

/// One action as a resource of that name.
pub(super) fn action(resource: &str, wrapped: &Wrapped, url: &str) -> String {
    let export = &wrapped.export;
    let request = &export["config"]["request"];
    let text = |value: &Value| quoted(value.as_str().unwrap_or_default());
    let (integration, name) = &wrapped.calls;
    let request_url = request["requestUrlTemplate"].as_str().unwrap_or_default();
    format!(
        r#"# Has the action {name:?} of the integration {integration:?} carried out by tollgate.
resource "genesyscloud_integration_action" "{resource}" {{
  name                   = {own_name}
  category               = var.tollgate_integration_name
  integration_id         = genesyscloud_integration.tollgate.id
  config_timeout_seconds = {seconds}
  contract_input         = {input}
  contract_output        = {output}
  config_request {{
    request_url_template = {request_url}
    request_type         = {method}
    request_template     = {body}
    headers = {headers}
  }}
  config_response {{
    success_template = {answer}
  }}
}}
"#,
        own_name = quoted(&wrapped.name),
        seconds = export["config"]["timeoutSeconds"],
        input = document(&export["contract"]["input"]["inputSchema"]),
        output = document(&export["contract"]["output"]["successSchema"]),
        request_url = at_tollgate(request_url, url),
        method = text(&request["requestType"]),
        body = text(&request["requestTemplate"]),
        headers = headers(&request["headers"]),
        answer = text(&export["config"]["response"]["successTemplate"]),
    )
}

/// The name of an action's resource: of letters, digits and underscores, and told apart from those that are taken.
pub(super) fn resource(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .take(80)
        .collect();
    if !plain.starts_with(|c: char| c.is_ascii_alphabetic()) {
        plain.insert_str(0, "action_");
    }
    let mut found = plain.clone();
    for number in 2.. {
        // The shared part's file is called so.
        if !SHARED_FILE.starts_with(&format!("{found}.")) && taken.insert(found.clone()) {
            break;
        }
        found = format!("{plain}_{number}");
    }
    found
}

/// A text that begins with tollgate's address, with the variable in its place.
fn at_tollgate(text: &str, url: &str) -> String {
    match text.strip_prefix(url) {
        Some(rest) => format!("\"{URL}{}\"", escaped(rest)),
        None => quoted(text),
    }
}

/// Headers as a map, in the form of `terraform fmt`.
fn headers(headers: &Value) -> String {
    let headers = headers.as_object().into_iter().flatten();
    let headers: Vec<(String, &str)> = headers
        .map(|(name, value)| (quoted(name), value.as_str().unwrap_or_default()))
        .collect();
    let width = headers.iter().map(|(name, _)| name.len()).max();
    let width = width.unwrap_or_default();
    let mut text = "{\n".to_owned();
    for (name, value) in &headers {
        let _ = writeln!(text, "      {name:width$} = {}", quoted(value));
    }
    text.push_str("    }");
    text
}

/// A JSON document as it is, in lines of its own.
fn document(value: &Value) -> String {
    let text = plain(&format!("{value:#}"));
    let lines: Vec<String> = text.lines().map(|line| format!("    {line}")).collect();
    format!("<<-JSON\n{}\n  JSON", lines.join("\n"))
}

/// A text between quotes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => escaped.extend(['\\', c]),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(escaped, "\\u{:04x}", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    plain(&escaped)
}

/// A text whose `${` and `%{` begin nothing of Terraform's: their sign is doubled, and a sign before that is written by
/// its number, so that it isn't taken for the one that doubles.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut before = None;
    while let Some(c) = rest.next() {
        let begins = |c: char, next: Option<&char>| ['$', '%'].contains(&c) && next == Some(&'{');
        if begins(c, rest.peek()) {
            if before == Some(c) {
                plain.pop();
                let _ = write!(plain, "\\u{:04x}", u32::from(c));
            }
            plain.push(c);
        }
        plain.push(c);
        before = Some(c);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_terraforms() {
        for (text, written) in [
            ("plain $5 100%", "\"plain $5 100%\""),
            ("${a} %{b}", "\"$${a} %%{b}\""),
            ("$${a}", "\"\\u0024$${a}\""),
            ("a\"b\\\n\u{1}", "\"a\\\"b\\\\\\n\\u0001\""),
        ] {
            assert_eq!(quoted(text), written);
        }
    }

    #[test]
    fn resources_have_names_of_their_own() {
        let mut taken = BTreeSet::new();
        let names = ["Find Order", "find-order", "1st", "Ö", "tollgate"]
            .map(|name| resource(name, &mut taken));
        assert_eq!(
            names,
            [
                "find_order",
                "find_order_2",
                "action_1st",
                "action__",
                "tollgate_2"
            ]
        );
    }
}
