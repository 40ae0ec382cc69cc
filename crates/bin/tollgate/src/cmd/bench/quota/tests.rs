//! The goals, on a small scale.

use super::*;
use crate::cmd::bench::percentile;
use crate::cmd::bench::world::Arrival;
use crate::console::outln;

/// A call that one limiter starts just before the end of what is measured and another just after it, and
/// the jitter that is none to the bound.
const EDGE: f64 = 0.002;
/// What is kept for chance arrivals of the first class.
const KEPT: f64 = 0.015;

/// A load, the most that is possible without a 429, tollgate's report, and the others' by name.
type Row = (
    &'static str,
    Option<Bound>,
    Report,
    Vec<(&'static str, Report)>,
);

fn reports() -> Vec<Row> {
    let scale = Scale {
        allowed: 300,
        tokens: 10,
        period: Duration::from_secs(60),
        windows: 10,
    };
    let loads = Load::all(scale, 1);
    let reports = loads.iter().map(|load| {
        let mut all: Vec<_> = PEERS
            .iter()
            .map(|(name, make)| {
                let report = measure(scale, load, 1, *make);
                report.print(name);
                (*name, report)
            })
            .collect();
        let (_, ours) = all.pop().expect("tollgate is the last");
        (load.name, Bound::of(scale, load), ours, all)
    });
    reports.collect()
}

#[test]
fn tollgate_beside_its_peers() {
    for (load, bound, ours, peers) in reports() {
        assert_eq!(ours.limited, 0, "{load}: never a 429");
        // Who is never refused can't pass more, so what another passes beyond it, it is refused for. Where
        // calls have deadlines of all kinds, twice the quota is asked for.
        let most = bound.map_or(1.0, |bound| bound.used);
        let kept = if ours.flows.len() > 1 { KEPT } else { 0.0 };
        outln!(
            "{load}: {:.4} used, {most:.4} possible without a 429",
            ours.used()
        );
        assert!(ours.used() >= most - kept - EDGE, "{load}: use");
        if let Some(bound) = bound {
            assert!(ours.in_time() >= bound.in_time - EDGE, "{load}: in time");
        }
        for (peer, theirs) in peers {
            assert!(
                ours.used() >= theirs.used().min(most) - kept - EDGE,
                "{load}: {peer} uses more"
            );
            // Of all flows together nobody can start more in time than the quota carries, and one can't
            // wait less but another waits more; what counts is whose.
            let (ours, theirs) = (&ours.flows[0], &theirs.flows[0]);
            let most = bound.map_or(1.0, |bound| bound.in_time);
            assert!(
                ours.in_time() >= theirs.in_time().min(most) - EDGE,
                "{load}: {peer} is in time more often"
            );
            for percent in [50, 99] {
                // What a token's fetch and the jitter take.
                let least = percentile(&theirs.waits, percent) + Duration::from_millis(100);
                assert!(
                    percentile(&ours.waits, percent) <= least,
                    "{load}: {peer} waits less, p{percent}"
                );
            }
        }
        if load == "burst after idle" {
            assert_eq!(
                percentile(&ours.waits, 99),
                Duration::ZERO,
                "starts at once"
            );
        }
    }
}

#[test]
fn the_bound_is_first_come_first_served() {
    let scale = Scale {
        allowed: 2,
        tokens: 1,
        period: Duration::from_secs(60),
        windows: 1,
    };
    let load = |seconds: &[u64], within: u64| Load {
        name: "",
        flows: Vec::new(),
        arrivals: seconds
            .iter()
            .map(|&at| {
                let at = Instant::ZERO + Duration::from_secs(at);
                Arrival {
                    at,
                    party: 0,
                    deadline: at + Duration::from_secs(within),
                }
            })
            .collect(),
        latency: Duration::ZERO,
    };
    // Of four in the second minute two start at once; the slot of the first is free after a minute.
    let bound = Bound::of(scale, &load(&[60, 61, 62, 63], 58)).expect("all wait as long");
    assert_eq!((bound.used, bound.in_time), (1.0, 0.5));
    // What the first minute took is missing in the second until a minute has passed.
    let bound = Bound::of(scale, &load(&[50, 55, 60, 61], 54)).expect("all wait as long");
    assert_eq!((bound.used, bound.in_time), (1.0, 1.0));
    let bound = Bound::of(scale, &load(&[50, 55, 60, 61], 53)).expect("all wait as long");
    assert_eq!((bound.used, bound.in_time), (0.5, 0.5));
    let bound = Bound::of(scale, &load(&[50, 55, 60, 61], 48)).expect("all wait as long");
    assert_eq!((bound.used, bound.in_time), (0.0, 0.0));
}
