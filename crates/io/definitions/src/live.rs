//! The picture that requests look at, and how it follows the store.
//!
//! A change goes to the store first. Then its author asks for a picture that has it ([`Live::refresh`]), and one
//! task, the [`Follower`], makes the next one: it asks the store what has become of the definitions since it last
//! asked, reads and compiles what changed, and shows all of it by one swap. A request that came after an
//! acknowledged change sees it, on this node at once. Other nodes' followers ask when the store tells of a change,
//! and every so often ([`follower`]).
//!
//! **Nobody waits for a lock that is held while the database answers.** What the next picture is made of belongs to
//! the follower alone. Who asks for a picture waits for its answer, not for a lock; all who have asked before a
//! round begins are answered by that round; who hangs up ends no round. Whoever looks at the picture waits for
//! a pointer to be exchanged.
//!
//! **An edit costs what it changes** ([`known`]): of a store with any number of definitions, one changed action is one
//! document that is read and compiled; not even that if the author hands in what it has compiled to check it
//! ([`Live::refresh_with`]). What isn't in proportion to the change is one copy of the picture's tables of
//! pointers, which takes a millisecond or two for ten thousand actions, and no memory for their ids.
//!
//! **A change is never taken for seen because the store broke off half-way.** What the store has told of and isn't
//! in a picture yet stays on the follower's list until it is, whatever fails; and the store's revision comes from the
//! snapshot that the changes come from.
//!
//! What is read at once has a bound in bytes, and what is kept between pictures is compiled
//! ([`read`]): no number and no size of actions keeps a picture from being made. One that can't be
//! read or compiled is set aside: it is in the picture with the reason, and all others are served.
//!
//! Calls need entries in the engine's tables ([`build`]). An integration keeps its limits there, with all that
//! they have counted, for as long as it exists: other numbers and another name change them in place. Where it
//! passes other limits than before, or is another OAuth client, it gets a new route, and the old one no
//! more calls; a client that is left is retired. Nothing is ever removed from the tables, so they grow
//! with the number of such changes.

mod build;
mod follower;
mod following;
mod known;
mod read;
#[cfg(test)]
mod tests;

pub use build::{Foundation, outlet};
pub use follower::Follower;
pub use following::{FollowState, Following};

use crate::{Catalog, CatalogAction, NoStore};
use build::Builder;
use follower::{NewFiles, Request};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::sync::{mpsc, oneshot};
use tollgate_config::SharedLimits;
use tollgate_driver::Driver;
use tollgate_store::{Store, StoreError};
use tollgate_workers::WorkerError;

/// The picture of what there is to execute, as it is now.
pub struct Live {
    shown: RwLock<Arc<Catalog>>,
    store: Option<Arc<Store>>,
    requests: mpsc::Sender<Request>,
    following: Mutex<Following>,
}

/// Why the picture could not be made anew; the one there was is still shown.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RefreshError {
    /// What the store holds can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing could be compiled.
    #[error("what the store holds can't be compiled: {0}")]
    Workers(#[from] WorkerError),
    /// The follower isn't there any more, because the service ends.
    #[error("what the store holds isn't followed any more")]
    Ended,
}

impl Live {
    /// The files' picture, and what is to follow the store: [`Follower::catch_up`] shows what it defines, and
    /// [`Follower::follow`] answers whoever changes something, and is to run before anybody does.
    #[must_use]
    pub fn new(
        files: Catalog,
        store: Option<Arc<Store>>,
        driver: Driver,
        foundation: Foundation,
    ) -> (Arc<Self>, Follower) {
        let (requests, asked) = mpsc::channel(follower::REQUESTS);
        let live = Arc::new(Self {
            shown: RwLock::new(Arc::new(files.clone())),
            store,
            requests,
            following: Mutex::new(Following::begin(driver.now())),
        });
        let builder = Builder { driver, foundation };
        let follower = Follower::new(Arc::clone(&live), files, asked, builder);
        (live, follower)
    }

    /// The store.
    ///
    /// # Errors
    /// There is none.
    pub fn store(&self) -> Result<&Arc<Store>, NoStore> {
        self.store.as_ref().ok_or(NoStore)
    }

    /// How the picture follows the store, as the last round found it.
    #[must_use]
    pub fn following(&self) -> Following {
        *self
            .following
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The picture as it is now.
    pub fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.shown.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes the picture anew after a change; when it returns, the change can be seen.
    ///
    /// # Errors
    /// The change is in the store, and will be seen as soon as what it says can be read.
    pub async fn refresh(&self) -> Result<(), RefreshError> {
        self.refresh_with(None).await
    }

    /// As [`Self::refresh`], after a change of an action that was compiled to see whether it can be. `compiled` has
    /// the version that the store has given to what was compiled.
    ///
    /// # Errors
    /// As [`Self::refresh`].
    pub async fn refresh_with(&self, compiled: Option<CatalogAction>) -> Result<(), RefreshError> {
        if self.store.is_none() {
            return Ok(());
        }
        self.ask(compiled, None).await
    }

    /// Shows from now on what files define that were read anew, whose stored integrations pass these shared limits. When
    /// it returns, the change can be seen.
    ///
    /// # Errors
    /// The files are shown, and what stored integrations are to have of it will be as soon as the store can be asked.
    pub async fn replace_files(
        &self,
        catalog: Catalog,
        limits: SharedLimits,
    ) -> Result<(), RefreshError> {
        self.ask(None, Some(NewFiles { catalog, limits })).await
    }

    async fn ask(
        &self,
        compiled: Option<CatalogAction>,
        files: Option<NewFiles>,
    ) -> Result<(), RefreshError> {
        let (answer, answered) = oneshot::channel();
        let request = Request {
            compiled,
            files,
            answer,
        };
        let sent = self.requests.send(request).await;
        sent.map_err(|_| RefreshError::Ended)?;
        answered.await.unwrap_or(Err(RefreshError::Ended))
    }

    fn show(&self, catalog: Catalog) {
        let mut catalog = Arc::new(catalog);
        // What was shown is dropped when no reader waits any more.
        std::mem::swap(
            &mut *self.shown.write().unwrap_or_else(PoisonError::into_inner),
            &mut catalog,
        );
    }
}
