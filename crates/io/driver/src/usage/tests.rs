use super::*;
use tollgate_engine::{Command, Event, Facts, Flow, Route, Submission};
use tollgate_model::{AttemptId, EndpointId, ExecutionId, FlowId, Limit, LimitId, RouteId, Scope};

fn config() -> Config {
    let limit = |name: &str, rule| Limit {
        name: name.into(),
        scope: Scope::Organisation,
        rule,
    };
    let minute = Rule::Window {
        allowed: 100,
        period: Duration::from_secs(60),
        counted_within: None,
    };
    Config {
        limits: vec![
            limit("minute", minute),
            limit("at once", Rule::Concurrency { allowed: 20 }),
        ]
        .into(),
        routes: vec![Route {
            limits: vec![LimitId(0), LimitId(1)],
            ..Route::default()
        }]
        .into(),
        flows: vec![Flow::default()].into(),
        ..Config::default()
    }
}

fn at(seconds: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(seconds)
}

/// A file of this test's own.
fn path(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("tollgate-usage-{}-{name}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder.join("usage")
}

fn engine() -> Engine {
    Engine::new(config(), 1, at(0))
}

fn held(engine: &Engine) -> (u32, u32) {
    let limits = engine.snapshot(at(0)).limits;
    (limits[0].held, limits[1].held)
}

/// Submits calls and carries their sends out, each after what covers it is on disk.
fn send(engine: &mut Engine, file: &mut UsageFile, calls: std::ops::Range<u64>) -> u32 {
    let mut sent = 0;
    for call in calls {
        let submission = Submission {
            execution: ExecutionId(call),
            flow: FlowId(0),
            route: RouteId(0),
            endpoint: EndpointId::UNKNOWN,
            deadline: at(600),
            timeout: Duration::from_secs(10),
            idempotent: true,
        };
        engine.handle_event(Event::Submit(submission), at(0));
        file.keep(engine, at(0));
        while let Some(command) = engine.poll_command() {
            sent += u32::from(matches!(command, Command::Send { .. }));
        }
    }
    sent
}

#[test]
fn a_process_that_was_killed_is_remembered() {
    let path = path("killed");
    let mut first = engine();
    let mut file = UsageFile::open(&path, 1, &mut first, &config(), at(0)).unwrap();
    let sent = send(&mut first, &mut file, 0..7);
    // Killed: nothing is closed or flushed.
    drop(file);
    let mut second = engine();
    let file = UsageFile::open(&path, 1, &mut second, &config(), at(0)).unwrap();
    let (window, at_once) = held(&second);
    assert_eq!(sent, 7);
    assert!(
        (7..=11).contains(&window),
        "seven, and up to a block more: {window}"
    );
    assert!((7..=8).contains(&at_once), "{at_once}");
    drop(file);
    // The next one knows it from the second's first checkpoint, without any event.
    let mut third = engine();
    UsageFile::open(&path, 1, &mut third, &config(), at(0)).unwrap();
    assert!(held(&third).0 >= 7);
}

#[test]
fn a_line_cut_short_is_of_a_send_that_never_was() {
    let path = path("cut");
    let mut first = engine();
    let mut file = UsageFile::open(&path, 1, &mut first, &config(), at(0)).unwrap();
    send(&mut first, &mut file, 0..3);
    drop(file);
    let whole = fs::read(&path).unwrap();
    let mut cut = whole.clone();
    cut.extend_from_slice(b"0 9");
    fs::write(&path, cut).unwrap();
    let mut second = engine();
    UsageFile::open(&path, 1, &mut second, &config(), at(0)).unwrap();
    assert!((3..=7).contains(&held(&second).0));
    assert_eq!(whole.last(), Some(&b'\n'));
}

#[test]
fn what_is_not_understood_holds_every_limit_whole() {
    for (name, text) in [
        ("empty", ""),
        ("garbage", "usage\n"),
        (
            "record",
            "{\"boot\":\"\",\"uptime\":{\"secs\":0,\"nanos\":0},\"limits\":[]}\nx y z\n",
        ),
    ] {
        let path = path(name);
        fs::write(&path, text).unwrap();
        let mut engine = engine();
        UsageFile::open(&path, 1, &mut engine, &config(), at(0)).unwrap();
        assert_eq!(held(&engine), (100, 20), "{name}");
    }
}

#[test]
fn another_boot_or_machine_holds_short_limits_whole() {
    let path = path("boot");
    let mut first = engine();
    let mut file = UsageFile::open(&path, 1, &mut first, &config(), at(0)).unwrap();
    send(&mut first, &mut file, 0..3);
    drop(file);
    let text = fs::read_to_string(&path).unwrap();
    let boot = Boot::this().id;
    fs::write(&path, text.replacen(&boot, "another", 1)).unwrap();
    let mut second = engine();
    UsageFile::open(&path, 1, &mut second, &config(), at(0)).unwrap();
    assert_eq!(held(&second).0, 100);
}

#[test]
fn what_could_not_be_written_holds_short_limits_whole() {
    for name in ["checkpoint", "never-written", "unlike"] {
        let path = path(name);
        let mut first = engine();
        let mut file = UsageFile::open(&path, 1, &mut first, &config(), at(0)).unwrap();
        match name {
            "never-written" => fs::remove_file(&path).unwrap(),
            "unlike" => fs::write(&path, "{}").unwrap(),
            _ => {}
        }
        // In the place of the next checkpoint, so that this fails as on a full disk.
        let fresh = path.with_extension("new");
        fs::create_dir(&fresh).unwrap();
        file.close(&mut first, at(1));
        assert!(send(&mut first, &mut file, 0..3) > 0, "calls go on");
        drop(file);
        fs::remove_dir(&fresh).unwrap();
        let mut second = engine();
        let mut file = UsageFile::open(&path, 1, &mut second, &config(), at(0)).unwrap();
        assert_eq!(held(&second).0, 100, "{name}");
        // Written again, the file is believed again.
        file.close(&mut second, at(1));
        let (line, _) = read(&path).unwrap().unwrap();
        assert_eq!(line.boot, Boot::this().id);
    }
}

#[test]
fn a_limit_that_comes_later_is_closed_for_a_period_where_nothing_is_sure() {
    let mut checkpoint = everything(&config());
    hold_whole(&mut checkpoint, &Config::default());
    let closed: Vec<_> = checkpoint.limits.iter().map(|it| it.usage.closed).collect();
    let grace = Config::default().policy.grace;
    assert_eq!(closed, [Duration::from_secs(60) + grace, Duration::ZERO]);
}

#[test]
fn two_processes_do_not_share_a_file() {
    let path = path("shared");
    let (mut first, mut second) = (engine(), engine());
    let _held = UsageFile::open(&path, 1, &mut first, &config(), at(0)).unwrap();
    let refused = UsageFile::open(&path, 1, &mut second, &config(), at(0)).unwrap_err();
    assert!(refused.to_string().contains("another process"), "{refused}");
}

/// Answers these attempts.
fn answer(engine: &mut Engine, attempts: std::ops::Range<u64>, status: u16, now: Instant) {
    for attempt in attempts.map(AttemptId) {
        let head = Event::Head {
            attempt,
            status,
            facts: Facts {
                refused: false,
                retry_after: (status == 429).then(|| Duration::from_secs(600)),
                ..Facts::default()
            },
        };
        engine.handle_event(head, now);
        engine.handle_event(Event::Done(attempt), now);
    }
}

#[test]
fn calls_that_have_ended_are_not_held_though_nothing_happened_afterwards() {
    let path = path("ended");
    let mut first = engine();
    let mut file = UsageFile::open(&path, 1, &mut first, &config(), at(0)).unwrap();
    send(&mut first, &mut file, 0..7);
    answer(&mut first, 0..5, 200, at(0));
    assert_eq!(file.due(&first), Some(at(1)));
    file.keep(&mut first, at(1));
    assert_eq!(file.due(&first), None, "nothing has changed since");
    drop(file);
    let mut second = engine();
    UsageFile::open(&path, 1, &mut second, &config(), at(0)).unwrap();
    assert_eq!(held(&second), (7, 2));
}

#[test]
fn calls_of_the_last_second_are_held_as_far_as_they_were_under_way_at_once() {
    let path = path("at-once");
    let mut first = engine();
    let mut file = UsageFile::open(&path, 1, &mut first, &config(), at(0)).unwrap();
    for call in 0..50 {
        assert_eq!(send(&mut first, &mut file, call..call + 1), 1);
        answer(&mut first, call..call + 1, 200, at(0));
    }
    drop(file);
    let mut second = engine();
    UsageFile::open(&path, 1, &mut second, &config(), at(0)).unwrap();
    let (window, at_once) = held(&second);
    assert!((50..=54).contains(&window), "{window}");
    assert!(at_once <= 2, "one, and one beforehand: {at_once}");
}

#[test]
fn no_number_of_restarts_holds_a_slot_for_longer() {
    let path = path("loop");
    let mut first = engine();
    let mut file = UsageFile::open(&path, 1, &mut first, &config(), at(0)).unwrap();
    send(&mut first, &mut file, 0..20);
    drop(file);
    // On the machine's line of time, of both limits, the end of the last slot.
    let ends = || {
        let text = fs::read_to_string(&path).unwrap();
        let line: Line = tollgate_json::read_as(text.lines().next().unwrap()).unwrap();
        let last = line.limits.into_iter().map(|it| it.ends.last().unwrap().0);
        last.map(|last| line.uptime + last).collect::<Vec<_>>()
    };
    let mut before = Vec::new();
    for restart in 0..30 {
        let mut engine = engine();
        // It was begun a while ago on its own line of time, which is another for each.
        let now = Instant::ZERO + Duration::from_millis(restart * 333);
        let file = UsageFile::open(&path, 1, &mut engine, &config(), now).unwrap();
        drop(file);
        if restart == 0 {
            before = ends();
        }
        // The uptime is told in ticks, and rounded down; so a tick or two get lost.
        let lost = TICK * 3 * restart as u32;
        for (now, before) in ends().into_iter().zip(&before) {
            assert!(now <= *before + lost, "{restart}: {now:?}, {before:?}");
            assert!(now + TICK * 3 >= *before, "{restart}: {now:?}, {before:?}");
        }
    }
}

#[test]
fn what_two_refusals_have_closed_stays_closed() {
    let path = path("closed");
    let mut first = engine();
    let mut file = UsageFile::open(&path, 1, &mut first, &config(), at(0)).unwrap();
    for call in 0..2 {
        assert_eq!(send(&mut first, &mut file, call..call + 1), 1);
        answer(&mut first, call..call + 1, 429, at(0));
    }
    file.keep(&mut first, at(1));
    drop(file);
    let mut second = engine();
    let mut file = UsageFile::open(&path, 1, &mut second, &config(), at(0)).unwrap();
    let closed = second.snapshot(at(0)).closed_routes;
    assert_eq!(closed.len(), 1);
    // No longer than its window, a minute, though ten were asked for.
    assert!(closed[0].1 > at(50) && closed[0].1 <= at(60), "{closed:?}");
    assert_eq!(send(&mut second, &mut file, 2..3), 0);
}

#[test]
fn a_file_of_the_version_before_is_understood() {
    let path = path("before");
    let boot = Boot::this().id;
    let uptime = serde_json::to_string(&Boot::uptime()).unwrap();
    let minute = "{\"secs\":60,\"nanos\":0}";
    let zero = "{\"secs\":0,\"nanos\":0}";
    let limit = |name: &str, period: &str| {
        format!(
            "{{\"name\":\"{name}\",\"scope\":\"organisation\",\"period\":{period},\"open\":2,\
             \"ends\":[],\"closed\":{zero},\"until\":{minute}}}"
        )
    };
    let text = format!(
        "{{\"boot\":\"{boot}\",\"uptime\":{uptime},\"limits\":[{},{}]}}\n1 3 70000\n",
        limit("minute", minute),
        limit("at once", "null")
    );
    fs::write(&path, text).unwrap();
    let mut engine = engine();
    UsageFile::open(&path, 1, &mut engine, &config(), at(0)).unwrap();
    assert_eq!(held(&engine), (2, 5));
}

#[test]
fn a_process_succeeds_the_one_that_held_the_same_lock_on_this_boot() {
    let path = path("succeeded");
    let open = |path: &Path, process| {
        let file = UsageFile::open(path, process, &mut engine(), &config(), at(0));
        file.unwrap().predecessor()
    };
    assert_eq!(open(&path, 7), None);
    assert_eq!(open(&path, u64::MAX), Some(7));
    assert_eq!(open(&path, 9), Some(u64::MAX));
    // While another process lives, none succeeds it.
    let lives = UsageFile::open(&path, 10, &mut engine(), &config(), at(0)).unwrap();
    let copy = path.with_file_name("copy");
    fs::copy(&path, &copy).unwrap();
    assert!(UsageFile::open(&path, 11, &mut engine(), &config(), at(0)).is_err());
    assert_eq!(open(&copy, 11), None, "of a copy");
    drop(lives);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen(&Boot::this().id, "another", 1)).unwrap();
    assert_eq!(open(&path, 12), None, "of another boot");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once("\"process\":{").unwrap();
    let (_, after) = rest.split_once("},").unwrap();
    fs::write(&path, format!("{before}{after}")).unwrap();
    assert_eq!(open(&path, 13), None, "of an earlier version");
}
