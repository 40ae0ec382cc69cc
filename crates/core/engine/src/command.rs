//! What the engine wants done.

use std::time::Duration;
use tollgate_model::{AttemptId, ClientId, ExecutionId, Instant, Refusal, TokenId};

/// To be carried out by the driver, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// Send the execution's request now.
    Send {
        /// Whose request.
        execution: ExecutionId,
        /// Number of this try.
        attempt: AttemptId,
        /// The token to send it with.
        token: Option<TokenId>,
        /// When the engine gives it up, unless it ended before.
        give_up: Instant,
        /// When the first of the leases ends that it is sent under; from then on it must not leave. None where it is sent
        /// under none.
        lease_ends: Option<Instant>,
    },
    /// Drop the attempt, its connection with it. No event about it is expected.
    Abort(AttemptId),
    /// The execution is over; nothing follows for it.
    Finish(ExecutionId, Verdict),
    /// Fetch a token with the client's credentials and keep it under this number.
    FetchToken(ClientId, TokenId),
    /// Forget the token.
    DropToken(TokenId),
    /// Ask other processes for slots of the limits that are shared: calls wait for the answer, for [`crate::Policy::ask`] at
    /// the longest. What comes of it is told by [`crate::Event::SetLease`].
    AskForSlots,
    /// Tell whoever records the execution what would have become of it with nothing in shadow; none where its caller has
    /// gone before that was decided. Once for each that is submitted, if anything is in shadow: before its end or after it,
    /// at the latest when its deadline has passed. Nothing is to be done about it.
    WouldHave(ExecutionId, Option<ShadowDecision>),
}

/// What would have become of an execution, were nothing in shadow ([`crate::Mode`]).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ShadowDecision {
    /// It would have been sent, after waiting for so long.
    Sent {
        /// From its submission; nothing if it would have gone out at once.
        waited: Duration,
    },
    /// It would have been refused, at once or later.
    Refused(Refusal),
}

/// How an execution ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The response of this attempt stands, whatever its status.
    Answered(AttemptId),
    /// It was not carried out.
    Refused(Refusal),
    /// It was sent and its timeout passed, be it under way or in the queue again.
    TimedOut,
    /// It was sent and no answer came, and it may not or could not be tried again.
    Lost(crate::LossKind),
}
