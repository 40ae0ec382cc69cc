//! What is sampled: kinds of series, and the figures of each.
//!
//! The figures are those of the metrics (`tollgate_telemetry::metrics::table`), made of the same records and the same
//! snapshot. [`Kind::fields`] is the one place that says which there are. A change of it is a change of the files'
//! format: see [`MAGIC`](crate::disk::MAGIC).

use histogram::Config;
use std::sync::LazyLock;
use tollgate_telemetry::metrics::WAITING;

/// What stands for all series that found no room.
pub const OTHER: &str = "_other";
/// Bytes of a label, at the most; of a longer one the begin is kept.
const LABEL_BYTES: usize = 200;

/// How several figures become one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fold {
    /// Their sum: what is counted.
    Sum,
    /// The greatest: what is looked for is the worst moment.
    Most,
    /// The least.
    Least,
    /// The last one.
    Last,
}

impl Fold {
    /// What becomes of a figure when another one comes.
    #[must_use]
    pub fn of(self, known: u64, next: u64) -> u64 {
        match self {
            Self::Sum => known.saturating_add(next),
            Self::Most => known.max(next),
            Self::Least => known.min(next),
            Self::Last => next,
        }
    }
}

/// A figure of a series.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in answers.
    pub name: &'static str,
    /// How those of several instants become one.
    pub in_time: Fold,
    /// How those of several series become one.
    pub in_all: Fold,
}

const fn counted(name: &'static str) -> Field {
    Field {
        name,
        in_time: Fold::Sum,
        in_all: Fold::Sum,
    }
}

const fn level(name: &'static str, in_time: Fold, in_all: Fold) -> Field {
    Field {
        name,
        in_time,
        in_all,
    }
}

/// What a series is of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// A limit that is shared.
    Limit,
    /// A limit of each token: the sum over the tokens of a client.
    TokenLimit,
    /// The access tokens of a client.
    Tokens,
    /// A flow: what became of its calls, and what waits.
    Flow,
    /// How long a flow's calls waited: how many of them by size, so that spans can be added up.
    Waiting,
    /// Calls that a limit refused.
    Refusal,
    /// Calls that failed.
    Failure,
    /// What an integration's upstream answered to attempts.
    Integration,
}

impl Kind {
    /// All of them. A kind's place here is its number in files.
    pub const ALL: [Self; 8] = [
        Self::Limit,
        Self::TokenLimit,
        Self::Tokens,
        Self::Flow,
        Self::Waiting,
        Self::Refusal,
        Self::Failure,
        Self::Integration,
    ];

    /// The word in questions and answers.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::TokenLimit => "tokenLimit",
            Self::Tokens => "tokens",
            Self::Flow => "flow",
            Self::Waiting => "waiting",
            Self::Refusal => "refusal",
            Self::Failure => "failure",
            Self::Integration => "integration",
        }
    }

    /// The names of its labels.
    #[must_use]
    pub const fn labels(self) -> &'static [&'static str] {
        match self {
            Self::Limit => &["limit", "scope"],
            Self::TokenLimit => &["client", "limit"],
            Self::Tokens => &["client"],
            Self::Flow | Self::Waiting => &["flow"],
            Self::Refusal => &["flow", "limit", "reason"],
            Self::Failure => &["flow", "integration", "reason"],
            Self::Integration => &["integration"],
        }
    }

    /// So many of its series are kept apart: the busiest. The others are one.
    #[must_use]
    pub const fn most(self) -> usize {
        match self {
            Self::Limit | Self::Flow | Self::Waiting | Self::Refusal | Self::Failure => 200,
            Self::TokenLimit | Self::Tokens | Self::Integration => 100,
        }
    }

    /// The figures of such a series.
    #[must_use]
    pub fn fields(self) -> &'static [Field] {
        const LIMIT: &[Field] = &[
            level("allowed", Fold::Last, Fold::Sum),
            level("held", Fold::Most, Fold::Sum),
            level("foreign", Fold::Most, Fold::Sum),
            level("closedMillis", Fold::Most, Fold::Most),
        ];
        const TOKEN_LIMIT: &[Field] = LIMIT.split_at(3).0;
        const TOKENS: &[Field] = &[
            level("open", Fold::Least, Fold::Sum),
            level("closed", Fold::Most, Fold::Sum),
            level("fetching", Fold::Most, Fold::Sum),
        ];
        // The first are in the order of `CallOutcome::ALL`.
        const FLOW: &[Field] = &[
            counted("answered"),
            counted("cached"),
            counted("refused"),
            counted("failed"),
            counted("composite"),
            counted("abandoned"),
            level("queued", Fold::Most, Fold::Sum),
            level("underWay", Fold::Most, Fold::Sum),
            level("oldestMillis", Fold::Most, Fold::Most),
        ];
        // In the order of the driver's classes.
        const INTEGRATION: &[Field] = &[
            counted("2xx"),
            counted("3xx"),
            counted("4xx"),
            counted("429"),
            counted("5xx"),
            counted("none"),
        ];
        const ONE: &[Field] = &[counted("calls")];
        static SIZES: LazyLock<Vec<Field>> =
            LazyLock::new(|| vec![counted("calls"); sizes().total_buckets()]);
        match self {
            Self::Limit => LIMIT,
            Self::TokenLimit => TOKEN_LIMIT,
            Self::Tokens => TOKENS,
            Self::Flow => FLOW,
            Self::Waiting => &SIZES,
            Self::Refusal | Self::Failure => ONE,
            Self::Integration => INTEGRATION,
        }
    }

    /// The place of a figure among those of its kind.
    #[must_use]
    pub fn place(self, field: &str) -> Option<usize> {
        self.fields().iter().position(|it| it.name == field)
    }

    /// How busy a series is, for the choice of those that are kept apart.
    pub(crate) fn activity(self, values: &[u64]) -> u64 {
        let of = |range: std::ops::Range<usize>| {
            let values = values.get(range).unwrap_or_default();
            values.iter().fold(0_u64, |sum, it| sum.saturating_add(*it))
        };
        match self {
            Self::Limit | Self::TokenLimit => of(1..2),
            Self::Tokens => of(0..3),
            Self::Flow => of(0..8),
            Self::Waiting | Self::Refusal | Self::Failure | Self::Integration => {
                of(0..values.len())
            }
        }
    }
}

/// How the sizes of waits are divided.
pub(crate) const fn sizes() -> Config {
    WAITING
}

/// Which series it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key {
    /// What it is of.
    pub kind: Kind,
    /// The values of its labels.
    pub labels: Vec<Box<str>>,
}

impl Key {
    /// A series with these labels, of which there are as many as its kind has.
    #[must_use]
    pub fn new<const N: usize>(kind: Kind, labels: [&str; N]) -> Self {
        debug_assert_eq!(kind.labels().len(), N);
        Self {
            kind,
            labels: labels.map(|it| begin(it).into()).into(),
        }
    }

    /// What stands for the others of a kind.
    pub(crate) fn other(kind: Kind) -> Self {
        let labels = kind.labels().iter().map(|_| OTHER.into()).collect();
        Self { kind, labels }
    }
}

fn begin(label: &str) -> &str {
    &label[..label.floor_char_boundary(LABEL_BYTES)]
}

/// The figures of one series at one instant, or over a span.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Which series.
    pub key: Key,
    /// Its figures, as many as [`Kind::fields`] says.
    pub values: Vec<u64>,
}

/// All figures of one second or one minute.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sample {
    /// Its begin, in seconds since 1970.
    pub at: u64,
    /// The series. One that isn't among them has nothing but zeros.
    pub rows: Vec<Row>,
}
