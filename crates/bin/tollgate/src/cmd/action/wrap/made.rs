//! What is made of one action: another with the same contract, of the type for web services, that calls tollgate by
//! name and gives what tollgate answers; and the login that such actions share.

use super::contract::widened;
use crate::cmd::http;
use serde_json::{Map, Value, json};
use std::time::Duration;
use tollgate_action::{Action, ActionError, Faults, IntegrationType};

/// The type of what is made.
const WEB_SERVICE: &str = "custom-rest-actions";
/// The longest timeout that an action can have, in seconds.
const MAX_SECONDS: u64 = 60;
/// What the paths of calls by name begin with.
const PATH: &str = "/api/v2/tollgate/actions/";
/// How the login is called.
pub(super) const LOGIN_NAME: &str = "tollgate login";
/// The characters that have a meaning in templates.
const TEMPLATE: [char; 2] = ['$', '#'];

/// What all actions that are made have in common.
pub(super) struct Target {
    /// Where tollgate is, without a slash at the end.
    pub(super) url: String,
    /// Their integration there. None: one that is called as the vendor calls the action's type.
    pub(super) integration: Option<String>,
    pub(super) flow: Option<String>,
    pub(super) deadline: Option<Deadline>,
    pub(super) inline: bool,
    /// What their names begin with.
    pub(super) prefix: String,
}

/// A deadline, as it was given and as a span.
pub(super) struct Deadline {
    pub(super) text: String,
    pub(super) span: Duration,
}

/// An action that was made of another.
pub(super) struct Wrapped {
    /// The integration and the action that it calls at tollgate.
    pub(super) calls: (String, String),
    /// The type of that integration.
    pub(super) of_type: String,
    /// The path that it calls, from tollgate's address on.
    pub(super) path: String,
    /// Its own name.
    pub(super) name: String,
    /// Its export file.
    pub(super) export: Value,
}

/// Checks what `--url` gives.
pub(super) fn checked_url(given: &str) -> Result<String, String> {
    let example = "https://tollgate.example";
    let url = http::checked_url("--url", given, example)?;
    if given.contains(TEMPLATE) {
        return Err(format!(
            "--url {given}: it has a `$` or a `#`; give one such as {example}"
        ));
    }
    Ok(url)
}

/// Checks a text that goes into a header as it is.
pub(super) fn checked_header(option: &str, text: &str) -> Result<String, String> {
    let plain = |c: char| c == ' ' || c.is_ascii_graphic() && !TEMPLATE.contains(&c);
    if text.trim() == text && !text.is_empty() && text.chars().all(plain) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "{option} {text:?}: a header can't have it as it is: it may have letters, digits and signs of ASCII, but for \
         `$` and `#`"
    ))
}

/// Makes an action that has another one carried out by tollgate.
///
/// # Errors
/// Why that one can't be wrapped.
pub(super) fn wrapped(text: &str, target: &Target) -> Result<Wrapped, Faults> {
    let action = Action::read(text)?;
    if let Some((field, why)) = hindrance(&action) {
        return Err(fault(field, why));
    }
    let name = action.name();
    let of_type = action.integration_type();
    let integration = match (&target.integration, of_type) {
        (Some(given), _) => given.as_str(),
        (None, IntegrationType::Known(facts)) => facts.name,
        (None, IntegrationType::Unknown(name)) => name,
    };
    let path = path(integration, name);
    let made = Wrapped {
        export: export(&action, target, &path),
        name: format!("{}{name}", target.prefix),
        calls: (integration.to_owned(), name.to_owned()),
        of_type: of_type.as_str().to_owned(),
        path,
    };
    match Action::read(&made.export.to_string()) {
        Ok(_) => Ok(made),
        // Such as a contract that is too deep once it lies within another.
        Err(faults) => Err(fault(
            &faults.first.field,
            format!("what is made of it can't be used: {}", faults.first.message),
        )),
    }
}

/// A fault without a place in the file.
pub(super) fn fault(field: &str, message: String) -> Faults {
    Faults::from(ActionError {
        field: field.to_owned(),
        line: None,
        column: None,
        message,
    })
}

/// Why an action that can be read isn't wrapped, and the field that says so.
fn hindrance(action: &Action) -> Option<(&'static str, String)> {
    let definition = action.definition();
    let url = definition.pointer("/config/request/requestUrlTemplate");
    let url = url.and_then(Value::as_str).unwrap_or_default();
    if definition["actionType"] == "customAuth" {
        let why = "it is an integration's own login, which tollgate runs when a call needs it; nobody calls it";
        return Some(("actionType", why.to_owned()));
    }
    if action.secure() {
        let why = "a secure action isn't wrapped: what it takes and gives would pass through one service more than \
                   its author has allowed";
        return Some(("secure", why.to_owned()));
    }
    if let Some(advice) = action.integration_type().advice() {
        return Some(("integrationType", advice));
    }
    if url.contains(PATH) {
        let field = "config.request.requestUrlTemplate";
        return Some((field, "it is wrapped already".to_owned()));
    }
    if let Some(why) = action.certain_failure() {
        return Some(("", format!("every call of it fails: {why}")));
    }
    if [".", ".."].contains(&action.name()) {
        return Some(("name", "a URL can't have this name in its path".to_owned()));
    }
    None
}

/// The path of a call by name.
fn path(integration: &str, name: &str) -> String {
    let (integration, name) = (http::encode(integration), http::encode(name));
    format!("{PATH}{integration}/{name}/execute")
}

fn export(action: &Action, target: &Target, path: &str) -> Value {
    let mut output = json!({"successSchema": match target.inline {
        true => widened(action.output_schema()),
        false => action.output_schema().clone(),
    }});
    if let Some(errors) = action.definition().pointer("/contract/output/errorSchema") {
        output["errorSchema"] = errors.clone();
    }
    json!({
        "name": format!("{}{}", target.prefix, action.name()),
        "integrationType": WEB_SERVICE,
        "actionType": "custom",
        "config": {
            "timeoutSeconds": seconds(action.timeout(), target.deadline.as_ref()),
            "request": {
                "requestUrlTemplate": format!("{}{path}", target.url),
                "requestType": "POST",
                "headers": headers(target),
                "requestTemplate": "${input.rawRequest}",
            },
            "response": as_answered(),
        },
        "contract": {"input": {"inputSchema": action.input_schema()}, "output": output},
        "secure": false,
    })
}

/// The mapping that leaves an answer as it is.
fn as_answered() -> Value {
    json!({"translationMap": {}, "translationMapDefaults": {}, "successTemplate": "${rawResult}"})
}

fn headers(target: &Target) -> Value {
    let mut headers = Map::new();
    let mut add = |name: &str, value: &str| headers.insert(name.to_owned(), json!(value));
    add("Authorization", "Bearer ${authResponse.access_token}");
    add("Content-Type", "application/json");
    if let Some(flow) = &target.flow {
        add("Tollgate-Flow", flow);
    }
    if let Some(deadline) = &target.deadline {
        add("Tollgate-Deadline", &deadline.text);
    }
    if target.inline {
        add("Tollgate-Errors", "inline");
    }
    headers.into()
}

/// Seconds within which tollgate has answered: the wait for the start, the action's own timeout, and one for the way
/// there and back; the most that an action can have, if that is less.
fn seconds(timeout: Duration, deadline: Option<&Deadline>) -> u64 {
    let wait = deadline.map_or(timeout, |deadline| deadline.span);
    let whole = wait + timeout + Duration::from_secs(1);
    let seconds = whole.as_secs() + u64::from(whole.subsec_nanos() > 0);
    seconds.min(MAX_SECONDS)
}

/// The login of the integration that has such actions: client credentials, at tollgate's own token endpoint.
pub(super) fn login(target: &Target) -> Value {
    let mut config = tollgate_definitions::grant(false, false);
    config["request"]["requestUrlTemplate"] = json!(login_url(&target.url));
    let any = json!({"type": "object", "properties": {}, "additionalProperties": true});
    json!({
        "name": LOGIN_NAME,
        "integrationType": WEB_SERVICE,
        "actionType": "customAuth",
        "config": config,
        "contract": {"input": {"inputSchema": any}, "output": {"successSchema": any}},
        "secure": false,
    })
}

/// Tollgate's token endpoint.
pub(super) fn login_url(url: &str) -> String {
    format!("{url}/oauth/token")
}
