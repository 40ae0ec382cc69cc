//! What is foretold of a start where limits of other kinds than the quota bind: concurrency, limits of a
//! flow's or an action's own, many actions in one flow.

use std::collections::VecDeque;
use std::time::Duration;
use tollgate_engine::{Command, Config, Engine, Event, Facts, Flow, Route, Submission, Verdict};
use tollgate_model::{
    AttemptId, EndpointId, ExecutionId, FlowId, Instant, Limit, LimitId, Reason, RouteId, Rule,
    Scope,
};

const SECOND: Duration = Duration::from_secs(1);

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

fn a_minute(name: &str, allowed: u32) -> Limit {
    Limit {
        name: name.into(),
        scope: Scope::Organisation,
        rule: Rule::Window {
            allowed,
            period: SECOND * 60,
            counted_within: None,
        },
    }
}

fn route(limits: &[u32]) -> Route {
    Route {
        limits: limits.iter().copied().map(LimitId).collect(),
        ..Route::default()
    }
}

fn flow(priority: u8) -> Flow {
    Flow {
        priority,
        ..Flow::default()
    }
}

fn submit(
    engine: &mut Engine,
    execution: u64,
    (flow, route): (u32, u32),
    now: Instant,
    within: Duration,
) -> Vec<Command> {
    let submission = Submission {
        execution: ExecutionId(execution),
        flow: FlowId(flow),
        route: RouteId(route),
        endpoint: EndpointId::UNKNOWN,
        deadline: now + within,
        timeout: SECOND * 60,
        idempotent: true,
    };
    engine.handle_event(Event::Submit(submission), now);
    std::iter::from_fn(|| engine.poll_command()).collect()
}

fn starts(commands: &[Command]) -> bool {
    matches!(commands, [Command::Send { .. }])
}

/// What became of calls that come evenly for two minutes under fifty at once.
#[derive(Default, Debug)]
struct Became {
    sent: u64,
    refused: u64,
    expired: u64,
}

fn at_once(pause: u64, within: Duration, takes: impl Fn(u64) -> u64) -> Became {
    let concurrency = Limit {
        name: "at once".into(),
        scope: Scope::Organisation,
        rule: Rule::Concurrency { allowed: 50 },
    };
    let config = Config {
        limits: vec![concurrency].into(),
        routes: vec![route(&[0])].into(),
        flows: vec![flow(0)].into(),
        ..Config::default()
    };
    let mut engine = Engine::new(config, 1, at(0));
    let mut became = Became::default();
    let mut answers: VecDeque<(u64, AttemptId)> = VecDeque::new();
    for millis in 0..120_000 {
        let now = at(millis);
        let mut commands = Vec::new();
        while let Some(place) = answers.iter().position(|(due, _)| *due <= millis) {
            let (_, attempt) = answers.remove(place).expect("it was found");
            let head = Event::Head {
                attempt,
                status: 200,
                facts: Facts::default(),
            };
            engine.handle_event(head, now);
            engine.handle_event(Event::Done(attempt), now);
        }
        engine.handle_timeout(now);
        commands.extend(std::iter::from_fn(|| engine.poll_command()));
        if millis % pause == 0 {
            commands.extend(submit(&mut engine, millis, (0, 0), now, within));
        }
        for command in commands {
            match command {
                Command::Send { attempt, .. } => {
                    became.sent += 1;
                    answers.push_back((millis + takes(attempt.0), attempt));
                }
                Command::Finish(_, Verdict::Refused(it)) if it.reason == Reason::Expired => {
                    became.expired += 1;
                }
                Command::Finish(_, Verdict::Refused(_)) => became.refused += 1,
                _ => {}
            }
        }
    }
    became
}

#[test]
fn who_cannot_get_one_of_the_calls_at_once_is_told_so_at_once() {
    // Two seconds each: 25 a second of 50 asked for.
    let steady = at_once(20, SECOND * 5, |_| 2_000);
    // Now short, now long: 25 a second in the mean as well.
    let uneven = at_once(20, SECOND * 5, |number| {
        [200, 500, 1_300, 6_000][number as usize * 7 % 4]
    });
    for became in [steady, uneven] {
        println!("{became:?}");
        assert!(became.expired * 1_000 <= became.sent, "{became:?}");
        assert!(became.sent >= 2_950, "as many as there may be: {became:?}");
        assert!(became.refused >= 2_500, "{became:?}");
    }
}

#[test]
fn a_higher_class_that_waits_for_a_limit_of_its_own_keeps_nobody_from_others() {
    let of_flow = Flow {
        limits: vec![LimitId(1)],
        ..flow(0)
    };
    let of_action = Config {
        limits: vec![a_minute("organisation", 300), a_minute("action", 10)].into(),
        routes: vec![route(&[0, 1]), route(&[0])].into(),
        flows: vec![flow(0), flow(1)].into(),
        ..Config::default()
    };
    let own = Config {
        routes: vec![route(&[0]), route(&[0])].into(),
        flows: vec![of_flow, flow(1)].into(),
        ..of_action.clone()
    };
    let of_both = Config {
        flows: own.flows.clone(),
        ..of_action.clone()
    };
    for config in [of_action, own, of_both] {
        let mut engine = Engine::new(config, 1, at(0));
        for execution in 0..400 {
            submit(&mut engine, execution, (0, 0), at(0), SECOND * 36_000);
        }
        let mut started = 0;
        while starts(&submit(
            &mut engine,
            1_000 + started,
            (1, 1),
            at(0),
            SECOND * 5,
        )) {
            started += 1;
        }
        // Ten have started, and ten a minute may still come to.
        assert!(
            started >= 265,
            "{started} of 290 slots that nobody else can take"
        );
        // In the next minute, behind what the limit lets through by then.
        let later = submit(&mut engine, 2_000, (1, 1), at(0), SECOND * 200);
        assert!(later.is_empty(), "{later:?}");
    }
}

#[test]
fn a_call_out_of_order_is_judged_in_few_steps_however_many_actions_its_flow_calls() {
    // Three hundred actions; each look at what it would displace costs no more than for one.
    const ROUTES: u32 = 300;
    let mut limits = vec![a_minute("organisation", 100)];
    limits.extend((0..ROUTES).map(|_| a_minute("action", 50)));
    let config = Config {
        limits: limits.into(),
        routes: (0..ROUTES).map(|it| route(&[0, it + 1])).collect(),
        flows: vec![flow(0)].into(),
        ..Config::default()
    };
    let mut engine = Engine::new(config, 1, at(0));
    for execution in 0..3_000 {
        let route = execution as u32 % ROUTES;
        submit(&mut engine, execution, (0, route), at(0), SECOND * 7_200);
    }
    let before = engine.snapshot(at(0)).flows[0].queued;
    assert_eq!(before, 2_900);
    // Due before all others, who all have the time for it.
    for execution in 3_000..3_100 {
        submit(
            &mut engine,
            execution,
            (0, execution as u32 % ROUTES),
            at(0),
            SECOND * 120,
        );
    }
    assert_eq!(engine.snapshot(at(0)).flows[0].queued, 3_000);
}
