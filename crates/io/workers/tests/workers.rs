//! Turns, bounds, and what stops a calculation.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};
use tollgate_meter::Interrupt;
use tollgate_workers::{Bounds, WorkerError, Workers};

const LONG: Duration = Duration::from_secs(60);

fn workers(threads: usize) -> Arc<Workers> {
    let bounds = Bounds {
        threads,
        waiting_each: 4,
        waiting: 10,
        time: LONG,
    };
    Arc::new(Workers::start(bounds).unwrap())
}

/// Two threads for which many may wait.
const ROOMY: Bounds = Bounds {
    threads: 2,
    waiting_each: 32,
    waiting: 1_000,
    time: LONG,
};

/// A calculation that runs until it is asked to stop.
fn endless(interrupt: Interrupt) {
    while !interrupt() {
        std::thread::yield_now();
    }
}

/// Begins a calculation that never gives way, and waits until it runs.
async fn begin(
    workers: &Arc<Workers>,
    party: &'static str,
) -> tokio::task::JoinHandle<Result<(), WorkerError>> {
    let (tell, told) = mpsc::channel();
    let workers = Arc::clone(workers);
    let task = tokio::spawn(async move {
        let run = move |interrupt: Interrupt| {
            tell.send(()).unwrap();
            endless(interrupt);
        };
        workers.run_once(party, LONG, run).await
    });
    tokio::task::spawn_blocking(move || told.recv().unwrap())
        .await
        .unwrap();
    task
}

#[tokio::test(flavor = "multi_thread")]
async fn one_party_never_has_all_the_threads() {
    let workers = workers(2);
    let hog = begin(&workers, "a").await;
    let second = {
        let workers = Arc::clone(&workers);
        tokio::spawn(async move { workers.run("a", LONG, |_| "second").await })
    };
    assert_eq!(workers.run("b", LONG, |_| "other").await, Ok("other"));
    assert!(!second.is_finished());
    // Its own next one runs when it has ended.
    hog.abort();
    assert_eq!(second.await.unwrap(), Ok("second"));
}

#[tokio::test(flavor = "multi_thread")]
async fn parties_take_turns() {
    let workers = workers(1);
    let hog = begin(&workers, "z").await;
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for name in ["a1", "a2", "a3", "b1", "b2", "c1"] {
        let (workers, order) = (Arc::clone(&workers), Arc::clone(&order));
        tasks.push(tokio::spawn(async move {
            let run = move |_| order.lock().unwrap().push(name);
            workers.run(&name[..1], LONG, run).await
        }));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    hog.abort();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let order = order.lock().unwrap();
    assert_eq!(order[..3], ["a1", "b1", "c1"]);
    let of_a: Vec<_> = order.iter().filter(|name| name.starts_with('a')).collect();
    assert_eq!(of_a, [&"a1", &"a2", &"a3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_little_is_served_beside_many_that_want_all() {
    let workers = Arc::new(Workers::start(ROOMY).unwrap());
    let hogs: Vec<_> = (0..20)
        .map(|n| {
            let workers = Arc::clone(&workers);
            tokio::spawn(async move { workers.run(&format!("hog {n}"), LONG, endless).await })
        })
        .collect();
    for n in 0..50 {
        assert_eq!(workers.run("a", LONG, move |_| n).await, Ok(n));
    }
    assert!(hogs.iter().all(|hog| !hog.is_finished()));
    for hog in hogs {
        hog.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_gave_way_is_done_in_the_end() {
    let workers = workers(2);
    let long = |party: &'static str| {
        let workers = Arc::clone(&workers);
        // Begins from the start each time; a result of one that was stopped isn't given.
        let run = |interrupt: Interrupt| {
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_millis(300) {
                if interrupt() {
                    return "stopped";
                }
            }
            "done"
        };
        tokio::spawn(async move { workers.run(party, LONG, run).await })
    };
    let tasks = [long("a"), long("b"), long("c")];
    while !tasks.iter().all(tokio::task::JoinHandle::is_finished) {
        assert_eq!(workers.run("d", LONG, |_| 1).await, Ok(1));
    }
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok("done"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_bounded_in_count_and_time() {
    let workers = workers(1);
    let hog = begin(&workers, "a").await;
    let soon = Duration::from_millis(30);
    assert_eq!(
        workers.run("b", soon, |_| ()).await,
        Err(WorkerError::Late(soon))
    );
    let mut tasks = Vec::new();
    for party in ["b", "c"] {
        for _ in workers_waiting(party)..4 {
            let workers = Arc::clone(&workers);
            tasks.push(tokio::spawn(async move {
                workers.run(party, LONG, |_| ()).await
            }));
        }
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(
        workers.run("b", LONG, |_| ()).await,
        Err(WorkerError::Full(4))
    );
    hog.abort();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(()));
    }
}

/// The one that came too late waits on in its place until its turn.
fn workers_waiting(party: &str) -> usize {
    usize::from(party == "b")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_away_stops_what_runs_and_what_waits() {
    let workers = workers(1);
    let ran = Arc::new(AtomicUsize::new(0));
    let hog = begin(&workers, "a").await;
    let waiting = {
        let (workers, ran) = (Arc::clone(&workers), Arc::clone(&ran));
        tokio::spawn(async move {
            let run = move |_| ran.fetch_add(1, Ordering::Relaxed);
            workers.run("a", LONG, run).await
        })
    };
    tokio::time::sleep(Duration::from_millis(20)).await;
    waiting.abort();
    hog.abort();
    assert_eq!(workers.run("a", LONG, |_| 1).await, Ok(1));
    assert_eq!(ran.load(Ordering::Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calculation_has_its_time() {
    let bounds = Bounds {
        time: Duration::from_millis(50),
        ..ROOMY
    };
    let workers = Workers::start(bounds).unwrap();
    let begun = Instant::now();
    assert_eq!(workers.run("a", LONG, endless).await, Ok(()));
    assert!(begun.elapsed() >= Duration::from_millis(50));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_ends_its_calculation_alone() {
    let workers = workers(1);
    let panics = |_: Interrupt| -> u32 { std::panic::resume_unwind(Box::new("oh")) };
    assert_eq!(workers.run("a", LONG, panics).await, Err(WorkerError::Died));
    assert_eq!(workers.run("a", LONG, |_| 1).await, Ok(1));
}
