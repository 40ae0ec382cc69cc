//! Where spans go, and why they can't.

use std::fmt;
use tollgate_driver::Secret;

/// Where spans go, and of which calls. What is none is said by OpenTelemetry's own variables, or has their defaults.
#[derive(Clone, Debug, Default)]
pub struct TraceSettings {
    /// The collector's URL, without `/v1/traces`.
    pub endpoint: Option<String>,
    /// Headers that each request to it has; their values are secrets.
    pub headers: Vec<(String, Secret)>,
    /// The part of the traces that begin here that is sampled, from 0 to 1.
    pub sample_ratio: Option<f64>,
    /// The name of this service in traces.
    pub service_name: Option<String>,
}

/// Why there can be no traces.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TracesError(String);

impl TracesError {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for TracesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TracesError {}
