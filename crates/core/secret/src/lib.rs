//! Text that must not be seen, as types.
//!
//! One crate of its own, so that what stores secrets and what sends them share the types without
//! sharing an HTTP client. It decides two things. A [`Secret`] is shown by nobody and overwritten when
//! dropped; it can't be serialised; whoever needs the text writes `expose`, which a review can find. A
//! [`Redactor`] strikes secrets out of texts that others wrote and that leave the process, however the
//! secrets are spelled there.

mod redactor;
mod secret;

pub use redactor::Redactor;
pub use secret::Secret;
