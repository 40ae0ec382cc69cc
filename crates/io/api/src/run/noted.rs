//! Calls in the audit log: who called what, and how it ended.

use super::Calls;
use crate::error::ApiError;
use crate::executed::executed;
use tollgate_callers::Principal;
use tollgate_definitions::CatalogAction;
use tollgate_execution::CallEnd;

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
        let detail = executed(entry, error, calls);
        let of = ("execution", entry.id.as_str());
        self.journal.note(caller.actor(), what, of, &detail);
    }
}
