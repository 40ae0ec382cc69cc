//! Plausible answers to the platform's paths, held in memory.
//!
//! What people's actions read (queues, users, presences, conversations, observations, contacts) is
//! made from the ids asked for, so the same question gets the same answer. What they write lasts where
//! a later call reads it back: data tables' rows. Any other path is answered with an echo, so that a
//! request can be looked at.

mod made;
mod tables;

use crate::error_body;
use serde_json::{Value, json};
use tables::Tables;

/// A status and a body; no body for 204.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body's JSON.
    pub body: Option<Value>,
}

impl Answer {
    fn ok(body: Value) -> Self {
        Self {
            status: 200,
            body: Some(body),
        }
    }

    fn error(status: u16, code: &str, message: &str) -> Self {
        Self {
            status,
            body: Some(error_body(status, code, message, "emulated")),
        }
    }
}

/// The provider's data.
#[derive(Debug, Default)]
pub struct Data {
    tables: Tables,
}

impl Data {
    /// Answers one request. `path` is percent-decoded; `query` as sent, without its `?`.
    pub fn answer(&mut self, method: &str, path: &str, query: &str, body: &[u8]) -> Answer {
        let parsed: Option<Value> = if body.is_empty() {
            None
        } else {
            match tollgate_json::read_bytes(body) {
                Ok(value) => Some(value),
                Err(_) if path.starts_with("/api/v2/") => {
                    return Answer::error(400, "bad.request", "The request body is not JSON.");
                }
                Err(_) => Some(Value::String(String::from_utf8_lossy(body).into_owned())),
            }
        };
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let ["api", "v2", rest @ ..] = &parts[..] else {
            return echo(method, path, query, parsed);
        };
        if let ["flows", "datatables", rest @ ..] = rest {
            return self.tables.answer(method, rest, parsed);
        }
        match made::answer(method, rest, query, parsed.as_ref()) {
            Some(body) => Answer::ok(body),
            None => echo(method, path, query, parsed),
        }
    }
}

fn echo(method: &str, path: &str, query: &str, body: Option<Value>) -> Answer {
    Answer::ok(json!({"method": method, "path": path, "query": query, "body": body}))
}
