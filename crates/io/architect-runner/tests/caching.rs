//! The vendor's article on caching in workflows, with 400 calls a minute: what its data table saves, and
//! what the built-in cache does beside it and in its place.
//!
//! The workflow is others' work, read where it lies; without it the test says so and skips.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tollgate_architect::Workflow;
use tollgate_architect_runner::{Bounds, Caption, Failure, Host, Launch, Runner, Status, World};
use tollgate_cache::{Cache, Key, Policy, Weight};

const GET: &str = "Get On Queue Agent Counts";

/// When the runner begins, in milliseconds since 1970: at the full second, since a row's time is written in whole
/// seconds and the part of a second that is cut off decides what ages first.
const BEGAN: i64 = 1_767_603_600_000;

/// The platform: a read takes 800 ms, a write 90 ms. A table, and perhaps a cache before the read.
struct Platform {
    calls: Mutex<BTreeMap<String, u32>>,
    rows: Mutex<BTreeMap<String, Map<String, Value>>>,
    cache: Option<Arc<Cache<(), Counts, ()>>>,
    origin: (Instant, tokio::time::Instant),
}

struct Counts;

impl Weight for Counts {
    fn bytes(&self) -> usize {
        100
    }
}

impl Platform {
    fn new(cached: bool) -> Arc<Self> {
        Arc::new(Self {
            calls: Mutex::default(),
            rows: Mutex::default(),
            cache: cached.then(|| Arc::new(Cache::new(tollgate_cache::Bounds::default()))),
            origin: (Instant::now(), tokio::time::Instant::now()),
        })
    }

    fn count(&self, action: &str) {
        *self
            .calls
            .lock()
            .unwrap()
            .entry(action.to_owned())
            .or_default() += 1;
    }
}

/// The platform as a world of runs.
struct Desk(Arc<Platform>);

impl World for Desk {
    async fn call_data(
        &self,
        _: &str,
        action: &str,
        inputs: Map<String, Value>,
        _: Duration,
    ) -> Result<Map<String, Value>, Failure> {
        if action != GET {
            self.0.count(action);
            tokio::time::sleep(Duration::from_millis(90)).await;
            let key = inputs["key"].as_str().unwrap().to_owned();
            self.0.rows.lock().unwrap().insert(key, inputs.clone());
            return Ok(inputs);
        }
        let platform = Arc::clone(&self.0);
        let read = async move {
            platform.count(GET);
            tokio::time::sleep(Duration::from_millis(800)).await;
            Ok::<_, ()>(Counts)
        };
        match &self.0.cache {
            None => drop(read.await),
            Some(cache) => {
                let key = Key {
                    group: GET.into(),
                    inputs: inputs["queueId"].to_string().into(),
                    party: (),
                };
                let policy = Policy {
                    fresh_for: Duration::from_secs(300),
                    stale_for: Duration::ZERO,
                };
                let (real, paused) = self.0.origin;
                let clock = move || real + paused.elapsed();
                drop(cache.get(key, policy, clock, read).await);
            }
        }
        let counts = json!({"counts": [3, 2], "statuses": ["COMMUNICATING", "IDLE"]});
        Ok(counts.as_object().unwrap().clone())
    }

    async fn look_up(&self, _: &str, key: &str) -> Result<Option<Map<String, Value>>, Failure> {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok(self.0.rows.lock().unwrap().get(key).cloned())
    }
}

/// 400 calls a minute for ten minutes; gives the calls by action.
async fn calls(workflow: &Arc<Workflow>, cached: bool) -> BTreeMap<String, u32> {
    let platform = Platform::new(cached);
    let desk = Arc::new(Desk(Arc::clone(&platform)));
    let host = Host::new(10_000).with_wall_clock(BEGAN);
    let runner = Runner::new(host.clone(), Bounds::default());
    for number in 0..4000 {
        let launch = Launch {
            workflow: Arc::clone(workflow),
            library: Arc::default(),
            inputs: Map::new(),
            seed: number,
        };
        let caption = Caption {
            id: number.to_string(),
            ..Caption::default()
        };
        runner.launch(caption, launch, Arc::clone(&desk)).unwrap();
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    while host.running() > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for number in 0..4000 {
        let record = runner.record(&number.to_string()).unwrap();
        // A transfer is the platform's, so here it fails and the workflow goes on to its end.
        assert!(
            matches!(record.status, Status::Completed(_)),
            "{:?}",
            record.status
        );
    }
    platform.calls.lock().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn four_hundred_calls_a_minute() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../../shared/corpus/caching-in-flows/CacheExampleFlow.yaml"
    );
    let Ok(text) = std::fs::read_to_string(file) else {
        println!("skipped: {file} is absent");
        return;
    };
    let workflow = Arc::new(Workflow::parse(&text).unwrap());
    let table = calls(&workflow, false).await;
    let both = calls(&workflow, true).await;
    println!("4,000 interactions that each want the counts: 4,000 calls without any cache");
    println!("  with the article's table: {table:?}");
    println!("  and single-flight with the built-in cache before the read: {both:?}");
    // The row is there 910 ms after the first call began, so at each gap the calls at 0, 150, … 750 ms
    // find none: six.
    assert_eq!(table[GET], 12);
    // All of them share one read. At the full second the row is stale before what the built-in cache has, which
    // then answers, and nothing is read a second time.
    // What the built-in cache can't save are the table's own writes.
    assert_eq!(table.values().sum::<u32>(), 24);
    assert_eq!((both[GET], both.values().sum::<u32>()), (1, 8));
}
