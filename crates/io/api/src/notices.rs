//! What whoever runs the service should know, for as long as it is so: `GET /health` and the page show it.
//!
//! Everybody may read it, so a notice is one of the program's own texts, and names no file and no address; the
//! log has those.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The notices, by what they are about.
#[derive(Clone, Debug, Default)]
pub struct Notices(Arc<Mutex<BTreeMap<String, &'static str>>>);

impl Notices {
    /// Shows what is so from now on of a thing, or that nothing is.
    pub fn set(&self, about: &str, notice: Option<&'static str>) {
        let mut notices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match notice {
            Some(notice) => drop(notices.insert(about.to_owned(), notice)),
            None => drop(notices.remove(about)),
        }
    }

    /// A line for each.
    pub(crate) fn shown(&self) -> String {
        let notices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = notices
            .iter()
            .map(|(about, notice)| format!("{about}: {notice}\n"));
        lines.collect()
    }
}
