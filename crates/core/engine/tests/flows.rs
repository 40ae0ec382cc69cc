//! Who waits for whom: classes, weights, guarantees and the accuracy of refusals, under twice the load
//! that the quota carries. `--nocapture` prints the figures.

#[path = "flows/line.rs"]
mod line;

use line::{Arrivals, Line, Outcome};
use std::time::Duration;
use tollgate_engine::{Flow, Guarantee};
use tollgate_model::LimitId;

const ALLOWED: u32 = 600;
const PERIOD: Duration = Duration::from_secs(60);
const WINDOWS: u32 = 20;

fn flow(name: &str, priority: u8, weight: u32) -> Flow {
    Flow {
        name: name.into(),
        priority,
        weight,
        ..Flow::default()
    }
}

/// Arrivals that ask for this part of the quota, and start within `seconds` or not at all.
fn asks(part: f64, seconds: u64) -> Arrivals {
    Arrivals {
        per_second: part * f64::from(ALLOWED) / PERIOD.as_secs_f64(),
        within: Duration::from_secs(seconds),
        longer: Duration::ZERO,
        from: Duration::ZERO,
    }
}

fn p99(outcomes: &[Outcome]) -> Duration {
    let mut waits: Vec<_> = outcomes.iter().filter_map(Outcome::wait).collect();
    waits.sort_unstable();
    waits[waits.len() * 99 / 100]
}

#[test]
fn a_higher_class_waits_as_if_the_lower_ones_did_not_exist() {
    // Alone, the first class waits when its own chance arrivals, or its own overload, fill the windows.
    for part in [0.5, 0.8, 1.2] {
        let seed = 7;
        let voice = (flow("voice", 0, 1), asks(part, 20));
        let rest = (flow("email", 1, 1), asks(2.0 - part, 40));
        let alone = Line::run(ALLOWED, PERIOD, WINDOWS, seed, vec![voice.clone()]);
        let beside = Line::run(ALLOWED, PERIOD, WINDOWS, seed, vec![voice, rest]);
        let (alone_p99, beside_p99) = (p99(&alone.of(0)), p99(&beside.of(0)));
        let served = |line: &Line| {
            let of = line.of(0);
            of.iter().filter(|it| it.wait().is_some()).count() as f64 / of.len() as f64
        };
        println!(
            "voice asks for {:.0} %: p99 {:.3} s alone, {:.3} s beside; {:.2} % and {:.2} % served; the quota's use {:.2} % and {:.2} %",
            100.0 * part,
            alone_p99.as_secs_f64(),
            beside_p99.as_secs_f64(),
            100.0 * served(&alone),
            100.0 * served(&beside),
            100.0 * alone.used(),
            100.0 * beside.used(),
        );
        // A tenth of a second is what a slot's way back takes.
        let most = alone_p99.mul_f64(1.05) + Duration::from_millis(100);
        assert!(beside_p99 <= most, "{beside_p99:?} of {alone_p99:?}");
        // What chance arrivals of the first class are kept for is the price; the floor is a part in a
        // hundred.
        assert!(served(&beside) >= served(&alone) - 0.015);
        assert!(beside.used() >= 0.93, "{:.3} used", beside.used());
    }
}

#[test]
fn weights_hold_over_ten_windows() {
    let flows = vec![
        (flow("one", 0, 1), asks(1.0, 100)),
        (flow("two", 0, 2), asks(1.5, 100)),
        (flow("five", 0, 5), asks(2.0, 100)),
    ];
    let line = Line::run(ALLOWED, PERIOD, WINDOWS, 3, flows);
    let starts: Vec<f64> = (0..3)
        .map(|flow| line.starts(flow, PERIOD * 5, PERIOD * 15) as f64)
        .collect();
    let all: f64 = starts.iter().sum();
    for (starts, weight) in starts.iter().zip([1.0, 2.0, 5.0]) {
        let (part, due) = (starts / all, weight / 8.0);
        println!(
            "weight {weight}: {:.2} % of the starts, {:.2} % due",
            100.0 * part,
            100.0 * due
        );
        assert!((part / due - 1.0).abs() <= 0.02, "{part} of {due}");
    }
}

#[test]
fn a_guarantee_is_there_within_a_window_of_being_asked_for() {
    let guaranteed = Flow {
        guarantee: Some(Guarantee {
            limit: LimitId(0),
            slots: 200,
        }),
        ..flow("callbacks", 1, 1)
    };
    let late = Arrivals {
        from: PERIOD * 8,
        ..asks(0.5, 100)
    };
    let flows = vec![(flow("voice", 0, 1), asks(2.0, 40)), (guaranteed, late)];
    let line = Line::run(ALLOWED, PERIOD, WINDOWS, 5, flows);
    // Asked for from the start of the ninth window on; all of the quota was lent out.
    let lent = line.starts(0, PERIOD * 2, PERIOD * 8);
    let first = line.starts(1, PERIOD * 8, PERIOD * 9);
    let after = line.starts(1, PERIOD * 9, PERIOD * 19) / 10;
    println!(
        "lent out: {} a window; asked for: {first} in the window of asking, then {after} a window of 200 guaranteed",
        lent / 6
    );
    assert!(lent / 6 >= 590, "an idle guarantee keeps nothing empty");
    assert!(after >= 200, "{after}");
    let within = line.starts(1, PERIOD * 9, PERIOD * 10);
    assert!(within >= 200, "{within} in the window after");
}

#[test]
fn refusals_are_right_and_what_waits_is_served() {
    let loads = [
        ("one flow", vec![(flow("calls", 0, 1), asks(2.0, 20))]),
        (
            "deadlines of all kinds",
            vec![(
                flow("calls", 0, 1),
                Arrivals {
                    longer: Duration::from_secs(60),
                    ..asks(2.0, 1)
                },
            )],
        ),
        (
            "two classes",
            vec![
                (flow("voice", 0, 1), asks(0.5, 10)),
                (flow("email", 1, 1), asks(1.5, 45)),
            ],
        ),
        (
            "three flows",
            vec![
                (flow("voice", 0, 1), asks(0.4, 5)),
                (flow("chat", 1, 3), asks(0.8, 30)),
                (flow("email", 1, 1), asks(0.8, 40)),
            ],
        ),
    ];
    for (name, flows) in loads {
        let count = flows.len();
        let line = Line::run(ALLOWED, PERIOD, WINDOWS, 11, flows);
        let (mut refused, mut queued, mut expired) = (0, 0, 0);
        for flow in 0..count {
            let of = line.of(flow);
            refused += of.iter().filter(|it| it.refused_at_once()).count();
            queued += of.iter().filter(|it| !it.refused_at_once()).count();
            expired += of.iter().filter(|it| it.expired()).count();
        }
        let (wrong, expired) = (
            100.0 * line.left_empty() / refused as f64,
            100.0 * expired as f64 / queued as f64,
        );
        println!(
            "{name}: {refused} refused at once, {wrong:.3} % could have been served as well; {queued} taken, {expired:.3} % expired"
        );
        assert!(wrong < 1.0, "{name}: {wrong} % of the refused");
        assert!(expired < 0.1, "{name}: {expired} % of the taken");
    }
}
