//! Errors as fields of an answer whose status is 200: `Tollgate-Errors: inline`.
//!
//! Voice flows can't read the body of a failure (*observed*), so they can't tell a limit from a fault, nor say
//! how long to wait. Where a caller asks for it, each end of a call is an answer of one shape: the same fields with
//! the same types, so that an output contract can state them, and `result` beside them where there is an output.

use super::ApiError;
use crate::json::Json;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use std::time::Duration;

/// The property that has the output.
pub(crate) const RESULT: &str = "result";

/// How a call ended, but for its output.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InlineEnd<'a> {
    ok: bool,
    code: &'static str,
    status: u16,
    retry_after_millis: u64,
    message: &'a str,
}

impl ApiError {
    /// The error as an answer of status 200.
    pub(crate) fn into_inline_response(self) -> Response {
        let parts = &self.0;
        // A caller that gave a deadline isn't told to come back by itself; here it decides.
        let again = parts.retry_after.or(parts.earliest_start);
        let end = InlineEnd {
            ok: false,
            code: self.own_code(),
            status: parts.status.as_u16(),
            retry_after_millis: again.map_or(0, millis),
            message: &parts.message,
        };
        self.told(|_| Json(&end).into_response())
    }
}

/// The answer to a call that has an output. `output`: its JSON; `flat`: an object whose names begin with
/// [`RESULT`].
pub(crate) fn with_output(output: &str, flat: bool) -> String {
    let end = InlineEnd {
        ok: true,
        code: "ok",
        status: 200,
        retry_after_millis: 0,
        message: "",
    };
    let mut text = serde_json::to_string(&end).unwrap_or_default();
    text.truncate(text.len() - 1);
    match output.strip_prefix('{').filter(|_| flat) {
        Some("}") => text.push('}'),
        Some(fields) => text.extend([",", fields]),
        None => text.extend([",\"", RESULT, "\":", output, "}"]),
    }
    text
}

/// Whole milliseconds, rounded up: who comes back too early is refused again.
fn millis(span: Duration) -> u64 {
    let millis = span.as_nanos().div_ceil(1_000_000);
    u64::try_from(millis).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_stands_beside_how_the_call_ended() {
        let head = r#"{"ok":true,"code":"ok","status":200,"retryAfterMillis":0,"message":"""#;
        for (output, flat, rest) in [
            (r#"{"a":1}"#, false, r#","result":{"a":1}}"#),
            ("{}", false, r#","result":{}}"#),
            ("[1]", false, r#","result":[1]}"#),
            (r#"{"result.a":1}"#, true, r#","result.a":1}"#),
            ("{}", true, "}"),
        ] {
            assert_eq!(with_output(output, flat), format!("{head}{rest}"));
        }
    }

    #[test]
    fn milliseconds_are_rounded_up() {
        assert_eq!(millis(Duration::from_nanos(1)), 1);
        assert_eq!(millis(Duration::from_millis(2)), 2);
        assert_eq!(millis(Duration::MAX), u64::MAX);
    }
}
