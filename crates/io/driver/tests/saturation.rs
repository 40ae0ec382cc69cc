//! More calls than the organisation allows, over real sockets: the whole quota, and never a 429.
//!
//! Ten tokens whose sum is just above the organisation's limit, windows of a few seconds, 0–15 ms of
//! jitter on the way in, under each alignment of the upstream's windows. `cargo test -p
//! tollgate-driver --test saturation -- --nocapture` prints the figures.

use std::time::Duration;
use tollgate_driver::{Bounds, Call, ClientCredentials, Driver, Request, Setup};
use tollgate_emulator::Emulator;
use tollgate_engine::{Client, Config, Flow, Policy, Pool, Route};
use tollgate_model::{ClientId, FlowId, Limit, LimitId, PoolId, RouteId, Rule, Scope};
use tollgate_platform::{Alignment, Counts, Spread, Window};

const PERIOD: Duration = Duration::from_secs(5);
const TOKENS: u32 = 10;
const PER_TOKEN: u32 = 60;
/// A little less than the tokens' sum.
const ORGANISATION: u32 = 570;
const WINDOWS: u32 = 4;
const JITTER: Duration = Duration::from_millis(15);

fn upstream(alignment: Alignment) -> tollgate_platform::Config {
    let window = |allowed| {
        Some(Window {
            allowed,
            period: PERIOD,
        })
    };
    tollgate_platform::Config {
        clients: vec![tollgate_platform::Client {
            id: "one".into(),
            secret: "emulated".into(),
        }],
        token: window(PER_TOKEN),
        organisation: window(ORGANISATION),
        alignment,
        way_in: Spread {
            from: Duration::ZERO,
            to: JITTER,
        },
        latency: Spread::fixed(Duration::from_millis(5)),
        ..tollgate_platform::Config::default()
    }
}

fn tables() -> Config {
    let window = |name: &str, scope, allowed| Limit {
        name: name.into(),
        scope,
        rule: Rule::Window {
            allowed,
            period: PERIOD,
            counted_within: None,
        },
    };
    Config {
        limits: vec![window("organisation", Scope::Organisation, ORGANISATION)].into(),
        clients: vec![Client {
            name: "one".into(),
            limits: vec![],
            token_limits: vec![window("token", Scope::Token, PER_TOKEN).into()],
            max_tokens: TOKENS,
        }]
        .into(),
        pools: vec![Pool {
            name: "pool".into(),
            clients: vec![ClientId(0)],
        }]
        .into(),
        routes: vec![Route {
            name: "platform".into(),
            limits: vec![LimitId(0)],
            pool: Some(PoolId(0)),
            ..Route::default()
        }]
        .into(),
        flows: vec![Flow {
            name: "voice".into(),
            ..Flow::default()
        }]
        .into(),
        policy: Policy::default(),
    }
}

/// Keeps more calls waiting than a window allows, for the given number of windows and a half.
async fn saturate(alignment: Alignment) -> Counts {
    let emulator = Emulator::start(upstream(alignment), 1, ([127, 0, 0, 1], 0).into())
        .await
        .expect("a free port");
    let base = format!("http://{}", emulator.address());
    let url = |path: &str| format!("{base}{path}").parse().expect("a URL");
    let driver = Driver::start(Setup {
        engine: tables(),
        clients: vec![ClientCredentials {
            token_url: url("/oauth/token"),
            client_id: "one".into(),
            client_secret: String::from("emulated").into(),
        }],
        seed: 1,
        bounds: Bounds::default(),
        extra_roots_pem: vec![],
    })
    .expect("a sound setup");
    let call = Call {
        route: RouteId(0),
        flow: FlowId(0),
        deadline: Duration::from_secs(600),
        timeout: Duration::from_secs(30),
        path_template: None,
        idempotent: true,
        request: Request {
            method: http::Method::GET,
            url: url("/api/v2/users/7/presences/PURECLOUD"),
            headers: http::HeaderMap::new(),
            body: bytes::Bytes::new(),
        },
    };
    let callers: Vec<_> = (0..2 * ORGANISATION)
        .map(|_| {
            let (driver, call) = (driver.clone(), call.clone());
            tokio::spawn(async move { while driver.execute(call.clone()).await.is_ok() {} })
        })
        .collect();
    tokio::time::sleep(PERIOD * WINDOWS + PERIOD / 2).await;
    let counts = emulator.counts();
    callers.iter().for_each(tokio::task::JoinHandle::abort);
    counts
}

/// Part of the quota used, in percent: in so many windows and a half each slot can be used once more than
/// there are windows. Counted over the whole time, since a window may open in the middle of a burst
/// and share it with the next.
fn used(counts: &Counts) -> f64 {
    100.0 * counts.admitted as f64 / f64::from(ORGANISATION * (WINDOWS + 1))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_quota_and_never_a_429() {
    for alignment in [
        Alignment::FirstCall,
        Alignment::WallClock,
        Alignment::PhasePerKey,
    ] {
        let counts = saturate(alignment).await;
        let (used, refused) = (used(&counts), counts.limited());
        println!(
            "{alignment:?}: {used:.2} % of the organisation's quota used, {refused} answers 429 \
             ({} calls, {} tokens)",
            counts.admitted,
            counts.tokens.len()
        );
        assert_eq!(refused, 0, "{alignment:?}");
        assert!(used >= 99.0, "{alignment:?}: {used:.2} %");
    }
}
