//! How long the store takes to answer.

use prometheus_client::metrics::histogram::Histogram;
use std::time::Instant;

/// Upper ends of the histogram's buckets, in seconds: from a store in the same rack to the bound after which there is no
/// answer.
const BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 3.0];

/// Measures each round trip, also those that end in a failure.
#[derive(Clone, Debug)]
pub(crate) struct RoundTrips(pub(crate) Histogram);

impl RoundTrips {
    pub(crate) fn new() -> Self {
        Self(Histogram::new(BUCKETS))
    }

    /// Waits for the answer, and notes how long it took.
    pub(crate) async fn measure<T>(&self, answer: impl Future<Output = T>) -> T {
        let begun = Instant::now();
        let answer = answer.await;
        self.0.observe(begun.elapsed().as_secs_f64());
        answer
    }
}
