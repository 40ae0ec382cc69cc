//! Batches of executions and calls, each kept once.

use super::{audit, usage};
use crate::backend::{Mode, Tx, values};
use crate::error::StoreResult;
use crate::limits;
use crate::seam::{Batch, WallTime};
use crate::store::Store;

impl Store {
    /// Keeps a batch in one transaction. One whose number isn't higher than the last that was kept of this
    /// writer is there already, and nothing happens: whoever had no answer sends it again.
    pub async fn keep_batch(&self, batch: &Batch) -> StoreResult<()> {
        audit::fit(&batch.events)?;
        let sums = usage::sums(&batch.usage)?;
        self.within(Mode::Append, async |tx| keep(tx, batch, sums).await)
            .await
    }

    /// Forgets up to [`limits::BATCH`] writers that sent nothing since `until`; returns how many.
    pub async fn forget_writers(&self, until: WallTime) -> StoreResult<u64> {
        self.within(Mode::Append, async |tx| {
            let sql = format!(
                "DELETE FROM journal_batch WHERE writer IN \
                 (SELECT writer FROM journal_batch WHERE at < $1 LIMIT $2{})",
                tx.skip_locked()
            );
            tx.execute(&sql, values![until, limits::BATCH as i64]).await
        })
        .await
    }
}

/// Keeps a batch, unless it was kept before. The writer's row is locked first: a batch that is sent again while the server still works on it waits,
/// and then finds it there.
async fn keep(tx: &mut Tx, batch: &Batch, sums: usage::Sums<'_>) -> StoreResult<()> {
    let sql = "INSERT INTO journal_batch (writer, number, at) VALUES ($1, $2, $3) \
               ON CONFLICT (writer) DO UPDATE SET number = excluded.number, at = excluded.at \
               WHERE journal_batch.number < excluded.number RETURNING number";
    let row = values![&batch.writer, batch.number, batch.at];
    if tx.first(sql, row).await?.is_none() {
        return Ok(());
    }
    usage::add(tx, sums).await?;
    audit::append(tx, &batch.events).await
}
