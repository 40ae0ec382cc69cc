//! More calls than the organisation allows, over real sockets: the whole quota, and never a 429.
//!
//! Ten tokens whose sum is just above the organisation's limit, windows of a few seconds, 0–15 ms of
//! jitter on the way in, under each alignment of the upstream's windows. `cargo test -p
//! tollgate-driver --test saturation -- --nocapture` prints the figures.

mod support;

use std::time::Duration;
use support::{call, credentials, platform, setup, tables, with_tokens};
use tollgate_driver::{Bounds, Driver};
use tollgate_emulator::Emulator;
use tollgate_engine::Config;
use tollgate_model::Scope;
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
        token: window(PER_TOKEN),
        organisation: window(ORGANISATION),
        alignment,
        way_in: Spread {
            from: Duration::ZERO,
            to: JITTER,
        },
        latency: Spread::fixed(Duration::from_millis(5)),
        ..platform()
    }
}

fn limited() -> Config {
    let window = |name, scope, allowed| support::window(name, scope, allowed, PERIOD);
    let organisation = window("organisation", Scope::Organisation, ORGANISATION);
    let token = window("token", Scope::Token, PER_TOKEN);
    with_tokens(tables(Some(organisation)), TOKENS, Some(token))
}

/// Keeps more calls waiting than a window allows, for the given number of windows and a half.
async fn saturate(alignment: Alignment) -> Counts {
    let emulator = Emulator::start(upstream(alignment), 1, ([127, 0, 0, 1], 0).into())
        .await
        .expect("a free port");
    let base = format!("http://{}", emulator.address());
    let clients = vec![credentials(&format!("{base}/oauth/token"))];
    let driver =
        Driver::start(setup(limited(), clients, Bounds::default())).expect("a sound setup");
    let url = format!("{base}/api/v2/users/7/presences/PURECLOUD");
    let (deadline, timeout) = (Duration::from_secs(600), Duration::from_secs(30));
    let call = call(http::Method::GET, &url, deadline, timeout);
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
