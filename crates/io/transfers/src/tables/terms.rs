//! What is asked of imports, and how many rows imports and exports have to do with.

use crate::work::kept;
use serde_json::{Value, json};
use tollgate_store::JsonText;

/// What becomes of rows that a file doesn't have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImportMode {
    /// They stay.
    Append,
    /// They are removed.
    ReplaceAll,
}

/// What is asked of an import.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ImportTerms {
    /// What becomes of rows that the file doesn't have.
    pub mode: ImportMode,
    /// Whether the file may be JSON, too.
    pub takes_json: bool,
}

impl ImportTerms {
    /// As a transfer has them.
    #[must_use]
    pub fn write(self) -> JsonText {
        let replaces = self.mode == ImportMode::ReplaceAll;
        kept(&json!({"replaces": replaces, "takesJson": self.takes_json}))
    }

    /// Of a transfer.
    #[must_use]
    pub fn read(terms: &JsonText) -> Self {
        let terms = terms.value();
        Self {
            mode: match terms["replaces"].as_bool() {
                Some(true) => ImportMode::ReplaceAll,
                _ => ImportMode::Append,
            },
            takes_json: terms["takesJson"].as_bool().unwrap_or(false),
        }
    }
}

/// How many rows: of an import or an export, so far or in the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RowCounts {
    /// Read from a file, or written into one.
    pub processed: u64,
    /// Added to a table, or changed there.
    pub updated: u64,
    /// Removed from a table.
    pub deleted: u64,
    /// Wrong.
    pub failed: u64,
}

impl RowCounts {
    const NAMES: [&str; 4] = ["processed", "updated", "deleted", "failed"];

    fn all(&mut self) -> [&mut u64; 4] {
        [
            &mut self.processed,
            &mut self.updated,
            &mut self.deleted,
            &mut self.failed,
        ]
    }

    /// Of a transfer's report.
    #[must_use]
    pub fn read(report: &JsonText) -> Self {
        let (report, mut counts) = (report.value(), Self::default());
        for (name, count) in Self::NAMES.into_iter().zip(counts.all()) {
            *count = report[name].as_u64().unwrap_or(0);
        }
        counts
    }

    pub(super) fn value(mut self) -> Value {
        let counts = self.all().map(|count| json!(*count));
        let named = Self::NAMES.map(str::to_owned).into_iter().zip(counts);
        Value::Object(named.collect())
    }

    pub(super) fn report(self) -> JsonText {
        kept(&self.value())
    }
}
