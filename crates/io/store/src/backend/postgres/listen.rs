//! A session that hears of changes of definitions, whatever node makes them.
//!
//! The server forgets what it would have told a session that is gone. So whenever a session has begun,
//! that counts as a change: who hears of it looks at the store. A session that died without a word is
//! found by asking it something now and then; until then its user's own looks at the store count.

use super::connect::{Connection, Connector};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::AbortHandle;

/// Where the triggers of the migration `revision` tell of changes.
const CHANNEL: &str = "tollgate_definitions";
/// Between two signs of life, and between two tries to begin a session.
const PAUSE: Duration = Duration::from_secs(5);

/// The task that keeps such a session; it ends when this is dropped.
pub(super) struct Listener(AbortHandle);

impl Listener {
    pub(super) fn start(connector: Arc<Connector>, patience: Duration) -> Self {
        Self(tokio::spawn(listen(connector, patience)).abort_handle())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn listen(connector: Arc<Connector>, patience: Duration) {
    loop {
        if let Ok(connection) = connector.connect().await {
            let session = Session(Some(connection));
            if session.says(&format!("LISTEN {CHANNEL}"), patience).await {
                connector.changes.notify_one();
                while session.says("SELECT 1", patience).await {
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// A connection that is cut in the end: it may be a silent one.
struct Session(Option<Connection>);

impl Session {
    /// Whether the server carries out the statement in time.
    async fn says(&self, statement: &str, patience: Duration) -> bool {
        let Some(connection) = &self.0 else {
            return false;
        };
        let done = connection.client().batch_execute(statement);
        matches!(tokio::time::timeout(patience, done).await, Ok(Ok(())))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            connection.cut();
        }
    }
}
