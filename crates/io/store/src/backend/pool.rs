//! Connections, and who may have how many of them at once.
//!
//! Each kind of work has places of its own, so that work of one kind that is slow takes no place of
//! another: writers that wait for a lock leave the readers alone, and lists leave the logins alone. A
//! connection is lent to one user at a time and comes back when dropped, unless the pool was emptied
//! meanwhile: then all that it had lent or kept is closed.

use super::Mode;
use crate::error::{StoreError, StoreResult};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many of each kind of work run at once.
#[derive(Clone, Copy)]
pub(super) struct Places {
    pub(super) read: usize,
    pub(super) check: usize,
    pub(super) login: usize,
    pub(super) append: usize,
    pub(super) job: usize,
    pub(super) write: usize,
}

pub(super) struct Pool<T> {
    read: Arc<Semaphore>,
    check: Arc<Semaphore>,
    login: Arc<Semaphore>,
    append: Arc<Semaphore>,
    job: Arc<Semaphore>,
    write: Arc<Semaphore>,
    shared: Arc<Mutex<Idle<T>>>,
    /// Longest wait for a place.
    wait: Duration,
}

struct Idle<T> {
    items: Vec<T>,
    /// How often the pool was emptied.
    generation: u64,
}

impl<T> Pool<T> {
    pub(super) fn new(places: Places, wait: Duration, items: Vec<T>) -> Self {
        let places_of = |count| Arc::new(Semaphore::new(count));
        Self {
            read: places_of(places.read),
            check: places_of(places.check),
            login: places_of(places.login),
            append: places_of(places.append),
            job: places_of(places.job),
            write: places_of(places.write),
            shared: Arc::new(Mutex::new(Idle {
                items,
                generation: 0,
            })),
            wait,
        }
    }

    /// A place, and an idle connection if there is one.
    ///
    /// # Errors
    /// `Busy` when no place gets free in time.
    pub(super) async fn take(&self, mode: Mode) -> StoreResult<Lease<T>> {
        let places = match mode {
            Mode::Read => &self.read,
            Mode::Check => &self.check,
            Mode::Login => &self.login,
            Mode::Append => &self.append,
            Mode::Job => &self.job,
            Mode::Write | Mode::Migrate => &self.write,
        };
        let place = tokio::time::timeout(self.wait, Arc::clone(places).acquire_owned());
        let Ok(Ok(place)) = place.await else {
            return Err(StoreError::Busy {
                what: "a connection to the database",
            });
        };
        let mut idle = lock(&self.shared);
        Ok(Lease {
            item: idle.items.pop(),
            generation: idle.generation,
            shared: Arc::clone(&self.shared),
            _place: place,
        })
    }

    /// Closes what is idle now, and what is lent when it comes back.
    pub(super) fn empty(&self) {
        let mut idle = lock(&self.shared);
        idle.generation += 1;
        let closed = std::mem::take(&mut idle.items);
        drop(idle);
        drop(closed);
    }
}

/// A place in the pool with perhaps a connection in it.
pub(super) struct Lease<T> {
    item: Option<T>,
    generation: u64,
    shared: Arc<Mutex<Idle<T>>>,
    _place: OwnedSemaphorePermit,
}

impl<T> Lease<T> {
    pub(super) fn item(&mut self) -> Option<&mut T> {
        self.item.as_mut()
    }

    /// Puts a new connection in its place.
    pub(super) fn put(&mut self, item: T) {
        self.generation = lock(&self.shared).generation;
        self.item = Some(item);
    }

    /// Takes the connection out for good.
    pub(super) fn remove(&mut self) -> Option<T> {
        self.item.take()
    }
}

impl<T> Drop for Lease<T> {
    fn drop(&mut self) {
        let Some(item) = self.item.take() else { return };
        // Before the permit is freed: fields are dropped after this.
        let mut idle = lock(&self.shared);
        if idle.generation == self.generation {
            idle.items.push(item);
        }
    }
}

fn lock<T>(idle: &Mutex<Idle<T>>) -> MutexGuard<'_, Idle<T>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}
