//! What a call's record costs where nobody wants lines: counts and histograms.

#![allow(missing_docs, reason = "a benchmark")]

use divan::Bencher;
use std::time::{Duration, SystemTime};
use tollgate_telemetry::{CallId, CallOutcome, CallRecord, Subject, Telemetry};

fn main() {
    divan::main();
}

fn record<'a>(id: CallId, action: &'a str) -> CallRecord<'a> {
    CallRecord {
        id,
        parent: None,
        asked: SystemTime::UNIX_EPOCH,
        whole: Duration::from_millis(240),
        waited: Duration::from_micros(30),
        upstream: Some(Duration::from_millis(239)),
        attempts: 1,
        flow: "voice",
        integration: "Genesys Cloud",
        subject: Subject::Action(action),
        outcome: CallOutcome::Answered,
        source: None,
        cause: None,
        limit: None,
        waited_for: None,
        caller_correlation: None,
        upstream_correlation: None,
        status: Some(200),
        trace: None,
    }
}

#[divan::bench(args = [1, 100, 500], threads = [1, 2])]
fn ended(bencher: Bencher<'_, '_>, actions: usize) {
    let telemetry = Telemetry::default();
    let names: Vec<_> = (0..actions)
        .map(|at| format!("Get-Queue-Counts-{at}"))
        .collect();
    let id = CallId::draw();
    let next = std::sync::atomic::AtomicUsize::new(0);
    bencher.bench(|| {
        let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % actions;
        telemetry.ended(&record(id, &names[at]), None);
    });
}

#[divan::bench]
fn drawn() -> CallId {
    CallId::draw()
}
