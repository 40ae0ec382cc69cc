//! Claims on transfers that are ready: who takes one works on it until the claim ends, and renews it meanwhile. One
//! whose holder died is taken by the next, who begins anew: what the holder had made, or set aside, goes with the
//! taking.

use super::{COLUMNS, drop_pieces, read};
use crate::backend::{Mode, Tx, values};
use crate::error::StoreResult;
use crate::id::EntityId;
use crate::limits;
use crate::seam::{EndedTransfer, JsonText, TakenTransfer, TransferClaim, TransferState, WallTime};
use crate::store::Store;

impl Store {
    /// Claims up to `most` transfers that are ready and due, those first that have been due the longest; the claims
    /// end at `until`.
    ///
    /// # Errors
    /// The store's own; perhaps some are claimed then, for nobody, until the claims end.
    pub async fn take_transfers(
        &self,
        most: u32,
        (now, until): (WallTime, WallTime),
    ) -> StoreResult<Vec<TakenTransfer>> {
        // Most of the times that this is asked there is nothing to do; then no writer is kept waiting.
        let due = "SELECT 1 FROM transfer WHERE state = 'ready' AND due <= $1 LIMIT 1";
        if self.first(due, values![now]).await?.is_none() {
            return Ok(Vec::new());
        }
        let most = most.min(limits::TRANSFERS_AT_ONCE);
        self.within(Mode::Job, async |tx| {
            let sql = format!(
                "WITH picked AS MATERIALIZED \
                 (SELECT id FROM transfer WHERE state = 'ready' AND due <= $1 ORDER BY due, id LIMIT $3{}) \
                 UPDATE transfer SET claim = claim + 1, due = $2, attempts = attempts + 1 \
                 WHERE id IN (SELECT id FROM picked) RETURNING claim, {COLUMNS}",
                tx.skip_locked()
            );
            let mut taken = Vec::new();
            for mut row in tx.query(&sql, values![now, until, most]).await? {
                let number = row.int()?;
                let transfer = read(&mut row)?;
                begin_anew(tx, &transfer.id, transfer.kind.is_brought()).await?;
                taken.push(TakenTransfer {
                    claim: TransferClaim {
                        transfer: transfer.id.clone(),
                        number,
                    },
                    transfer,
                });
            }
            Ok(taken)
        })
        .await
    }

    /// Has a claim end at `until`, and says how far the transfer is, if there is something to say. False if the claim
    /// is lost; nothing is changed then.
    ///
    /// # Errors
    /// The store's own.
    pub async fn renew_transfer(
        &self,
        claim: &TransferClaim,
        until: WallTime,
        report: Option<&JsonText>,
    ) -> StoreResult<bool> {
        self.within(Mode::Job, async |tx| {
            let sql = "UPDATE transfer SET due = $3, report = COALESCE($4, report) \
                       WHERE id = $1 AND claim = $2 AND state = 'ready'";
            let report = report.map(JsonText::as_str);
            let values = values![&claim.transfer, claim.number, until, report];
            Ok(tx.execute(sql, values).await? == 1)
        })
        .await
    }

    /// Gives a claim up: the transfer is due at `due`. False if the claim was lost already.
    ///
    /// # Errors
    /// The store's own.
    pub async fn put_back_transfer(
        &self,
        claim: &TransferClaim,
        due: WallTime,
    ) -> StoreResult<bool> {
        self.within(Mode::Job, async |tx| {
            let sql = "UPDATE transfer SET due = $3, claim = claim + 1 \
                       WHERE id = $1 AND claim = $2 AND state = 'ready'";
            let values = values![&claim.transfer, claim.number, due];
            Ok(tx.execute(sql, values).await? == 1)
        })
        .await
    }

    /// Ends a transfer. What a client brought goes, and what it could have fetched had the end been a good one. False
    /// if the claim is lost; nothing is changed then.
    ///
    /// # Errors
    /// The store's own.
    pub async fn end_transfer(
        &self,
        claim: &TransferClaim,
        how: &EndedTransfer,
    ) -> StoreResult<bool> {
        self.within(Mode::Job, async |tx| end(tx, claim, how).await)
            .await
    }

    /// Lets everybody's claims end now, where this store is the only one that a service uses: who held them has died.
    /// Returns how many transfers these are.
    ///
    /// # Errors
    /// The store's own.
    pub async fn release_transfers(&self, now: WallTime) -> StoreResult<u64> {
        if !self.is_alone() {
            return Ok(0);
        }
        self.within(Mode::Job, async |tx| {
            let sql = "UPDATE transfer SET due = $1, claim = claim + 1 WHERE state = 'ready' AND due > $1";
            tx.execute(sql, values![now]).await
        })
        .await
    }
}

/// Whether the claim is still good; the transfer stays as it is then, until the commit.
pub(super) async fn is_held(tx: &mut Tx, claim: &TransferClaim) -> StoreResult<bool> {
    let sql = format!(
        "SELECT 1 FROM transfer WHERE id = $1 AND claim = $2 AND state = 'ready'{}",
        tx.for_update()
    );
    let held = tx
        .first(&sql, values![&claim.transfer, claim.number])
        .await?;
    Ok(held.is_some())
}

/// Ends a transfer well of which there is nothing to be fetched, within the transaction of what its work has changed.
pub(super) async fn end_well(
    tx: &mut Tx,
    claim: &TransferClaim,
    report: JsonText,
    at: WallTime,
) -> StoreResult<bool> {
    let how = EndedTransfer {
        succeeded: true,
        report,
        at,
        link_until: at,
    };
    end(tx, claim, &how).await
}

/// Ends a transfer within a transaction.
async fn end(tx: &mut Tx, claim: &TransferClaim, how: &EndedTransfer) -> StoreResult<bool> {
    let state = match how.succeeded {
        true => TransferState::Succeeded,
        false => TransferState::Failed,
    };
    let sql = format!(
        "UPDATE transfer SET state = $3, report = $4, ended = $5, link_until = $6, claim = claim + 1 \
         WHERE id = $1 AND claim = $2 AND state = 'ready' RETURNING {COLUMNS}"
    );
    let values = values![
        &claim.transfer,
        claim.number,
        &state,
        &how.report,
        how.at,
        how.link_until
    ];
    let Some(mut row) = tx.first(&sql, values).await? else {
        return Ok(false);
    };
    if read(&mut row)?.kind.is_brought() || !how.succeeded {
        drop_pieces(tx, &claim.transfer).await?;
    }
    Ok(true)
}

/// Removes what an earlier holder of the claim had made; a client's own bytes stay.
async fn begin_anew(tx: &mut Tx, id: &EntityId, is_brought: bool) -> StoreResult<()> {
    if is_brought {
        let sql = "DELETE FROM transfer_row WHERE transfer_id = $1";
        tx.execute(sql, values![id]).await?;
        return Ok(());
    }
    drop_pieces(tx, id).await
}
