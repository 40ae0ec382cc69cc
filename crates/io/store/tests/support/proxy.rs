//! A TCP proxy in front of a test's PostgreSQL that goes mute, cuts its connections, or refuses them.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;

/// What the proxy does with its connections.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// Carries everything.
    Open,
    /// Keeps connections, and takes new ones, but carries nothing.
    Mute,
    /// Ends every connection at once, and each new one.
    Shut,
}

#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) port: u16,
    way: watch::Sender<Way>,
    /// How often all connections were cut.
    cuts: watch::Sender<u64>,
    taken: Arc<AtomicU64>,
    alive: Arc<AtomicUsize>,
}

impl Proxy {
    /// Listens on a free port of the loopback, as long as the test's runtime lives.
    pub(crate) async fn start(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            port: listener.local_addr().unwrap().port(),
            way: watch::Sender::new(Way::Open),
            cuts: watch::Sender::new(0),
            taken: Arc::default(),
            alive: Arc::default(),
        };
        let its = proxy.clone();
        tokio::spawn(async move {
            loop {
                let (near, _) = listener.accept().await.unwrap();
                its.taken.fetch_add(1, Ordering::SeqCst);
                let (its, socket) = (its.clone(), socket.clone());
                tokio::spawn(async move {
                    its.alive.fetch_add(1, Ordering::SeqCst);
                    its.carry(near, socket).await;
                    its.alive.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        proxy
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    pub(crate) fn set(&self, way: Way) {
        self.way.send_replace(way);
    }

    /// Ends all connections there are; new ones are taken.
    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|it| *it += 1);
    }

    /// Connections taken so far.
    pub(crate) fn taken(&self) -> u64 {
        self.taken.load(Ordering::SeqCst)
    }

    async fn carry(&self, near: TcpStream, socket: PathBuf) {
        let (mut cuts, mut way) = (self.cuts.subscribe(), self.way.subscribe());
        let carried = async {
            wait_open(&mut self.way.subscribe()).await;
            let Ok(far) = UnixStream::connect(socket).await else {
                return;
            };
            let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
            tokio::select! {
                () = copy(near_in, far_out, self.way.subscribe()) => {}
                () = copy(far_in, near_out, self.way.subscribe()) => {}
            }
        };
        tokio::select! {
            () = carried => {}
            _ = cuts.changed() => {}
            _ = way.wait_for(|way| *way == Way::Shut) => {}
        }
    }
}

async fn wait_open(way: &mut watch::Receiver<Way>) {
    let _ = way.wait_for(|way| *way == Way::Open).await;
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut way: watch::Receiver<Way>,
) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(count) = from.read(&mut bytes).await {
        wait_open(&mut way).await;
        if count == 0 || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
