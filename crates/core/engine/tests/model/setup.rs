//! A configuration for a world, drawn at random.

use super::random::Random;
use std::time::Duration;
use tollgate_engine::{Client, Config, Flow, Guarantee, Mode, Policy, Pool, Route};
use tollgate_model::{ClientId, Limit, LimitId, PoolId, Rule, Scope};

pub(crate) const ORGANISATION: LimitId = LimitId(0);
pub(crate) const CONCURRENCY: LimitId = LimitId(1);
pub(crate) const INTEGRATION: LimitId = LimitId(2);
pub(crate) const OF_FLOW: LimitId = LimitId(3);
pub(crate) const BURST: LimitId = LimitId(4);
/// The flow that has a guarantee.
pub(crate) const GUARANTEED: &str = "email";

/// How the upstream's windows lie. Each world has one kind, under every limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Windows {
    /// Anywhere: every span of a period is held against the limit. No headers.
    Anywhere,
    /// Fixed, from the first call on; headers tell.
    FirstCall,
    /// Fixed, at multiples of the period; headers tell.
    Aligned,
}

impl Windows {
    pub(crate) fn draw(random: &mut Random) -> Self {
        match random.range(0, 3) {
            0 | 1 => Self::Anywhere,
            2 => Self::FirstCall,
            _ => Self::Aligned,
        }
    }
}

/// Three routes: one over a pool of tokens, one with a limit of its own, one dear; all under the
/// organisation's two windows and a concurrency limit; one flow has a limit of its own.
pub(crate) fn config(random: &mut Random, windows: Windows) -> Config {
    // Headers tell whole seconds, so they tell nothing of short windows.
    let (shortest, longest) = match windows {
        Windows::Anywhere => (100, 3_000),
        Windows::FirstCall | Windows::Aligned => (3_000, 12_000),
    };
    let mut window = |low: u64, high: u64| Rule::Window {
        allowed: random.range(low, high) as u32,
        period: Duration::from_millis(random.range(shortest, longest)),
        counted_within: random.percent(30).then(|| Duration::from_millis(15)),
    };
    let limit = |name: &str, scope, rule| Limit {
        name: name.into(),
        scope,
        rule,
    };
    let organisation = limit("organisation", Scope::Organisation, window(5, 100));
    let integration = limit("integration", Scope::Integration, window(3, 50));
    let of_flow = limit("flow", Scope::Flow, window(3, 60));
    let burst = limit("burst", Scope::Organisation, window(4, 40));
    let token_limits = vec![limit("token", Scope::Token, window(3, 30)).into()];
    let concurrency = Rule::Concurrency {
        allowed: random.range(1, 60) as u32,
    };
    let concurrency = limit("concurrency", Scope::Organisation, concurrency);
    let client = |name: &str| Client {
        name: name.into(),
        limits: vec![],
        token_limits: token_limits.clone(),
        max_tokens: 3,
        shared_as: None,
    };
    let flow = |name: &str, priority, weight| Flow {
        name: name.into(),
        priority,
        weight,
        max_queued: 200,
        ..Flow::default()
    };
    let route = |name: &str, limits, pool, cost| Route {
        name: name.into(),
        limits,
        pool,
        cost,
    };
    let (all, pool) = (vec![ORGANISATION, CONCURRENCY, BURST], Some(PoolId(0)));
    let own = vec![ORGANISATION, CONCURRENCY, INTEGRATION];
    let dear = random.range(2, 3) as u32;
    Config {
        limits: vec![organisation, concurrency, integration, of_flow, burst].into(),
        clients: vec![client("one"), client("two")].into(),
        pools: vec![Pool {
            name: "pool".into(),
            clients: vec![ClientId(0), ClientId(1)],
        }]
        .into(),
        routes: vec![
            route("platform", all.clone(), pool, 1),
            route("web", own, None, 1),
            route("dear", all, pool, dear),
        ]
        .into(),
        flows: vec![
            flow("voice", 0, 3),
            Flow {
                limits: vec![OF_FLOW],
                ..flow("chat", 0, 1)
            },
            Flow {
                guarantee: Some(Guarantee {
                    limit: ORGANISATION,
                    slots: 2,
                }),
                ..flow(GUARANTEED, 1, 1)
            },
        ]
        .into(),
        policy: Policy {
            // No shorter than a declared bound, which holds for what was given up as well.
            grace: Duration::from_millis(random.range(15, 200)),
            max_queued: 400,
            closed_for: Duration::from_millis(300),
            wait_for_tokens: random.range(0, 1) == 0,
            learned_limits: 64 * random.range(0, 1) as u32,
            ask: Duration::from_millis(50 * random.clone().range(0, 1)),
            ..Policy::default()
        },
    }
}

/// Puts some of the flows and limits in shadow, in half of the worlds.
pub(crate) fn put_in_shadow(config: &mut Config, random: &mut Random) {
    if random.percent(50) {
        return;
    }
    for flow in &mut config.flows {
        if random.percent(40) {
            flow.mode = Mode::Shadow;
        }
    }
    for limit in &mut config.limits {
        if random.percent(25) {
            limit.mode = Mode::Shadow;
        }
    }
    for flow in &mut config.flows {
        let limits = &config.limits;
        flow.guarantee = flow
            .guarantee
            .filter(|it| limits[it.limit.index()].mode == Mode::Enforce);
    }
}
