//! What headers say holds: numbers and periods that are not as configured.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "told/upstream.rs"]
mod upstream;
#[path = "told/world.rs"]
mod world;

use tollgate_engine::{Family, Follow};
use upstream::{OverAll, SECOND, Says, Upstream, Windows};
use world::{Setup, World};

const ALL: [Windows; 4] = [
    Windows::FirstCall,
    Windows::WallClock,
    Windows::Sliding,
    Windows::SlidingWhole,
];

/// Seconds and calls of a case, and the same case ten times as long with ten times as many.
#[derive(Clone, Copy, Debug)]
enum Scale {
    Short,
    Real,
}

impl Scale {
    fn of(self, number: u32) -> u32 {
        match self {
            Self::Short => number,
            Self::Real => number * 10,
        }
    }

    fn seconds(self, seconds: u64) -> u64 {
        match self {
            Self::Short => seconds * SECOND,
            Self::Real => seconds * 10 * SECOND,
        }
    }
}

/// What is configured, (calls, seconds), and what holds from when on, (second, calls), in which period.
#[derive(Clone, Copy)]
struct Case<'a> {
    configured: (u32, u64),
    real: &'a [(u64, u32)],
    period: u64,
    windows: Windows,
    says: Says,
    scale: Scale,
    tokens: Option<u32>,
    /// Part of what is allowed.
    load: f64,
    follow: Follow,
    family: Family,
    retry_after: bool,
    /// What is allowed to all tokens together, and whether accepted answers speak of that.
    over_all: Option<(u32, bool)>,
    /// Measured from then to then, in seconds.
    measured: (u64, u64),
}

impl Default for Case<'_> {
    fn default() -> Self {
        Self {
            configured: (30, 6),
            real: &[(0, 30)],
            period: 6,
            windows: Windows::FirstCall,
            says: Says::Truth,
            scale: Scale::Short,
            tokens: Some(4),
            load: 1.5,
            follow: Follow::Headers,
            family: Family::Platform,
            retry_after: true,
            over_all: None,
            measured: (19, 79),
        }
    }
}

impl Case<'_> {
    fn run(&self) -> World {
        let scale = self.scale;
        let most = self.real.iter().map(|it| it.1).max().unwrap();
        let rate = f64::from(most) / self.period as f64;
        let keys = f64::from(self.tokens.unwrap_or(1));
        let setup = Setup {
            tokens: self.tokens,
            allowed: scale.of(self.configured.0),
            period: scale.seconds(self.configured.1),
            follow: self.follow,
            load: self.load * rate * keys,
            latency: 15_000_000,
            patience: scale.seconds(10),
            end: scale.seconds(self.measured.1),
        };
        let real = self.real.iter();
        let real = real.map(|&(from, number)| (scale.seconds(from), scale.of(number)));
        let mut upstream = Upstream::new(
            self.windows,
            scale.seconds(self.period),
            real.collect(),
            self.says,
        );
        upstream.family = self.family;
        upstream.retry_after = self.retry_after;
        upstream.over_all = self
            .over_all
            .map(|(allowed, speaks)| OverAll::new(scale.of(allowed), speaks));
        World::new(setup, upstream).run()
    }

    /// Uses what is allowed, and is refused nothing to speak of.
    #[track_caller]
    fn holds(&self, what: &str) {
        let (used, refused) = self.run().share(self.scale.seconds(self.measured.0));
        assert!(
            used >= 0.99 && refused <= 0.001,
            "{what} {:?} {:?} {:?} {:?}: used {:.2} %, refused {:.3} %",
            self.windows,
            self.says,
            self.scale,
            self.tokens,
            used * 100.0,
            refused * 100.0
        );
    }
}

/// Each scale, with tokens and without.
fn everywhere(mut what: impl FnMut(Case<'static>)) {
    for scale in [Scale::Short, Scale::Real] {
        for tokens in [Some(4), None] {
            what(Case {
                scale,
                tokens,
                ..Case::default()
            });
        }
    }
}

/// The number changes after so many seconds, again and again.
fn to_and_fro(every: u64, numbers: [u32; 2]) -> Vec<(u64, u32)> {
    (0..24)
        .map(|at| (at * every, numbers[at as usize % 2]))
        .collect()
}

#[test]
fn another_number_than_configured_holds_from_the_first_windows_on() {
    for windows in ALL {
        everywhere(|case| {
            let case = Case { windows, ..case };
            case.holds("true");
            for number in [12, 15, 29, 31, 60, 90] {
                Case {
                    real: &[(0, number)],
                    ..case
                }
                .holds("another number");
            }
        });
    }
}

#[test]
fn a_number_that_changes_while_running_holds_three_windows_later() {
    for windows in ALL {
        everywhere(|case| {
            let base = Case {
                windows,
                measured: (31, 79),
                ..case
            };
            for (configured, real) in [
                (30, &[(0, 30), (12, 60)]),
                (60, &[(0, 60), (12, 30)]),
                (30, &[(0, 30), (12, 15)]),
                (30, &[(0, 20), (12, 25)]),
            ] {
                Case {
                    configured: (configured, 6),
                    real,
                    ..base
                }
                .holds("changes");
            }
        });
    }
}

#[test]
fn a_number_that_changes_to_and_fro_holds_in_each_window() {
    for windows in [Windows::FirstCall, Windows::WallClock] {
        everywhere(|case| {
            let real = &to_and_fro(6, [30, 15]);
            Case {
                windows,
                real,
                ..case
            }
            .holds("30 and 15");
            let real = &to_and_fro(12, [30, 60]);
            let measured = (36, 120);
            Case {
                windows,
                real,
                measured,
                ..case
            }
            .holds("30 and 60");
        });
    }
}

/// Calls that have waited for a window would leave together, and be refused together.
#[test]
fn a_number_that_falls_again_after_eight_windows_refuses_no_burst() {
    everywhere(|case| {
        let real = &to_and_fro(48, [30, 10]);
        let measured = (67, 260);
        Case {
            windows: Windows::WallClock,
            real,
            measured,
            ..case
        }
        .holds("30 and 10");
    });
}

#[test]
fn another_period_than_configured_holds() {
    for windows in [Windows::FirstCall, Windows::WallClock] {
        everywhere(|case| {
            let base = Case {
                windows,
                // No window opens near to either end.
                measured: (62, 122),
                ..case
            };
            Case { period: 12, ..base }.holds("longer");
            Case {
                configured: (30, 12),
                ..base
            }
            .holds("shorter");
        });
    }
}

#[test]
fn what_one_token_is_told_is_expected_of_the_others() {
    for windows in [Windows::FirstCall, Windows::WallClock] {
        for at in 24..36 {
            let case = Case {
                tokens: Some(10),
                real: &[(0, 30), (at, 15)],
                windows,
                ..Case::default()
            };
            let refused = case.run().upstream.refused.len();
            // Half of one token's window, and a call that was under way.
            assert!(refused <= 16, "{windows:?} {at}: {refused} refused");
        }
    }
}

#[test]
fn a_limit_over_all_tokens_that_is_not_configured_holds() {
    for scale in [Scale::Short, Scale::Real] {
        for windows in [Windows::FirstCall, Windows::WallClock] {
            for (allowed, speaks) in [(90, true), (45, true), (90, false), (75, false)] {
                let case = Case {
                    windows,
                    scale,
                    over_all: Some((allowed, speaks)),
                    measured: (31, 79),
                    ..Case::default()
                };
                case.holds(&format!("{allowed} over all, {speaks}"));
            }
        }
    }
}

#[test]
fn every_family_and_every_rounding_is_believed() {
    for family in [
        Family::Platform,
        Family::Structured,
        Family::Combined,
        Family::Separate,
        Family::Vendors,
    ] {
        for says in [Says::Truth, Says::Up, Says::Down] {
            for retry_after in [true, false] {
                everywhere(|case| {
                    Case {
                        real: &[(0, 15)],
                        family,
                        says,
                        retry_after,
                        ..case
                    }
                    .holds("15 of 30");
                });
            }
        }
    }
}

#[test]
fn headers_that_contradict_themselves_cost_nothing() {
    for windows in [Windows::FirstCall, Windows::WallClock] {
        everywhere(|case| {
            let n = |number| case.scale.of(number);
            for says in [
                Says::NoneRemains,
                Says::AllRemains,
                Says::Remains(n(5)),
                Says::Remains(1),
                Says::AnyNumber,
                Says::NumberAndReset(n(60), 0),
                Says::NumberAndReset(n(60), 1),
                Says::NumberAndReset(n(60), 3_600),
                Says::NumberAndReset(n(30), 0),
                Says::NumberAndReset(n(30), 1),
                Says::NumberAndReset(n(30), 3_600),
                Says::NumberAndReset(n(15), 0),
                Says::NumberAndReset(n(15), 3_600),
                Says::Beside(10_000, 80_000),
                Says::Beside(n(10), 1),
                Says::InTurns(n(15)),
                Says::InTurns(n(60)),
                Says::Nothing,
            ] {
                Case {
                    windows,
                    says,
                    ..case
                }
                .holds("contradicts itself");
            }
        });
    }
}

#[test]
fn a_higher_number_that_refusals_deny_is_tried_again_seldom() {
    for windows in [Windows::FirstCall, Windows::WallClock] {
        everywhere(|case| {
            for number in [45, 60, 120] {
                Case {
                    windows,
                    says: Says::Number(case.scale.of(number)),
                    measured: (31, 211),
                    ..case
                }
                .holds("a higher number than is true");
            }
        });
    }
}

#[test]
fn the_configured_number_is_a_ceiling_where_it_is_to_be() {
    everywhere(|case| {
        let follow = Follow::Configuration;
        Case {
            real: &[(0, 15)],
            follow,
            ..case
        }
        .holds("lower");
        let higher = Case {
            real: &[(0, 60)],
            follow,
            ..case
        };
        let (used, refused) = higher.run().share(case.scale.seconds(case.measured.0));
        assert!((0.49..=0.51).contains(&used), "{used}");
        assert!(refused <= 0.0, "{refused}");
    });
}
