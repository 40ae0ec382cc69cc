//! How many calls at once bring most, found from how long answers take.

mod world;

use tollgate_learn::{Gradient, TimedCall};
use world::at_once::{Fixed, Limit, Upstream, rate, run};
use world::random::Random;

/// As Netflix's limiter does: the number follows the quotient of a long and a short average.
struct Quotient {
    most: f64,
    number: f64,
    long: f64,
}

impl Limit for Quotient {
    fn allowed(&self) -> u32 {
        self.number as u32
    }
    fn sample(&mut self, _: u64, took: &TimedCall) {
        let short = took.latency.as_secs_f64();
        self.long = if self.long == 0.0 {
            short
        } else {
            self.long + (short - self.long) * 2.0 / 601.0
        };
        if self.long > 2.0 * short {
            self.long *= 0.9;
        }
        if f64::from(took.at_once) < self.number / 2.0 {
            return;
        }
        let quotient = (self.long / short).clamp(0.5, 1.0);
        let to = self.number * quotient + 4.0;
        self.number = (self.number * 0.8 + to * 0.2).clamp(1.0, self.most);
    }
}

/// An exponential chance with mean 1.
fn exponential(random: &mut Random) -> f64 {
    random.exponential(1.0) as f64 / 1e9
}

/// A chance whose logarithm is normal, with median 1.
fn lognormal(random: &mut Random, deviation: f64) -> f64 {
    let normal: f64 = (0..12).map(|_| random.unit()).sum::<f64>() - 6.0;
    (deviation * normal).exp()
}

/// How long a call takes that needs so long by itself, if everything stands still for a while now and then.
fn paused(at: f64, takes: f64, every: f64, lasts: f64) -> f64 {
    let since = at % every;
    if since < lasts {
        takes + lasts - since
    } else if since + takes >= every {
        takes + lasts
    } else {
        takes
    }
}

fn thrash(_: f64, n: u32, _: &mut Random) -> (u32, f64) {
    (0, 0.1 * (1.0 + (f64::from(n) / 20.0).powi(2)))
}

fn workers(_: f64, n: u32, _: &mut Random) -> (u32, f64) {
    (0, 0.2 * (f64::from(n) / 10.0).max(1.0))
}

fn constant(_: f64, _: u32, _: &mut Random) -> (u32, f64) {
    (0, 0.2)
}

fn chance(_: f64, _: u32, random: &mut Random) -> (u32, f64) {
    (0, 0.02 + 0.18 * exponential(random))
}

fn slower_for_good(at: f64, _: u32, random: &mut Random) -> (u32, f64) {
    let usual = 0.08 + 0.04 * random.unit();
    (0, if at > 60.0 { usual * 4.0 } else { usual })
}

#[test]
fn goodput() {
    let cases: [(&str, Upstream, f64, u32); 7] = [
        ("100 ms × (1+(n/20)²), 120 a second", &thrash, 120.0, 200),
        ("the same, 90 a second", &thrash, 90.0, 200),
        ("10 workers × 200 ms, 75 a second", &workers, 75.0, 200),
        ("the same, 40 a second", &workers, 40.0, 50),
        ("always 200 ms, 200 a second", &constant, 200.0, 30),
        (
            "20 ms and 180 ms by chance, 200 a second",
            &chance,
            200.0,
            30,
        ),
        (
            "four times slower for good, 200 a second",
            &slower_for_good,
            200.0,
            40,
        ),
    ];
    println!(
        "| upstream | configured | as configured | the best number | gradient | quotient of averages |"
    );
    for (name, upstream, load, configured) in cases {
        for seed in 1..=3 {
            let brings = |limit: &mut dyn Limit| rate(&run(limit, load, 300, upstream, seed), 150);
            let plain = brings(&mut Fixed(configured));
            let tries = [5, 8, 10, 15, 20, 25, 30, 40, 50, 100, 200];
            let tries = tries.into_iter().filter(|&number| number <= configured);
            let best = tries.map(|number| brings(&mut Fixed(number)));
            let best = best.fold(0.0, f64::max);
            let mut gradient = Gradient::new(configured);
            let found = brings(&mut gradient);
            let number = gradient.allowed();
            let mut quotient = Quotient {
                most: f64::from(configured),
                number: f64::from(configured),
                long: 0.0,
            };
            let other = brings(&mut quotient);
            let its = quotient.allowed();
            println!(
                "| {name} | {configured} | {plain:.1} | {best:.1} | {found:.1} ({number}) | {other:.1} ({its}) |"
            );
            let least = if name.contains("always") || name.contains("chance") {
                0.99
            } else {
                0.97
            };
            assert!(found >= least * best, "{name}: {found} of {best}");
        }
    }
}

#[test]
fn an_upstream_that_slows_down_under_load_brings_as_much_as_it_can() {
    type Chance = fn(&mut Random) -> f64;
    // How much of the most it brings at least, as a part of what is lost without a limiter; and from which
    // second on.
    let chances: [(&str, Chance, f64, usize); 4] = [
        ("", |_| 1.0, 0.75, 60),
        (
            "times 0.7 to 1.4",
            |random| lognormal(random, 0.3) / 1.046,
            0.7,
            60,
        ),
        (
            "times a lognormal",
            |random| lognormal(random, 1.0) / 1.65,
            0.35,
            120,
        ),
        ("times an exponential", exponential, 0.35, 120),
    ];
    type Grows = fn(f64) -> f64;
    let shapes: [(&str, Grows); 3] = [
        ("1 + x²", |x| 1.0 + x * x),
        ("1 + x³/2", |x| 1.0 + x.powi(3) / 2.0),
        (
            "1 below 1, 5x above",
            |x| if x > 1.0 { 5.0 * x } else { 1.0 },
        ),
    ];
    for (shape, grows) in shapes {
        for (by_chance, chance, regained, from) in chances {
            for (best, configured) in [(8, 20), (15, 40), (15, 150), (60, 300)] {
                let most = f64::from(best) / 0.1 / grows(1.0);
                let upstream = |_: f64, n: u32, random: &mut Random| {
                    let x = f64::from(n) / f64::from(best);
                    (0, 0.1 * grows(x) * chance(random))
                };
                let brings = |limit: &mut dyn Limit, seed| {
                    rate(&run(limit, 1.4 * most, 360, &upstream, seed), from) / most
                };
                let seeds = 1..=6;
                let found = seeds.map(|seed| brings(&mut Gradient::new(configured), seed));
                let found: Vec<_> = found.collect();
                let mean = found.iter().sum::<f64>() / found.len() as f64;
                let plain = brings(&mut Fixed(configured), 1);
                println!(
                    "{shape} {by_chance}, best {best} of {configured}: {mean:.3} {found:.2?}, {plain:.3} without"
                );
                let lowest = found.iter().copied().fold(1.0, f64::min);
                assert!(
                    lowest > 0.85 * plain,
                    "{shape} {by_chance}: {found:?}, {plain}"
                );
                assert!(
                    mean > plain + regained * (1.0 - plain),
                    "{shape} {by_chance}, {best} of {configured}: {found:?}, {plain} without"
                );
            }
        }
    }
}

/// Seconds that a call takes where a second is the usual, by the part of the time that is over.
type Shape = fn(f64, &mut Random) -> f64;

#[test]
fn what_varies_by_itself_is_not_throttled() {
    let shapes: [(&str, Shape); 5] = [
        ("always the same", |_, _| 1.0),
        ("exponential", |_, random| exponential(random)),
        ("lognormal", |_, random| lognormal(random, 1.5)),
        ("heavy-tailed", |_, random| {
            (1.0 - random.unit()).powf(-1.0 / 1.5).min(300.0) / 3.0
        }),
        ("a cache", |_, random| {
            let hits = random.unit() < 0.8;
            exponential(random) * if hits { 0.05 } else { 4.8 }
        }),
    ];
    for (name, shape) in shapes {
        for per_second in [5.0, 50.0] {
            check(name, per_second, 0.0, &|scale, at, _, random| {
                (0, scale * shape(at, random))
            });
        }
    }
}

/// What changes costs a try, of which the price is some answers for each call that may be under way.
#[test]
fn what_changes_by_itself_costs_a_try() {
    let shapes: [(&str, Shape); 6] = [
        ("a cache that is emptied", |part, random| {
            let hits = random.unit() < if part < 0.5 { 0.9 } else { 0.1 };
            exponential(random) * if hits { 0.05 } else { 1.2 }
        }),
        ("slowly more", |part, random| {
            (0.5 + 2.0 * part) * lognormal(random, 0.5)
        }),
        ("days", |part, random| {
            let day = (part * 4.0 * std::f64::consts::TAU).sin();
            day.exp() * lognormal(random, 0.5)
        }),
        ("twice from the half on", |part, random| {
            exponential(random) * if part < 0.5 { 0.7 } else { 1.4 }
        }),
        ("eight times from the half on", |part, random| {
            lognormal(random, 0.5) * if part < 0.5 { 0.2 } else { 1.6 }
        }),
        ("ten times now and then", |part, random| {
            lognormal(random, 0.5) * if (part * 10.0) % 1.0 < 0.1 { 5.0 } else { 0.5 }
        }),
    ];
    for (name, shape) in shapes {
        let (per_second, try_costs) = (50.0, 9.0);
        let seconds = ANSWERS / per_second;
        check(name, per_second, try_costs, &|scale, at, _, random| {
            (0, scale * shape(at / seconds, random))
        });
    }
}

#[test]
fn an_upstream_that_stands_still_now_and_then_is_not_throttled() {
    for (every, lasts) in [(30.0, 2.0), (5.0, 0.3), (120.0, 8.0)] {
        check(
            &format!("{lasts} s every {every}"),
            50.0,
            0.0,
            &|scale, at, _, random| {
                let takes = scale * lognormal(random, 0.3);
                (0, paused(at, takes, every, lasts))
            },
        );
    }
}

#[test]
fn endpoints_of_different_speed_in_changing_proportions_are_not_throttled() {
    for every in [60.0, 400.0] {
        check(
            &format!("mixed, {every} s"),
            50.0,
            0.0,
            &|scale, at, _, random| {
                let often = if at % every < every / 2.0 { 0.9 } else { 0.1 };
                let slow = random.unit() < often;
                let usual = if slow { 1.6 } else { 0.05 };
                (1 + u32::from(slow), scale * usual * lognormal(random, 0.5))
            },
        );
    }
}

/// As an upstream, with the seconds that a call takes usually.
type Scaled<'a> = &'a dyn Fn(f64, f64, u32, &mut Random) -> (u32, f64);

/// Answers of a run, about.
const ANSWERS: f64 = 40_000.0;

/// With few and many calls at once, below and above what they bring, an upstream brings what it brings
/// without a limiter, but for one answer in two hundred and so many for each call that may be under way.
fn check(name: &str, per_second: f64, try_costs: f64, upstream: Scaled) {
    let seconds = (ANSWERS / per_second) as u64;
    let (mut untouched, mut all) = (0, 0);
    for configured in [1, 2, 3, 5, 10, 30, 100] {
        let scale = f64::from(configured) / per_second;
        let upstream = |at: f64, n: u32, random: &mut Random| upstream(scale, at, n, random);
        for (load, seed) in [(0.7, 1), (0.95, 2), (1.5, 3), (1.5, 4)] {
            let brings = |limit: &mut dyn Limit| {
                let answers = run(limit, per_second * load, seconds, &upstream, seed);
                f64::from(answers.iter().sum::<u32>())
            };
            let plain = brings(&mut Fixed(configured));
            let mut gradient = Gradient::new(configured);
            let found = brings(&mut gradient);
            if found == plain {
                untouched += 1;
            }
            all += 1;
            let least = 0.995 * plain - try_costs * f64::from(configured);
            assert!(
                found >= least,
                "{name}, {configured} at once, load {load}: {found} of {plain}"
            );
        }
    }
    println!("{name}: {untouched} of {all} runs are the same without");
}
