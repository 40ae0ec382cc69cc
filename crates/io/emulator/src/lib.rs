//! The emulated platform on a socket.
//!
//! Carries HTTP (1.1 and 2, without TLS) to [`tollgate_platform`], which decides; this crate adds the
//! clock, the waits and the connections. It knows nothing of the engine.
//!
//! - `POST /oauth/token`: client credentials, by HTTP Basic or in the form.
//! - `GET /_emulator/counts`, `PUT /_emulator/faults`, `POST /_emulator/revoke`: for people and tests.
//! - `/api/…` is a call: its way in, the limits, its latency, an answer from [`tollgate_platform::Data`].
//! - Anything else is a web service that echoes the request: no token, no limit.
//!
//! **Time.** The provider's time line starts at the wall clock's reading and goes on monotonically, so
//! that windows aligned to the wall clock are, and a step of the clock breaks nothing.
//!
//! **Bounds.** Connections at once, a request's body, tokens, rows and remembered windows.
//!
//! Tested over sockets in `tests/emulator.rs`.

mod answer;
mod emulator;

pub use emulator::Emulator;
