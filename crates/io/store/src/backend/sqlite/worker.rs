//! The thread of a connection.

use super::{gone, translate};
use crate::error::StoreResult;
use rusqlite::{Connection, ErrorCode, InterruptHandle, OpenFlags};
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

pub(super) type Job = Box<dyn FnOnce(&Connection) + Send>;

/// A thread with a connection. It ends when this is dropped. Its queue holds at most one statement of
/// the one user it is lent to, and one rollback.
pub(super) struct Worker {
    pub(super) jobs: mpsc::Sender<Job>,
    pub(super) interrupt: InterruptHandle,
}

impl Worker {
    pub(super) async fn start(path: &Path, wait: Duration) -> StoreResult<Self> {
        let path = path.to_owned();
        let (ready, opened) = oneshot::channel();
        let (jobs, inbox) = mpsc::channel::<Job>();
        std::thread::Builder::new()
            .name("sqlite".into())
            .spawn(move || match connect(&path, wait) {
                Ok(connection) => {
                    let _ = ready.send(Ok(connection.get_interrupt_handle()));
                    for job in inbox {
                        job(&connection);
                    }
                }
                Err(e) => {
                    let _ = ready.send(Err(translate(&e)));
                }
            })
            .map_err(|_| gone())?;
        let interrupt = opened.await.map_err(|_| gone())??;
        Ok(Self { jobs, interrupt })
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> StoreResult<T> {
        let (reply, answer) = oneshot::channel();
        self.post(Box::new(move |c| {
            let _ = reply.send(job(c));
        }));
        answer.await.map_err(|_| gone())?.map_err(|e| translate(&e))
    }

    fn post(&self, job: Job) {
        // Fails only if the thread is gone; whoever waits for the answer learns it.
        let _ = self.jobs.send(job);
    }
}

fn connect(path: &Path, wait: Duration) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(wait)?;
    connection.set_prepared_statement_cache_capacity(256);
    make_wal(&connection, wait)?;
    connection.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    Ok(connection)
}

/// Two processes that make the same file a WAL database at once would wait for each other, so SQLite
/// tells one of them `BUSY` without any wait. That one tries again, for as long as it would have waited.
fn make_wal(connection: &Connection, wait: Duration) -> rusqlite::Result<()> {
    let until = Instant::now() + wait;
    loop {
        match connection.execute_batch("PRAGMA journal_mode = WAL") {
            Err(e)
                if e.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && Instant::now() < until =>
            {
                std::thread::sleep(Duration::from_millis(20));
            }
            outcome => return outcome,
        }
    }
}
