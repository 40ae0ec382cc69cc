//! What was seen is there after a restart, after a kill, and within its bounds.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::time::Duration;
use tollgate_history::{Answer, History, Key, Kind, Question, Row, Sample, Wanted};

/// A whole minute.
const BEGIN: u64 = 1_764_500_040;
const BYTES: usize = 8 * 1024 * 1024;
/// Bounds only how long a broken disk keeps the test from failing.
const PATIENCE: Duration = Duration::from_secs(60);

fn sample(at: u64, answered: u64, held: u64) -> Sample {
    let row = |key, values| Row { key, values };
    let mut waits = vec![0; Kind::Waiting.fields().len()];
    // The first half of the seconds wait shortly, the others long.
    waits[if at.is_multiple_of(2) { 8 } else { 80 }] = answered;
    Sample {
        at,
        rows: vec![
            row(
                Key::new(Kind::Limit, ["org.rate", "organisation"]),
                vec![300, held, 0, 0],
            ),
            row(
                Key::new(Kind::Flow, ["voice"]),
                vec![answered, 0, 0, 0, 0, 0, 2, 1, 0],
            ),
            row(Key::new(Kind::Waiting, ["voice"]), waits),
        ],
    }
}

fn run(history: &History, seconds: std::ops::Range<u64>) {
    for second in seconds {
        history.take(sample(BEGIN + second, second % 7, second % 300));
        // The disk's queue is bounded, and a test is faster than a clock.
        assert!(second % 100 > 0 || history.settle(PATIENCE));
    }
    assert!(history.settle(PATIENCE));
}

fn open(folder: &Path, process: u64) -> History {
    History::open(folder, BYTES, process).unwrap()
}

fn asked(history: &History, seconds: std::ops::Range<u64>, step: u64, now: u64) -> Answer {
    let question = Question {
        from: BEGIN + seconds.start,
        to: BEGIN + seconds.end,
        step,
        series: ["limit", "flow:voice", "waiting"]
            .map(|it| Wanted::parse(it).unwrap())
            .into(),
    };
    history.answer(&question, BEGIN + now)
}

fn points(answer: &Answer, kind: Kind, name: &str) -> Vec<Option<u64>> {
    let series = answer.series.iter().find(|it| it.key.kind == kind).unwrap();
    let found = series.figures.iter().find(|(figure, _)| *figure == name);
    found.unwrap().1.clone()
}

#[test]
fn a_restart_shows_what_was_and_the_gap() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path(), 1);
    run(&first, 0..30);
    let before = asked(&first, 0..30, 1, 30);
    drop(first);
    let second = open(folder.path(), 2);
    assert_eq!(asked(&second, 0..30, 1, 30), before);
    run(&second, 45..60);
    let answer = asked(&second, 0..60, 1, 60);
    let answered = points(&answer, Kind::Flow, "answered");
    assert_eq!(answered[29], Some(29 % 7));
    assert_eq!(answered[30..45], [None; 15]);
    assert_eq!(answered[45], Some(45 % 7));
    assert_eq!(answer.seen.iter().sum::<u32>(), 45);
}

#[test]
fn counts_are_added_up_levels_are_the_greatest_and_percentiles_are_of_all_waits() {
    let history = History::in_memory(BYTES);
    run(&history, 0..120);
    let answer = asked(&history, 0..120, 60, 120);
    assert_eq!((answer.step, answer.seen.clone()), (60, vec![60, 60]));
    let sums = |seconds: std::ops::Range<u64>| seconds.map(|it| it % 7).sum();
    let answered = points(&answer, Kind::Flow, "answered");
    assert_eq!(answered, [Some(sums(0..60)), Some(sums(60..120))]);
    assert_eq!(points(&answer, Kind::Waiting, "calls"), answered);
    assert_eq!(points(&answer, Kind::Limit, "held"), [Some(59), Some(119)]);
    // Waits of 8 microseconds, and of 8 to 9 milliseconds, about as many of each.
    let p95 = points(&answer, Kind::Waiting, "p95Micros");
    assert!(p95.iter().all(|it| it.unwrap() > 1_000), "{p95:?}");
}

#[test]
fn what_is_an_hour_ago_is_told_by_the_minute_and_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let history = open(folder.path(), 1);
    run(&history, 0..4_000);
    let minutes = asked(&history, 0..240, 1, 4_000);
    assert_eq!((minutes.step, minutes.seen.clone()), (60, vec![60; 4]));
    let sum = (0..60).map(|it| it % 7).sum();
    assert_eq!(points(&minutes, Kind::Flow, "answered")[0], Some(sum));
    assert_eq!(points(&minutes, Kind::Limit, "held")[0], Some(59));
    drop(history);
    // The minute that wasn't over is gone on with.
    let history = open(folder.path(), 2);
    assert_eq!(asked(&history, 0..240, 1, 4_000), minutes);
    run(&history, 4_000..4_080);
    let last = asked(&history, 3_960..4_020, 1, 8_000);
    assert_eq!(last.seen, [60]);
    let sum = (3_960..4_020).map(|it| it % 7).sum();
    assert_eq!(points(&last, Kind::Flow, "answered"), [Some(sum)]);
}

/// Cut at any byte, the files tell all records that are whole.
#[test]
fn a_kill_in_a_write_costs_the_torn_record_alone() {
    let folder = tempfile::tempdir().unwrap();
    run(&open(folder.path(), 1), 0..10);
    let file = fs::read_dir(folder.path()).unwrap();
    let mut file = file.map(|it| it.unwrap().path());
    let seconds = |path: &std::path::PathBuf| path.to_string_lossy().contains("seconds-");
    let file = file.find(seconds).unwrap();
    let bytes = fs::read(&file).unwrap();
    let mut known = 10;
    for cut in (30..bytes.len()).rev() {
        fs::write(&file, &bytes[..cut]).unwrap();
        let seen: u32 = asked(&open(folder.path(), 2), 0..10, 1, 10)
            .seen
            .iter()
            .sum();
        assert!(seen == known || seen + 1 == known, "{cut}: {seen}, {known}");
        known = seen;
        if !file.exists() {
            break;
        }
    }
    assert_eq!(known, 0);
}

#[test]
fn what_is_kept_is_bounded_in_memory_and_on_disk() {
    const LITTLE: usize = 64 * 1024;
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(folder.path(), LITTLE, 1).unwrap();
    for block in 0..20 {
        run(&history, block * 300..(block + 1) * 300);
        let files = fs::read_dir(folder.path()).unwrap();
        let on_disk: u64 = files.map(|it| it.unwrap().metadata().unwrap().len()).sum();
        let size = history.size();
        assert!(size.bytes <= LITTLE, "{size:?}");
        // A file has a line more than its block.
        assert!(on_disk <= LITTLE as u64 + 64 * 20, "{on_disk}");
    }
    assert!(history.size().bytes > LITTLE / 8);
}

#[test]
fn points_and_series_are_bounded() {
    let history = History::in_memory(BYTES);
    for second in 0..5 {
        let row = |flow: u64| Row {
            key: Key::new(Kind::Flow, [&format!("flow{flow:03}")]),
            values: vec![flow, 0, 0, 0, 0, 0, 0, 0, 0],
        };
        let at = BEGIN + second;
        let rows = (0..180).map(row).collect();
        history.take(Sample { at, rows });
    }
    let question = Question {
        from: BEGIN - 604_000,
        to: BEGIN + 5,
        step: 1,
        series: Vec::new(),
    };
    let answer = history.answer(&question, BEGIN + 604_000);
    assert!(answer.seen.len() <= 600, "{}", answer.seen.len());
    let question = Question {
        from: BEGIN,
        ..question
    };
    let answer = history.answer(&question, BEGIN + 5);
    assert_eq!((answer.series.len(), answer.left_out), (100, 80));
    let first = answer.series.first().unwrap();
    assert_eq!(
        &*first.key.labels[0], "flow080",
        "the least busy are left out"
    );
}

#[test]
fn a_clock_that_is_put_back_hides_nothing_and_doubles_nothing() {
    let history = History::in_memory(BYTES);
    run(&history, 0..20);
    run(&history, 10..30);
    let answer = asked(&history, 0..30, 1, 30);
    assert_eq!(answer.seen, [1; 30]);
}

#[test]
fn a_folder_that_cannot_be_written_costs_the_files_alone() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    let history = open(&kept, 1);
    fs::remove_dir_all(&kept).unwrap();
    fs::write(&kept, "no folder").unwrap();
    run(&history, 0..20);
    assert_eq!(asked(&history, 0..20, 1, 20).seen, [1; 20]);
    // It is tried anew.
    fs::remove_file(&kept).unwrap();
    run(&history, 20..120);
    let seen: u32 = asked(&open(&kept, 2), 0..120, 1, 120).seen.iter().sum();
    assert!((30..=100).contains(&seen), "{seen}");
}
