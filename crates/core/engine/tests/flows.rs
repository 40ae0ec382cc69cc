//! Who waits for whom: classes, weights, guarantees and the accuracy of refusals, under twice the load
//! that the quota carries. `--nocapture` prints the figures.

#[path = "flows/line.rs"]
mod line;

use line::{Arrivals, Line, Outcome};
use std::ops::Range;
use std::time::Duration;
use tollgate_engine::{Flow, Guarantee};
use tollgate_model::LimitId;

const ALLOWED: u32 = 600;
const PERIOD: Duration = Duration::from_secs(60);
const WINDOWS: u32 = 20;
const SEEDS: Range<u64> = 100..110;

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
    asks_of(ALLOWED, part, seconds)
}

fn asks_of(allowed: u32, part: f64, seconds: u64) -> Arrivals {
    Arrivals {
        per_second: part * f64::from(allowed) / PERIOD.as_secs_f64(),
        within: Duration::from_secs(seconds),
        longer: Duration::ZERO,
        from: Duration::ZERO,
    }
}

/// One class beside another, over several seeds together.
struct Beside {
    alone: Vec<Line>,
    beside: Vec<Line>,
}

impl Beside {
    /// The first class asks for this part of the quota, and both together for twice the quota.
    fn run(part: f64, floor_percent: u32) -> Self {
        Self::of(ALLOWED, SEEDS, part, floor_percent)
    }

    fn of(allowed: u32, seeds: Range<u64>, part: f64, floor_percent: u32) -> Self {
        let voice = (flow("voice", 0, 1), asks_of(allowed, part, 20));
        let email = (flow("email", 1, 1), asks_of(allowed, 2.0 - part, 40));
        let run = |seed, flows| Line::run(allowed, PERIOD, WINDOWS, seed, floor_percent, flows);
        let alone = seeds.clone().map(|seed| run(seed, vec![voice.clone()]));
        let beside = seeds.map(|seed| run(seed, vec![voice.clone(), email.clone()]));
        Self {
            alone: alone.collect(),
            beside: beside.collect(),
        }
    }
}

/// The first class of some runs, and what they used of the quota.
struct First {
    p99: Duration,
    served: f64,
    used: f64,
}

impl First {
    fn of(lines: &[Line]) -> Self {
        let of: Vec<_> = lines.iter().flat_map(|line| line.of(0)).collect();
        let mut waits: Vec<_> = of.iter().filter_map(Outcome::wait).collect();
        waits.sort_unstable();
        Self {
            p99: waits[waits.len() * 99 / 100],
            served: waits.len() as f64 / of.len() as f64,
            used: lines.iter().map(Line::used).sum::<f64>() / lines.len() as f64,
        }
    }
}

#[test]
fn a_higher_class_waits_as_if_the_lower_ones_did_not_exist() {
    for (part, least_used) in [
        (0.3, 0.99),
        (0.5, 0.99),
        (0.7, 0.98),
        (0.8, 0.95),
        (0.85, 0.91),
        (0.9, 0.9),
        (0.95, 0.95),
        (1.2, 0.999),
    ] {
        let runs = Beside::run(part, 0);
        let (alone, beside) = (First::of(&runs.alone), First::of(&runs.beside));
        println!(
            "voice asks for {:.0} %: p99 {:.3} s alone, {:.3} s beside; {:.2} % and {:.2} % served; the quota's use {:.2} % and {:.2} %",
            100.0 * part,
            alone.p99.as_secs_f64(),
            beside.p99.as_secs_f64(),
            100.0 * alone.served,
            100.0 * beside.served,
            100.0 * alone.used,
            100.0 * beside.used,
        );
        let most = alone.p99.mul_f64(1.05);
        assert!(beside.p99 <= most, "{:?} of {:?}", beside.p99, alone.p99);
        assert!(beside.served >= alone.served - 0.005);
        // What is kept for chance arrivals of the first class is the price.
        assert!(beside.used >= least_used, "{:.4} used", beside.used);
    }
}

#[test]
fn of_three_thousand_calls_a_minute_less_is_kept() {
    for (part, least_used) in [(0.8, 0.99), (0.9, 0.95)] {
        let runs = Beside::of(3_000, 100..102, part, 0);
        let (alone, beside) = (First::of(&runs.alone), First::of(&runs.beside));
        let email: Vec<_> = runs.beside.iter().flat_map(|line| line.of(1)).collect();
        let expired = email.iter().filter(|it| it.expired()).count();
        let taken = email.iter().filter(|it| !it.refused_at_once()).count();
        println!(
            "voice asks for {:.0} % of 3,000: p99 {:.3} s alone, {:.3} s beside; the quota's use {:.2} %; of {taken} others taken {expired} expired",
            100.0 * part,
            alone.p99.as_secs_f64(),
            beside.p99.as_secs_f64(),
            100.0 * beside.used,
        );
        assert!(beside.p99 <= alone.p99.mul_f64(1.05));
        assert!(beside.used >= least_used, "{:.4} used", beside.used);
        assert!(expired * 1_000 < taken);
    }
}

#[test]
fn the_floor_costs_a_higher_class_no_more_than_a_little_load_of_its_own() {
    for part in [0.5, 0.8, 0.9, 0.95] {
        let beside = First::of(&Beside::run(part, 1).beside);
        let alone = First::of(&Beside::run(part + 0.02, 0).alone);
        println!(
            "voice asks for {:.0} %: p99 {:.3} s beside a floor of 1 %; {:.3} s alone, asking for 2 % more",
            100.0 * part,
            beside.p99.as_secs_f64(),
            alone.p99.as_secs_f64(),
        );
        assert!(beside.p99 <= alone.p99.mul_f64(1.05) + Duration::from_millis(100));
    }
}

#[test]
fn the_floor_is_there_for_a_class_that_would_starve() {
    for floor in [1, 5] {
        for seed in SEEDS {
            let voice = (flow("voice", 0, 1), asks(1.5, 20));
            let email = (flow("email", 1, 1), asks(0.5, 60));
            let line = Line::run(ALLOWED, PERIOD, WINDOWS, seed, floor, vec![voice, email]);
            let starts = |flow| line.starts(flow, PERIOD * 5, PERIOD * 15) as f64;
            let part = 100.0 * starts(1) / starts(0);
            let of = line.of(1);
            let expired = of.iter().filter(|it| it.expired()).count();
            println!("a floor of {floor} %: {part:.2} % of the starts, {expired} expired");
            assert!((part / f64::from(floor) - 1.0).abs() <= 0.02, "{part}");
            assert_eq!(expired, 0);
        }
    }
}

#[test]
fn weights_hold_over_ten_windows() {
    let flows = vec![
        (flow("one", 0, 1), asks(1.0, 100)),
        (flow("two", 0, 2), asks(1.5, 100)),
        (flow("five", 0, 5), asks(2.0, 100)),
    ];
    let mut worst = 0.0_f64;
    for seed in SEEDS {
        let line = Line::run(ALLOWED, PERIOD, WINDOWS, seed, 1, flows.clone());
        let starts: Vec<f64> = (0..3)
            .map(|flow| line.starts(flow, PERIOD * 5, PERIOD * 15) as f64)
            .collect();
        let all: f64 = starts.iter().sum();
        for (starts, weight) in starts.iter().zip([1.0, 2.0, 5.0]) {
            worst = worst.max((starts / all / (weight / 8.0) - 1.0).abs());
        }
    }
    println!(
        "weights 1, 2, 5: within {:.2} % of what is due",
        100.0 * worst
    );
    assert!(worst <= 0.02, "{worst}");
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
    for seed in SEEDS {
        let line = Line::run(ALLOWED, PERIOD, WINDOWS, seed, 1, flows.clone());
        // Asked for from the start of the ninth window on; all of the quota was lent out.
        let lent = line.starts(0, PERIOD * 2, PERIOD * 8) / 6;
        let first = line.starts(1, PERIOD * 8, PERIOD * 9);
        let second = line.starts(1, PERIOD * 9, PERIOD * 10);
        let after = line.starts(1, PERIOD * 9, PERIOD * 19) / 10;
        println!(
            "lent out: {lent} a window; asked for: {first} in the window of asking, {second} in the next, then {after} a window of 200 guaranteed"
        );
        assert!(lent >= 590, "an idle guarantee keeps nothing empty");
        assert!(second >= 200 && after >= 200);
    }
}

#[test]
fn refusals_are_right_and_what_waits_is_served() {
    let loads = [
        ("one flow", 0.1, vec![(flow("calls", 0, 1), asks(2.0, 20))]),
        (
            "deadlines of all kinds",
            0.1,
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
            1.0,
            vec![
                (flow("voice", 0, 1), asks(0.5, 10)),
                (flow("email", 1, 1), asks(1.5, 45)),
            ],
        ),
        (
            "a first class of four fifths",
            // Left empty for the first class: what its chance arrivals may come to need.
            5.0,
            vec![
                (flow("voice", 0, 1), asks(0.8, 10)),
                (flow("email", 1, 1), asks(1.2, 45)),
            ],
        ),
        (
            "three flows",
            1.0,
            vec![
                (flow("voice", 0, 1), asks(0.4, 5)),
                (flow("chat", 1, 3), asks(0.8, 30)),
                (flow("email", 1, 1), asks(0.8, 40)),
            ],
        ),
    ];
    for (name, most_wrong, flows) in loads {
        let (mut empty, mut refused, mut queued, mut expired) = (0.0, 0, 0, 0);
        for seed in SEEDS {
            let line = Line::run(ALLOWED, PERIOD, WINDOWS, seed, 1, flows.clone());
            empty += line.left_empty();
            for flow in 0..flows.len() {
                let of = line.of(flow);
                refused += of.iter().filter(|it| it.refused_at_once()).count();
                queued += of.iter().filter(|it| !it.refused_at_once()).count();
                expired += of.iter().filter(|it| it.expired()).count();
            }
        }
        let (wrong, expired) = (
            100.0 * empty / refused as f64,
            100.0 * expired as f64 / queued as f64,
        );
        println!(
            "{name}: {refused} refused at once, {wrong:.3} % could have been served as well; {queued} taken, {expired:.3} % expired"
        );
        assert!(wrong < most_wrong, "{name}: {wrong} % of the refused");
        assert!(expired < 0.1, "{name}: {expired} % of the taken");
    }
}
