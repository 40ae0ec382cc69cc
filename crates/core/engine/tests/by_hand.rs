//! Single rules of the engine, one situation each.

#[path = "by_hand/asking.rs"]
mod asking;
#[path = "by_hand/attempts.rs"]
mod attempts;
#[path = "by_hand/leases.rs"]
mod leases;
#[path = "by_hand/limits.rs"]
mod limits;
#[path = "by_hand/parts.rs"]
mod parts;
#[path = "by_hand/queue.rs"]
mod queue;
#[path = "by_hand/restart.rs"]
mod restart;
#[path = "by_hand/support.rs"]
mod support;
#[path = "by_hand/tokens.rs"]
mod tokens;
