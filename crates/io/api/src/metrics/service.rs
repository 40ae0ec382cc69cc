//! What the service knows of itself: its store, what waits for that, and what was lost.

use crate::journal::Journal;
use crate::reloading::Reloading;
use std::time::Duration;
use tollgate_jobs::Jobs;
use tollgate_store::Store;
use tollgate_telemetry::Telemetry;
use tollgate_telemetry::metrics::{Exposition, table};

/// Longest wait for a figure that the store has; without an answer it is left out.
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) fn show_store(store: &Store, to: &mut Exposition) {
    let figures = store.figures();
    to.put(&table::STORE_UP, &[], figures.is_up());
    for (kind, trips) in figures.trips() {
        to.put(&table::STORE_OPERATION, &[kind], trips);
    }
}

pub(super) fn show_journal(journal: &Journal, to: &mut Exposition) {
    let figures = journal.figures();
    for (kind, waiting, lost) in [
        ("entries", figures.entries, figures.lost_entries),
        ("calls", figures.counters, figures.lost_calls),
    ] {
        to.put(&table::JOURNAL_WAITING, &[kind], waiting);
        to.put(&table::JOURNAL_LOST, &[kind], lost);
    }
}

pub(super) fn show_reloading(reloading: &Reloading, to: &mut Exposition) {
    let (was_successful, success) = reloading.last();
    to.put(&table::RELOAD_SUCCESSFUL, &[], was_successful);
    to.put(&table::RELOAD_SUCCESS, &[], success);
}

pub(super) async fn show_jobs(jobs: &Jobs, to: &mut Exposition) {
    if let Ok(Ok(waiting)) = tokio::time::timeout(PATIENCE, jobs.waiting()).await {
        to.put(&table::JOBS_WAITING, &[], waiting);
    }
}

pub(super) fn show_records(telemetry: &Telemetry, to: &mut Exposition) {
    to.put(&table::RECORDS_LOST, &[], telemetry.records_lost());
    if let Some((sent, lost)) = telemetry.spans() {
        to.put(&table::SPANS, &["sent"], sent);
        to.put(&table::SPANS, &["lost"], lost);
    }
}
