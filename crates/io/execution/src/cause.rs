//! Why a call has no output, in a word.

/// Why a call has no output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// The inputs break the contract.
    Input,
    /// No request can be made of the inputs.
    Request,
    /// The answer can't be mapped, or the output breaks the contract.
    Mapping,
    /// The workflow that a composite runs failed.
    Workflow,
    /// The answer's body can't be read.
    Body,
    /// The upstream answered 4xx, but not that it takes no such credentials.
    UpstreamRefused,
    /// The upstream answered 401 or 407.
    UpstreamUnauthorized,
    /// The upstream answered 5xx or a redirect.
    UpstreamFailed,
    /// The integration's own login was refused, or gave nothing that can be used.
    Login,
    /// No connection.
    Unreachable,
    /// Sent, but no whole answer came.
    NoAnswer,
    /// The call would go where the integration doesn't allow.
    Address,
    /// The integration is disabled or incomplete.
    NotActive,
    /// The stored action can't be compiled.
    NotUsable,
    /// The deadline can't be met.
    Deadline,
    /// The upstream has answered 429, and its pause ends behind the deadline.
    Closed,
    /// No place in the queue.
    QueueFull,
    /// A more important call took its place in the queue.
    Shed,
    /// It waited until its deadline.
    Expired,
    /// As many of the integration's calculations wait as may.
    Crowded,
    /// As many workflows run as may.
    RunsFull,
    /// No access token can be had.
    NoToken,
    /// This node's part of a shared limit has ended.
    LeaseEnded,
    /// The service is about to end.
    Draining,
    /// Too many calculations wait in all, or its turn didn't come in time.
    Overcrowded,
    /// No answer within the action's timeout.
    Late,
    /// Its calculations took too long.
    LongCalculation,
    /// The text of the inputs is no JSON, or more of it than can be read.
    Unreadable,
    /// There is no such action or integration.
    Unknown,
    /// A fault of this program, told of in the log.
    Fault,
}

impl Cause {
    /// The word that callers have as `tollgateCode`, and that records, metrics and the log use.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Input => "action.input.invalid",
            Self::Request => "action.request.invalid",
            Self::Mapping | Self::Body => "action.response.invalid",
            Self::Workflow => "workflow.failed",
            Self::UpstreamRefused | Self::UpstreamUnauthorized | Self::UpstreamFailed => {
                "upstream.error"
            }
            Self::Login => "login.failed",
            Self::Unreachable => "upstream.unreachable",
            Self::NoAnswer => "upstream.no.answer",
            Self::Address => "address.not.allowed",
            Self::NotActive => "integration.not.active",
            Self::NotUsable => "action.not.usable",
            Self::Deadline => "deadline.cannot.be.met",
            Self::Closed => "upstream.closed",
            Self::QueueFull => "queue.full",
            Self::Shed => "shed",
            Self::Expired => "expired",
            Self::Crowded | Self::Overcrowded => "calculations.waiting",
            Self::RunsFull => "flows.full",
            Self::NoToken => "no.token",
            Self::LeaseEnded => "lease.ended",
            Self::Draining => "draining",
            Self::Late => "execution.timeout",
            Self::LongCalculation => "calculation.timeout",
            Self::Unreadable => "bad.request",
            Self::Unknown => "not.found",
            Self::Fault => "internal.server.error",
        }
    }

    /// What an upstream's status that is not 2xx means.
    #[must_use]
    pub fn of_upstream(status: u16) -> Self {
        match status {
            401 | 407 => Self::UpstreamUnauthorized,
            400..=499 => Self::UpstreamRefused,
            _ => Self::UpstreamFailed,
        }
    }

    /// Whether the upstream was asked, as far as that was possible.
    #[must_use]
    pub fn was_asked(self) -> bool {
        matches!(
            self,
            Self::UpstreamRefused
                | Self::UpstreamUnauthorized
                | Self::UpstreamFailed
                | Self::Body
                | Self::Unreachable
                | Self::NoAnswer
                | Self::Late
        )
    }

    /// Whether a limit of ours held the call off.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        matches!(
            self,
            Self::Deadline
                | Self::Closed
                | Self::QueueFull
                | Self::Shed
                | Self::Expired
                | Self::LeaseEnded
                | Self::Crowded
                | Self::RunsFull
        )
    }

    /// Whether the time that the call had is over: what a workflow's step leaves by its timeout for.
    #[must_use]
    pub fn is_timeout(self) -> bool {
        matches!(self, Self::Late | Self::LongCalculation | Self::Expired)
    }

    /// Whether a login that ended so was answered, and the answer was of no use.
    #[must_use]
    pub fn fails_a_login(self) -> bool {
        matches!(
            self,
            Self::UpstreamRefused
                | Self::UpstreamUnauthorized
                | Self::UpstreamFailed
                | Self::Mapping
                | Self::Body
                | Self::Request
                | Self::Login
        )
    }
}
