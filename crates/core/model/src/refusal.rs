//! A refusal is data: what stood in the way, until when, and what the caller may do.

use crate::Instant;
use std::fmt;

/// Why an execution was not carried out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// What stood in the way.
    pub reason: Reason,
    /// Name of the limit that binds, where one does.
    pub limit: Option<String>,
    /// The earliest instant at which a call like this one could start, where that is known.
    pub earliest_start: Option<Instant>,
    /// This process's part of that limit, where the call could have started in time under all of it.
    pub lease: Option<LeaseShare>,
}

/// The part of a limit that a process may use, where several divide it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LeaseShare {
    /// Slots that this process may hold.
    pub slots: u32,
    /// Slots that all of them together may hold.
    pub allowed: u32,
}

/// The kinds of refusal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reason {
    /// The earliest possible start lies behind the deadline. Said at once.
    DeadlineCannotBeMet,
    /// The upstream has answered 429, and the pause that it asked for ends behind the deadline. Said at
    /// once.
    UpstreamClosed,
    /// The flow's queue is full.
    QueueFull,
    /// It gave way to a more important execution because the queue was full.
    Shed,
    /// It waited until its deadline.
    Expired,
    /// No access token can be had.
    NoToken,
    /// This process's lease of the limit has ended, or ends before the call could start and is not renewed. Said at once.
    LeaseEnded,
}

impl Reason {
    /// The word used in the API's error code, metrics and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DeadlineCannotBeMet => "deadline.cannot.be.met",
            Self::UpstreamClosed => "upstream.closed",
            Self::QueueFull => "queue.full",
            Self::Shed => "shed",
            Self::Expired => "expired",
            Self::NoToken => "no.token",
            Self::LeaseEnded => "lease.ended",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DeadlineCannotBeMet => "the deadline can't be met",
            Self::UpstreamClosed => {
                "the upstream has answered 429, and the pause that it asked for isn't over"
            }
            Self::QueueFull => "the flow's queue is full",
            Self::Shed => "a more important execution took the place",
            Self::Expired => "the deadline passed in the queue",
            Self::NoToken => "no access token can be had",
            Self::LeaseEnded => {
                "this node's part of a limit that several nodes share has ended, and it can't reach what divides it"
            }
        })
    }
}
