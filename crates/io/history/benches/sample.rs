//! What a sample costs, with 100 limits and 100 flows of which each has calls in every second, and what it takes up.

#![allow(missing_docs, reason = "a benchmark")]
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use divan::Bencher;
use std::time::{Duration, SystemTime};
use tollgate_driver::Figures;
use tollgate_engine::{FlowView, LimitView, Mode, Snapshot};
use tollgate_history::{Gatherer, History, Question};
use tollgate_model::{Instant, Scope};
use tollgate_telemetry::{CallId, CallOutcome, CallRecord, Subject, Telemetry};

const MANY: usize = 100;
const BEGIN: u64 = 1_764_500_040;
const BYTES: usize = 256 * 1024 * 1024;

fn main() {
    divan::main();
    let history = hour();
    let bytes = history.size().bytes;
    let series = 4 * MANY;
    println!(
        "an hour of {MANY} limits and {MANY} flows, all busy: {bytes} bytes, {} a series",
        bytes / series
    );
}

/// The state of a service where every limit and every flow is another one each second.
fn figures(second: u64) -> Figures {
    let limits = (0..MANY).map(|at| LimitView {
        name: format!("limit.{at}"),
        scope: Scope::Integration,
        allowed: 300,
        configured: Some(300),
        period: Some(Duration::from_secs(60)),
        held: u32::try_from((second * 7 + at as u64 * 13) % 300).unwrap(),
        foreign: 0,
        left_free: 0,
        lease: None,
        closed_until: None,
        mode: Mode::default(),
        would_refuse: None,
    });
    let flows = (0..MANY).map(|at| FlowView {
        name: format!("flow.{at}"),
        queued: usize::try_from(second % 5).unwrap(),
        running: usize::try_from(second % 11).unwrap(),
        answered: 0,
        errors: 0,
        lost: 0,
        refused: 0,
        mode: Mode::default(),
        would_have: None,
    });
    Figures {
        snapshot: Snapshot {
            limits: limits.collect(),
            flows: flows.collect(),
            ..Snapshot::default()
        },
        oldest: vec![Some(Duration::from_millis(second % 300)); MANY],
    }
}

/// Five calls of each flow, one of them refused.
fn calls(telemetry: &Telemetry, second: u64) {
    for flow in 0..MANY {
        let name = format!("flow.{flow}");
        for call in 0..5 {
            let refused = call == 4;
            let record = CallRecord {
                id: CallId::draw(),
                parent: None,
                asked: SystemTime::UNIX_EPOCH,
                whole: Duration::from_millis(200),
                waited: Duration::from_micros((second * 37 + call * 1_001) % 100_000),
                upstream: Some(Duration::from_millis(150)),
                attempts: 1,
                flow: &name,
                integration: "Web",
                subject: Subject::Action("Get"),
                outcome: if refused {
                    CallOutcome::Refused
                } else {
                    CallOutcome::Answered
                },
                source: None,
                cause: refused.then_some("deadline.cannot.be.met"),
                limit: refused.then_some("org.rate"),
                waited_for: None,
                caller_correlation: None,
                upstream_correlation: None,
                status: Some(200),
                trace: None,
            };
            telemetry.ended(&record, None);
        }
    }
}

fn hour() -> History {
    let (history, telemetry) = (History::in_memory(BYTES), Telemetry::default());
    let mut gatherer = Gatherer::default();
    for second in 0..3_600 {
        calls(&telemetry, second);
        let figures = figures(second);
        let sample = gatherer.sample(
            BEGIN + second,
            Some((&figures, Instant::ZERO)),
            telemetry.counts(),
        );
        history.take(sample);
    }
    history
}

#[divan::bench]
fn sample(bencher: Bencher<'_, '_>) {
    let (history, telemetry) = (History::in_memory(BYTES), Telemetry::default());
    let mut gatherer = Gatherer::default();
    let mut second = 0;
    let next = move |telemetry: &Telemetry| {
        second += 1;
        calls(telemetry, second);
        (second, figures(second))
    };
    let next = std::sync::Mutex::new(next);
    bencher
        .with_inputs(|| (next.lock().unwrap())(&telemetry))
        .bench_local_values(|(second, figures)| {
            let figures = Some((&figures, Instant::ZERO));
            let sample = gatherer.sample(BEGIN + second, figures, telemetry.counts());
            history.take(sample)
        });
}

#[divan::bench(sample_count = 10)]
fn an_hour_is_asked_for(bencher: Bencher<'_, '_>) {
    let history = hour();
    let question = Question {
        from: BEGIN,
        to: BEGIN + 3_600,
        step: 1,
        series: Vec::new(),
    };
    bencher.bench_local(|| history.answer(&question, BEGIN + 3_600));
}

#[divan::bench(sample_count = 20)]
fn the_last_minute(bencher: Bencher<'_, '_>) {
    let history = hour();
    bencher.bench_local(|| history.minute());
}
