//! Text that must not be seen, as a type.
//!
//! One crate of its own, so that what stores secrets and what sends them share the type without
//! sharing an HTTP client. It decides one thing: a [`Secret`] is shown by nobody and overwritten when
//! dropped. It can't be serialised; whoever needs the text writes `expose`, which a review can find.

mod secret;

pub use secret::Secret;
