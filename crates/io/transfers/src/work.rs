//! What is done with transfers: each kind's own part.

use crate::held::{Held, Trouble};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tollgate_store::{JsonText, TransferKind};

/// What is done with the transfers of some kinds.
pub trait Work: Send + Sync + 'static {
    /// The kinds.
    fn kinds(&self) -> &'static [TransferKind];

    /// Works on one. It may be dropped at any point, and begun anew by another node; so what it changes beside the
    /// transfer it changes in the transaction that ends it, or such that it can be done twice.
    fn carry<'a>(&'a self, held: &'a mut Held) -> BoxFuture<'a, Result<Ending, Trouble>>;
}

/// How work on a transfer ends. The reports are the kind's own, but for [`failure`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ending {
    /// Well.
    Succeeded(JsonText),
    /// Badly, and nothing was changed.
    Failed(JsonText),
    /// The work has ended the transfer itself, together with what else it changed.
    Settled,
}

/// The report of a transfer that failed: `{"error": {"code": …, "message": …}}`.
#[must_use]
pub fn failure(code: &str, message: &str) -> JsonText {
    kept(&json!({"error": {"code": code, "message": message}}))
}

/// Terms or a report as the store keeps them: an empty object in the place of one that is too long for it.
pub(crate) fn kept(said: &Value) -> JsonText {
    JsonText::parse(said.to_string()).unwrap_or_default()
}
