//! A transfer's bytes on their way into the store: in pieces of one length, the last of which may be shorter.

use crate::BOUNDS;
use std::sync::Arc;
use tollgate_store::{Store, StoreResult, TransferClaim, limits::PIECE_BYTES};

/// Writes a transfer's bytes as they come, for whoever has the claim.
pub(crate) struct PieceWriter {
    store: Arc<Store>,
    claim: TransferClaim,
    /// What isn't written yet, and how many pieces are.
    rest: Vec<u8>,
    written: u32,
}

impl PieceWriter {
    pub(crate) fn new(store: Arc<Store>, claim: TransferClaim) -> Self {
        Self {
            store,
            claim,
            rest: Vec::new(),
            written: 0,
        }
    }

    pub(crate) fn claim(&self) -> &TransferClaim {
        &self.claim
    }

    /// Adds bytes, and writes what fills a piece. False if the claim is lost.
    pub(crate) async fn add(&mut self, mut bytes: &[u8]) -> StoreResult<bool> {
        while !bytes.is_empty() {
            let (now, then) = bytes.split_at(bytes.len().min(PIECE_BYTES - self.rest.len()));
            self.rest.extend_from_slice(now);
            bytes = then;
            if self.rest.len() == PIECE_BYTES && !self.write_rest().await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Writes what is left. False if the claim is lost.
    pub(crate) async fn write_rest(&mut self) -> StoreResult<bool> {
        if self.rest.is_empty() {
            return Ok(true);
        }
        let added = self
            .store
            .add_piece(&self.claim, self.written, &self.rest, &BOUNDS);
        if !added.await? {
            return Ok(false);
        }
        self.rest.clear();
        self.written += 1;
        Ok(true)
    }
}
