//! Figures as text, for those who collect them.
//!
//! Each metric of the table has its head in the text, whether there is a figure of it or not, so that whoever reads one
//! text knows all that there are.

use super::metric::{Kind, Metric};
use super::table;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeMetric as _, MetricEncoder, NoLabelSet, prometheus_text, text,
};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::collections::BTreeMap;
use std::fmt;

/// How figures are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// Prometheus' own text, 0.0.4, which tools such as `promtool check metrics` read.
    Plain,
}

impl Format {
    /// The type of the text (*documented*: OpenMetrics 1.0, Prometheus' exposition formats).
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Plain => prometheus_text::CONTENT_TYPE,
        }
    }
}

/// A figure.
#[derive(Clone, Debug)]
pub enum Value {
    /// A whole number.
    Whole(u64),
    /// Any number.
    Real(f64),
    /// Counts by size.
    Histogram(Histogram),
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Whole(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Whole(number.into())
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Whole(number.try_into().unwrap_or(u64::MAX))
    }
}

impl From<bool> for Value {
    fn from(is_so: bool) -> Self {
        Self::Whole(is_so.into())
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl From<std::time::Duration> for Value {
    fn from(span: std::time::Duration) -> Self {
        Self::Real(span.as_secs_f64())
    }
}

impl From<&Histogram> for Value {
    fn from(histogram: &Histogram) -> Self {
        Self::Histogram(histogram.clone())
    }
}

/// Figures of one moment.
#[derive(Debug, Default)]
pub struct Exposition(BTreeMap<&'static str, Vec<Sample>>);

#[derive(Debug)]
struct Sample {
    labels: Vec<(&'static str, String)>,
    value: Value,
}

impl Exposition {
    /// Adds a figure. `labels`: the values of the metric's, in their order.
    pub fn put(&mut self, metric: &'static Metric, labels: &[&str], value: impl Into<Value>) {
        debug_assert_eq!(labels.len(), metric.labels.len(), "{}", metric.name);
        let labels = metric.labels.iter().zip(labels);
        let sample = Sample {
            labels: labels
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect(),
            value: value.into(),
        };
        self.0.entry(metric.name).or_default().push(sample);
    }

    /// The text.
    ///
    /// # Errors
    /// A name of the table isn't what its kind and unit make of it; a fault of this program.
    pub fn text(self, format: Format) -> Result<String, fmt::Error> {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(self));
        let mut text = String::new();
        match format {
            Format::OpenMetrics => text::encode(&mut text, &registry)?,
            Format::Plain => prometheus_text::encode(&mut text, &registry)?,
        }
        Ok(text)
    }
}

impl Collector for Exposition {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for metric in table::ALL {
            let base = metric.base().ok_or(fmt::Error)?;
            let unit = metric.unit.encoded();
            let kind = metric.kind.encoded();
            let mut family = encoder.encode_descriptor(base, metric.help, unit.as_ref(), kind)?;
            for sample in self.0.get(metric.name).into_iter().flatten() {
                sample.encode(metric.kind, &mut family)?;
            }
        }
        Ok(())
    }
}

impl Sample {
    fn encode(&self, kind: Kind, family: &mut MetricEncoder<'_>) -> fmt::Result {
        if kind == Kind::Info {
            return family.encode_info(&self.labels);
        }
        let mut encoder = family.encode_family(&self.labels)?;
        match (&self.value, kind) {
            (Value::Histogram(histogram), _) => histogram.encode(encoder),
            (Value::Whole(number), Kind::Counter) => {
                encoder.encode_counter::<NoLabelSet, _, f64>(number, None)
            }
            (Value::Real(number), Kind::Counter) => {
                encoder.encode_counter::<NoLabelSet, _, f64>(number, None)
            }
            (Value::Whole(number), _) => encoder.encode_gauge(number),
            (Value::Real(number), _) => encoder.encode_gauge(number),
        }
    }
}
