//! Transfers: begun, brought, shown and forgotten. How they are claimed and ended is in `claim`, how their bytes
//! come and go in `bytes`, how an import's rows become a data table's in `import`.
//!
//! A transfer's bytes lie in pieces, each written by a statement of its own, so that no transaction and no memory ever
//! holds a whole file. Whoever writes them has a claim with a number: a second upload, or another node's taking,
//! raises it, and what the first one writes after that is refused. So pieces of two writers never mix.

mod bytes;
mod claim;
mod import;
mod publish;

use super::list::Select;
use super::record::{absent, conflict};
use super::{check, sealed};
use crate::backend::{Mode, Row, Tx, cells, corrupt, values};
use crate::error::{Entity, StoreError, StoreResult};
use crate::id::EntityId;
use crate::limits;
use crate::seal::SealedField;
use crate::seam::{
    Author, NewTransfer, Page, Transfer, TransferBounds, TransferKind, TransferQuery,
    TransferState, WallTime,
};
use crate::store::Store;
use subtle::ConstantTimeEq as _;
use tollgate_secret::Secret;

/// The columns of a transfer, in the order of [`read`].
const COLUMNS: &str = "id, kind, caller, actor, subject, terms, state, report, bytes, attempts, created, ended, link_until";
/// The sealed field of a transfer: what its link has to tell.
const LINK: &str = "link";

cells! {
    TransferKind as String: |text| {
        let known = TransferKind::ALL.into_iter().find(|it| it.word() == text);
        known.ok_or_else(|| corrupt("transfer", "a kind that isn't known"))
    }, |kind| kind.word().to_owned();
    TransferState as String: |text| {
        let known = TransferState::ALL.into_iter().find(|it| it.word() == text);
        known.ok_or_else(|| corrupt("transfer", "a state that isn't known"))
    }, |state| state.word().to_owned();
}

impl Store {
    /// Begins a transfer.
    ///
    /// # Errors
    /// `Full` where that would be more than the bounds allow; `Conflict` for a taken id.
    pub async fn begin_transfer(
        &self,
        new: NewTransfer,
        bounds: &TransferBounds,
        by: &Author,
    ) -> StoreResult<Transfer> {
        check::name("caller", &new.caller)?;
        // One at a time, so that what is counted holds.
        self.change(async |tx| {
            if find(tx, &new.id).await?.is_some() {
                return Err(conflict(Entity::Transfer, "id"));
            }
            room(tx, &new.caller, bounds, by.at).await?;
            let state = match new.kind.is_brought() {
                true => TransferState::Awaiting,
                false => TransferState::Ready,
            };
            let sql = format!(
                "INSERT INTO transfer (id, kind, caller, actor, subject, terms, state, report, bytes, due, claim, \
                 attempts, created, link_until, keep_until) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, '{{}}', 0, $8, 0, 0, $8, $9, $10) RETURNING {COLUMNS}"
            );
            let row = values![
                &new.id,
                &new.kind,
                &new.caller,
                by.actor.as_str(),
                &new.subject,
                &new.terms,
                &state,
                by.at,
                new.link_until,
                new.keep_until
            ];
            let Some(mut row) = tx.first(&sql, row).await? else {
                return Err(corrupt("transfer", "nothing was inserted"));
            };
            let place = SealedField {
                entity: Entity::Transfer.word(),
                id: new.id.as_str(),
                field: LINK,
            };
            sealed::put(tx, &self.ring, place, &new.secret).await?;
            read(&mut row)
        })
        .await
    }

    /// A transfer, and what its link has to tell; none where it can't be opened.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn transfer(&self, id: &EntityId) -> StoreResult<(Transfer, Option<Secret>)> {
        self.within(Mode::Read, async |tx| {
            let Some(transfer) = find(tx, id).await? else {
                return Err(absent(Entity::Transfer, id));
            };
            let mut fields = sealed::open_or_none(tx, &self.ring, Entity::Transfer, id).await?;
            Ok((transfer, fields.remove(LINK)))
        })
        .await
    }

    /// The transfer that a link leads to, if the link tells the right secret and hasn't ended.
    ///
    /// # Errors
    /// `NotFound`, whatever is wrong with the link.
    pub async fn linked_transfer(
        &self,
        id: &EntityId,
        secret: &Secret,
        now: WallTime,
    ) -> StoreResult<Transfer> {
        let (transfer, known) = self.transfer(id).await?;
        let told = secret.expose().as_bytes();
        let is_right = known.is_some_and(|known| known.expose().as_bytes().ct_eq(told).into());
        if is_right && now < transfer.link_until {
            Ok(transfer)
        } else {
            Err(absent(Entity::Transfer, id))
        }
    }

    /// A page of the transfers of a kind, the latest first.
    ///
    /// # Errors
    /// The store's own.
    pub async fn list_transfers(&self, query: &TransferQuery) -> StoreResult<Page<Transfer>> {
        Select::new(COLUMNS, "transfer", ("created", "id", true), query.page)
            .compare("kind", "=", Some(&query.kind))
            .compare("subject", "=", query.subject.as_deref())
            .page(self, read)
            .await
    }

    /// Removes up to [`limits::TRANSFERS_REMOVED_AT_ONCE`] transfers that are to be forgotten, or else the bytes of as
    /// many whose links have ended; returns how many.
    ///
    /// # Errors
    /// The store's own.
    pub async fn forget_transfers(&self, now: WallTime) -> StoreResult<u64> {
        self.within(Mode::Job, async |tx| {
            let sql = format!(
                "SELECT id FROM transfer WHERE keep_until <= $1 ORDER BY keep_until LIMIT $2{}",
                tx.skip_locked()
            );
            let most = limits::TRANSFERS_REMOVED_AT_ONCE;
            let old = tx.query(&sql, values![now, most]).await?;
            if !old.is_empty() {
                let removed = old.len() as u64;
                for mut row in old {
                    let id: EntityId = row.take()?;
                    sealed::forget(tx, Entity::Transfer, &id).await?;
                    tx.execute("DELETE FROM transfer WHERE id = $1", values![&id])
                        .await?;
                }
                return Ok(removed);
            }
            let sql = format!(
                "SELECT id FROM transfer WHERE bytes > 0 AND link_until <= $1 AND state <> $3 LIMIT $2{}",
                tx.skip_locked()
            );
            let spent = tx.query(&sql, values![now, most, &TransferState::Ready]).await?;
            let removed = spent.len() as u64;
            for mut row in spent {
                let id: EntityId = row.take()?;
                let sql = "UPDATE transfer SET claim = claim + 1 WHERE id = $1";
                tx.execute(sql, values![&id]).await?;
                drop_pieces(tx, &id).await?;
            }
            Ok(removed)
        })
        .await
    }
}

/// Ends the links of what a caller was still to bring, and uploads that are under way: who asked for them may do
/// something else now, or nothing.
pub(super) async fn withdraw(tx: &mut Tx, caller: &EntityId) -> StoreResult<()> {
    let sql =
        "UPDATE transfer SET link_until = 0, claim = claim + 1 WHERE caller = $1 AND state = $2";
    tx.execute(sql, values![caller, &TransferState::Awaiting])
        .await?;
    Ok(())
}

/// Whether the bounds leave room for one more transfer of the caller's. One that can't be brought any more is none that
/// hasn't ended.
async fn room(
    tx: &mut Tx,
    caller: &str,
    bounds: &TransferBounds,
    now: WallTime,
) -> StoreResult<()> {
    let sql = "SELECT COUNT(*), \
               COALESCE(SUM(CASE WHEN caller = $1 THEN 1 ELSE 0 END), 0), \
               COALESCE(SUM(CASE WHEN caller = $1 AND ended IS NULL AND (state <> $2 OR link_until > $3) \
               THEN 1 ELSE 0 END), 0) FROM transfer";
    let open = values![caller, &TransferState::Awaiting, now];
    let Some(mut row) = tx.first(sql, open).await? else {
        return Err(corrupt("transfer", "no count"));
    };
    for limit in [bounds.kept, bounds.kept_each, bounds.open_each] {
        if row.take::<u64>()? >= limit {
            let entity = Entity::Transfer;
            return Err(StoreError::Full { entity, limit });
        }
    }
    Ok(())
}

async fn find(tx: &mut Tx, id: &EntityId) -> StoreResult<Option<Transfer>> {
    let sql = format!("SELECT {COLUMNS} FROM transfer WHERE id = $1");
    let found = tx.first(&sql, values![id]).await?;
    found.map(|mut row| read(&mut row)).transpose()
}

/// Removes a transfer's pieces, and the rows that were set aside; it has no bytes then.
async fn drop_pieces(tx: &mut Tx, id: &EntityId) -> StoreResult<()> {
    let sql = "UPDATE transfer SET bytes = 0 WHERE id = $1";
    tx.execute(sql, values![id]).await?;
    for table in ["transfer_piece", "transfer_row"] {
        let sql = format!("DELETE FROM {table} WHERE transfer_id = $1");
        tx.execute(&sql, values![id]).await?;
    }
    Ok(())
}

fn read(row: &mut Row) -> StoreResult<Transfer> {
    Ok(Transfer {
        id: row.take()?,
        kind: row.take()?,
        caller: row.take()?,
        actor: row.take()?,
        subject: row.take()?,
        terms: row.take()?,
        state: row.take()?,
        report: row.take()?,
        bytes: row.take()?,
        attempts: row.take()?,
        created: row.take()?,
        ended: row.take()?,
        link_until: row.take()?,
    })
}
