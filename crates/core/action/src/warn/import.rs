//! What the platform's own import refuses, though it runs here.

use super::{Parts, Report};
use serde_json::Value;

pub(super) fn check(parts: &Parts<'_>, report: &mut Report<'_>) {
    let kind = parts.definition.get("actionType").and_then(Value::as_str);
    let message = match kind.map(str::trim) {
        Some("custom" | "customAuth") => None,
        None | Some("") => Some(
            "actionType is missing: the platform's import refuses the file; write \"custom\", \
             or \"customAuth\" for an integration's login"
                .to_owned(),
        ),
        Some(other) => Some(format!(
            "`{other}` is neither \"custom\" nor \"customAuth\", the types of actions that can be imported"
        )),
    };
    if let Some(message) = message {
        report.add_field(&["actionType"], message);
    }
    let template = parts.definition.pointer("/config/request/requestTemplate");
    if template.is_none_or(Value::is_null) {
        let what = if parts.method.has_body() {
            format!("and {} goes without a body", parts.method)
        } else {
            format!("also with {}", parts.method)
        };
        let message = format!(
            "requestTemplate is missing: the platform's import refuses the file, {what}; \
             write \"${{input.rawRequest}}\""
        );
        report.add_field(&["config", "request", "requestTemplate"], message);
    }
}
