//! The order of things, with a node that dies at each point of it.
//!
//! A node that dies is a process's worth of tasks that are dropped: what it had told the store is there, and nothing
//! else of it is. (`kill -9` of the real program is in `tests/sdk` of the project.) The next node opens the store anew,
//! as the only service at its file, so that it needn't wait for the first one's claims.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use futures_util::future::BoxFuture;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tollgate_driver::Sent;
use tollgate_jobs::{Answer, Callbacks, Jobs, Tried, Work};
use tollgate_secret::Secret;
use tollgate_store::{Bounds, EntityId, Job, JobState, KeyRing, NewJob, Store, StoreUrl, WallTime};

const LONG: Duration = Duration::from_secs(60);

/// What a node does when it makes a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Node {
    /// It never begins to send.
    HangsBefore,
    /// It sends, and never hears of an answer.
    HangsAfter,
    /// It sends what may not be sent twice, and never hears of an answer.
    HangsAfterOnce,
    /// It sends, and hears of the answer when it is told to.
    Waits,
    /// All goes well.
    Works,
    /// The first try fails; another is worth it.
    FailsOnce,
    /// There is a fault in this program, at the first try.
    PanicsOnce,
}

/// Counts what was sent, whichever node sends it.
#[derive(Default)]
struct Upstream {
    sent: AtomicU32,
    log: Mutex<Vec<String>>,
}

struct Calls {
    node: Node,
    upstream: Arc<Upstream>,
    /// Somebody waits where this node hangs.
    reached: Arc<Notify>,
    go_on: Arc<Notify>,
}

impl Calls {
    fn answer(&self, status: u16) -> Answer {
        Answer {
            status,
            body: "{}".into(),
        }
    }
}

impl Work for Calls {
    fn carry(
        &self,
        job: Job,
        inputs: String,
        _within: Duration,
        sent: Sent,
    ) -> BoxFuture<'static, Tried> {
        let (node, upstream, reached) = (self.node, self.upstream.clone(), self.reached.clone());
        let (go_on, done, failed) = (self.go_on.clone(), self.answer(200), self.answer(502));
        Box::pin(async move {
            assert_eq!(inputs, "{\"a\": 1}");
            if node == Node::HangsBefore {
                reached.notify_one();
                std::future::pending::<()>().await;
            }
            upstream.sent.fetch_add(1, Ordering::SeqCst);
            upstream.log.lock().unwrap().push(job.id.to_string());
            match node {
                Node::HangsAfterOnce => {
                    sent.set();
                    reached.notify_one();
                    std::future::pending().await
                }
                Node::HangsAfter => {
                    reached.notify_one();
                    std::future::pending().await
                }
                Node::Waits => {
                    reached.notify_one();
                    go_on.notified().await;
                    Tried::Fulfilled(done)
                }
                Node::PanicsOnce if job.attempts == 1 => panic!("a fault"),
                Node::FailsOnce if job.attempts == 1 => Tried::Again(failed, Duration::ZERO),
                _ => Tried::Fulfilled(done),
            }
        })
    }

    fn given_up(&self, _job: &Job) -> Answer {
        self.answer(504)
    }

    fn expired(&self, _job: &Job) -> Answer {
        self.answer(429)
    }

    fn unreadable(&self, _job: &Job) -> Answer {
        self.answer(500)
    }

    fn message(&self, _job: &Job, _answer: Option<&Secret>) -> String {
        "{}".into()
    }
}

/// A store in a file, what was sent by whichever node, and the keys.
struct Place {
    folder: tempfile::TempDir,
    keys: Secret,
    upstream: Arc<Upstream>,
}

/// A node, until it is dropped.
struct Running {
    jobs: Arc<Jobs>,
    store: Arc<Store>,
    task: JoinHandle<()>,
    reached: Arc<Notify>,
    go_on: Arc<Notify>,
}

impl Running {
    /// It dies: its tasks are gone, and its store with them.
    async fn dies(self) {
        self.task.abort();
        let _ = self.task.await;
    }

    async fn ended(&self, id: &EntityId) -> Job {
        let wait = async {
            loop {
                let job = self.store.job(id).await.unwrap();
                if job.state.is_end() {
                    return job;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(LONG, wait).await.unwrap()
    }
}

fn now() -> WallTime {
    tollgate_definitions::wall_time()
}

fn new(name: &str) -> NewJob {
    NewJob {
        id: EntityId::parse(name).unwrap(),
        caller: "one".into(),
        action: "a".into(),
        flow: "later".into(),
        flat: false,
        inputs: "{\"a\": 1}".to_owned().into(),
        callback: None,
        deadline: now().plus_seconds(600),
    }
}

impl Place {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            keys: KeyRing::generate_line("k").unwrap(),
            upstream: Arc::default(),
        }
    }

    async fn open(&self) -> Arc<Store> {
        let url = format!("sqlite:{}", self.folder.path().join("store.db").display());
        let (url, ring) = (
            StoreUrl::parse(&url).unwrap(),
            KeyRing::parse(&self.keys).unwrap(),
        );
        // The last one's threads may take a moment to let the file go.
        let opened = Store::open_alone(&url, ring, now(), Bounds::default());
        Arc::new(opened.await.unwrap())
    }

    async fn start(&self, node: Node) -> Running {
        let store = self.open().await;
        let (reached, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let calls = Calls {
            node,
            upstream: Arc::clone(&self.upstream),
            reached: Arc::clone(&reached),
            go_on: Arc::clone(&go_on),
        };
        let settings = tollgate_config::Jobs::default();
        let jobs = Jobs::new(
            store.clone(),
            Arc::new(calls),
            settings,
            Callbacks::default(),
        );
        let jobs = Arc::new(jobs);
        let task = tokio::spawn(Arc::clone(&jobs).carry());
        Running {
            jobs,
            store,
            task,
            reached,
            go_on,
        }
    }

    fn sent(&self) -> u32 {
        self.upstream.sent.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_job_is_carried_out_wherever_a_node_dies() {
    // After the acceptance, before the job is taken: nobody carries jobs out here.
    let place = Place::new();
    let store = place.open().await;
    let bounds = tollgate_store::JobBounds {
        waiting_each: 1,
        waiting: 1,
        bytes_each: 10_000,
        bytes: 10_000,
    };
    let accepted = store.accept_job(new("j"), &bounds, now()).await.unwrap();
    drop(store);
    let next = place.start(Node::Works).await;
    assert_eq!(next.ended(&accepted.id).await.state, JobState::Fulfilled);
    assert_eq!(place.sent(), 1);
    next.dies().await;

    for (node, sent) in [(Node::HangsBefore, 1), (Node::HangsAfter, 2)] {
        let place = Place::new();
        let first = place.start(node).await;
        let id = first.jobs.accept(new("j")).await.unwrap().id;
        timeout(LONG, first.reached.notified()).await.unwrap();
        assert_eq!(first.store.job(&id).await.unwrap().state, JobState::Pending);
        first.dies().await;
        let next = place.start(Node::Works).await;
        let job = next.ended(&id).await;
        assert_eq!(
            (job.state, job.attempts),
            (JobState::Fulfilled, 2),
            "{node:?}"
        );
        assert_eq!(place.sent(), sent, "{node:?}");
        // And after its end: nothing more.
        next.dies().await;
        let last = place.start(Node::Works).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(place.sent(), sent, "{node:?}");
        last.dies().await;
    }
}

#[tokio::test]
async fn an_answer_that_the_store_was_not_told_is_asked_for_again() {
    let place = Place::new();
    let first = place.start(Node::Waits).await;
    let id = first.jobs.accept(new("j")).await.unwrap().id;
    timeout(LONG, first.reached.notified()).await.unwrap();
    // From here on somebody else writes to the file: the answer comes, its end can't be told, and the node dies.
    let lock = rusqlite::Connection::open(place.folder.path().join("store.db")).unwrap();
    lock.busy_timeout(LONG).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    first.go_on.notify_one();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(first.store.job(&id).await.unwrap().state, JobState::Pending);
    first.dies().await;
    lock.execute_batch("ROLLBACK").unwrap();
    drop(lock);
    let next = place.start(Node::Works).await;
    assert_eq!(next.ended(&id).await.state, JobState::Fulfilled);
    assert_eq!(place.sent(), 2, "at least once");
    next.dies().await;
}

#[tokio::test]
async fn who_lost_a_claim_carries_nothing_on_and_ends_nothing() {
    let place = Place::new();
    let first = place.start(Node::HangsAfter).await;
    let id = first.jobs.accept(new("j")).await.unwrap().id;
    timeout(LONG, first.reached.notified()).await.unwrap();
    // Another node takes it over: as if this one's claim had ended.
    let claimed = first.store.release_jobs(now()).await.unwrap();
    assert_eq!(claimed, 1);
    let again = tokio::time::timeout(LONG, first.reached.notified()).await;
    again.unwrap();
    assert_eq!(place.sent(), 2, "it was taken again");
    let job = first.store.job(&id).await.unwrap();
    assert_eq!((job.state, job.attempts), (JobState::Pending, 2));
    // The first claim is dropped at the next renewal, and what hangs under it; the second one lives.
    let gone = async {
        while Arc::strong_count(&first.reached) > 3 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LONG, gone).await.unwrap();
    first.dies().await;
}

#[tokio::test]
async fn a_drain_puts_back_what_is_not_over() {
    let place = Place::new();
    let first = place.start(Node::HangsAfter).await;
    let id = first.jobs.accept(new("j")).await.unwrap().id;
    timeout(LONG, first.reached.notified()).await.unwrap();
    let soon = Instant::now() + Duration::from_millis(50);
    assert!(first.jobs.drain(soon, Instant::now() + LONG).await);
    let job = first.store.job(&id).await.unwrap();
    assert_eq!((job.state, job.attempts), (JobState::Queued, 1));
    // Taken in meanwhile: it is for the next process.
    let second = first.jobs.accept(new("k")).await.unwrap().id;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(first.store.job(&second).await.unwrap().attempts, 0);
    first.dies().await;
    let next = place.start(Node::Works).await;
    for id in [&id, &second] {
        assert_eq!(next.ended(id).await.state, JobState::Fulfilled);
    }
    assert!(
        next.jobs
            .drain(Instant::now() + LONG, Instant::now() + LONG)
            .await
    );
    next.dies().await;
}

#[tokio::test]
async fn a_drain_ends_what_was_sent_and_may_not_be_sent_twice() {
    let place = Place::new();
    let node = place.start(Node::HangsAfterOnce).await;
    let id = node.jobs.accept(new("j")).await.unwrap().id;
    timeout(LONG, node.reached.notified()).await.unwrap();
    let soon = Instant::now() + Duration::from_millis(50);
    assert!(node.jobs.drain(soon, Instant::now() + LONG).await);
    let job = node.store.job(&id).await.unwrap();
    assert_eq!((job.state, place.sent()), (JobState::Failed, 1));
    node.dies().await;
}

#[tokio::test]
async fn a_try_that_failed_is_followed_by_another() {
    for of in [Node::FailsOnce, Node::PanicsOnce] {
        let place = Place::new();
        let node = place.start(of).await;
        let id = node.jobs.accept(new("j")).await.unwrap().id;
        let job = node.ended(&id).await;
        let told = (job.state, job.attempts, place.sent());
        assert_eq!(told, (JobState::Fulfilled, 2, 2), "{of:?}");
        assert!(
            node.jobs
                .drain(Instant::now() + LONG, Instant::now() + LONG)
                .await
        );
        node.dies().await;
    }
}

#[tokio::test]
async fn a_job_whose_deadline_has_passed_is_not_carried_out() {
    let place = Place::new();
    let node = place.start(Node::Works).await;
    let late = NewJob {
        deadline: now(),
        ..new("late")
    };
    let late = node.jobs.accept(late).await.unwrap().id;
    let job = node.ended(&late).await;
    assert_eq!(
        (job.state, job.attempts, place.sent()),
        (JobState::Expired, 0, 0)
    );
    let (_, answer) = node.jobs.get(&late).await.unwrap();
    assert_eq!(Answer::read(&answer.unwrap()).unwrap().status, 429);
    node.dies().await;
}
