//! What a metric is.

use prometheus_client::metrics::MetricType;
use prometheus_client::registry;

/// A metric: its name, and what it says.
#[derive(Debug)]
pub struct Metric {
    /// The name, as queries have it: with its unit, and `_total` of a counter.
    pub name: &'static str,
    /// What kind of figure it is.
    pub kind: Kind,
    /// What it counts in; the name says it too.
    pub unit: Unit,
    /// The names of its labels, in the order in which values are given.
    pub labels: &'static [&'static str],
    /// What it says, for people.
    pub help: &'static str,
}

/// Kinds of figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// It grows from the start of the process on.
    Counter,
    /// It is as it is now.
    Gauge,
    /// Counts by size, which grow from the start of the process on.
    Histogram,
    /// Its labels are what it says; its value is 1.
    Info,
}

impl Kind {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Info => "info",
        }
    }

    /// What ends the names of such metrics.
    const fn suffix(self) -> &'static str {
        match self {
            Self::Counter => "_total",
            Self::Info => "_info",
            Self::Gauge | Self::Histogram => "",
        }
    }

    pub(crate) const fn encoded(self) -> MetricType {
        match self {
            Self::Counter => MetricType::Counter,
            Self::Gauge => MetricType::Gauge,
            Self::Histogram => MetricType::Histogram,
            Self::Info => MetricType::Info,
        }
    }
}

/// Base units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// It counts what its name says.
    None,
}

impl Unit {
    const fn suffix(self) -> &'static str {
        match self {
            Self::Seconds => "_seconds",
            Self::Bytes => "_bytes",
            Self::None => "",
        }
    }

    pub(crate) const fn encoded(self) -> Option<registry::Unit> {
        match self {
            Self::Seconds => Some(registry::Unit::Seconds),
            Self::Bytes => Some(registry::Unit::Bytes),
            Self::None => None,
        }
    }
}

impl Metric {
    /// The name without what kind and unit add to it; none if it isn't what they would make of it.
    pub(crate) fn base(&self) -> Option<&'static str> {
        let name = self.name.strip_suffix(self.kind.suffix())?;
        name.strip_suffix(self.unit.suffix())
    }
}
