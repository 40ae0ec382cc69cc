//! The action file: contracts, request rendering, response mapping.

mod action;
mod error;
mod value;

pub use action::Action;
pub use error::{ActionError, ContractError, RenderError, TranslateError, Violation};
pub use value::{Credentials, IntegrationType, Method, RawInput, Request, Warning};

/// The largest request body the platform takes (`request.bytes.max`), in bytes.
pub const MAX_REQUEST_BYTES: usize = 512_000;
/// The deepest nesting of JSON in a request or a response, in levels.
pub const MAX_JSON_DEPTH: usize = 50;
