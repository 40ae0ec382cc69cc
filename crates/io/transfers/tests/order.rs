//! Transfers over a real store, with work that hangs, panics and fails, and a node that dies in the middle.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tollgate_definitions::wall_time;
use tollgate_store::{
    Actor, Author, Bounds, EntityId, JsonText, KeyRing, Store, StoreUrl, Transfer, TransferKind,
    TransferState,
};
use tollgate_transfers::{
    Ending, Held, Link, LinkError, Transfers, Trouble, Wanted, Work, failure,
};

const LONG: Duration = Duration::from_secs(60);
/// More than one piece.
const BROUGHT: [&str; 3] = ["begin ", "middle ", "end"];

/// What is done with what was brought: it says how it begins. What is to be fetched is a count of bytes.
struct Sample {
    node: Node,
    reached: Arc<Notify>,
    tries: AtomicU32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Node {
    Works,
    Hangs,
    Panics,
    Refuses,
}

impl Work for Sample {
    fn kinds(&self) -> &'static [TransferKind] {
        &[TransferKind::TableImport, TransferKind::TableExport]
    }

    fn carry<'a>(&'a self, held: &'a mut Held) -> BoxFuture<'a, Result<Ending, Trouble>> {
        Box::pin(async move {
            self.tries.fetch_add(1, Ordering::Relaxed);
            if held.transfer().kind == TransferKind::TableExport {
                held.write(&vec![b'x'; 700_000]).await?;
                if self.node == Node::Hangs {
                    self.reached.notify_one();
                    std::future::pending::<()>().await;
                }
                held.write(&vec![b'y'; 700_000]).await?;
                return Ok(Ending::Succeeded(JsonText::default()));
            }
            let text = String::from_utf8(held.whole(100).await?.unwrap()).unwrap();
            let report = JsonText::parse(format!("{{\"text\": {text:?}}}")).unwrap();
            held.report(&report).await?;
            match self.node {
                Node::Works => Ok(Ending::Succeeded(report)),
                Node::Hangs => {
                    self.reached.notify_one();
                    std::future::pending().await
                }
                Node::Panics => panic!("a fault of this program"),
                Node::Refuses => Ok(Ending::Failed(failure("bad.request", "No."))),
            }
        })
    }
}

struct Service {
    transfers: Arc<Transfers>,
    store: Arc<Store>,
    reached: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Service {
    async fn start(folder: &tempfile::TempDir, node: Node) -> Self {
        let url = format!("sqlite:{}", folder.path().join("store.db").display());
        let url = StoreUrl::parse(&url).unwrap();
        let ring = KeyRing::parse(
            &"k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
                .to_owned()
                .into(),
        );
        let store = Store::open_alone(&url, ring.unwrap(), wall_time(), Bounds::default());
        let store = Arc::new(store.await.unwrap());
        let reached = Arc::new(Notify::new());
        let sample = Sample {
            node,
            reached: Arc::clone(&reached),
            tries: AtomicU32::new(0),
        };
        let transfers = Transfers::new(Arc::clone(&store), vec![Arc::new(sample)]);
        let transfers = Arc::new(transfers);
        let task = tokio::spawn(Arc::clone(&transfers).carry());
        Self {
            transfers,
            store,
            reached,
            task,
        }
    }

    async fn begin(&self, kind: TransferKind) -> (Transfer, Link) {
        let wanted = Wanted {
            kind,
            caller: "one".into(),
            subject: "t".into(),
            terms: JsonText::default(),
        };
        let by = Author {
            actor: Actor::cli(),
            at: wall_time(),
        };
        self.transfers.begin(wanted, &by).await.unwrap()
    }

    async fn bring(&self, link: &Link) {
        let mut upload = self.transfers.upload(link).await.unwrap();
        for part in BROUGHT {
            upload.add(part.as_bytes()).await.unwrap();
        }
        upload.end().await.unwrap();
    }

    /// The transfer when it has come to its end.
    async fn ended(&self, id: &EntityId) -> (Transfer, Option<Link>) {
        let kinds = TransferKind::ALL;
        let ended = async {
            loop {
                let (transfer, link) = self.transfers.get(&kinds, id).await.unwrap();
                if transfer.state.is_end() {
                    return (transfer, link);
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(LONG, ended).await.unwrap()
    }

    /// Ends the process, as far as the store can tell.
    async fn die(self) {
        self.task.abort();
        let _ = self.task.await;
        drop(self.transfers);
        let gone = async {
            let mut store = self.store;
            while let Err(still) = Arc::try_unwrap(store) {
                store = still;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(LONG, gone).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_brought_is_worked_on_whoever_dies_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let first = Service::start(&folder, Node::Hangs).await;
    let (made, link) = first.begin(TransferKind::TableImport).await;
    let mut broken_off = first.transfers.upload(&link).await.unwrap();
    broken_off.add(b"half").await.unwrap();
    first.bring(&link).await;
    let late = broken_off.end().await.unwrap_err();
    assert!(matches!(late, LinkError::Overtaken), "{late}");
    timeout(LONG, first.reached.notified()).await.unwrap();
    first.die().await;

    let second = Service::start(&folder, Node::Works).await;
    let (ended, link) = second.ended(&made.id).await;
    assert_eq!(ended.state, TransferState::Succeeded);
    assert_eq!((ended.attempts, ended.bytes), (2, 0));
    assert_eq!(ended.report.value()["text"], BROUGHT.concat());
    assert!(link.is_none(), "there is nothing to be brought any more");
}

#[tokio::test]
async fn what_is_made_is_fetched_by_its_link() {
    let folder = tempfile::tempdir().unwrap();
    let first = Service::start(&folder, Node::Hangs).await;
    let (made, link) = first.begin(TransferKind::TableExport).await;
    timeout(LONG, first.reached.notified()).await.unwrap();
    let early = first.transfers.download(&link).await.err().unwrap();
    assert!(matches!(early, LinkError::Nowhere), "{early}");
    first.die().await;

    let second = Service::start(&folder, Node::Works).await;
    let (ended, link) = second.ended(&made.id).await;
    assert_eq!(
        (ended.state, ended.bytes),
        (TransferState::Succeeded, 1_400_000)
    );
    let link = link.unwrap();
    let mut download = second.transfers.download(&link).await.unwrap();
    let mut all = Vec::new();
    while let Some(piece) = download.next().await.unwrap() {
        all.extend(piece);
    }
    let expected = [vec![b'x'; 700_000], vec![b'y'; 700_000]].concat();
    assert!(all == expected, "{} bytes", all.len());
    let other = link
        .expose()
        .replace(made.id.as_str(), EntityId::random().as_str());
    let other = second
        .transfers
        .download(&Link::parse(&other).unwrap())
        .await;
    assert!(matches!(other.err().unwrap(), LinkError::Nowhere));
    let brought = second.transfers.upload(&link).await;
    assert!(matches!(brought.err().unwrap(), LinkError::Nowhere));
}

#[tokio::test]
async fn a_bad_end_says_why() {
    for (node, code) in [
        (Node::Panics, "internal.server.error"),
        (Node::Refuses, "bad.request"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let service = Service::start(&folder, node).await;
        let (made, link) = service.begin(TransferKind::TableImport).await;
        service.bring(&link).await;
        let (ended, _) = service.ended(&made.id).await;
        assert_eq!(ended.state, TransferState::Failed);
        assert_eq!(ended.report.value()["error"]["code"], code);
        let (other, link) = service.begin(TransferKind::WorkflowPublish).await;
        service.bring(&link).await;
        let (ended, _) = service.ended(&other.id).await;
        assert_eq!(ended.report.value()["error"]["code"], "not.implemented");
    }
}

#[tokio::test]
async fn what_is_under_way_is_put_back_when_the_service_ends() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(&folder, Node::Hangs).await;
    let (made, link) = service.begin(TransferKind::TableImport).await;
    service.bring(&link).await;
    timeout(LONG, service.reached.notified()).await.unwrap();
    assert!(service.transfers.drain(LONG).await);
    let now = wall_time();
    let taken = service.store.take_transfers(1, (now, now)).await.unwrap();
    assert_eq!(taken[0].transfer.id, made.id, "it is due at once");
}
