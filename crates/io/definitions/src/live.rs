//! The picture that requests look at, and how it follows the store.
//!
//! A change goes to the store first. Then the picture is made anew: what has the versions it had is
//! shared with the old one, what changed is read and compiled, and one swap shows all of it. A request
//! that came after an acknowledged change sees it, on this node at once. Other nodes look at the store's
//! revision, when the store tells of a change and every [`POLL`]. The revision is read *before* the lists,
//! and counts as seen when the picture made of them is shown: a change is never taken for seen because
//! the store broke off half-way.
//!
//! What is read at once has a bound in bytes, and what is kept between pictures is compiled
//! ([`read`]): no number and no size of actions keeps a picture from being made. One that can't be
//! read or compiled is set aside: it is in the picture with the reason, and all others are served.
//!
//! Calls need entries in the engine's tables ([`slot`]). An integration keeps its limits there, with all that
//! they have counted, for as long as it exists: other numbers and another name change them in place. Where it
//! passes other limits than before, or is another OAuth client, it gets a new route, and the old one no
//! more calls; a client that is left is retired. Nothing is ever removed from the tables, so they grow
//! with the number of such changes.

mod outlet;
mod read;
mod slot;

use crate::entry::auth_id;
use crate::guard;
use crate::stored::{Wanted, want};
use crate::target::Stamp;
use crate::{Catalog, Entry, LimitRegistry, Login, NoStore, Ready, Target};
use slot::EngineSlot;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tollgate_action::IntegrationType;
use tollgate_config::SharedLimits;
use tollgate_driver::{Bounds, Driver};
use tollgate_store::{EntityId, Integration, Store, StoreError};
use tollgate_workers::{Refused, Workers};

/// How often the store is asked whether another node changed it.
const POLL: Duration = Duration::from_secs(1);

/// The picture, and what it is made from.
pub struct Live {
    now: RwLock<Arc<Catalog>>,
    files: Catalog,
    store: Option<Arc<Store>>,
    driver: Driver,
    common: Common,
    /// How many refreshes were asked for. Each is answered by a picture that was begun after the question.
    asked: AtomicU64,
    building: tokio::sync::Mutex<Building>,
}

/// What all integrations share.
pub struct Common {
    /// What compiles actions.
    pub workers: Arc<Workers>,
    /// Bounds of the calls upstream.
    pub bounds: Bounds,
    /// Certificate authorities trusted beside the public ones.
    pub extra_roots_pem: Vec<Vec<u8>>,
    /// Shared limits that stored integrations pass.
    pub limits: SharedLimits,
    /// What every limit allows.
    pub registry: Arc<LimitRegistry>,
}

#[derive(Default)]
struct Building {
    /// The value of [`Live::asked`] up to which all refreshes are answered.
    done: u64,
    /// By the integration's id.
    slots: BTreeMap<String, EngineSlot>,
    /// The store's revision whose changes are all in the picture.
    seen: Option<i64>,
}

/// Why the picture could not be made anew; the one there was is still shown.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// What the store holds can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing could be compiled.
    #[error("what the store holds can't be compiled: {0}")]
    Workers(#[from] Refused),
}

impl Live {
    /// The files' picture; what the store defines comes with [`Live::refresh`].
    #[must_use]
    pub fn new(files: Catalog, store: Option<Arc<Store>>, driver: Driver, common: Common) -> Self {
        Self {
            now: RwLock::new(Arc::new(files.clone())),
            files,
            store,
            driver,
            common,
            asked: AtomicU64::new(0),
            building: tokio::sync::Mutex::default(),
        }
    }

    /// The store.
    ///
    /// # Errors
    /// There is none.
    pub fn store(&self) -> Result<&Arc<Store>, NoStore> {
        self.store.as_ref().ok_or(NoStore)
    }

    /// The picture as it is now.
    pub fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes the picture anew after a change; when it returns, the change can be seen.
    pub async fn refresh(&self) -> Result<(), RefreshError> {
        let Some(store) = &self.store else {
            return Ok(());
        };
        let ticket = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut building = self.building.lock().await;
        if building.done >= ticket {
            return Ok(());
        }
        let answers = self.asked.load(Ordering::SeqCst);
        let revision = store.revision().await?;
        let catalog = self.build(store.as_ref(), &mut building).await?;
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(catalog);
        building.done = answers;
        building.seen = Some(revision);
        Ok(())
    }

    /// Follows what other nodes and the command line change, for as long as the service lives.
    pub async fn follow(self: Arc<Self>) {
        let Some(store) = self.store.clone() else {
            return;
        };
        let mut follows = true;
        loop {
            tokio::select! {
                () = tokio::time::sleep(POLL) => {}
                () = store.revised() => {}
            }
            let outcome = self.catch_up(store.as_ref()).await;
            match &outcome {
                Err(error) if follows => tracing::warn!(
                    %error,
                    "the store's changes can't be followed; they are looked for until they can"
                ),
                Ok(()) if !follows => tracing::info!("the store's changes are followed again"),
                _ => {}
            }
            follows = outcome.is_ok();
        }
    }

    async fn catch_up(&self, store: &Store) -> Result<(), RefreshError> {
        let revision = store.revision().await?;
        if self.building.lock().await.seen == Some(revision) {
            return Ok(());
        }
        self.refresh().await
    }

    async fn build(&self, store: &Store, building: &mut Building) -> Result<Catalog, RefreshError> {
        let old = self.catalog();
        let mut catalog = self.files.clone();
        let integrations = read::integrations(store).await?;
        let kinds: BTreeMap<_, _> = integrations
            .iter()
            .map(|it| (it.id.clone(), IntegrationType::from_name(&it.type_id)))
            .collect();
        let mut changed = Vec::new();
        for stamp in read::stamps(store).await? {
            let same = |it: &&Arc<Entry>| it.stored && it.version == stamp.version.0;
            match old.action(stamp.id.as_str()).filter(same) {
                Some(entry) => catalog.add_entry(Arc::clone(entry)),
                // One whose integration was deleted between the two lists; the next picture has neither.
                None if !kinds.contains_key(&stamp.integration_id) => {}
                None => changed.push(stamp),
            }
        }
        let workers = &self.common.workers;
        read::read(store, workers, &changed, &kinds, |entry| {
            catalog.add_entry(Arc::new(entry));
        })
        .await?;
        self.forget(building, &integrations).await;
        for integration in integrations {
            let auth = catalog.action(&auth_id(integration.id.as_str())).cloned();
            let target = self
                .target(store, building, &old, integration, auth)
                .await?;
            catalog.add_target(target);
        }
        Ok(catalog)
    }

    async fn target(
        &self,
        store: &Store,
        building: &mut Building,
        old: &Catalog,
        integration: Integration,
        auth: Option<Arc<Entry>>,
    ) -> Result<Arc<Target>, RefreshError> {
        let mut stamp: Stamp = vec![(String::new(), integration.version.0)];
        stamp.extend(auth.iter().map(|entry| (entry.id.clone(), entry.version)));
        let mut kinds = BTreeMap::new();
        for (place, id) in &integration.config.credentials {
            let credential = store.credential(id).await?;
            stamp.push((id.to_string(), credential.version.0));
            kinds.insert(place.clone(), (id.clone(), credential.kind));
        }
        if let Some(same) = old.integration(integration.id.as_str())
            && same.stamp == stamp
        {
            return Ok(Arc::clone(same));
        }
        let mut revealed = BTreeMap::new();
        let mut sealed = None;
        for (place, (id, kind)) in kinds {
            match store.reveal_credential(&id).await {
                Ok(fields) => drop(revealed.insert(place, (kind, fields))),
                // One that no key opens is its integration's trouble, not everybody's.
                Err(error @ StoreError::Unsealable { .. }) => sealed = Some(error.to_string()),
                Err(error) => return Err(error.into()),
            }
        }
        let wanted = match sealed {
            None => want(&integration, revealed).map_err(|error| error.to_string()),
            Some(why) => Err(why),
        };
        let ready = match wanted {
            Ok(wanted) => self.ready(building, &integration.id, wanted, auth).await,
            Err(why) => {
                self.pause(building, &integration.id).await;
                Err(why)
            }
        };
        Ok(Arc::new(Target {
            id: integration.id.to_string(),
            name: integration.name.clone(),
            kind: IntegrationType::from_name(&integration.type_id),
            stored: Some(integration),
            ready,
            stamp,
        }))
    }

    async fn ready(
        &self,
        building: &mut Building,
        id: &EntityId,
        wanted: Wanted,
        auth: Option<Arc<Entry>>,
    ) -> Result<Ready, String> {
        let login = match (wanted.logs_in, auth) {
            (true, None) => return Err("it has no custom authentication action yet".to_owned()),
            (true, Some(entry)) => {
                let login = Login::new(entry, wanted.credentials.clone());
                Some(Arc::new(login))
            }
            (false, _) => None,
        };
        let written: Vec<_> = wanted.base_url.iter().collect();
        let guard = guard::guard(&wanted.access, &written)?;
        let token_url = wanted.client.iter().map(|client| &client.token_url);
        for url in written.into_iter().chain(token_url) {
            guard::check(&guard, url).map_err(|error| error.to_string())?;
        }
        let slot = self.slot(building, id, &wanted).await;
        let (route, client) = slot.map_err(|error| error.to_string())?;
        self.outlet((route, client), &wanted.access, Some(&guard))?;
        Ok(Ready {
            route,
            action_routes: BTreeMap::new(),
            base_url: wanted.base_url,
            credentials: wanted.credentials,
            basic: wanted.basic,
            redactor: wanted.redactor,
            access: wanted.access,
            guard: Some(guard),
            login,
        })
    }
}
