//! What happens to the engine.

use crate::Leave;
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_model::{
    AttemptId, ClientId, EndpointId, ExecutionId, FlowId, Instant, LimitId, RouteId, TokenId,
};
use tollgate_quota::Lease;

/// Something that happened outside, at the instant given with it.
#[derive(Clone, Debug)]
pub enum Event {
    /// A caller wants an execution. Answered by exactly one [`crate::Command::Finish`].
    Submit(Submission),
    /// The caller hung up. No further command names the execution, but for an `Abort` of its attempt.
    Cancel(ExecutionId),
    /// The response head arrived.
    Head {
        /// Whose.
        attempt: AttemptId,
        /// HTTP status.
        status: u16,
        /// What its headers say about limits.
        facts: Facts,
    },
    /// The response was read to its end, after its [`Event::Head`].
    Done(AttemptId),
    /// The attempt ended without a whole response. Not sent for attempts the engine aborted.
    Lost(AttemptId, LossKind),
    /// A token was granted, in answer to [`crate::Command::FetchToken`].
    TokenGranted {
        /// The number the command gave it.
        token: TokenId,
        /// Its life from now.
        expires_in: Duration,
    },
    /// The token fetch failed.
    TokenFailed {
        /// The number the command gave it.
        token: TokenId,
        /// What the endpoint asked for.
        retry_after: Option<Duration>,
        /// What was in the way.
        failure: FetchFailure,
    },
    /// The fetch gave a token that was there before, so nothing was gained but, perhaps, some of its life.
    TokenRepeated {
        /// The number the command gave it.
        token: TokenId,
        /// The token that it is.
        known: TokenId,
        /// Its life from now.
        expires_in: Duration,
    },
    /// The client's credentials are others from now on: what was known of their failures is forgotten.
    RenewCredentials(ClientId),
    /// Somebody wants to know from now on whether the client can have a token. It is asked for one unless it has one,
    /// and again after each failure, with the usual pauses, though no call waits for it.
    WatchClient(ClientId),
    /// A shared limit allows another number from now on. A raise is used at once; a lower number
    /// drains what is held, and no window whose last call starts later counts more than it.
    SetLimit {
        /// Which.
        limit: LimitId,
        /// Calls per window, or at once; with 0 nothing starts.
        allowed: u32,
    },
    /// Nothing defines a shared limit any more: it holds nobody back, and isn't shown. What was used of it stays known,
    /// and [`Event::SetLimit`] puts it in force again.
    LiftLimit(LimitId),
    /// Another number of a shared limit's calls is left free for other applications from now on. A lower
    /// one is used at once; a higher one drains what is held.
    SetLeave {
        /// Which.
        limit: LimitId,
        /// What is left free; with [`Leave::Calls`] of 0 nothing.
        leave: Leave,
    },
    /// Several processes share a limit from now on, or another part of it is this one's, or it is this one's for longer. A
    /// larger part is used at once; a smaller one drains what is held ([`crate::Engine::give_back`] doesn't need that).
    SetLease {
        /// Which.
        limit: LimitId,
        /// The part that is ours; none where all of it is.
        lease: Option<Lease>,
        /// Slots among them that calls of other processes hold, until when and how many: they are held as long.
        held: Vec<(Instant, u32)>,
    },
    /// This process goes on with the part of a shared limit that the process before it had, which has died: what that one
    /// has used is held ([`crate::Engine::restore`]). To be said before the lease that has this part.
    Inherit {
        /// Which limit.
        limit: LimitId,
    },
    /// Of what flows are guaranteed of a limit that several processes share, this is in this process from now on. Until it
    /// is told, it is nothing.
    SetGuarantees {
        /// The limit.
        limit: LimitId,
        /// By the flow's name: starts in any period of the limit's. Of others nothing is in this process.
        slots: BTreeMap<String, u32>,
    },
    /// An operator sets the number of a limit that each token of a client has for itself.
    SetTokenLimit {
        /// Whose tokens.
        client: ClientId,
        /// Index of the limit in the client's `token_limits`.
        place: usize,
        /// Calls per window.
        allowed: u32,
    },
    /// A client may hold another number of tokens. Those beyond it are used until they expire, and not
    /// renewed.
    SetMaxTokens {
        /// Which.
        client: ClientId,
        /// Tokens held at once, at the most; with 0 none is fetched.
        max_tokens: u32,
    },
    /// Several processes share a client from now on, or this one may use another number of its tokens. Those beyond it are
    /// kept and not used, until it may use them again.
    SetTokenPart {
        /// Which.
        client: ClientId,
        /// Tokens that this process may use; with 0 one all the same, unless the client may have none.
        tokens: u32,
    },
    /// A shared limit is called otherwise from now on, in checkpoints too: one is due at once.
    RenameLimit {
        /// Which.
        limit: LimitId,
        /// Its name.
        name: String,
    },
    /// A client has another name from now on, in metrics and refusals.
    RenameClient {
        /// Which.
        client: ClientId,
        /// Its name.
        name: String,
    },
    /// A learned limit is held no more, and learned anew if the upstream still has it.
    ForgetLearned {
        /// Its name, as in [`crate::LearnedView`].
        name: String,
    },
    /// What the endpoint is called in closings, refusals and views.
    NameEndpoint {
        /// Which.
        endpoint: EndpointId,
        /// Method, host and path template.
        name: String,
    },
    /// The upstream has told another process that a shared window is full: nothing starts under it before then. It stays
    /// closed for longer if it was.
    Close {
        /// Which.
        limit: LimitId,
        /// It opens then.
        until: Instant,
    },
    /// What refusals have closed is open again, and all that was held against it is forgotten. In
    /// checkpoints too: one is due at once.
    Open(Closed),
    /// No route of the client's pool will be called any more. What waits is still served; then its
    /// tokens are dropped. None is renewed.
    RetireClient(ClientId),
}

/// Why a token endpoint gave no token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FetchFailure {
    /// It says that the client's credentials are wrong, or that they may have no token.
    Credentials,
    /// It did not answer in time.
    Late,
    /// It gave a token that is there already.
    Repeated,
    /// It could not be reached, turned the fetch away for another reason (a limit of its own among them), or
    /// gave what is no token.
    Other,
}

/// What refusals close.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Closed {
    /// A shared window.
    Limit(LimitId),
    /// A token.
    Token(TokenId),
    /// A client, with all its tokens.
    Client(ClientId),
    /// A route: that of an endpoint by itself, or that of an upstream with all its endpoints.
    Route(RouteId),
}

impl Closed {
    /// The word used in the API and in logs.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Limit(_) => "limit",
            Self::Token(_) => "token",
            Self::Client(_) => "client",
            Self::Route(_) => "route",
        }
    }
}

/// A request for one execution.
#[derive(Clone, Copy, Debug)]
pub struct Submission {
    /// The execution's number, which is used once.
    pub execution: ExecutionId,
    /// Who calls.
    pub flow: FlowId,
    /// What it passes through.
    pub route: RouteId,
    /// What it asks the upstream for. A limit of one endpoint alone is learned by it.
    pub endpoint: EndpointId,
    /// The latest useful start.
    pub deadline: Instant,
    /// How long one attempt may take; the action's own timeout.
    pub timeout: Duration,
    /// Whether sending it twice does no harm.
    pub idempotent: bool,
}

/// What a response's headers say about limits. Absent or absurd values are `None`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Facts {
    /// `Retry-After`.
    pub retry_after: Option<Duration>,
    /// The window that the answer belongs to.
    pub window: Option<WindowFact>,
    /// A limit has turned the call away though the status is no 429: a 403 or a 503 that speaks of a
    /// limit.
    pub refused: bool,
}

/// Count, bound and end of a window at the upstream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WindowFact {
    /// Calls counted, this one included.
    pub count: u32,
    /// Calls allowed.
    pub allowed: u32,
    /// Time to the end of the window, rounded up to whole seconds by the upstream.
    pub reset: Duration,
    /// The headers that said so.
    pub family: Family,
}

impl WindowFact {
    /// Whether the window lets no further call pass.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.count >= self.allowed
    }
}

/// The families of rate-limit headers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Family {
    /// `inin-ratelimit-count`, `-allowed`, `-reset`.
    #[default]
    Platform,
    /// `RateLimit: "name";r=…;t=…` with `RateLimit-Policy`.
    Structured,
    /// `RateLimit: limit=…, remaining=…, reset=…`.
    Combined,
    /// `RateLimit-Limit`, `-Remaining`, `-Reset`.
    Separate,
    /// `X-RateLimit-Limit`, `-Remaining`, `-Reset`.
    Vendors,
}

/// How an attempt was lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LossKind {
    /// No connection: no byte of the request left, so the upstream can't have counted it.
    NeverSent,
    /// The upstream says that it has not processed the request. Whatever it is, it may be sent again;
    /// whether it was counted isn't known.
    Unprocessed,
    /// The upstream closed a connection that had carried calls before, instead of answering: most often it
    /// had been about to. It may have been received all the same.
    Closed,
    /// It may have been received: reset, broken response, too many headers.
    NoAnswer,
}

/// Headers, those that ask for a pause among them, round to whole seconds, either way.
pub(crate) const ROUNDING: Duration = Duration::from_secs(1);
