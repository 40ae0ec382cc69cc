//! Feeds one engine and executes its commands over HTTP.
//!
//! *Decides nothing about quota, order, retries or tokens*: that is the engine's. The driver gives it
//! the clock and the sockets it has none of. One task owns the engine; everything else reaches it by
//! message, so the engine is never locked and sees its events one after the other.
//!
//! What the quota rule's proof asks of this crate:
//! - **A send is never before its instant.** `now` is read afresh before each call of the engine, and
//!   a request leaves only after the engine's command.
//! - **A head is never before its arrival.** The instant given with `Event::Head` is read after the
//!   head was received. Later is safe: a slot is only held longer.
//! - **One attempt is one request.** No redirects, no retries inside the HTTP client, no proxy from
//!   the environment. (A kept connection found closed before a byte was written is replaced.)
//! - **`NeverSent` means it.** Only a failure to connect counts as such; all else may have been received.
//!   `Unprocessed` is the server's own word (GOAWAY, REFUSED_STREAM).
//!
//! And of its callers' peace:
//! - **Every attempt ends in one event**, also when its task panics: a guard reports the loss.
//! - **A caller who hangs up frees its place at once**: dropping the future of [`Driver::execute`]
//!   sends a cancellation.
//! - **Bounds.** The inbox is one channel, so a cancellation can't overtake its submission. A
//!   submission needs a permit ([`Bounds::inbox`]); beside those there are at most one cancellation per
//!   execution, three messages per attempt and one per token fetch, all of which the engine bounds.
//!   Bodies are read and unpacked up to [`Bounds::max_response_bytes`], or passed on part by part; attempts end at the engine's `give_up`,
//!   token fetches at [`Bounds::token_timeout`].
//!
//! And of the next process's: with [`Driver::start_with_usage`], what covers a send is on disk before
//! it, so that a restart, clean or not, causes no 429 either.
//!
//! Secrets live in [`Secret`], go out in headers marked sensitive, and appear in no error, event or log.
//!
//! Tested over real sockets against the emulated platform: `tests/saturation.rs` (the whole quota and
//! never a 429), `tests/restart.rs` (nor after a `kill -9`).

mod answer_counts;
mod call;
mod change;
mod clock;
mod correlation;
mod driver;
mod endpoints;
mod execution;
mod extend;
mod facts;
mod figures;
mod forwarded;
mod hang_up;
mod http;
mod mark;
mod messenger;
mod pipe;
mod probe;
mod progress;
mod pump;
mod refusals;
mod request_body;
mod sent;
mod setup;
mod task;
mod task_figures;
mod token;
mod trouble;
mod upstream;
mod usage;

pub use answer_counts::AnswerCounts;
pub use call::{Answer, BodyError, Call, Failure, Request};
pub use change::{ChangeError, Demands};
pub use correlation::correlation_id;
pub use driver::{Driver, Tell};
pub use extend::ExtendError;
pub use facts::facts_of;
pub use figures::Figures;
pub use forwarded::{AnswerBody, Forwarded};
pub use http::{
    Addresses, BoxError, Outlet, Resolve, Step, Unreachable, check_identity, check_roots,
};
pub use mark::{Mark, TRACEPARENT, TRACESTATE};
pub use messenger::Messenger;
pub use probe::{NoToken, Probe};
pub use progress::{AttemptNote, Progress};
pub use pump::Extension;
pub use refusals::documented as documented_refusals;
pub use request_body::{BodyBroken, OnceBody, RequestBody};
pub use sent::Sent;
pub use setup::{Setup, SetupError};
pub use token::{TokenAnswer, TokenForm};
pub use tollgate_secret::{Redactor, Secret};
pub use tollgate_upstream::{Bounds, ClientCredentials, Proxy, Url};
pub use trouble::TokenTrouble;
