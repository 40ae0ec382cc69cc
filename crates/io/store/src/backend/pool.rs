//! A bounded set of connections. Each is lent to one user at a time and comes back when dropped.

use crate::error::{StoreError, StoreResult};
use crate::limits;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(super) struct Pool<T> {
    places: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<T>>>,
}

impl<T> Pool<T> {
    pub(super) fn new(places: usize, idle: Vec<T>) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places)),
            idle: Arc::new(Mutex::new(idle)),
        }
    }

    /// A place, and an idle connection if there is one. Waits at most [`limits::WAIT`].
    pub(super) async fn take(&self) -> StoreResult<Lease<T>> {
        let busy = StoreError::Busy {
            what: "a connection to the database",
        };
        match tokio::time::timeout(limits::WAIT, self.places.clone().acquire_owned()).await {
            Ok(Ok(place)) => Ok(Lease {
                item: lock(&self.idle).pop(),
                idle: self.idle.clone(),
                _place: place,
            }),
            _ => Err(busy),
        }
    }
}

/// A place in the pool with perhaps a connection in it.
pub(super) struct Lease<T> {
    item: Option<T>,
    idle: Arc<Mutex<Vec<T>>>,
    _place: OwnedSemaphorePermit,
}

impl<T> Lease<T> {
    pub(super) fn item(&mut self) -> Option<&mut T> {
        self.item.as_mut()
    }

    /// Puts a connection in its place, or takes a broken one out of it.
    pub(super) fn replace(&mut self, item: Option<T>) {
        self.item = item;
    }
}

impl<T> Drop for Lease<T> {
    fn drop(&mut self) {
        // Before the permit is freed: fields are dropped after this.
        lock(&self.idle).extend(self.item.take());
    }
}

fn lock<T>(idle: &Mutex<Vec<T>>) -> std::sync::MutexGuard<'_, Vec<T>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}
