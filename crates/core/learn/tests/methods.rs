//! Ways to learn a limit, compared.

#![allow(
    clippy::disallowed_methods,
    reason = "a person chooses a case by the environment; the world has no clock"
)]

mod world;

use tollgate_learn::{Group, KnownLimit};
use tollgate_model::{EndpointId, Rule};
use world::limiter::{Declared, Learning, Limiter, oracle, window};
use world::others::{Aimd, Counts, Posterior, Quotient};
use world::upstream::{Mechanism, Truth};
use world::{Case, SECOND, Told, run};

fn base(name: &str) -> Case {
    Case {
        name: name.to_owned(),
        tokens: 0,
        endpoints: vec![0.6, 0.4],
        known: vec![KnownLimit {
            group: Group::Upstream,
            rule: window(60, 6_000),
        }],
        truth: Vec::new(),
        later: None,
        stray: 0.0,
        stray_told: Told::Nothing,
        told: Told::Nothing,
        load: 15.0,
        foreign: 0.0,
        latency: (15, 25),
        jitter: 3,
        measured: (24, 144),
    }
}

fn truth(group: Group, mechanism: Mechanism) -> Truth {
    Truth { group, mechanism }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let up = Group::Upstream;
    let mut add = |case: Case| cases.push(case);
    for (what, load) in [("50 %", 0.5), ("80 %", 0.8), ("150 %", 1.5)] {
        let of = |name: &str, group, mechanism, capacity: f64| Case {
            truth: vec![truth(group, mechanism)],
            load: capacity * load,
            ..base(&format!("{name}, {what}"))
        };
        add(of(
            "first call 40 of 60",
            up,
            Mechanism::FirstCall {
                allowed: 40,
                period: 6 * SECOND,
            },
            40.0 / 6.0,
        ));
        add(of(
            "clock 40 of 60",
            up,
            Mechanism::Clock {
                allowed: 40,
                period: 6 * SECOND,
                phase: SECOND,
            },
            40.0 / 6.0,
        ));
        add(of(
            "sliding 40 of 60",
            up,
            Mechanism::Sliding {
                allowed: 40,
                period: 6 * SECOND,
            },
            40.0 / 6.0,
        ));
        add(of(
            "60 in 12 s, not 6",
            up,
            Mechanism::FirstCall {
                allowed: 60,
                period: 12 * SECOND,
            },
            5.0,
        ));
        add(Case {
            told: Told::Seconds,
            ..of(
                "first call 40, told when",
                up,
                Mechanism::FirstCall {
                    allowed: 40,
                    period: 6 * SECOND,
                },
                40.0 / 6.0,
            )
        });
        add(of(
            "bucket 10, 6/s",
            up,
            Mechanism::Bucket {
                burst: 10.0,
                rate: 6.0,
            },
            6.0,
        ));
        add(of(
            "leaky 5/s",
            up,
            Mechanism::Bucket {
                burst: 1.0,
                rate: 5.0,
            },
            5.0,
        ));
        add(of(
            "7 a second",
            up,
            Mechanism::FirstCall {
                allowed: 7,
                period: SECOND,
            },
            7.0,
        ));
        let tokens = |case: Case| Case {
            tokens: 4,
            known: vec![KnownLimit {
                group: Group::Token,
                rule: window(30, 6_000),
            }],
            ..case
        };
        add(tokens(of(
            "tokens: 15 of 30",
            Group::Token,
            Mechanism::FirstCall {
                allowed: 15,
                period: 6 * SECOND,
            },
            10.0,
        )));
        add(tokens(of(
            "tokens: bucket 10, 4/s",
            Group::Token,
            Mechanism::Bucket {
                burst: 10.0,
                rate: 4.0,
            },
            16.0,
        )));
        add(of(
            "path 10 of 60",
            Group::Endpoint(EndpointId(1)),
            Mechanism::FirstCall {
                allowed: 10,
                period: 6 * SECOND,
            },
            5.0,
        ));
        add(Case {
            known: vec![KnownLimit {
                group: up,
                rule: Rule::Concurrency { allowed: 50 },
            }],
            latency: (300, 700),
            ..of(
                "20 at once of 50",
                up,
                Mechanism::AtOnce { allowed: 20 },
                40.0,
            )
        });
        add(Case {
            known: vec![KnownLimit {
                group: Group::Token,
                rule: window(300, 60_000),
            }],
            tokens: 4,
            measured: (180, 600),
            ..of(
                "tokens: 10 a second beside 300 a minute",
                Group::Token,
                Mechanism::FirstCall {
                    allowed: 10,
                    period: SECOND,
                },
                20.0,
            )
        });
        add(Case {
            known: vec![KnownLimit {
                group: Group::Token,
                rule: window(300, 60_000),
            }],
            tokens: 4,
            measured: (180, 600),
            ..of(
                "tokens: bucket 10, 5/s, as 300 a minute",
                Group::Token,
                Mechanism::Bucket {
                    burst: 10.0,
                    rate: 5.0,
                },
                20.0,
            )
        });
        add(Case {
            known: vec![KnownLimit {
                group: Group::Token,
                rule: window(300, 60_000),
            }],
            tokens: 4,
            measured: (180, 600),
            ..of(
                "tokens: 150 a minute, not 300",
                Group::Token,
                Mechanism::FirstCall {
                    allowed: 150,
                    period: 60 * SECOND,
                },
                10.0,
            )
        });
    }
    add(Case {
        stray: 0.01,
        ..base("strays 1 %")
    });
    add(Case {
        stray: 0.05,
        ..base("strays 5 %")
    });
    add(Case {
        stray: 0.01,
        stray_told: Told::Always(60),
        ..base("strays 1 %, told 60 s")
    });
    add(Case {
        truth: vec![truth(
            up,
            Mechanism::FirstCall {
                allowed: 60,
                period: 6 * SECOND,
            },
        )],
        later: Some((
            48,
            vec![truth(
                up,
                Mechanism::FirstCall {
                    allowed: 25,
                    period: 6 * SECOND,
                },
            )],
        )),
        measured: (72, 192),
        ..base("60, then 25")
    });
    add(Case {
        truth: vec![truth(
            up,
            Mechanism::FirstCall {
                allowed: 15,
                period: 6 * SECOND,
            },
        )],
        later: Some((
            120,
            vec![truth(
                up,
                Mechanism::FirstCall {
                    allowed: 50,
                    period: 6 * SECOND,
                },
            )],
        )),
        measured: (400, 600),
        ..base("15, then 50 of 60")
    });
    for (allowed, seconds, measured) in [(40, 6, (24, 144)), (200, 30, (90, 300))] {
        add(Case {
            truth: vec![truth(
                up,
                Mechanism::Weighted {
                    allowed,
                    period: seconds * SECOND,
                },
            )],
            known: vec![KnownLimit {
                group: up,
                rule: window(allowed + allowed / 2, seconds * 1_000),
            }],
            measured,
            ..base(&format!("weighted {allowed} in {seconds} s"))
        });
    }
    add(Case {
        truth: vec![truth(
            up,
            Mechanism::Greedy {
                allowed: 30,
                period: 6 * SECOND,
            },
        )],
        ..base("30 of 60, refused ones count too")
    });
    add(Case {
        truth: vec![truth(
            up,
            Mechanism::FirstCall {
                allowed: 60,
                period: 6 * SECOND,
            },
        )],
        foreign: 3.3,
        ..base("a third is somebody else's")
    });
    add(Case {
        truth: vec![
            truth(
                up,
                Mechanism::FirstCall {
                    allowed: 5,
                    period: SECOND,
                },
            ),
            truth(
                up,
                Mechanism::FirstCall {
                    allowed: 100,
                    period: 30 * SECOND,
                },
            ),
        ],
        known: vec![KnownLimit {
            group: up,
            rule: window(200, 30_000),
        }],
        measured: (90, 300),
        ..base("5 a second and 100 in 30 s, of 200")
    });
    add(Case {
        truth: vec![truth(
            up,
            Mechanism::FirstCall {
                allowed: 40,
                period: 6 * SECOND,
            },
        )],
        stray: 0.01,
        ..base("40 of 60 and strays 1 %")
    });
    add(Case {
        truth: vec![truth(
            up,
            Mechanism::Sliding {
                allowed: 40,
                period: 6 * SECOND,
            },
        )],
        latency: (20, 3_000),
        jitter: 30,
        ..base("sliding 40 of 60, answers in up to 3 s, on the way up to 30 ms")
    });
    add(Case {
        truth: vec![truth(up, Mechanism::AtOnce { allowed: 20 })],
        known: vec![KnownLimit {
            group: up,
            rule: Rule::Concurrency { allowed: 50 },
        }],
        latency: (500, 500),
        load: 60.0,
        ..base("20 at once of 50, 500 ms always, 150 %")
    });
    cases
}

/// Use of what the best sender has who knows the limit, and the share of calls that were refused, in
/// per cent.
fn figures(case: &Case, seed: u64, limiter: &mut dyn Limiter, best: u64) -> (f64, f64) {
    let figures = run(case, seed, limiter);
    let (accepted, refused) = (figures.accepted as f64, figures.refused as f64);
    (
        accepted * 100.0 / best as f64,
        refused * 100.0 / (accepted + refused).max(1.0),
    )
}

type Make = fn(&[KnownLimit]) -> Box<dyn Limiter>;

#[test]
fn methods() {
    let only = std::env::var("CASE").ok();
    let methods: [(&str, Make); 6] = [
        ("this crate", |known| Box::new(Learning::new(known))),
        ("nothing learned", |known| {
            let rules = known.iter().map(|known| (known.group, known.rule));
            Box::new(Declared::new(rules))
        }),
        ("AIMD", |known| Box::new(Aimd::new(known))),
        ("windows' counts", |known| Box::new(Counts::new(known))),
        ("posterior", |known| Box::new(Posterior::new(known))),
        ("gradient", |known| Box::new(Quotient::new(known))),
    ];
    let names: Vec<&str> = methods.iter().map(|(name, _)| *name).collect();
    println!("| used %, refused % | {} | found |", names.join(" | "));
    println!("|{}", "---|".repeat(names.len() + 2));
    for case in cases() {
        if only
            .as_ref()
            .is_some_and(|only| !case.name.contains(only.as_str()))
        {
            continue;
        }
        let mut row = String::new();
        let mut found = String::new();
        for (name, make) in &methods {
            let (mut used, mut refused) = (0.0, 0.0);
            for seed in 1..=SEEDS {
                let truth = case.later.as_ref().map_or(&case.truth, |(_, later)| later);
                let known = case.known.iter().map(|known| (known.group, known.rule));
                let mut best = Declared::new(known.chain(truth.iter().map(oracle)));
                let best = run(&case, seed, &mut best).accepted;
                let mut limiter = make(&case.known);
                let (its_used, its_refused) = figures(&case, seed, &mut *limiter, best);
                used += its_used / SEEDS as f64;
                refused += its_refused / SEEDS as f64;
                found = if *name == "this crate" {
                    limiter.found()
                } else {
                    found
                };
                if *name == "this crate" && case.name.starts_with("strays") {
                    assert_eq!(limiter.found(), "", "{}, seed {seed}", case.name);
                }
            }
            row += &format!(" {used:.1}, {refused:.2} |");
            if *name == "this crate" {
                assert!(used >= 80.0, "{}: {used} used", case.name);
                assert!(refused <= 25.0, "{}: {refused} refused", case.name);
                let counts_refused = case.name.ends_with("refused ones count too");
                if counts_refused || case.name.starts_with("weighted") {
                    assert!(
                        used >= 97.0 && refused <= 0.5,
                        "{}: {used} used, {refused} refused",
                        case.name
                    );
                }
                if counts_refused {
                    assert!(found.ends_with("refused ones count"), "{found}");
                }
            }
        }
        println!("| {} |{row} {found} |", case.name);
    }
}

const SEEDS: u64 = 4;
