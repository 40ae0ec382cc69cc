//! What the audit log has of an execution.

use crate::ends::end;
use crate::error::ApiError;
use serde_json::{Value, json};
use tollgate_definitions::CatalogAction;
use tollgate_execution::{CallEnd, Ended, MOST_TOLD};

/// What was executed, and how it ended; `calls`: how those of a composite did.
pub(crate) fn executed(
    entry: &CatalogAction,
    error: Option<&ApiError>,
    calls: &[CallEnd],
) -> Value {
    let ended = error.map_or("ok", ApiError::own_code);
    let mut detail = json!({"name": entry.name, "version": entry.version, "end": ended});
    if !calls.is_empty() {
        detail["calls"] = calls.iter().take(MOST_TOLD).map(noted).collect();
    }
    detail
}

/// One call of a composite.
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
    let (id, version) = (&call.action.id, call.action.version);
    json!({"call": call.call, "action": id, "version": version, "end": ended})
}
