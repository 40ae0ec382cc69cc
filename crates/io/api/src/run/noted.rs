//! Calls in the audit log: who called what, and how it ended.

use super::Calls;
use crate::ends::end;
use crate::error::ApiError;
use serde_json::{Value, json};
use tollgate_callers::Principal;
use tollgate_definitions::CatalogAction;
use tollgate_execution::{CallEnd, Ended};

impl Calls {
    /// Notes who called what, and how it ended; `calls`: how those of a composite did.
    pub(crate) fn note(
        &self,
        caller: &Principal,
        what: &str,
        entry: &CatalogAction,
        error: Option<&ApiError>,
        calls: &[CallEnd],
    ) {
        let ended = error.map_or("ok", ApiError::own_code);
        let mut detail = json!({"name": entry.name, "version": entry.version, "end": ended});
        if !calls.is_empty() {
            detail["calls"] = calls.iter().map(noted).collect();
        }
        let of = ("execution", entry.id.as_str());
        self.journal.note(caller.actor(), what, of, &detail);
    }
}

/// One call of a composite, as the audit log has it.
fn noted(call: &CallEnd) -> Value {
    let ended = match call.ended {
        Ended::Answered => "ok",
        Ended::Failed(cause, upstream) => {
            let end = end(cause, upstream);
            end.own.unwrap_or(end.code)
        }
        Ended::Abandoned => "abandoned",
        Ended::NotMade => "not.made",
    };
    json!({"call": call.call, "action": call.action, "version": call.version, "end": ended})
}
