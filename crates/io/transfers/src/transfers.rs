//! Transfers, as the rest of the service sees them.

use crate::link::Link;
use crate::pieces::PieceWriter;
use crate::work::Work;
use crate::{BOUNDS, KEEP, LINK, UPLOADS};
use std::sync::Arc;
use tokio::sync::{Notify, Semaphore, SemaphorePermit, watch};
use tollgate_definitions::wall_time;
use tollgate_store::{
    Author, Entity, EntityId, JsonText, NewTransfer, Page, Store, StoreError, StoreResult,
    Transfer, TransferKind, TransferQuery, TransferState, WallTime, random_secret,
};

/// A transfer that somebody wants.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What it is for.
    pub kind: TransferKind,
    /// Whose it is: the id of a caller.
    pub caller: String,
    /// What it is about; empty where there is no such thing yet.
    pub subject: String,
    /// What is asked for, in the kind's own words.
    pub terms: JsonText,
}

/// The transfers of a store.
pub struct Transfers {
    pub(crate) store: Arc<Store>,
    pub(crate) works: Vec<Arc<dyn Work>>,
    /// Something is ready.
    pub(crate) wake: Notify,
    /// Set when the service is about to end.
    pub(crate) closing: watch::Sender<bool>,
    /// Set when nothing is worked on any more.
    pub(crate) closed: watch::Sender<bool>,
    /// Places for uploads.
    uploads: Semaphore,
}

/// Why nothing comes or goes by a link.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// There is no such link, or not any more.
    #[error("This link leads nowhere: it was never given out, or has ended.")]
    Nowhere,
    /// There is nothing to be brought by it any more.
    #[error("What was to be uploaded here has been uploaded.")]
    Brought,
    /// Another upload by the same link has begun since.
    #[error("Another upload by this link has begun since; this one counts no more.")]
    Overtaken,
    /// It is longer than anything that may be brought, or there is no room for it.
    #[error("The file is too long: {0} bytes fit here.")]
    TooLong(u64),
    /// So many uploads are under way that this one has to wait.
    #[error("Too much is uploaded and downloaded at once; try again shortly.")]
    Busy,
    /// The store's own.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for LinkError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound {
                entity: Entity::Transfer,
                ..
            } => Self::Nowhere,
            StoreError::Full {
                entity: Entity::Transfer,
                limit,
            } => Self::TooLong(limit),
            error => Self::Store(error),
        }
    }
}

impl Transfers {
    /// Transfers of this store, and what is done with those of each kind. They are worked on as long as
    /// [`Self::carry`] runs.
    #[must_use]
    pub fn new(store: Arc<Store>, works: Vec<Arc<dyn Work>>) -> Self {
        Self {
            store,
            works,
            wake: Notify::new(),
            closing: watch::Sender::new(false),
            closed: watch::Sender::new(false),
            uploads: Semaphore::new(UPLOADS),
        }
    }

    /// Begins a transfer.
    ///
    /// # Errors
    /// `Full` where there are as many as there may be.
    pub async fn begin(&self, wanted: Wanted, by: &Author) -> StoreResult<(Transfer, Link)> {
        let secret = random_secret().map_err(|_| StoreError::Busy {
            what: "random bytes of the operating system",
        })?;
        let new = NewTransfer {
            id: EntityId::random(),
            kind: wanted.kind,
            caller: wanted.caller,
            subject: wanted.subject,
            terms: wanted.terms,
            secret: secret.clone(),
            link_until: by.at.plus(LINK),
            keep_until: by.at.plus(KEEP),
        };
        let begun = self.store.begin_transfer(new, &BOUNDS, by).await?;
        if begun.state == TransferState::Ready {
            self.wake.notify_one();
        }
        let link = Link::new(begun.id.clone(), secret);
        Ok((begun, link))
    }

    /// A transfer of one of these kinds, and its link while that is of use: until its bytes were brought, or while they
    /// can be fetched.
    ///
    /// # Errors
    /// `NotFound`, also for one of another kind.
    pub async fn get(
        &self,
        kinds: &[TransferKind],
        id: &EntityId,
    ) -> StoreResult<(Transfer, Option<Link>)> {
        let (transfer, secret) = self.store.transfer(id).await?;
        if !kinds.contains(&transfer.kind) {
            return Err(StoreError::NotFound {
                entity: Entity::Transfer,
                id: id.to_string(),
            });
        }
        let of_use = match transfer.kind.is_brought() {
            true => TransferState::Awaiting,
            false => TransferState::Succeeded,
        };
        let is_good = transfer.state == of_use && wall_time() < transfer.link_until;
        let link = secret.filter(|_| is_good);
        let link = link.map(|secret| Link::new(transfer.id.clone(), secret));
        Ok((transfer, link))
    }

    /// A page of the transfers of a kind, the latest first.
    ///
    /// # Errors
    /// The store's own.
    pub async fn list(&self, query: &TransferQuery) -> StoreResult<Page<Transfer>> {
        self.store.list_transfers(query).await
    }

    /// Begins an upload by a link. What came by an earlier one goes.
    ///
    /// # Errors
    /// The link leads nowhere, or to nothing that can be brought.
    pub async fn upload(&self, link: &Link) -> Result<Upload<'_>, LinkError> {
        let place = self.uploads.try_acquire().map_err(|_| LinkError::Busy)?;
        let transfer = self.linked(link).await?;
        if !transfer.kind.is_brought() {
            return Err(LinkError::Nowhere);
        }
        let claim = self.store.begin_upload(&transfer.id).await?;
        let claim = claim.ok_or(LinkError::Brought)?;
        Ok(Upload {
            transfers: self,
            writer: PieceWriter::new(Arc::clone(&self.store), claim),
            transfer,
            _place: place,
        })
    }

    /// What can be fetched by a link.
    ///
    /// # Errors
    /// The link leads nowhere, or to nothing that can be fetched.
    pub async fn download(self: &Arc<Self>, link: &Link) -> Result<Download, LinkError> {
        let transfer = self.linked(link).await?;
        if transfer.kind.is_brought() || transfer.state != TransferState::Succeeded {
            return Err(LinkError::Nowhere);
        }
        Ok(Download {
            store: Arc::clone(&self.store),
            transfer,
            next: 0,
        })
    }

    async fn linked(&self, link: &Link) -> Result<Transfer, LinkError> {
        let now = wall_time();
        Ok(self
            .store
            .linked_transfer(link.id(), link.told(), now)
            .await?)
    }
}

/// Whether the bytes of a transfer weren't brought in time, so that nothing comes of it any more.
#[must_use]
pub fn is_too_late(transfer: &Transfer, now: WallTime) -> bool {
    transfer.state == TransferState::Awaiting && transfer.link_until <= now
}

/// Bytes that are brought.
pub struct Upload<'a> {
    transfers: &'a Transfers,
    writer: PieceWriter,
    transfer: Transfer,
    _place: SemaphorePermit<'a>,
}

impl Upload<'_> {
    /// The transfer, as it was when the upload began.
    #[must_use]
    pub fn transfer(&self) -> &Transfer {
        &self.transfer
    }

    /// Adds what has come.
    ///
    /// # Errors
    /// It is too long, or another upload has begun since.
    pub async fn add(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        unless_overtaken(self.writer.add(bytes).await?)
    }

    /// Says that all has come.
    ///
    /// # Errors
    /// As of [`Self::add`].
    pub async fn end(mut self) -> Result<(), LinkError> {
        unless_overtaken(self.writer.write_rest().await?)?;
        let store = &self.transfers.store;
        let ended = store.end_upload(self.writer.claim(), wall_time());
        unless_overtaken(ended.await?)?;
        self.transfers.wake.notify_one();
        Ok(())
    }
}

fn unless_overtaken(is_held: bool) -> Result<(), LinkError> {
    is_held.then_some(()).ok_or(LinkError::Overtaken)
}

/// Bytes that can be fetched.
pub struct Download {
    store: Arc<Store>,
    transfer: Transfer,
    next: u32,
}

impl Download {
    /// The transfer.
    #[must_use]
    pub fn transfer(&self) -> &Transfer {
        &self.transfer
    }

    /// The next of the bytes; none at the end.
    ///
    /// # Errors
    /// The store's own.
    pub async fn next(&mut self) -> StoreResult<Option<Vec<u8>>> {
        let piece = self.store.piece(&self.transfer.id, self.next).await?;
        self.next += 1;
        Ok(piece)
    }
}
