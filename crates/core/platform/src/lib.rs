//! The provider's truth: its own windows, tokens, faults and data, without a socket or a clock.
//!
//! **What this decides.** Whether a call that arrives at an instant is admitted, what its headers say,
//! how long it takes, whether a fault strikes, and what a path answers ([`Data`]). **What it does not:**
//! anything about the caller's side. It shares no limiter code with the engine, so that an error in
//! the engine's belief shows here as a 429.
//!
//! **Counting.** A call counts on arrival under its token's, its client's and the organisation's
//! window, and holds a place under the concurrency limit until it leaves. A call that any limit turns
//! away is counted under none (nothing is documented; ours). Windows are fixed; where they open is the
//! [`Alignment`], because it is documented for none and observed for the token's alone.
//!
//! **Headers** speak of the token's window, or, on a 429, of the limit that turned the call away.
//! Seconds are whole and rounded as observed: 61 at the opening of a minute.
//!
//! **Deterministic**: the same seed and the same calls give the same answers. Tested in
//! `tests/laws.rs` (no window admits more than is allowed, under each alignment).

mod config;
mod counter;
mod data;
mod error;
mod platform;
mod random;

pub use config::{Alignment, Client, Config, Faults, Spread, Window};
pub use data::{Answer, Data};
pub use error::body as error_body;
pub use platform::{
    Admitted, Counts, Facts, Fault, Grant, LimitName, Limited, Platform, TokenCounts, TokenNumber,
    Verdict, WindowCount,
};
