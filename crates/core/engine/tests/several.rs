//! What is promised where a call passes several windows at once: a start foretold is kept, and hardly anything
//! that could be served is refused.
//!
//! Of each key (a token, or all calls together) the upstream has one window that headers tell of, which it
//! forgets all at once, and further ones that slide, of the same key or of all calls. The yardstick is who knows
//! all of it and lets everybody wait until their time is up: nobody serves more.

use std::collections::VecDeque;
use std::time::Duration;
use tollgate_engine::{
    Client, Command, Config, Engine, Event, Facts, Family, Flow, Pool, Route, Submission, Verdict,
    WindowFact,
};
use tollgate_model::{
    AttemptId, ClientId, EndpointId, ExecutionId, FlowId, Instant, Limit, PoolId, RouteId, Rule,
    Scope,
};

/// Milliseconds that an answer takes.
const TAKES: u64 = 5;

/// Calls in so many milliseconds.
#[derive(Clone, Copy, Debug)]
struct Window {
    allowed: u32,
    period: u64,
}

/// Windows of each token, or of all calls where there are no tokens.
#[derive(Clone, Debug)]
struct World {
    tokens: u32,
    /// Told by headers.
    told: Window,
    /// Tokens whose told window is half as long as configured.
    halves: u32,
    /// Of the same key.
    beside: Vec<Window>,
    /// Of all calls.
    shared: Vec<Window>,
    /// Calls per second.
    load: f64,
    /// Milliseconds for which calls gather before they come together.
    gathers: u64,
    within: u64,
}

struct Random(u64);

impl Random {
    fn fraction(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, from: u64, to: u64) -> u64 {
        from + (self.fraction() * (to - from + 1) as f64) as u64
    }
}

/// One key's windows as they are.
#[derive(Clone, Default)]
struct Key {
    period: u64,
    opened: u64,
    count: u32,
    sent: VecDeque<u64>,
}

impl Key {
    fn has_room(&self, it: &World, now: u64) -> bool {
        let is_open = self.count > 0 && now < self.opened + self.period;
        !(is_open && self.count >= it.told.allowed) && has_room(&self.sent, &it.beside, now)
    }

    fn count(&mut self, now: u64) {
        if self.count == 0 || now >= self.opened + self.period {
            (self.opened, self.count) = (now, 0);
        }
        self.count += 1;
        self.sent.push_back(now);
    }
}

/// Whether the windows over these calls have room for one more.
fn has_room(sent: &VecDeque<u64>, windows: &[Window], now: u64) -> bool {
    windows.iter().all(|window| {
        let last = sent.len().checked_sub(window.allowed as usize);
        last.is_none_or(|last| sent[last] + window.period <= now)
    })
}

#[derive(Debug, Default)]
struct Became {
    served: u64,
    /// Taken in, and refused or broken later.
    broken: u64,
    refused: u64,
}

impl World {
    /// Rates that leave room for each window to bind now and then.
    fn drawn(random: &mut Random) -> Self {
        let tokens = [0, 1, 3, 6][random.between(0, 3) as usize];
        let seconds = random.between(4, 12);
        let rate = random.between(2, 9);
        let told = Window {
            allowed: (rate * seconds) as u32,
            period: seconds * 1_000,
        };
        let mut window = |rate: f64| {
            let period = [200, 500, 1_000, 1_500, 2_500][random.between(0, 4) as usize];
            let faster = 1.05 + 1.2 * random.fraction();
            Window {
                allowed: ((rate * faster * period as f64 / 1e3).ceil() as u32).max(1),
                period,
            }
        };
        let keys = f64::from(tokens.max(1));
        let (one, other, all) = (
            window(rate as f64),
            window(rate as f64),
            window(rate as f64 * keys),
        );
        let beside = [vec![], vec![one], vec![one, other]][random.between(0, 2) as usize].clone();
        let shared = if beside.is_empty() { vec![all] } else { vec![] };
        Self {
            tokens,
            told,
            halves: 0,
            beside,
            shared,
            load: rate as f64 * keys * (1.2 + random.fraction()),
            gathers: [1, 1, 3_000][random.between(0, 2) as usize],
            within: random.between(2_000, 15_000),
        }
    }

    fn keys(&self) -> Vec<Key> {
        let period = |token| match token < self.halves {
            true => self.told.period / 2,
            false => self.told.period,
        };
        let keys = (0..self.tokens.max(1)).map(|token| Key {
            period: period(token),
            ..Key::default()
        });
        keys.collect()
    }

    /// When calls come, and until when they wait.
    fn arrivals(&self, until: u64, random: &mut Random) -> Vec<(u64, u64)> {
        let mut at = 0.0;
        let mut arrivals = Vec::new();
        loop {
            at -= (1.0 - random.fraction()).ln() / self.load * 1e3;
            let came = (at as u64).div_ceil(self.gathers) * self.gathers;
            if came >= until {
                return arrivals;
            }
            arrivals.push((came, came + self.within));
        }
    }

    /// What is served between two instants if everybody waits until their time is up.
    fn yardstick(&self, arrivals: &[(u64, u64)], (from, until): (u64, u64)) -> u64 {
        let mut keys = self.keys();
        let mut all = VecDeque::new();
        let (mut queue, mut next, mut served) = (VecDeque::new(), 0, 0);
        for now in 0..until {
            while arrivals.get(next).is_some_and(|it| it.0 == now) {
                queue.push_back(arrivals[next].1);
                next += 1;
            }
            while queue.front().is_some_and(|deadline| *deadline < now) {
                queue.pop_front();
            }
            while !queue.is_empty() && has_room(&all, &self.shared, now) {
                let Some(key) = keys.iter_mut().find(|key| key.has_room(self, now)) else {
                    break;
                };
                key.count(now);
                all.push_back(now);
                queue.pop_front();
                served += u64::from(now >= from);
            }
        }
        served
    }

    fn engine(&self) -> Engine {
        let limit = |window: &Window, within| Limit {
            name: "window".into(),
            scope: Scope::Organisation,
            rule: Rule::Window {
                allowed: window.allowed,
                period: Duration::from_millis(window.period),
                counted_within: within,
            },
        };
        let told = [limit(&self.told, None)];
        let known = |windows: &[Window]| -> Vec<Limit> {
            let windows = windows.iter();
            windows
                .map(|window| limit(window, Some(Duration::ZERO)))
                .collect()
        };
        let of_key: Vec<_> = told.into_iter().chain(known(&self.beside)).collect();
        let mut config = Config {
            limits: known(&self.shared).into(),
            flows: vec![Flow::default()].into(),
            ..Config::default()
        };
        if self.tokens > 0 {
            config.clients = vec![Client {
                name: "client".into(),
                limits: vec![],
                token_limits: of_key.into_iter().map(Into::into).collect(),
                max_tokens: self.tokens,
                shared_as: None,
            }]
            .into();
            config.pools = vec![Pool {
                name: "pool".into(),
                clients: vec![ClientId(0)],
            }]
            .into();
        } else {
            config.limits = of_key.into_iter().chain(known(&self.shared)).collect();
        }
        config.routes = vec![Route {
            limits: config.limits.ids().collect(),
            pool: (self.tokens > 0).then_some(PoolId(0)),
            ..Route::default()
        }]
        .into();
        Engine::new(config, 1, Instant::ZERO)
    }

    /// What happens between two instants.
    fn run(&self, arrivals: &[(u64, u64)], (from, until): (u64, u64)) -> Became {
        let mut engine = self.engine();
        let mut keys = self.keys();
        let mut all = VecDeque::new();
        let mut answers: VecDeque<(u64, AttemptId, WindowFact)> = VecDeque::new();
        let (mut became, mut next) = (Became::default(), 0);
        for now in 0..until {
            let at = |millis| Instant::ZERO + Duration::from_millis(millis);
            while let Some((_, attempt, window)) = answers.pop_front_if(|it| it.0 <= now) {
                let facts = Facts {
                    window: Some(window),
                    ..Facts::default()
                };
                let status = 200;
                engine.handle_event(
                    Event::Head {
                        attempt,
                        status,
                        facts,
                    },
                    at(now),
                );
                engine.handle_event(Event::Done(attempt), at(now));
            }
            engine.handle_timeout(at(now));
            while let Some((_, deadline)) = arrivals.get(next).filter(|it| it.0 == now) {
                let submission = Submission {
                    execution: ExecutionId(next as u64),
                    flow: FlowId(0),
                    route: RouteId(0),
                    endpoint: EndpointId::UNKNOWN,
                    deadline: at(*deadline),
                    timeout: Duration::from_secs(60),
                    idempotent: true,
                };
                engine.handle_event(Event::Submit(submission), at(now));
                next += 1;
            }
            while let Some(command) = engine.poll_command() {
                let counts = u64::from(now >= from);
                match command {
                    Command::FetchToken(_, token) => {
                        let expires_in = Duration::from_secs(86_400);
                        engine.handle_event(Event::TokenGranted { token, expires_in }, at(now));
                    }
                    Command::Send { attempt, token, .. } => {
                        let key = &mut keys[token.map_or(0, |token| token.0 as usize)];
                        assert!(key.has_room(self, now), "{self:?} at {now}: over a window");
                        assert!(
                            has_room(&all, &self.shared, now),
                            "{self:?}: over a shared one"
                        );
                        key.count(now);
                        all.push_back(now);
                        let left = (key.opened + key.period - now).saturating_sub(TAKES);
                        let window = WindowFact {
                            count: key.count,
                            allowed: self.told.allowed,
                            reset: Duration::from_secs(left.div_ceil(1_000)),
                            family: Family::Platform,
                        };
                        answers.push_back((now + TAKES, attempt, window));
                        became.served += counts;
                    }
                    Command::Finish(execution, Verdict::Refused(_)) => {
                        if arrivals[execution.index()].0 == now {
                            became.refused += counts;
                        } else {
                            became.broken += counts;
                        }
                    }
                    _ => {}
                }
            }
        }
        became
    }
}

#[test]
fn a_start_that_is_promised_under_several_windows_is_kept() {
    let mut random = Random(11);
    let mut all = (0, 0, 0);
    for number in 0..60 {
        let world = World::drawn(&mut random);
        let span = (world.told.period * 3, world.told.period * 12);
        let arrivals = world.arrivals(span.1, &mut random);
        let became = world.run(&arrivals, span);
        let most = world.yardstick(&arrivals, span);
        if became.broken > 0 || became.served * 100 < most * 98 {
            println!("{number}: {became:?} of {most}, {world:?}");
        }
        all = (all.0 + became.served, all.1 + became.broken, all.2 + most);
    }
    let (served, broken, most) = all;
    println!("{served} of {most} served, {broken} broken");
    assert!(broken * 10_000 <= served, "{broken} of {served}");
    assert!(served * 100 >= most * 99, "{served} of {most}");
}

#[test]
fn a_start_that_is_promised_by_tokens_of_different_windows_is_kept() {
    let mut random = Random(23);
    let (mut served, mut broken) = (0, 0);
    for _ in 0..30 {
        let mut world = World::drawn(&mut random);
        world.tokens = world.tokens.max(2);
        world.halves = world.tokens / 2;
        (world.beside, world.shared) = (vec![], vec![]);
        let span = (world.told.period * 3, world.told.period * 12);
        world.load = f64::from(world.told.allowed * world.tokens) / world.told.period as f64 * 2e3;
        let arrivals = world.arrivals(span.1, &mut random);
        let became = world.run(&arrivals, span);
        if became.broken > 0 {
            println!("{became:?}, {world:?}");
        }
        (served, broken) = (served + became.served, broken + became.broken);
    }
    println!("{served} served, {broken} broken");
    assert!(broken * 1_000 <= served, "{broken} of {served}");
}
