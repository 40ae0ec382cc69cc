//! A process that follows a `kill -9` takes nothing of what its predecessor has used: over real sockets,
//! against the emulated platform. `--nocapture` prints the figures.

mod support;

use std::path::{Path, PathBuf};
use std::time::Duration;
use support::{call, credentials, platform, tables, window, with_tokens};
use tollgate_driver::{Bounds, Driver, Setup};
use tollgate_emulator::Emulator;
use tollgate_model::{LimitId, Scope};
use tollgate_platform::{Alignment, Spread, Window};

const ORGANISATION: u32 = 40;
const PERIOD: Duration = Duration::from_secs(4);

async fn emulator() -> Emulator {
    let upstream = tollgate_platform::Config {
        token: None,
        organisation: Some(Window {
            allowed: ORGANISATION,
            period: PERIOD,
        }),
        alignment: Alignment::FirstCall,
        way_in: Spread::fixed(Duration::ZERO),
        latency: Spread::fixed(Duration::from_millis(5)),
        ..platform()
    };
    Emulator::start(upstream, 1, ([127, 0, 0, 1], 0).into())
        .await
        .expect("a free port")
}

fn setup(emulator: &Emulator) -> Setup {
    let url = format!("http://{}/oauth/token", emulator.address());
    let limit = window("organisation", Scope::Organisation, ORGANISATION, PERIOD);
    let engine = with_tokens(tables(Some(limit)), 1, None);
    support::setup(engine, vec![credentials(&url)], Bounds::default())
}

/// Calls at once, each answered or refused.
async fn calls(driver: &Driver, emulator: &Emulator, number: u32, deadline: Duration) {
    let url = format!(
        "http://{}/api/v2/users/7/presences/PURECLOUD",
        emulator.address()
    );
    let call = call(http::Method::GET, &url, deadline, Duration::from_secs(10));
    let tasks: Vec<_> = (0..number)
        .map(|_| {
            let (driver, call) = (driver.clone(), call.clone());
            tokio::spawn(async move { driver.execute(call).await.is_ok() })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic");
    }
}

/// Fills most of a window, is killed, and wants all of one again at once. Tells how many answers were 429.
async fn killed_and_restarted(file: Option<&Path>) -> u64 {
    let emulator = emulator().await;
    let start = |file: Option<&Path>| match file {
        Some(file) => Driver::start_with_usage(setup(&emulator), file, 1),
        None => Driver::start(setup(&emulator)),
    };
    let first = start(file).expect("a sound setup");
    calls(&first, &emulator, ORGANISATION - 5, Duration::from_secs(60)).await;
    // What a kill leaves: the file as it is now, without the last words of an orderly end.
    let left = file.map(|file| {
        let left = file.with_file_name("left");
        std::fs::copy(file, &left).expect("there is a file");
        left
    });
    let second = start(left.as_deref()).expect("a sound setup");
    calls(&second, &emulator, ORGANISATION, Duration::from_secs(60)).await;
    drop(first);
    emulator.counts().limited()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_causes_no_429() {
    let folder: PathBuf =
        std::env::temp_dir().join(format!("tollgate-restart-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let with = killed_and_restarted(Some(&folder.join("usage"))).await;
    let without = killed_and_restarted(None).await;
    println!("answers 429 after a kill: {with} with a usage file, {without} without");
    assert_eq!(with, 0);
    assert!(without > 0, "so the test can fail");
}

/// The next process looks for the use of a limit under its new name, however soon this one is killed.
#[tokio::test]
async fn a_renamed_limit_is_on_disk_at_once() {
    let name = format!("tollgate-renamed-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("usage");
    let emulator = emulator().await;
    let driver = Driver::start_with_usage(setup(&emulator), &file, 1).expect("a sound setup");
    let renamed = driver.rename_limit(LimitId(0), "renamed".into()).await;
    renamed.expect("there is such a limit");
    let snapshot = driver.snapshot().await.expect("it runs");
    assert_eq!(snapshot.limits[0].name, "renamed");
    let kept = std::fs::read_to_string(&file).expect("there is a file");
    assert!(kept.contains("\"renamed\""), "{kept}");
}
