//! The cache's promises, on a clock that the test moves.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tollgate_cache::{Bounds, Cache, Key, Policy, Source, Weight};

#[derive(Debug, PartialEq)]
struct Answer(u32, usize);

impl Weight for Answer {
    fn bytes(&self) -> usize {
        self.1
    }
}

const POLICY: Policy = Policy {
    fresh_for: Duration::from_secs(60),
    stale_for: Duration::from_secs(30),
};

/// A cache, a clock, and a count of the calls made.
#[derive(Clone)]
struct World {
    cache: Arc<Cache<u32, Answer, String>>,
    now: Arc<Mutex<Instant>>,
    calls: Arc<AtomicU32>,
}

impl World {
    fn new(bounds: Bounds) -> Self {
        Self {
            cache: Arc::new(Cache::new(bounds)),
            now: Arc::new(Mutex::new(Instant::now())),
            calls: Arc::default(),
        }
    }

    fn pass(&self, seconds: u64) {
        *self.now.lock().unwrap() += Duration::from_secs(seconds);
    }

    fn calls(&self) -> u32 {
        self.calls.load(Ordering::SeqCst)
    }

    /// The number of the call that made the answer, and its source.
    async fn get(&self, inputs: &str) -> (u32, Source) {
        let (answer, source) = self.fetch(0, inputs, async {}, 10).await.unwrap();
        (answer, source)
    }

    /// Makes a call that ends after `gate`.
    async fn fetch(
        &self,
        party: u32,
        inputs: &str,
        gate: impl Future<Output = ()> + Send + 'static,
        bytes: usize,
    ) -> Result<(u32, Source), Arc<String>> {
        let key = Key {
            group: "action".into(),
            inputs: inputs.into(),
            party,
        };
        let (now, calls) = (Arc::clone(&self.now), Arc::clone(&self.calls));
        let fetch = async move {
            let number = calls.fetch_add(1, Ordering::SeqCst) + 1;
            gate.await;
            if bytes == 0 {
                Err("refused".to_owned())
            } else {
                Ok(Answer(number, bytes))
            }
        };
        let clock = move || *now.lock().unwrap();
        let (answer, source) = self.cache.get(key, POLICY, clock, fetch).await?;
        Ok((answer.0, source))
    }
}

/// A gate that opens when the sender says so.
fn gate() -> (
    oneshot::Sender<()>,
    impl Future<Output = ()> + Send + 'static,
) {
    let (open, opened) = oneshot::channel::<()>();
    (open, async move {
        opened.await.unwrap();
    })
}

#[tokio::test]
async fn fresh_then_stale_then_gone() {
    let world = World::new(Bounds::default());
    assert_eq!(world.get("a").await, (1, Source::Call));
    world.pass(59);
    assert_eq!(world.get("a").await, (1, Source::Fresh));
    assert_eq!(world.get("b").await, (2, Source::Call));
    world.pass(2);
    assert_eq!(world.get("a").await, (1, Source::Stale));
    // The refresh is a task of its own; once it ran, its answer is there.
    while world.calls() < 3 || world.get("a").await.1 != Source::Fresh {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.get("a").await, (3, Source::Fresh));
    world.pass(90);
    assert_eq!(world.get("a").await, (4, Source::Call));
    assert_eq!(world.cache.counts().call, 3);
}

#[tokio::test]
async fn identical_calls_under_way_are_one() {
    let world = World::new(Bounds::default());
    let (open, gated) = gate();
    let first = tokio::spawn({
        let world = world.clone();
        async move { world.fetch(0, "a", gated, 10).await }
    });
    while world.calls() == 0 {
        tokio::task::yield_now().await;
    }
    let others: Vec<_> = (0..10)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move { world.get("a").await })
        })
        .collect();
    tokio::task::yield_now().await;
    open.send(()).unwrap();
    assert_eq!(first.await.unwrap().unwrap(), (1, Source::Call));
    for other in others {
        let (number, source) = other.await.unwrap();
        assert_eq!(number, 1);
        assert!(matches!(source, Source::Shared | Source::Fresh));
    }
    assert_eq!(world.calls(), 1);
}

#[tokio::test]
async fn a_shared_call_outlives_whoever_began_it_and_ends_with_the_last() {
    let world = World::new(Bounds::default());
    let (open, gated) = gate();
    let first = tokio::spawn({
        let world = world.clone();
        async move { world.fetch(0, "a", gated, 10).await }
    });
    while world.calls() == 0 {
        tokio::task::yield_now().await;
    }
    let mut second = Box::pin(world.get("a"));
    assert!(futures_util::poll!(second.as_mut()).is_pending());
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    open.send(()).unwrap();
    assert_eq!(second.await, (1, Source::Shared));

    let (open, gated) = gate();
    let mut alone = Box::pin(world.fetch(0, "b", gated, 10));
    assert!(futures_util::poll!(alone.as_mut()).is_pending());
    drop(alone);
    assert!(
        open.is_closed(),
        "the call was dropped with its last caller"
    );
    assert_eq!(world.get("b").await, (3, Source::Call));
}

#[tokio::test]
async fn parties_share_answers_but_no_calls() {
    let world = World::new(Bounds::default());
    let (open, gated) = gate();
    let mut slow = Box::pin(world.fetch(0, "a", gated, 10));
    assert!(futures_util::poll!(slow.as_mut()).is_pending());
    assert_eq!(
        world.fetch(1, "a", async {}, 10).await.unwrap(),
        (2, Source::Call)
    );
    open.send(()).unwrap();
    assert_eq!(slow.await.unwrap(), (1, Source::Call));
    assert_eq!(
        world.fetch(2, "a", async {}, 10).await.unwrap().1,
        Source::Fresh
    );
}

#[tokio::test]
async fn failures_are_not_kept() {
    let world = World::new(Bounds::default());
    assert_eq!(
        *world.fetch(0, "a", async {}, 0).await.unwrap_err(),
        "refused"
    );
    assert_eq!(world.get("a").await, (2, Source::Call));
}

#[tokio::test]
async fn what_is_purged_is_fetched_again() {
    let world = World::new(Bounds::default());
    world.get("a").await;
    world.get("b").await;
    world.cache.purge("action", Some("a"));
    assert_eq!(world.get("a").await, (3, Source::Call));
    assert_eq!(world.get("b").await, (2, Source::Fresh));
    world.cache.purge("other", None);
    assert_eq!(world.get("b").await, (2, Source::Fresh));
    world.cache.purge("action", None);
    assert_eq!(world.get("b").await, (4, Source::Call));
}

#[tokio::test]
async fn bytes_are_bounded() {
    let bounds = Bounds {
        max_bytes: 100_000,
        ..Bounds::default()
    };
    let world = World::new(bounds);
    for number in 0..200 {
        world
            .fetch(0, &number.to_string(), async {}, 10_000)
            .await
            .unwrap();
    }
    assert!(world.cache.bytes() <= 100_000, "{}", world.cache.bytes());
}
