//! A line of the log for each call.
//!
//! **Target and levels.** The lines have the target `calls`, so that the log's levels can name them alone. Calls that have no
//! output are told of at `info`, all others at `debug`. While nobody wants either, a call costs one look at the level.
//!
//! **A bound.** What refuses one call refuses thousands, and a log that has filled its disk tells nobody anything. So many
//! lines a second are written at `info` ([`MOST`]); how many more there would have been is one line at the second's end. Who
//! asks for `debug` gets each call anyway, and for those there is no bound but that of the log itself.
//!
//! **What is in one** is said by `docs/operations.md`: names and times, no input, no output, no secret.

use crate::record::CallRecord;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tracing::Level;

/// Lines of calls without an output that are written in one [`SPAN`].
const MOST: u32 = 20;
/// The span in which lines are counted.
const SPAN: Duration = Duration::from_secs(1);

/// Writes the lines of calls. Clones share the count of lines.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallLines(Arc<Mutex<Count>>);

/// Lines of one span.
#[derive(Debug, Default)]
struct Count {
    /// When the span began; none before the first one.
    since: Option<Instant>,
    written: u32,
    left_out: u64,
}

impl CallLines {
    /// Writes the line of a call, if somebody wants it and the bound allows it.
    pub(crate) fn write(&self, record: &CallRecord<'_>) {
        let wants_all = tracing::enabled!(target: "calls", Level::DEBUG);
        match record.is_trouble() {
            true if wants_all => write_trouble(record),
            true if tracing::enabled!(target: "calls", Level::INFO) => {
                if self.may_write(Instant::now()) {
                    write_trouble(record);
                }
            }
            false if wants_all => write_other(record),
            true | false => {}
        }
    }

    /// Whether another line may be written in this span. Where it is the first that may not, somebody is left to say in
    /// the end how many there were.
    fn may_write(&self, now: Instant) -> bool {
        let mut count = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |since: Instant| now.saturating_duration_since(since) >= SPAN;
        if count.since.is_none_or(is_over) {
            count.tell();
            (count.since, count.written) = (Some(now), 0);
        }
        if count.written < MOST {
            count.written += 1;
            return true;
        }
        count.left_out += 1;
        // A caller may leave when the runtime has ended.
        if count.left_out == 1
            && let Ok(runtime) = Handle::try_current()
        {
            let lines = self.clone();
            runtime.spawn(async move {
                tokio::time::sleep(SPAN).await;
                lines.tell_left_out();
            });
        }
        false
    }

    /// Says how many lines were left out, where that isn't said yet.
    pub(crate) fn tell_left_out(&self) {
        let mut count = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        count.tell();
    }
}

impl Count {
    fn tell(&mut self) {
        let left_out = std::mem::take(&mut self.left_out);
        if left_out > 0 {
            tracing::info!(
                target: "calls",
                left_out,
                "more calls had no output; \"calls=debug\" writes a line for each"
            );
        }
    }
}

/// Writes the line of a record. A field without a value is left out.
macro_rules! line {
    ($level:expr, $record:ident) => {
        tracing::event!(
            target: "calls",
            $level,
            call = $record.id.to_string(),
            parent = $record.parent.map(|id| id.to_string()),
            flow = $record.flow,
            integration = $record.integration,
            action = $record.subject.to_string(),
            outcome = $record.outcome.as_str(),
            code = $record.cause,
            limit = $record.limit,
            source = $record.source.map(|source| source.as_str()),
            waited_for = $record.waited_for,
            waited_ms = millis($record.waited),
            upstream_ms = $record.upstream.map(millis),
            whole_ms = millis($record.whole),
            attempts = $record.attempts,
            status = $record.status,
            caller_correlation = $record.caller_correlation,
            upstream_correlation = $record.upstream_correlation,
            "call"
        )
    };
}

fn write_trouble(record: &CallRecord<'_>) {
    line!(Level::INFO, record);
}

fn write_other(record: &CallRecord<'_>) {
    line!(Level::DEBUG, record);
}

/// Milliseconds, to the microsecond.
fn millis(span: Duration) -> f64 {
    span.as_micros() as f64 / 1e3
}
