//! A transfer in the hands of whoever works on it.

use crate::CLAIM;
use crate::pieces::PieceWriter;
use std::sync::Arc;
use tollgate_definitions::wall_time;
use tollgate_store::{JsonText, Store, StoreError, Transfer, TransferClaim};

/// Why work on a transfer stops without an end.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// Somebody else has the transfer.
    #[error("another claim on the transfer counts")]
    Lost,
    /// The store's own, such as that it can't be reached: worth another try, but for what is full.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A transfer that this node works on, as long as its claim lasts.
pub struct Held {
    store: Arc<Store>,
    transfer: Transfer,
    /// Has the claim, and writes what is to be fetched.
    writer: PieceWriter,
}

impl Held {
    pub(crate) fn new(store: Arc<Store>, transfer: Transfer, claim: TransferClaim) -> Self {
        let writer = PieceWriter::new(Arc::clone(&store), claim);
        Self {
            store,
            transfer,
            writer,
        }
    }

    /// The transfer, as it was when it was taken.
    #[must_use]
    pub fn transfer(&self) -> &Transfer {
        &self.transfer
    }

    /// The claim on it, for what the store does by it.
    #[must_use]
    pub fn claim(&self) -> &TransferClaim {
        self.writer.claim()
    }

    /// The store that has it.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// A piece of what was brought, numbered from 0; none behind the last.
    ///
    /// # Errors
    /// The store's own.
    pub async fn piece(&self, number: u32) -> Result<Option<Vec<u8>>, Trouble> {
        Ok(self.store.piece(&self.transfer.id, number).await?)
    }

    /// All that was brought; none where that is more than so many bytes.
    ///
    /// # Errors
    /// The store's own.
    pub async fn whole(&self, most: usize) -> Result<Option<Vec<u8>>, Trouble> {
        if self.transfer.bytes > most as u64 {
            return Ok(None);
        }
        let (mut all, mut number) = (Vec::new(), 0);
        while let Some(piece) = self.piece(number).await? {
            all.extend_from_slice(&piece);
            number += 1;
        }
        Ok(Some(all))
    }

    /// Says how far it is.
    ///
    /// # Errors
    /// The claim is lost, or the store's own.
    pub async fn report(&self, report: &JsonText) -> Result<(), Trouble> {
        let until = wall_time().plus(CLAIM);
        let renewed = self.store.renew_transfer(self.claim(), until, Some(report));
        unless_lost(renewed.await?)
    }

    /// Adds to what is to be fetched.
    ///
    /// # Errors
    /// The claim is lost, the bounds' bytes are passed, or the store's own.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        unless_lost(self.writer.add(bytes).await?)
    }

    /// Writes what is left; before the end.
    pub(crate) async fn write_rest(&mut self) -> Result<(), Trouble> {
        unless_lost(self.writer.write_rest().await?)
    }

    /// Renews the claim for as long as it lasts; ends when it is lost.
    pub(crate) fn lost(&self) -> impl Future<Output = ()> + use<> {
        let (store, claim) = (Arc::clone(&self.store), self.claim().clone());
        async move {
            let mut is_told = false;
            loop {
                tokio::time::sleep(CLAIM / 3).await;
                let until = wall_time().plus(CLAIM);
                match store.renew_transfer(&claim, until, None).await {
                    Ok(true) => is_told = false,
                    Ok(false) => return,
                    Err(error) => {
                        if !std::mem::replace(&mut is_told, true) {
                            tracing::warn!(%error, "a claim on a transfer can't be renewed");
                        }
                    }
                }
            }
        }
    }
}

fn unless_lost(is_held: bool) -> Result<(), Trouble> {
    is_held.then_some(()).ok_or(Trouble::Lost)
}
