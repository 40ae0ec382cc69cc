//! What is counted of calls, as it is shown.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};
use tollgate_cache::Source;
use tollgate_telemetry::metrics::{Exposition, Format, Kind, table};
use tollgate_telemetry::{CallId, CallOutcome, CallRecord, Subject, Telemetry, process};

fn record<'a>() -> CallRecord<'a> {
    CallRecord {
        id: CallId::draw(),
        parent: None,
        asked: SystemTime::UNIX_EPOCH,
        whole: Duration::from_millis(240),
        waited: Duration::from_millis(40),
        upstream: Some(Duration::from_millis(200)),
        attempts: 2,
        flow: "voice",
        integration: "CRM",
        subject: Subject::Action("Find \"x\""),
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

fn text(telemetry: &Telemetry, format: Format) -> String {
    let mut figures = Exposition::default();
    telemetry.counts().show(&mut figures);
    process::show(&mut figures);
    figures.text(format).unwrap()
}

/// The series of a text, by name and labels.
fn series(text: &str) -> BTreeMap<&str, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let parts = lines.map(|line| line.rsplit_once(' ').unwrap());
    parts
        .map(|(name, value)| (name, value.parse().unwrap()))
        .collect()
}

#[test]
fn each_call_counts_by_how_it_ended() {
    let telemetry = Telemetry::default();
    let refused = CallRecord {
        outcome: CallOutcome::Refused,
        cause: Some("deadline.cannot.be.met"),
        limit: Some("org.rate"),
        attempts: 0,
        upstream: None,
        status: None,
        ..record()
    };
    let kept = CallRecord {
        outcome: CallOutcome::Cached,
        source: Some(Source::Fresh),
        attempts: 0,
        upstream: None,
        status: None,
        ..record()
    };
    let failed = CallRecord {
        outcome: CallOutcome::Failed,
        cause: Some("upstream.error"),
        status: Some(503),
        subject: Subject::Passed {
            method: "GET",
            template: "/api/v2/users/{id}",
        },
        ..record()
    };
    let left = CallRecord {
        outcome: CallOutcome::Abandoned,
        attempts: 0,
        upstream: None,
        ..record()
    };
    for record in [record(), record(), refused, kept, failed, left] {
        telemetry.ended(&record, None);
    }
    let text = text(&telemetry, Format::OpenMetrics);
    let series = series(&text);
    let of = r#"flow="voice",integration="CRM",action="Find \"x\"""#;
    let outcome =
        |word: &str| series[&*format!(r#"tollgate_calls_total{{{of},outcome="{word}"}}"#)];
    let words = [
        "answered",
        "refused",
        "cached",
        "abandoned",
        "failed",
        "composite",
    ];
    assert_eq!(words.map(outcome), [2.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
    for (name, wanted) in [
        // Neither what was refused at once, nor what was kept, has waited.
        (format!("tollgate_call_waiting_seconds_count{{{of}}}"), 2.0),
        (format!("tollgate_call_waiting_seconds_sum{{{of}}}"), 0.08),
        (format!(r#"tollgate_call_waiting_seconds_bucket{{le="0.05",{of}}}"#), 2.0),
        (format!(r#"tollgate_call_waiting_seconds_bucket{{le="0.025",{of}}}"#), 0.0),
        (format!("tollgate_call_upstream_seconds_count{{{of}}}"), 2.0),
        (format!("tollgate_call_whole_seconds_count{{{of}}}"), 3.0),
        (format!("tollgate_call_retries_total{{{of}}}"), 2.0),
        (format!(r#"tollgate_cache_outputs_total{{{of},source="fresh"}}"#), 1.0),
        (
            r#"tollgate_calls_total{flow="voice",integration="CRM",action="GET /api/v2/users/{id}",outcome="failed"}"#.to_owned(),
            1.0,
        ),
        (
            r#"tollgate_refusals_total{flow="voice",limit="org.rate",reason="deadline.cannot.be.met"}"#.to_owned(),
            1.0,
        ),
        (
            r#"tollgate_failures_total{flow="voice",integration="CRM",reason="upstream.error"}"#.to_owned(),
            1.0,
        ),
    ] {
        let found = series.get(name.as_str());
        assert_eq!(found, Some(&wanted), "{name}\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn each_metric_has_its_head_whether_there_is_a_figure_or_not() {
    let telemetry = Telemetry::default();
    let open = text(&telemetry, Format::OpenMetrics);
    let plain = text(&telemetry, Format::Plain);
    let heads = |text: &str| {
        let heads = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        heads.map(str::to_owned).collect::<Vec<_>>()
    };
    let wanted = table::ALL.iter().map(|metric| match metric.kind {
        Kind::Info => format!("{} gauge", metric.name),
        kind => format!("{} {}", metric.name, kind.as_str()),
    });
    assert_eq!(heads(&plain), wanted.collect::<Vec<_>>());
    assert_eq!(heads(&open).len(), table::ALL.len());
    for metric in table::ALL {
        assert!(open.contains(metric.help), "{}", metric.name);
    }
    let version = concat!(
        "tollgate_build_info{version=\"",
        env!("CARGO_PKG_VERSION"),
        "\"} 1\n"
    );
    assert!(open.contains(version) && plain.contains(version), "{open}");
    assert!(
        plain.contains("tollgate_log_lines_lost_total 0\n"),
        "{plain}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn the_process_is_seen() {
    let text = text(&Telemetry::default(), Format::OpenMetrics);
    let series = series(&text);
    assert!(series["process_resident_memory_bytes"] > 1e6);
    assert!(series["process_open_fds"] >= 3.0 && series["process_max_fds"] >= 3.0);
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    let age = now.as_secs_f64() - series["process_start_time_seconds"];
    assert!((-5.0..86_400.0).contains(&age), "{age}");
}
