//! Where spans of calls go.

use std::collections::BTreeMap;
use tollgate_secret::Secret;
use tollgate_upstream::Url;

/// Where spans of calls go: `[trace]`. What it doesn't say is said by OpenTelemetry's own environment variables.
#[derive(Clone, Debug, Default)]
pub struct TraceConfig {
    /// The collector's URL, to which `/v1/traces` is added.
    pub endpoint: Option<Url>,
    /// Headers of each request to it.
    pub headers: BTreeMap<String, Secret>,
    /// The part of the traces that begin here of which spans are made, from 0 to 1.
    pub sample_ratio: Option<f64>,
    /// The name of this service in traces.
    pub service_name: Option<String>,
}
