//! Other applications that share a limit.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "closed/world.rs"]
#[allow(dead_code, reason = "no test uses all of it")]
mod world;

#[path = "strangers/leave.rs"]
mod leave;

/// Times are in seconds.
const TICK: u64 = 1_000_000_000;
