//! What is seen of calls from outside: one record of each call, and what is made of it.
//!
//! *Decides* what is told of a call that has come to its end ([`CallRecord`]), and to whom: [`Telemetry::ended`] hands each
//! record to all receivers. *Doesn't decide* how a call ends (the execution's), nor how that is answered (the API's).
//!
//! **One record for all.** What is counted, written and shown of a call comes from the same record, so that figures agree
//! with lines, and a call has one name in all of them: its [`CallId`], which its caller has as `ININ-Correlation-Id`.
//!
//! **Every call has one**, however it ends: answered, refused, failed, or left by its caller.
//!
//! **It costs next to nothing.** A record borrows what it tells; no receiver makes a text or waits for anything on the
//! caller's way, unless somebody has asked for texts, or the call has no output. What a receiver can't take is lost and counted; no call is.
//!
//! A receiver is a type of this room that [`Telemetry`] has, and a line in [`Telemetry::ended`]. There are figures
//! ([`metrics`]), the lines that the simulator replays ([`Records`]), those of the log (`line`), spans ([`traces`]), and the
//! last calls by their names ([`Recent`]).

mod call_trace;
mod line;
pub mod metrics;
mod origin;
pub mod process;
mod recent;
mod record;
mod records;
mod seldom;
mod telemetry;
pub mod traces;

pub use origin::CallOrigin;
pub use recent::{CALLS, FAILURES, Recent, SeenCall};
pub use record::{CallId, CallOutcome, CallRecord, Foretold, Subject, TracedCall};
pub use records::Records;
pub use seldom::Seldom;
pub use telemetry::Telemetry;
