//! The first class keeps its share of a window, whoever uses the rest up, and whoever told its number.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_engine::{Command, Config, Engine, Event, Facts, Flow, Route, Submission, Verdict};
use tollgate_model::{
    EndpointId, ExecutionId, FlowId, Instant, Limit, LimitId, RouteId, Rule, Scope,
};

const PERIOD: u64 = 60_000;

fn at(millis: u64) -> Instant {
    Instant::from_nanos(millis * 1_000_000)
}

/// An upstream that admits so many calls in each window on the clock, and tells nothing but when to come
/// again. Two classes call it.
struct World {
    engine: Engine,
    really: u32,
    admitted: BTreeMap<u64, u32>,
    /// Answers to come: when, to which attempt, and whether it was admitted.
    answers: Vec<(u64, tollgate_model::AttemptId, bool)>,
    executions: u64,
    /// Calls of each window and class, made and turned away.
    asked: BTreeMap<(u64, u32), (u32, u32)>,
    of: BTreeMap<ExecutionId, (u64, u32)>,
    refused: BTreeMap<u64, u32>,
}

impl World {
    fn new(believed: u32, really: u32) -> Self {
        let rule = Rule::Window {
            allowed: believed,
            period: Duration::from_millis(PERIOD),
            counted_within: None,
        };
        let config = Config {
            limits: vec![Limit {
                name: "window".into(),
                scope: Scope::Integration,
                rule,
            }]
            .into(),
            routes: vec![Route {
                limits: vec![LimitId(0)],
                ..Route::default()
            }]
            .into(),
            flows: (0..2)
                .map(|priority| Flow {
                    priority,
                    ..Flow::default()
                })
                .collect(),
            ..Config::default()
        };
        config.check().unwrap();
        Self {
            engine: Engine::new(config, 1, at(0)),
            really,
            admitted: BTreeMap::new(),
            answers: Vec::new(),
            executions: 0,
            asked: BTreeMap::new(),
            of: BTreeMap::new(),
            refused: BTreeMap::new(),
        }
    }

    fn look(&mut self, now: u64) {
        while let Some(command) = self.engine.poll_command() {
            match command {
                Command::Send { attempt, .. } => {
                    let admitted = self.admitted.entry(now / PERIOD).or_default();
                    let passes = *admitted < self.really;
                    *admitted += u32::from(passes);
                    *self.refused.entry(now / PERIOD).or_default() += u32::from(!passes);
                    self.answers.push((now + 20, attempt, passes));
                }
                Command::Finish(execution, Verdict::Answered(_)) => {
                    self.of.remove(&execution);
                }
                Command::Finish(execution, _) => {
                    let key = self.of.remove(&execution).unwrap();
                    self.asked.get_mut(&key).unwrap().1 += 1;
                }
                _ => {}
            }
        }
    }

    /// Runs to the end of so many windows; `gaps` are the milliseconds between two calls of each class.
    fn run(&mut self, windows: std::ops::Range<u64>, gaps: [u64; 2], patience: [u64; 2]) {
        for now in windows.start * PERIOD..windows.end * PERIOD {
            self.step(now, gaps, patience);
        }
    }

    /// One millisecond.
    fn step(&mut self, now: u64, gaps: [u64; 2], patience: [u64; 2]) {
        while self
            .engine
            .poll_timeout()
            .is_some_and(|wake| wake <= at(now))
        {
            self.engine.handle_timeout(at(now));
            self.look(now);
        }
        let (due, later) = self.answers.drain(..).partition(|(at, ..)| *at <= now);
        self.answers = later;
        let due: Vec<(u64, tollgate_model::AttemptId, bool)> = due;
        for (_, attempt, passes) in due {
            let over = Duration::from_millis(PERIOD - now % PERIOD);
            let facts = Facts {
                retry_after: (!passes).then_some(over),
                ..Facts::default()
            };
            let status = if passes { 200 } else { 429 };
            self.engine.handle_event(
                Event::Head {
                    attempt,
                    status,
                    facts,
                },
                at(now),
            );
            self.engine.handle_event(Event::Done(attempt), at(now));
            self.look(now);
        }
        for class in 0..2_u32 {
            let gap = gaps[class as usize];
            if gap > 0 && now % gap == gap / 2 {
                self.submit(class, patience[class as usize], now);
            }
        }
    }

    fn submit(&mut self, class: u32, patience: u64, now: u64) {
        let execution = ExecutionId(self.executions);
        self.executions += 1;
        let key = (now / PERIOD, class);
        self.of.insert(execution, key);
        self.asked.entry(key).or_default().0 += 1;
        let submission = Submission {
            execution,
            flow: FlowId(class),
            route: RouteId(0),
            endpoint: EndpointId(1),
            deadline: at(now + patience),
            timeout: Duration::from_secs(30),
            idempotent: true,
        };
        self.engine.handle_event(Event::Submit(submission), at(now));
        self.look(now);
    }
}

#[test]
fn a_window_that_closes_again_and_again_leaves_the_first_class_its_share() {
    // 240 in a minute where 600 are believed: 72 are asked for by the first class, 360 by the other.
    let mut world = World::new(600, 240);
    world.run(0..12, [833, 167], [4_000, 30_000]);
    let refused: u32 = world.refused.values().sum();
    assert!(refused > 0, "nothing has closed");
    let mut of_first = (0, 0);
    for window in 4..11 {
        let (asked, away) = world.asked[&(window, 0)];
        of_first = (of_first.0 + asked, of_first.1 + away);
        let used = world.admitted[&window];
        assert!(used >= 230, "window {window}: {used} of 240 were used");
    }
    let (asked, away) = of_first;
    assert!(
        away * 100 <= asked,
        "{away} of {asked} calls of the first class were turned away"
    );
}

#[test]
fn who_was_turned_away_finds_slots_kept_in_the_next_window() {
    // The numbers are true, and the other class uses each window up within seconds.
    let mut world = World::new(240, 240);
    world.run(0..2, [0, 20], [0, 30_000]);
    world.run(2..8, [833, 20], [1_000, 30_000]);
    for window in 4..7 {
        let (asked, away) = world.asked[&(window, 0)];
        assert_eq!(
            away, 0,
            "window {window}: of {asked} calls of the first class"
        );
        let used = world.admitted[&window];
        assert!(used >= 225, "window {window}: {used} of 240 were used");
    }
    assert_eq!(world.refused.values().sum::<u32>(), 0);
}

#[test]
fn slots_that_come_back_together_are_not_lent_all_at_once() {
    // 250 slots come back at 120 s, and none of the first class's before 150 s.
    let mut world = World::new(600, 600);
    for now in 0..160_000 {
        // What is to be kept is looked at a moment before they come back, too.
        let of_other = match now {
            60_000 => 250,
            120_015 => 1,
            _ => 0,
        };
        for _ in 0..of_other {
            world.submit(1, 30_000, now);
        }
        let of_first = if now >= 90_000 { 250 } else { 0 };
        let of_second = if now >= 100_000 { 50 } else { 0 };
        world.step(now, [of_first, of_second], [4_000, 120_000]);
    }
    for window in [1, 2] {
        let (asked, away) = world.asked[&(window, 0)];
        assert_eq!(
            away, 0,
            "window {window}: of {asked} calls of the first class"
        );
    }
    assert!(world.admitted[&2] >= 250, "what is free is used");
}
