//! The nouns of tollgate.
//!
//! This crate decides nothing. It gives each word of the design one type, so that the other rooms
//! can't confuse an instant with a span, a limit's name with its place in a table, or a refusal with
//! an error. It has no clock: an [`Instant`] is nanoseconds since an origin that the caller chose.
#![cfg_attr(not(test), warn(clippy::cast_possible_truncation))]
#![cfg_attr(not(test), warn(clippy::cast_possible_wrap, clippy::cast_sign_loss))]
#![cfg_attr(not(test), warn(clippy::cast_lossless))]

mod agenda;
mod demand;
mod id;
mod instant;
mod limit;
mod number;
mod refusal;
mod stream;
mod table;

pub use agenda::Agenda;
pub use demand::{ClassDemand, FlowDemand, LimitUse, TokensUse};
pub use id::{
    AttemptId, ClientId, EndpointId, ExecutionId, FlowId, Id, LimitId, PoolId, RouteId, TokenId,
};
pub use instant::Instant;
pub use limit::{Limit, Rule, Scope};
pub use number::{count, millis, nanos, tally};
pub use refusal::{LeaseShare, Reason, Refusal};
pub use stream::Stream;
pub use table::Table;
