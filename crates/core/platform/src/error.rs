//! The platform's error body.

use serde_json::{Value, json};

/// The body every error has.
#[must_use]
pub fn body(status: u16, code: &str, message: &str, context: &str) -> Value {
    json!({
        "message": message,
        "code": code,
        "status": status,
        "contextId": context,
        "details": [],
        "errors": [],
    })
}
