//! Who is told of calls that have ended, and where spans of them go.

use super::pieces::records;
use crate::StartError;
use tollgate_config::Config;
use tollgate_driver::{Messenger, Outlet};
use tollgate_telemetry::Telemetry;
use tollgate_telemetry::traces::{self, TraceSettings, Traces};

/// Who is told of calls that have ended.
pub(super) fn telemetry(config: &Config) -> Result<Telemetry, StartError> {
    let records = records(&config.server)?;
    Ok(Telemetry::new(records).tracing(start_traces(config)?))
}

/// What makes spans of calls and has them sent; none where neither the configuration nor the environment names a collector.
/// They leave directly: the proxy of `[upstream]` is the way to the platform, and a collector is near.
fn start_traces(config: &Config) -> Result<Option<Traces>, StartError> {
    let failed = |why: String| StartError::Traces(why);
    let settings = match &config.trace {
        None if !traces::wanted_by_variables() => return Ok(None),
        None => TraceSettings::default(),
        Some(said) => TraceSettings {
            endpoint: said.endpoint.as_ref().map(ToString::to_string),
            headers: said.headers.clone().into_iter().collect(),
            sample_ratio: said.sample_ratio,
            service_name: said.service_name.clone(),
        },
    };
    let outlet = Outlet {
        extra_roots_pem: config.extra_roots_pem.clone(),
        ..Outlet::default()
    };
    let messenger = Messenger::new(&config.upstream, &outlet);
    let messenger = messenger.map_err(|error| failed(error.to_string()))?;
    let traces = Traces::start(&settings, messenger);
    Ok(Some(traces.map_err(|error| failed(error.to_string()))?))
}
