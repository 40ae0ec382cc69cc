//! What a member says to the value, and what it is told.

use crate::{GuaranteedWant, MemberId, Noted, Telling, Want};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// What a limit is called on every node, for as long as any of them lives: its scope and name, or what it goes by where those
/// may change.
pub type LimitKey = String;

/// One try of a member to exchange what it holds for what it gets.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who asks.
    pub member: MemberId,
    /// The try's number, which rises with each try.
    pub sequence: u64,
    /// The number of the try whose answer the member has taken last; 0 for none. What is claimed builds on that answer.
    pub acknowledged: u64,
    /// How long leases last.
    pub lease: Duration,
    /// The highest revision of the value that the member has seen.
    pub seen: u64,
    /// The number of the process that the member takes over from: it has died, and the member knows all that it sent.
    pub succeeds: Option<u64>,
    /// Whether the member leaves: it gets nothing any more.
    pub leaves: bool,
    /// What it holds of each limit and would hold.
    pub claims: BTreeMap<LimitKey, Claim>,
    /// What it was told that all are to know.
    pub telling: Telling,
}

/// What a member holds of one limit, and would hold.
#[derive(Clone, Debug, Default)]
pub struct Claim {
    /// What people call the limit; none where that is its key.
    pub name: Option<String>,
    /// What the limit allows in all, as the member's configuration has it.
    pub allowed: u32,
    /// How long a call may count that was sent at the end of a lease, by the upstream's clock: its timeout, the grace,
    /// and a window's period.
    pub tail: Duration,
    /// Whether a single slot is worth a move: what is wanted isn't moved by chance.
    pub moves_singly: bool,
    /// The shortest tail that the member has ever stated.
    pub shortest_tail: Duration,
    /// The member's part, less what is given back.
    pub slots: u32,
    /// The part of the process that the member succeeds, as that process has kept it for the member.
    pub inherited: u32,
    /// Slots given back since the answer that was acknowledged, with the span after which each is free.
    pub given_back: Vec<(Duration, u32)>,
    /// What the member would use, by class.
    pub wants: Vec<Want>,
    /// Its flows with guarantees, and what they would use; those too that would use nothing.
    pub guaranteed: Vec<GuaranteedWant>,
}

impl Claim {
    /// The member's part before it gave anything back.
    pub(crate) fn before(&self) -> u32 {
        self.slots + self.given_back.iter().map(|(_, slots)| slots).sum::<u32>()
    }
}

/// What a member is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The try that is answered: the last one of the member that was processed.
    pub sequence: u64,
    /// How long leases last from the making of that try, by any clock of the store's.
    pub lease: Duration,
    /// The member's part of each limit.
    pub grants: BTreeMap<LimitKey, Grant>,
    /// All that members were told that all are to know.
    pub notices: BTreeMap<String, Noted<Duration>>,
    /// What the value could not be trusted for, if so.
    pub doubt: Option<Doubt>,
}

/// Spans that a member's clock has measured when an exchange is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Elapsed {
    /// Since it has known of the revision of the value that was found.
    pub since_known: Duration,
    /// Since the end of its leases; none while they last.
    pub since_end: Option<Duration>,
}

/// A member's part of one limit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Grant {
    /// What the limit allows in all.
    pub allowed: u32,
    /// Slots that are the member's.
    pub slots: u32,
    /// Of these, slots that calls of other members still count under, each with the span after which it is free.
    pub phantoms: Vec<(Duration, u32)>,
    /// Whether slots of the process that the member succeeds are among them, whose calls are the member's to hold.
    pub is_inherited: bool,
    /// Slots that the member is to give back, since others need them.
    pub owed: u32,
    /// Whether to want more would bring the member no more.
    pub is_capped: bool,
    /// Whether another member wants more than it has.
    pub is_needed: bool,
    /// What the member has of the guarantees that it stated, by flow.
    pub guaranteed: BTreeMap<String, Right>,
}

/// What a member has of a flow's guarantee.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Right {
    /// Starts in any period of the limit's that go before all others.
    pub slots: u32,
    /// Whether to want more would bring the member no more.
    pub is_capped: bool,
    /// Whether the flow wants more than it has at another member.
    pub is_needed: bool,
}

/// Why the value was not trusted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Doubt {
    /// The store had none.
    #[serde(rename = "missing")]
    Missing,
    /// It is older than one that the member has seen.
    #[serde(rename = "older")]
    Older,
    /// Another server has it than the one that it was written to, or the same one after a restart.
    #[serde(rename = "other.server")]
    OtherServer,
    /// It has forgotten what it had told the member.
    #[serde(rename = "contradiction")]
    Contradiction,
    /// An earlier version has written it, which knows limits by other keys.
    #[serde(rename = "version")]
    Version,
}

impl Doubt {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Missing,
        Self::Older,
        Self::OtherServer,
        Self::Contradiction,
        Self::Version,
    ];

    /// The word used in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Older => "older",
            Self::OtherServer => "other.server",
            Self::Contradiction => "contradiction",
            Self::Version => "version",
        }
    }

    /// What had happened, as the end of a sentence that begins with "learned anew, since".
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Missing => "the store had no value",
            Self::Older => "the store's value was older than one that a node had seen",
            Self::OtherServer => "the store was restarted, or is another server",
            Self::Contradiction => "the value had forgotten what it had told a node",
            Self::Version => "an earlier version had written the value",
        }
    }
}
