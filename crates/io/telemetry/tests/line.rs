//! The lines that the log has of calls.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tollgate_cache::Source;
use tollgate_telemetry::{CallId, CallOutcome, CallRecord, Subject, Telemetry};
use tracing::subscriber::with_default;
use tracing_subscriber::EnvFilter;

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// What is logged at these levels while `work` is done.
fn logged(levels: &str, work: impl FnOnce()) -> Vec<Value> {
    let log = Log::default();
    let to = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(EnvFilter::new(levels))
        .with_writer(move || to.clone())
        .finish();
    with_default(subscriber, work);
    let text = log.text();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

fn answered<'a>() -> CallRecord<'a> {
    CallRecord {
        id: CallId::draw(),
        parent: None,
        asked: SystemTime::UNIX_EPOCH,
        whole: Duration::from_millis(240),
        waited: Duration::from_micros(40_250),
        upstream: Some(Duration::from_millis(199)),
        attempts: 1,
        flow: "voice",
        integration: "CRM",
        subject: Subject::Action("Find \"x\"\n"),
        outcome: CallOutcome::Answered,
        source: Some(Source::Call),
        cause: None,
        limit: None,
        waited_for: None,
        caller_correlation: Some("order:7"),
        upstream_correlation: Some("0f2a"),
        status: Some(200),
        trace: None,
    }
}

fn refused<'a>() -> CallRecord<'a> {
    CallRecord {
        outcome: CallOutcome::Refused,
        cause: Some("deadline.cannot.be.met"),
        limit: Some("org.rate"),
        source: None,
        upstream: None,
        upstream_correlation: None,
        attempts: 0,
        status: None,
        ..answered()
    }
}

#[test]
fn a_line_says_who_called_what_how_it_ended_and_by_which_names_it_is_known() {
    let telemetry = Telemetry::default();
    let parent = CallId::draw();
    let record = CallRecord {
        parent: Some(parent),
        ..answered()
    };
    let lines = logged("calls=debug", || telemetry.ended(&record, None));
    let [line] = &lines[..] else {
        panic!("one line: {lines:?}")
    };
    for (field, text) in [
        ("level", "DEBUG"),
        ("target", "calls"),
        ("message", "call"),
        ("call", &record.id.to_string()),
        ("parent", &parent.to_string()),
        ("flow", "voice"),
        ("integration", "CRM"),
        ("action", "Find \"x\"\n"),
        ("outcome", "answered"),
        ("source", "call"),
        ("caller_correlation", "order:7"),
        ("upstream_correlation", "0f2a"),
    ] {
        assert_eq!(line[field], text, "{field}: {line}");
    }
    for (field, number) in [
        ("waited_ms", 40.25),
        ("upstream_ms", 199.0),
        ("whole_ms", 240.0),
        ("attempts", 1.0),
        ("status", 200.0),
    ] {
        assert_eq!(line[field].as_f64(), Some(number), "{field}: {line}");
    }
    assert!(line.get("limit").is_none() && line.get("code").is_none());
}

#[test]
fn a_call_without_output_is_told_of_where_others_are_not() {
    let telemetry = Telemetry::default();
    let ends = || {
        telemetry.ended(&answered(), None);
        telemetry.ended(&refused(), None);
    };
    let lines = logged("info", ends);
    let [line] = &lines[..] else {
        panic!("one line: {lines:?}")
    };
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["outcome"], "refused");
    assert_eq!(line["code"], "deadline.cannot.be.met");
    assert_eq!(line["limit"], "org.rate");
    assert!(line.get("status").is_none() && line.get("upstream_ms").is_none());
    assert_eq!(logged("warn,calls=debug", ends).len(), 2);
    assert!(logged("info,calls=off", ends).is_empty());
}

#[test]
fn a_flood_is_one_line_that_says_how_many_were_left_out() {
    let telemetry = Telemetry::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let lines = logged("info", || {
        (0..100).for_each(|_| telemetry.ended(&refused(), None));
        runtime.block_on(telemetry.settle());
    });
    let calls = lines.iter().filter(|line| line["message"] == "call");
    let told = calls.count() as u64;
    let left_out = lines.iter().filter_map(|line| line["left_out"].as_u64());
    assert_eq!(told + left_out.sum::<u64>(), 100, "{lines:?}");
    assert!(told < 100, "a second's bound: {told}");
    assert_eq!(
        logged("calls=debug", || {
            (0..100).for_each(|_| telemetry.ended(&refused(), None));
        })
        .len(),
        100
    );
}

#[test]
fn what_is_left_out_is_said_though_no_other_call_comes() {
    let telemetry = Telemetry::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let lines = logged("info", || {
        runtime.block_on(async {
            (0..100).for_each(|_| telemetry.ended(&refused(), None));
            tokio::time::sleep(Duration::from_secs(3)).await;
        });
    });
    let last = lines.last().unwrap();
    assert!(last["left_out"].as_u64() > Some(0), "{lines:?}");
}
