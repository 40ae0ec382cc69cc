//! The provider's truth: its own windows, tokens, faults and data, without a socket or a clock.
//!
//! **What this decides.** Whether a call that arrives at an instant is admitted, what its headers say,
//! how long it takes, whether a fault strikes, and what a path answers ([`Data`]). **What it does not:**
//! anything about the caller's side. It shares no limiter code with the engine, so that an error in
//! the engine's belief shows here as a 429.
//!
//! **Counting.** A call counts on arrival (or at its answer, as configured) under every [`Law`] that
//! concerns it, by its token, its client, its path or the organisation, and holds a place under each
//! limit on calls at once until it leaves. A call that any limit turns away is counted under none, but
//! those that count refused calls. Windows are fixed, sliding, or weighted, or the limit is a bucket;
//! where fixed windows open is the [`Alignment`], because it is documented for none and observed for
//! the token's alone. A law's numbers may change as time goes by.
//!
//! **Headers** speak of the first window that is shown, or, on a refusal, of the limit that turned the
//! call away if it is shown. Their family, their lies, the refusal's status and the form of
//! `Retry-After` are configured ([`Headers`]). Seconds are whole and rounded as observed: 61 at the
//! opening of a minute.
//!
//! **Others.** [`Stranger`]s call by themselves, each at its own instants; what they did is made up for
//! whenever the provider is looked at. [`Stray`]s are refusals for no limit's sake.
//!
//! **Files** say all of this in one way ([`mod@file`]).
//!
//! **Deterministic**: the same seed and the same calls give the same answers. Tested in
//! `tests/laws.rs` (no window admits more than is allowed, under each alignment) and `tests/kinds.rs`
//! (what each kind of limit admits, and what headers say).

mod config;
mod counter;
mod data;
mod error;
pub mod file;
mod gate;
mod meter;
mod platform;
mod said;
mod strangers;
mod verdict;

pub use config::{
    Alignment, Client, Config, Counted, Family, Faults, Headers, Kind, Law, Lie, Life, Paths,
    RetryAfter, Share, Slowing, Spread, Step, Stranger, Stray, TokenEndpoint, Whose, Window,
};
pub use data::{Answer, Data};
pub use error::body as error_body;
pub use platform::Platform;
pub use said::Header;
pub use verdict::{
    Admitted, Counts, Facts, Fault, Grant, LimitName, Limited, Place, Request, StrangerCounts,
    TokenAnswer, TokenCounts, TokenNumber, Verdict, WindowCount,
};

/// What a provider's wall clock says, as a time since 1970, where a run in virtual time begins: a day's beginning in
/// January 2027 and a bit, so that no window of the wall clock's opens with the first call.
pub const BEGINNING: std::time::Duration =
    std::time::Duration::from_millis(1_799_971_200 * 1_000 + 17_370);
