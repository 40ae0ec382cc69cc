//! The plan's ceiling where classes share a limit: what the simulator carries, with other arrivals.

mod common;

use common::scenario;
use tollgate_sim::{Plan, Policy, Scenario, run};

/// Runs of each scenario, with seeds that the plan doesn't use.
const RUNS: u64 = 2;

/// Flows by share of the load, class and deadline in seconds, with `per_minute` calls in all.
struct World<'a> {
    limits: &'a str,
    period: u32,
    tokens: u32,
    answer: &'a str,
    flows: &'a [(f64, u8, u32)],
    /// Calls asked for while anything is measured, about.
    calls: f64,
}

impl World<'_> {
    fn scenario(&self, per_minute: f64) -> Scenario {
        let flows: String = self
            .flows
            .iter()
            .enumerate()
            .map(|(at, (share, class, deadline))| {
                format!(
                    r#"
                    [[flow]]
                    name = "flow {at}"
                    calls = ["lookup"]
                    priority = {class}
                    deadline = "{deadline}s"
                    arrivals = {{ per_minute = {:.3} }}
                    "#,
                    per_minute * share
                )
            })
            .collect();
        let period = self.period;
        let windows = (self.calls / (per_minute / 60.0 * f64::from(period))) as u32;
        scenario(&format!(
            r#"
            warm_up = "{}s"
            duration = "{}s"
            [limits]
            executions = 0
            concurrency = 0
            period = "{period}s"
            {}
            [[client]]
            name = "a"
            tokens = {}
            [[action]]
            name = "lookup"
            latency = {}
            {flows}
            "#,
            period * 6,
            period * windows.max(20),
            self.limits,
            self.tokens,
            self.answer,
        ))
    }

    /// The plan at so many times the ceiling, beside what is carried then.
    fn holds(&self, load: f64) {
        let ceiling = Plan::of(&self.scenario(60.0))
            .carries()
            .expect("a limit binds");
        let loaded = self.scenario(ceiling * load);
        let plan = Plan::of(&loaded);
        let planned = plan.carries().expect("a limit binds");
        let carried = (1..=RUNS).map(|seed| {
            let run = run(&loaded, Policy::Tollgate, seed);
            assert_eq!(run.limited(), 0);
            run.admitted_measured as f64 / loaded.duration.as_secs_f64() * 60.0
        });
        let carried = carried.sum::<f64>() / RUNS as f64;
        let off = (planned / carried - 1.0) * 100.0;
        println!(
            "{} tokens, {}, {} s, {}, {:?}, {load}: planned {planned:.1}, carried {carried:.1}, {off:+.2} %",
            self.tokens, self.limits, self.period, self.answer, self.flows
        );
        // What is kept differs from run to run, by a tenth of it or so.
        let bound = 0.5 + 10.0 * plan.kept;
        assert!(off.abs() <= bound, "planned {planned} for {carried}");
    }
}

const SHORT: &str = "{ fixed = \"22ms\" }";
const RANGE: &str = "{ from = \"200ms\", to = \"400ms\" }";

#[test]
fn what_is_kept_for_the_first_class_is_counted() {
    let usual = World {
        limits: "token = 30\norganisation = 280",
        period: 6,
        tokens: 10,
        answer: SHORT,
        flows: &[(0.4, 0, 4), (0.3, 1, 10), (0.3, 1, 20)],
        calls: 40_000.0,
    };
    usual.holds(1.5);
    World {
        answer: RANGE,
        ..usual
    }
    .holds(1.5);
}

#[test]
fn over_shares_deadlines_windows_tokens_and_classes() {
    let one = [(1.0, 0, 10)];
    let few = [(0.15, 0, 2), (0.85, 1, 30)];
    let half = [(0.5, 0, 8), (0.5, 2, 10)];
    let three = [(0.25, 0, 3), (0.25, 1, 10), (0.5, 2, 40)];
    for (limits, period, tokens) in [
        ("token = 30\norganisation = 280", 6, 10),
        ("token = 40\norganisation = 0", 6, 3),
        ("token = 300\norganisation = 700", 60, 4),
    ] {
        for flows in [&one[..], &few, &half, &three] {
            // The longer the answers, the more the formulas alone would be off by.
            let answers = if period < 20 {
                &[SHORT, RANGE][..]
            } else {
                &[RANGE]
            };
            for answer in answers {
                let world = World {
                    limits,
                    period,
                    tokens,
                    answer,
                    flows,
                    calls: 60_000.0,
                };
                world.holds(1.4);
            }
        }
    }
}
