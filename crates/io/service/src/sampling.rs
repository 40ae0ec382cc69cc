//! What is seen of the service is sampled once a second, at the begin of the second.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tollgate_api::Audience;
use tollgate_config::Server;
use tollgate_driver::Driver;
use tollgate_history::{Gatherer, History};
use tollgate_telemetry::Telemetry;

/// How long a sample waits for the engine; without its answer the sample has what is counted alone.
const PATIENCE: Duration = Duration::from_millis(500);

/// What was seen before, beside the usage file. A folder that can't be read is no reason not to serve: then what is seen ends
/// with the process.
pub(crate) fn open_history(server: &Server, process: u64) -> History {
    let folder = server.usage_file.with_extension("history");
    let opened = History::open(&folder, server.history_bytes, process);
    opened.unwrap_or_else(|error| {
        tracing::warn!(%error, folder = %folder.display(), "history is kept in memory alone");
        History::in_memory(server.history_bytes)
    })
}

/// Samples for as long as the service lives.
pub(crate) async fn sample(
    (history, audience): (Arc<History>, Audience),
    (driver, telemetry): (Driver, Telemetry),
) {
    let mut gatherer = Gatherer::default();
    loop {
        tokio::time::sleep(to_next_second()).await;
        let asked = tokio::time::timeout(PATIENCE, driver.figures()).await;
        let figures = asked.ok().flatten();
        let figures = figures.as_ref().map(|figures| (figures, driver.now()));
        let at = since_1970().as_secs();
        let sample = gatherer.sample(at, figures, telemetry.counts());
        if let Some(sample) = history.take(sample) {
            audience.tell(sample);
        }
    }
}

fn since_1970() -> Duration {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default()
}

/// A timer that rings a little early must not bring the same second twice.
fn to_next_second() -> Duration {
    let into = Duration::from_nanos(since_1970().subsec_nanos().into());
    Duration::from_millis(1_001) - into
}
