//! How a transfer's bytes come and go: in pieces.

use super::drop_pieces;
use crate::backend::{Mode, values};
use crate::error::{Entity, Invalid, StoreError, StoreResult};
use crate::id::EntityId;
use crate::limits;
use crate::seam::{TransferBounds, TransferClaim, TransferState, WallTime};
use crate::store::Store;

impl Store {
    /// Begins to take a client's bytes; what was taken before goes. None if there is nothing to be brought any more:
    /// the transfer has its bytes, or has ended.
    ///
    /// # Errors
    /// The store's own.
    pub async fn begin_upload(&self, id: &EntityId) -> StoreResult<Option<TransferClaim>> {
        self.within(Mode::Job, async |tx| {
            let sql = "UPDATE transfer SET claim = claim + 1 WHERE id = $1 AND state = $2 RETURNING claim";
            let values = values![id, &TransferState::Awaiting];
            let Some(mut row) = tx.first(sql, values).await? else {
                return Ok(None);
            };
            let number = row.int()?;
            drop_pieces(tx, id).await?;
            Ok(Some(TransferClaim {
                transfer: id.clone(),
                number,
            }))
        })
        .await
    }

    /// Adds the next piece. False if the claim is lost; nothing is added then.
    ///
    /// # Errors
    /// `Full` past the bounds' bytes; `Invalid` for a piece of more than [`limits::PIECE_BYTES`].
    pub async fn add_piece(
        &self,
        claim: &TransferClaim,
        number: u32,
        bytes: &[u8],
        bounds: &TransferBounds,
    ) -> StoreResult<bool> {
        if bytes.len() > limits::PIECE_BYTES {
            return Err(Invalid::new("piece", "is longer than 512 KiB").into());
        }
        self.within(Mode::Job, async |tx| {
            let sql = "UPDATE transfer SET bytes = bytes + $3 WHERE id = $1 AND claim = $2 AND ended IS NULL \
                       RETURNING bytes, (SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM transfer)";
            let values = values![&claim.transfer, claim.number, bytes.len() as i64];
            let Some(mut row) = tx.first(sql, values).await? else {
                return Ok(false);
            };
            let (own, all): (u64, u64) = (row.take()?, row.take()?);
            for (found, limit) in [(own, bounds.bytes_each), (all, bounds.bytes)] {
                if found > limit {
                    let entity = Entity::Transfer;
                    return Err(StoreError::Full { entity, limit });
                }
            }
            let sql = "INSERT INTO transfer_piece (transfer_id, number, bytes) VALUES ($1, $2, $3)";
            tx.execute(sql, values![&claim.transfer, number, bytes.to_vec()])
                .await?;
            Ok(true)
        })
        .await
    }

    /// Says that the client's bytes are there: the transfer can be worked on. False if the claim is lost.
    ///
    /// # Errors
    /// The store's own.
    pub async fn end_upload(&self, claim: &TransferClaim, now: WallTime) -> StoreResult<bool> {
        self.within(Mode::Job, async |tx| {
            let sql = "UPDATE transfer SET state = $3, due = $4, claim = claim + 1 \
                       WHERE id = $1 AND claim = $2 AND state = $5";
            let values = values![
                &claim.transfer,
                claim.number,
                &TransferState::Ready,
                now,
                &TransferState::Awaiting
            ];
            Ok(tx.execute(sql, values).await? == 1)
        })
        .await
    }

    /// A piece of a transfer's bytes, numbered from 0; none behind the last.
    ///
    /// # Errors
    /// The store's own.
    pub async fn piece(&self, id: &EntityId, number: u32) -> StoreResult<Option<Vec<u8>>> {
        let sql = "SELECT bytes FROM transfer_piece WHERE transfer_id = $1 AND number = $2";
        let found = self.first(sql, values![id, number]).await?;
        found.map(|mut row| row.bytes()).transpose()
    }
}
