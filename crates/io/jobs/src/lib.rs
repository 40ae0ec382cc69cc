//! Executions that were taken in and are carried out later: jobs.
//!
//! *Decides* when a job is carried out and by which node, which ends are ends and which are worth another try, and how
//! an end is told to whoever asked for that. *Doesn't decide* what a call does (the execution's), when it may be sent
//! (the engine's), how an end is answered (the API's, by [`Report`]), nor what is durable (the store's).
//!
//! In: a [`NewJob`](tollgate_store::NewJob) whose inputs were found good. Out: the job as the store has it, its answer,
//! and perhaps a signed message to its caller.
//!
//! # What is promised, and why it holds
//!
//! **Nothing acknowledged is lost.** [`Jobs::accept`] returns after the store's commit, and only then is the caller
//! told. From there on the job is a row that is *open*, and only three changes of that row close it: an end after it
//! was carried out, the end of one whose deadline has passed, and a cancellation. Each is one transaction of the store.
//! There is no state of a job in this process that the store doesn't have: what a node knows of a job it learned by
//! taking it, and a claim ends by itself. So wherever a node dies, the job is open, and is due at the latest when the
//! claim ends; and each node asks again and again for what is due.
//!
//! | a node dies | the store has | what follows |
//! |---|---|---|
//! | before the commit of the acceptance | nothing | the caller has no 202 |
//! | before the caller has the 202 | an open job | it is carried out all the same |
//! | after it took the job, before the call is sent | a claim that ends | another try |
//! | after the call is sent, or answered | a claim that ends | another try: the call is made twice |
//! | after the end's commit | the end | nothing, or the callback |
//! | after the callback was sent | an open callback | it is sent again, under the same `webhook-id` |
//!
//! So a job is carried out *at least once*, and more often only where a node or the store fails in the middle of it.
//! A call that isn't idempotent and may have reached the upstream isn't tried again for any other reason (`again`).
//! Nor is one that a drain gives up: what it may have sent is marked ([`tollgate_driver::Sent`]), and its job fails.
//!
//! **One node at a time, and nothing after the end was told.** A claim is good for [`CLAIM`] in the store. Its holder
//! counts [`HOLD`] from *before* it asked for the claim, or for its renewal, and drops the call then if there was no
//! renewal since (`held`). Nor does a call start later than the claim is relied on, whatever this process does
//! meanwhile, since that is its deadline in the engine. Another node takes the job when the claim has ended by that
//! node's own clock, so as long as the nodes' clocks differ by less than `CLAIM` − `HOLD`, the first has dropped the
//! call before the second begins. And an end is told only when the store has it: whatever says that a job ended
//! demands the number of the claim, which grows with every change of hands, so a holder that lost its claim can end
//! nothing. A job that is cancelled isn't claimed, and a claimed one can't be cancelled: both are decided by one row.
//!
//! **Bounds.** So many jobs wait for each caller and in all, and so many bytes are kept (the store counts them in the
//! transaction that changes them); so many are carried out at once, so many callbacks, and of neither can one
//! caller's take all places (`places`); one try waits at most [`TURN`] for its start, so that jobs that can't start
//! leave their places to others; pauses grow up to a bound, and a job's deadline ends its tries.
//!
//! Tested: the store's part on both back-ends in `tests/conformance` and `tests/crash.rs` of the store; the order of
//! things in `tests/order.rs` here, with a node that dies at each of the points above; over HTTP, with `kill -9`, by
//! `tests/sdk` of the project.

mod again;
mod answer;
mod callback;
mod calls;
mod carry;
mod held;
mod jobs;
mod places;
mod signature;
mod trouble;

pub use answer::Answer;
pub use callback::{CallbackError, Callbacks};
pub use calls::{Calls, Report};
pub use jobs::{Jobs, Tried, Work};

use std::time::Duration;

/// How long a claim is good for in the store.
pub const CLAIM: Duration = Duration::from_secs(90);
/// How long its holder relies on it.
pub const HOLD: Duration = Duration::from_secs(75);
/// How long one try may wait for its start: less than [`HOLD`], so that the engine itself starts nothing later.
pub const TURN: Duration = Duration::from_secs(60);
