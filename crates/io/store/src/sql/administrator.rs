//! Somebody must be able to change OAuth clients: one that administers everything remains.

use super::layout::Layout as _;
use crate::backend::{Tx, values};
use crate::error::{StoreError, StoreResult};
use crate::id::EntityId;
use crate::limits;
use crate::seam::{Administers, ClientBody, OAuthClient};

/// `LastAdministrator` where a client that administers everything wouldn't any more, and no other one does.
pub(super) async fn keep_one(
    tx: &mut Tx,
    id: &EntityId,
    before: &ClientBody,
    after: Option<&ClientBody>,
    administers: Option<&Administers<'_>>,
) -> StoreResult<()> {
    let Some(administers) = administers else {
        return Ok(());
    };
    let counts = |body: &ClientBody| body.logs_in() && administers(body);
    if !counts(before) || after.is_some_and(counts) {
        return Ok(());
    }
    let sql = format!(
        "SELECT {} FROM client WHERE id > $1 AND id <> $2 AND active = $3 ORDER BY id LIMIT $4",
        OAuthClient::COLUMNS
    );
    let mut last = String::new();
    loop {
        let others = values![&last, id, true, limits::PAGE];
        let rows = tx.query(&sql, others).await?;
        let whole = rows.len() == limits::PAGE as usize;
        for mut row in rows {
            let other = OAuthClient::read(&mut row)?;
            if counts(&other.body) {
                return Ok(());
            }
            last = other.id.to_string();
        }
        if !whole {
            return Err(StoreError::LastAdministrator);
        }
    }
}
