//! Calls under way, each shared by all who want the same.

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Outcome<V, E> = Result<Arc<V>, Arc<E>>;

/// A call under way; clones share it. Dropping the last one drops the call.
pub(crate) type Flight<V, E> = Shared<BoxFuture<'static, Outcome<V, E>>>;
type WeakFlight<V, E> = WeakShared<BoxFuture<'static, Outcome<V, E>>>;

/// By key. Only weakly: who waits holds the flight, the table just knows of it.
pub(crate) struct Flights<K, V, E>(Mutex<Table<K, V, E>>);

struct Table<K, V, E> {
    /// Tells a flight from a later one of the same key.
    next: u64,
    under_way: HashMap<K, (u64, WeakFlight<V, E>)>,
}

impl<K, V, E> Default for Flights<K, V, E> {
    fn default() -> Self {
        Self(Mutex::new(Table {
            next: 0,
            under_way: HashMap::new(),
        }))
    }
}

impl<K, V, E> Flights<K, V, E>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    /// Joins the flight of that key, or begins one that calls `fetch` and hands its answer to `keep`. Yes
    /// if it joined.
    pub(crate) fn begin<F>(
        self: &Arc<Self>,
        key: K,
        fetch: F,
        keep: impl FnOnce(&Arc<V>) + Send + 'static,
    ) -> (Flight<V, E>, bool)
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let mut table = self.lock();
        let under_way = table.under_way.get(&key);
        let under_way = under_way.and_then(|(_, flight)| flight.upgrade());
        // One that has ended is no longer under way, though somebody may not have looked yet.
        if let Some(flight) = under_way.filter(|flight| flight.peek().is_none()) {
            return (flight, true);
        }
        let number = table.next;
        table.next += 1;
        let landing = Landing {
            flights: Arc::clone(self),
            key: key.clone(),
            number,
        };
        let flight = async move {
            // Also when the flight is dropped: nothing of it stays in the table.
            let _landing = landing;
            let answer = Arc::new(fetch.await.map_err(Arc::new)?);
            keep(&answer);
            Ok(answer)
        };
        let flight = flight.boxed().shared();
        if let Some(weak) = flight.downgrade() {
            table.under_way.insert(key, (number, weak));
        }
        (flight, false)
    }

    fn lock(&self) -> MutexGuard<'_, Table<K, V, E>> {
        // The table is whole between two operations on it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the flight out of the table at its end, however it ends.
struct Landing<
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
    E: Send + Sync + 'static,
> {
    flights: Arc<Flights<K, V, E>>,
    key: K,
    number: u64,
}

impl<K, V, E> Drop for Landing<K, V, E>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    fn drop(&mut self) {
        let mut table = self.flights.lock();
        let found = table.under_way.get(&self.key);
        // A later flight of the same key may have taken the place.
        if found.is_some_and(|(number, _)| *number == self.number) {
            table.under_way.remove(&self.key);
        }
    }
}
