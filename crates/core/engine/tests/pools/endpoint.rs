//! Token endpoints that are slow, limited, or give nothing, under calls that come by chance: what could be
//! had is used, and who is taken in is served.

use crate::rig::{OF_TOKEN, Of, Rig, SECOND, config};
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_engine::{Config, FetchFailure, Verdict};
use tollgate_model::{ClientId, ExecutionId, Instant, Rule};

const ONE: ClientId = ClientId(0);
/// What a token carries its slots in.
const PERIOD: Duration = Duration::from_secs(6);
const DEADLINE: Duration = Duration::from_secs(10);

/// Clients whose tokens carry thirty calls in six seconds, under an organisation that allows enough.
fn quick(clients: &[Of]) -> Config {
    let mut config = config(10_000, clients);
    let of_tokens = config.clients.iter_mut();
    let of_tokens = of_tokens.flat_map(|client| &mut client.token_limits);
    for limit in config.limits.iter_mut().chain(of_tokens) {
        if let Rule::Window { period, .. } = &mut limit.rule {
            *period = PERIOD;
        }
    }
    config
}

/// What became of calls that came by chance.
#[derive(Debug, Default)]
struct Told {
    served: usize,
    /// Refused as they came, by the reason.
    at_once: BTreeMap<&'static str, usize>,
    /// Refused after a wait, by the reason.
    waited: BTreeMap<&'static str, usize>,
}

impl Told {
    fn waited(&self) -> usize {
        self.waited.values().sum()
    }
}

/// So many calls a second, by chance, for so long.
fn calls(rig: &mut Rig, per_second: f64, span: Duration) -> BTreeMap<ExecutionId, Instant> {
    let (mut arrivals, mut random) = (BTreeMap::new(), 5_u64);
    let mut at = 0.0;
    loop {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let fraction = ((random >> 11) as f64 + 1.0) / (1_u64 << 53) as f64;
        at -= fraction.ln() / per_second;
        let after = Duration::from_secs_f64(at);
        if after > span {
            return arrivals;
        }
        arrivals.insert(rig.call_in(after, DEADLINE), rig.now + after);
    }
}

fn told(rig: &Rig, arrivals: &BTreeMap<ExecutionId, Instant>) -> Told {
    let mut told = Told::default();
    for (execution, arrived) in arrivals {
        match &rig.finished.get(execution) {
            Some((at, Verdict::Refused(refusal))) => {
                let by = if at == arrived {
                    &mut told.at_once
                } else {
                    &mut told.waited
                };
                *by.entry(refusal.reason.as_str()).or_default() += 1;
            }
            Some((_, Verdict::Answered(_))) => told.served += 1,
            _ => {}
        }
    }
    told
}

/// What a row of the table asks for.
struct Row {
    name: &'static str,
    clients: &'static [Of],
    per_second: f64,
    change: fn(&mut Rig),
    /// Calls that could be served: what the tokens that could be had carry.
    could_be: usize,
    /// Refused after a wait, for a reason that could not be known when they came.
    waited: usize,
}

/// Calls come for 36 s; the last of them wait until 46 s.
const ROWS: &[Row] = &[
    Row {
        name: "slow: 8 s",
        clients: &[(4, None)],
        per_second: 30.0,
        change: |rig| rig.fetch_takes = SECOND * 8,
        // Four tokens from 8 s on: six windows, and of the seventh who may wait for it.
        could_be: 6 * 4 * OF_TOKEN as usize + 45,
        waited: 0,
    },
    Row {
        name: "slower than its timeout",
        clients: &[(4, None)],
        per_second: 30.0,
        change: |rig| {
            rig.fetch_takes = SECOND * 12;
            rig.token_timeout = SECOND * 10;
        },
        could_be: 0,
        // Those of the first ten seconds that had a chance if the first fetch had ended then.
        waited: 130,
    },
    Row {
        name: "five a minute, told",
        clients: &[(10, None)],
        per_second: 75.0,
        change: |rig| rig.grants = Some((5, true)),
        could_be: 8 * 5 * OF_TOKEN as usize,
        waited: 7,
    },
    Row {
        name: "five a minute, not told",
        clients: &[(10, None)],
        per_second: 75.0,
        change: |rig| rig.grants = Some((5, false)),
        could_be: 8 * 5 * OF_TOKEN as usize,
        waited: 7,
    },
    Row {
        name: "the same token again",
        clients: &[(4, None)],
        per_second: 30.0,
        change: |rig| rig.same_token = true,
        could_be: 8 * OF_TOKEN as usize,
        waited: 4,
    },
    Row {
        name: "first of three disabled",
        clients: &[(2, None), (2, None), (2, None)],
        per_second: 30.0,
        change: |rig| {
            rig.failing.insert(ONE, None);
            rig.failure = FetchFailure::Credentials;
        },
        could_be: 900,
        waited: 2,
    },
    Row {
        name: "all disabled",
        clients: &[(2, None), (2, None), (2, None)],
        per_second: 30.0,
        change: |rig| {
            for client in 0..3 {
                rig.failing.insert(ClientId(client), None);
            }
            rig.failure = FetchFailure::Credentials;
        },
        could_be: 0,
        // Two answers, half a second apart.
        waited: 20,
    },
    Row {
        name: "five a minute, told, of tokens that live for 30 s",
        clients: &[(10, None)],
        per_second: 62.0,
        change: |rig| {
            rig.life = SECOND * 30;
            rig.grants = Some((5, true));
        },
        // Sent with for 26 s: five windows.
        could_be: 5 * 5 * OF_TOKEN as usize,
        waited: 2,
    },
    Row {
        name: "five a minute, not told, of tokens that live for 30 s",
        clients: &[(10, None)],
        per_second: 62.0,
        change: |rig| {
            rig.life = SECOND * 30;
            rig.grants = Some((5, false));
        },
        could_be: 5 * 5 * OF_TOKEN as usize,
        waited: 65,
    },
    Row {
        name: "five a minute, told, of tokens revoked after 50 calls",
        clients: &[(4, None)],
        per_second: 30.0,
        change: |rig| {
            rig.lives_for = Some(50);
            rig.grants = Some((5, true));
        },
        could_be: 5 * 50,
        // That a token dies can't be foreseen.
        waited: 35,
    },
];

#[test]
fn what_could_be_had_is_used_and_who_is_taken_in_is_served() {
    let mut wrong = Vec::new();
    for row in ROWS {
        let mut rig = Rig::new(quick(row.clients));
        (row.change)(&mut rig);
        let arrivals = calls(&mut rig, row.per_second, SECOND * 36);
        rig.pass(SECOND * 50);
        let told = told(&rig, &arrivals);
        println!("{}: of {} {told:?}", row.name, arrivals.len());
        if told.served * 1_000 < row.could_be * 995 || told.waited() > row.waited {
            wrong.push(row.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}
