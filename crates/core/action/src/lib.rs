//! The action file: contracts, request rendering, response mapping.
//!
//! **What this decides.** Whether an export file can run ([`Action::from_json`]), what surprises in it
//! ([`Action::warnings`]), which inputs it takes, what request they make, and what output a response makes.
//! **What it does not:** when a request is sent, where to, or with which token; what a template or a path
//! means (the crates `tollgate-template` and `tollgate-jsonpath` do).
//!
//! **Invariants.** *Compiled once*: nothing is parsed per execution but the caller's JSON. *No secrets out*:
//! no error's text holds a credential (`redact`). *As rendered*: a URL or header that a client would
//! have to change before sending is refused. *Bounded*: file, body, nesting, breaches; and a [`Meter`] of all
//! that one execution does.
//!
//! **Tested** by example (`tests/errors.rs`, `requests.rs`, `flatten.rs`, `warnings.rs` and `failures.rs`, and
//! `examples.rs` on the files that come with the product), on everything in the corpus (`tests/corpus.rs`),
//! against the reference implementation (`tests/oracle.rs`) and by properties (`tests/properties.rs`,
//! `flatten_round.rs`).

mod action;
mod contract;
mod error;
mod example;
mod faults;
mod file;
mod flatten;
mod place;
mod redact;
mod render;
mod scope;
mod translate;
mod types;
mod url;
mod value;
mod warn;
mod watch;

pub use action::Action;
pub use tollgate_meter::{Budget, Exhausted, Interrupt, Meter};

pub use error::{ActionError, ContractError, RenderError, TranslateError, Violation};
pub use faults::Faults;
pub use flatten::{FlattenError, FlattenedSchema};
pub use types::{Callee, Evidence, IntegrationType, TypeFacts};
pub use value::{Credentials, Method, RawInput, Request, Warning};
pub use watch::{Found, Watch};

/// The largest request body the platform takes (`request.bytes.max`), in bytes.
pub const MAX_REQUEST_BYTES: usize = 512_000;
/// The deepest nesting of JSON in a request or a response, in levels.
pub const MAX_JSON_DEPTH: usize = 50;
