//! The task that follows the store, round by round.

use super::build::Builder;
use super::build::slot::EngineSlots;
use super::known::KnownDefinitions;
use super::{Live, RefreshError, read};
use crate::{Catalog, CatalogAction, auth_id};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tollgate_config::{Access, SharedLimits};
use tollgate_guard::Guard;
use tollgate_model::{ClientId, RouteId};
use tollgate_store::Store;

/// How often the store is asked whether another node changed it.
const POLL: Duration = Duration::from_secs(1);
/// Changes whose authors wait for a round at once; further ones wait to be let in.
pub(super) const REQUESTS: usize = 256;

/// Somebody's wish to have a change in the picture.
pub(super) struct Request {
    /// What was compiled to check the change.
    pub(super) compiled: Option<CatalogAction>,
    /// What the files define from now on.
    pub(super) files: Option<NewFiles>,
    pub(super) answer: oneshot::Sender<Result<(), RefreshError>>,
}

/// What the files define, and the shared limits that stored integrations pass.
pub(super) struct NewFiles {
    pub(super) catalog: Catalog,
    pub(super) limits: SharedLimits,
}

/// Follows the store, and shows what it defines.
pub struct Follower {
    live: Arc<Live>,
    requests: mpsc::Receiver<Request>,
    files: Catalog,
    /// The next picture, as far as it is made.
    next: Catalog,
    known: KnownDefinitions,
    builder: Builder,
    slots: EngineSlots,
}

/// What a round did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Round {
    /// Actions whose documents were read from the store.
    pub(super) read: usize,
    /// Actions whose authors had handed them in compiled.
    pub(super) handed_in: usize,
    /// Integrations that were made anew.
    pub(super) integrations: usize,
}

impl Follower {
    pub(super) fn new(
        live: Arc<Live>,
        files: Catalog,
        requests: mpsc::Receiver<Request>,
        builder: Builder,
    ) -> Self {
        Self {
            live,
            requests,
            next: files.clone(),
            files,
            known: KnownDefinitions::default(),
            builder,
            slots: EngineSlots::default(),
        }
    }

    /// The way out of calls of the configuration file's that are guarded or secured in a way of their own.
    ///
    /// # Errors
    /// A certificate can't be used.
    pub fn set_outlet(
        &self,
        address: (RouteId, Option<ClientId>),
        access: &Access,
        guard: Option<&Guard>,
    ) -> Result<(), String> {
        self.builder.set_outlet(address, access, guard)
    }

    /// Shows what the store defines now.
    ///
    /// # Errors
    /// The picture stays as it was.
    pub async fn catch_up(&mut self) -> Result<(), RefreshError> {
        match self.live.store.clone() {
            Some(store) => self.round(&store, Vec::new()).await.map(drop),
            None => Ok(()),
        }
    }

    /// Follows what is changed in the files, on this node, on others and on the command line, for as long as the service
    /// lives.
    pub async fn follow(mut self) {
        let store = self.live.store.clone();
        let mut follows = true;
        let mut asked = Vec::new();
        loop {
            match &store {
                Some(store) => tokio::select! {
                    _ = self.requests.recv_many(&mut asked, REQUESTS) => {}
                    () = tokio::time::sleep(POLL) => {}
                    () = store.revised() => {}
                },
                None => drop(self.requests.recv_many(&mut asked, REQUESTS).await),
            }
            for files in asked.iter_mut().filter_map(|it| it.files.take()) {
                self.take_files(files);
            }
            let compiled = asked.iter_mut().filter_map(|it| it.compiled.take());
            let compiled = compiled.collect();
            let outcome = match &store {
                Some(store) => self.round(store, compiled).await.map(drop),
                None if asked.is_empty() => return,
                None => Ok(()),
            };
            self.live.note(&outcome, self.builder.driver.now());
            match &outcome {
                Err(error) if follows => tracing::warn!(
                    %error,
                    "the store's changes can't be followed; they are looked for until they can"
                ),
                Ok(()) if !follows => tracing::info!("the store's changes are followed again"),
                _ => {}
            }
            follows = outcome.is_ok();
            for request in asked.drain(..) {
                // One that has hung up needs no answer.
                let _ = request.answer.send(outcome.clone());
            }
        }
    }

    /// Shows what the files define now, beside what of the store is shown. Stored integrations that pass other shared
    /// limits from now on are made anew with the next round, whenever the store allows it.
    fn take_files(&mut self, NewFiles { catalog, limits }: NewFiles) {
        let mut shown = Catalog::clone(&self.live.catalog());
        shown.replace_files(&catalog);
        self.live.show(shown);
        self.next.replace_files(&catalog);
        self.files = catalog;
        let known = &self.builder.foundation.limits;
        if *known != limits {
            self.builder.foundation.limits = limits;
            self.known.make_all_anew();
        }
    }

    /// Brings the picture to where the store is when the round begins, or further.
    pub(super) async fn round(
        &mut self,
        store: &Store,
        compiled: Vec<CatalogAction>,
    ) -> Result<Round, RefreshError> {
        let begun = std::time::Instant::now();
        loop {
            let changes = store.definition_changes(self.known.revision()).await?;
            if changes.revision < self.known.revision() {
                tracing::warn!("the store is an older one than it was; all of it is read anew");
                self.known = KnownDefinitions::default();
                self.next = self.files.clone();
                continue;
            }
            let more = changes.more;
            self.known.take(changes, &mut self.next);
            if !more {
                break;
            }
        }
        if !self.known.is_news() {
            return Ok(Round::default());
        }
        let mut round = Round::default();
        for entry in compiled {
            if self.known.is_unread(&entry) {
                self.known.unread.remove(&entry.id);
                self.next.add_action(Arc::new(entry));
                round.handed_in += 1;
            }
        }
        let workers = &self.builder.foundation.workers;
        round.read = read::read(store, workers, &mut self.known, &mut self.next).await?;
        round.integrations = self.build(store).await?;
        self.live.show(self.next.clone());
        self.known.is_shown();
        tracing::debug!(?round, revision = self.known.revision(), took = ?begun.elapsed(), "what the store defines is shown");
        Ok(round)
    }

    /// Makes the integrations anew that are not what the store says they are.
    async fn build(&mut self, store: &Store) -> Result<usize, RefreshError> {
        let slots = &mut self.slots;
        self.builder.forget(slots, &self.known.integrations).await;
        let mut built = 0;
        while let Some(id) = self.known.stale.first().cloned() {
            if let Some(integration) = self.known.integrations.get(&id) {
                let login = self.next.action(&auth_id(&id)).cloned();
                let known = &self.known.credentials;
                let target = self.builder.target(store, slots, integration, login, known);
                self.next.add_integration(Arc::new(target.await?));
                built += 1;
            }
            self.known.stale.remove(&id);
        }
        Ok(built)
    }
}
