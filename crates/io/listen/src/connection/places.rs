//! The places for connections: who has one, who may lose it, and how much waits to be taken in all.

use super::{Connection, Standing};
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// More connections than any process has descriptors for.
const MOST: usize = 1 << 20;

/// The places of a server.
#[derive(Debug)]
pub(crate) struct Places {
    all: u32,
    free: Arc<Semaphore>,
    table: Mutex<Table>,
    max_untaken: usize,
    untaken: AtomicUsize,
    /// Whether connections are to be used no longer than for the request that they have.
    retiring: AtomicBool,
}

#[derive(Debug, Default)]
struct Table {
    /// The next number, of a connection or of a place in the order of `waiting`.
    next: u64,
    connections: HashMap<u64, Known>,
    /// Those that wait for their callers, the first to lose its place first.
    waiting: BTreeSet<Waiting>,
}

#[derive(Debug)]
struct Known {
    connection: Arc<Connection>,
    waiting: Option<Waiting>,
}

/// A connection that waits for its caller: how, since when in the table's order, and its number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Waiting(Standing, u64, u64);

impl Places {
    pub(crate) fn new(all: usize, max_untaken: usize) -> Self {
        let all = all.clamp(1, MOST);
        Self {
            all: u32::try_from(all).unwrap_or(u32::MAX),
            free: Arc::new(Semaphore::new(all)),
            table: Mutex::default(),
            max_untaken,
            untaken: AtomicUsize::new(0),
            retiring: AtomicBool::new(false),
        }
    }

    /// From now on each answer over HTTP/1.1 is its connection's last.
    pub(crate) fn retire(&self) {
        self.retiring.store(true, Ordering::Relaxed);
    }

    pub(crate) fn are_retiring(&self) -> bool {
        self.retiring.load(Ordering::Relaxed)
    }

    pub(crate) fn all(&self) -> usize {
        self.all as usize
    }

    /// A place, if one is free.
    pub(crate) fn take(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.free).try_acquire_owned().ok()
    }

    /// Whether fewer than one in 32 is free.
    pub(crate) fn are_scarce(&self) -> bool {
        self.free.available_permits() < self.all() / 32
    }

    /// A place, once one is free.
    pub(crate) async fn wait(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.free).acquire_owned().await.ok()
    }

    /// Waits until all places are free.
    pub(crate) async fn empty(&self) {
        // An error would mean that the semaphore was closed, which nobody does.
        let _ = self.free.acquire_many(self.all).await;
    }

    /// Adds a connection, which waits for its first request, to the table.
    pub(crate) fn enter(&self, make: impl FnOnce(u64) -> Connection) -> Arc<Connection> {
        let mut table = self.lock();
        let number = table.next;
        table.next += 1;
        let connection = Arc::new(make(number));
        let known = Known {
            connection: Arc::clone(&connection),
            waiting: None,
        };
        table.connections.insert(number, known);
        table.stand(number);
        connection
    }

    /// Forgets a connection.
    pub(crate) fn leave(&self, connection: &Connection) {
        let mut table = self.lock();
        let known = table.connections.remove(&connection.number);
        if let Some(waiting) = known.and_then(|known| known.waiting) {
            table.waiting.remove(&waiting);
        }
    }

    /// Notes that a connection's standing has changed.
    pub(crate) fn stand(&self, connection: &Connection) {
        self.lock().stand(connection.number);
    }

    /// Cuts the connection that is the first to lose its place; false if all are busy.
    pub(crate) fn make_room(&self) -> bool {
        let mut table = self.lock();
        let Some(waiting) = table.waiting.pop_first() else {
            return false;
        };
        if let Some(known) = table.connections.get_mut(&waiting.2) {
            known.waiting = None;
            known.connection.cut_unless_busy();
        }
        true
    }

    /// Adds bytes of an answer that its caller hasn't taken.
    pub(crate) fn add_untaken(&self, bytes: usize) {
        self.untaken.fetch_add(bytes, Ordering::Relaxed);
    }

    /// While more bytes are untaken than may be, cuts the connection that has taken nothing for the longest
    /// time.
    pub(crate) fn cut_slowest(&self) {
        let is_over = || self.untaken.load(Ordering::Relaxed) > self.max_untaken;
        if !is_over() {
            return;
        }
        let table = self.lock();
        let connections = table.connections.values();
        let mut slowest: Vec<_> = connections
            .filter_map(|known| {
                let since = known.connection.untaken_since()?;
                Some((since, Arc::clone(&known.connection)))
            })
            .collect();
        drop(table);
        slowest.sort_by_key(|(since, _)| *since);
        for (_, connection) in slowest {
            if !is_over() {
                break;
            }
            connection.cut();
        }
    }

    /// Takes off bytes of answers that their callers have taken, or that are given up.
    pub(crate) fn taken(&self, bytes: usize) {
        self.untaken.fetch_sub(bytes, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // The tables are whole between two operations on them.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Puts a connection into the order by its present standing. The standing is read under the table's
    /// lock, so that of two changes at the same time the later one is seen.
    fn stand(&mut self, number: u64) {
        let Some(known) = self.connections.get_mut(&number) else {
            return;
        };
        if let Some(before) = known.waiting.take() {
            self.waiting.remove(&before);
        }
        let standing = known.connection.standing();
        if standing != Standing::Busy {
            let waiting = Waiting(standing, self.next, number);
            self.next += 1;
            known.waiting = Some(waiting);
            self.waiting.insert(waiting);
        }
    }
}
