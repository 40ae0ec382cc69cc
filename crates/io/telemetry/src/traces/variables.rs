//! OpenTelemetry's own environment variables (*documented*: "Environment Variable Specification", "OTLP exporter
//! configuration"), as far as the exporter and its resource don't read them themselves: these read the endpoint, headers, the
//! timeout and `OTEL_RESOURCE_ATTRIBUTES`.

use super::settings::TracesError;

/// What is set, and not empty.
pub(super) fn variable(name: &str) -> Option<String> {
    let value = std::env::var(name).ok()?;
    Some(value).filter(|value| !value.trim().is_empty())
}

/// Whether the environment asks for traces: it names a collector, and doesn't say that there are to be none.
#[must_use]
pub fn wanted() -> bool {
    let is = |name, word: &str| variable(name).is_some_and(|it| it.eq_ignore_ascii_case(word));
    let named = [
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    ];
    named.into_iter().any(|name| variable(name).is_some())
        && !is("OTEL_SDK_DISABLED", "true")
        && !is("OTEL_TRACES_EXPORTER", "none")
}

/// The part of the traces that is sampled, all without a word. Whether a sampler of these asks its parent is no question: all
/// do here.
pub(super) fn sample_ratio() -> Result<f64, TracesError> {
    let Some(sampler) = variable("OTEL_TRACES_SAMPLER") else {
        return Ok(1.0);
    };
    match sampler.as_str() {
        "always_on" | "parentbased_always_on" => Ok(1.0),
        "always_off" | "parentbased_always_off" => Ok(0.0),
        "traceidratio" | "parentbased_traceidratio" => {
            let Some(ratio) = variable("OTEL_TRACES_SAMPLER_ARG") else {
                return Ok(1.0);
            };
            let read = ratio.trim().parse().ok();
            read.filter(|it| (0.0..=1.0).contains(it)).ok_or_else(|| {
                TracesError::new(format!(
                    "OTEL_TRACES_SAMPLER_ARG is {ratio:?}; a number from 0 to 1 is expected"
                ))
            })
        }
        other => Err(TracesError::new(format!(
            "OTEL_TRACES_SAMPLER is {other:?}; expected always_on, always_off or traceidratio, or the same behind parentbased_"
        ))),
    }
}
