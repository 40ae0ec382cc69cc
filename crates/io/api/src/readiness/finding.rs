//! What is checked of a node, and how it may stand.

/// A thing that is checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Checked {
    /// Whether the node takes calls: it starts, serves or drains.
    Serving,
    /// The engine's task.
    Engine,
    /// The store; not there without `[store]`.
    Store,
    /// Whether what the store defines is followed; not there without `[store]`.
    Definitions,
    /// Access tokens of the integrations that need one.
    Tokens,
    /// This node's part of the shared limits; not there without `[cluster]`.
    Lease,
}

impl Checked {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 6] = [
        Self::Serving,
        Self::Engine,
        Self::Store,
        Self::Definitions,
        Self::Tokens,
        Self::Lease,
    ];

    /// Its name in answers and in `require`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Serving => "serving",
            Self::Engine => "engine",
            Self::Store => "store",
            Self::Definitions => "definitions",
            Self::Tokens => "tokens",
            Self::Lease => "lease",
        }
    }

    /// Whether a node is unready where this isn't well, whoever asks: it is about this node alone.
    #[must_use]
    pub fn is_always_required(self) -> bool {
        matches!(self, Self::Serving | Self::Engine)
    }
}

/// How a thing that is checked stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// As it should be.
    Good,
    /// The first fetch of a client's token hasn't ended yet.
    Starting,
    /// The node is about to end.
    Draining,
    /// It hasn't answered for some looks in a row.
    Silent,
    /// It is gone; of a lease: the store gives no answer, and shared limits are closed.
    Ended,
    /// It can't be asked.
    Away,
    /// It answers what can't be used.
    Unreadable,
    /// An integration can have none.
    Missing,
    /// There is none yet.
    Waiting,
    /// It holds, and the coordination store gives no answer.
    Unanswered,
    /// It holds, and what the nodes have is learned anew.
    Learning,
}

impl Standing {
    /// Its word in answers.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Starting => "starting",
            Self::Draining => "draining",
            Self::Silent => "silent",
            Self::Ended => "ended",
            Self::Away => "away",
            Self::Unreadable => "unreadable",
            Self::Missing => "missing",
            Self::Waiting => "waiting",
            Self::Unanswered => "unanswered",
            Self::Learning => "learning",
        }
    }

    /// Whether nothing is refused because of it.
    #[must_use]
    pub fn is_well(self) -> bool {
        matches!(self, Self::Good | Self::Unanswered | Self::Learning)
    }
}

/// What a look has found of one thing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The thing.
    pub checked: Checked,
    /// How it stands.
    pub standing: Standing,
    /// Integrations that can have no token; 0 for all other checks.
    pub integrations: usize,
}

impl Finding {
    /// A finding that has no number.
    #[must_use]
    pub fn of(checked: Checked, standing: Standing) -> Self {
        Self {
            checked,
            standing,
            integrations: 0,
        }
    }

    /// So many integrations can have no token.
    #[must_use]
    pub fn without_tokens(integrations: usize) -> Self {
        let standing = match integrations {
            0 => Standing::Good,
            _ => Standing::Missing,
        };
        Self {
            checked: Checked::Tokens,
            standing,
            integrations,
        }
    }

    /// Whether it makes the node unready for who requires these checks.
    pub(super) fn stops(&self, required: &[Checked]) -> bool {
        self.counts(required) && !self.standing.is_well()
    }

    /// Whether it counts for who requires these checks.
    pub(super) fn counts(&self, required: &[Checked]) -> bool {
        self.checked.is_always_required() || required.contains(&self.checked)
    }

    pub(super) fn drains(&self) -> bool {
        (self.checked, self.standing) == (Checked::Serving, Standing::Draining)
    }

    /// In words: `store away`.
    pub(super) fn words(&self) -> String {
        let (thing, word) = (self.checked.word(), self.standing.word());
        match self.checked {
            Checked::Serving => word.to_owned(),
            Checked::Tokens => format!(
                "{thing} {word} for {} of the integrations",
                self.integrations
            ),
            _ => format!("{thing} {word}"),
        }
    }
}
