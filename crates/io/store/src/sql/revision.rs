//! How often the definitions have changed, and what has changed since a node looked at them.
//!
//! Each change of an integration, a credential or a published action, whoever makes it, raises the
//! *revision* by one; the database's triggers take down which definition was changed at which revision.
//! The row of the revision stays locked until the change is committed. So revisions are given in the
//! order of the commits, and whoever reads a revision sees every change up to it.

use super::document::{STAMP, read_stamp};
use super::layout::Layout;
use crate::backend::{Mode, Row, Tx, corrupt, values};
use crate::error::StoreResult;
use crate::id::EntityId;
use crate::limits;
use crate::seam::{Action, Credential, DefinitionChanges, Integration};
use crate::store::Store;
use std::collections::BTreeSet;

const REVISION: &str = "SELECT number FROM revision WHERE scope = 'definitions'";

impl Store {
    /// The revision: a number that grows with every change of an integration, a credential or an action.
    pub async fn revision(&self) -> StoreResult<i64> {
        revision(self.first(REVISION, vec![]).await?)
    }

    /// Ends when the database tells that the revision may have grown. Where it tells nothing (SQLite), or
    /// can't be reached, this doesn't end: look at [`Self::revision`] now and then, too. For one waiter.
    pub async fn revised(&self) {
        self.changed().await;
    }

    /// What has become of the definitions after the revision `since`, at most [`limits::CHANGES`] of them,
    /// the earliest changes first, and less where an answer would have too many bytes; 0 asks for all there
    /// is. Whoever asks on from the answer's revision until there is no more has seen every change.
    ///
    /// The cost is that of what has changed: three statements for a definition that was made or changed, and one more that
    /// lists ids where one was removed.
    ///
    /// # Errors
    /// `Corrupt` for a definition that can't be read.
    pub async fn definition_changes(&self, since: i64) -> StoreResult<DefinitionChanges> {
        let mut most = limits::CHANGES;
        loop {
            let found = self
                .within(Mode::Read, async |tx| changes(tx, since, most).await)
                .await;
            match found {
                // A page of whole integrations can be too large.
                Err(error) if error.asks_for_fewer() && most > 1 => most /= 2,
                found => return found,
            }
        }
    }
}

fn revision(row: Option<Row>) -> StoreResult<i64> {
    match row {
        Some(mut row) => row.int(),
        None => Err(corrupt("revision", "has no row for the definitions")),
    }
}

async fn changes(tx: &mut Tx, since: i64, most: u32) -> StoreResult<DefinitionChanges> {
    let current = revision(tx.first(REVISION, vec![]).await?)?;
    let sql = "SELECT entity, entity_id, number FROM definition_change WHERE number > $1 \
               ORDER BY number LIMIT $2";
    let (mut changed, mut removed, mut last) = (BTreeSet::new(), BTreeSet::new(), since);
    let rows = tx.query(sql, values![since, most]).await?;
    let more = rows.len() == most as usize;
    for mut row in rows {
        let (table, id) = (row.text()?, row.text()?);
        last = row.int()?;
        let of_kind = if id.is_empty() {
            &mut removed
        } else {
            &mut changed
        };
        of_kind.insert(table);
    }
    let mut part = Part {
        tx,
        changed,
        removed,
        since,
        until: if more { last } else { current },
    };
    Ok(DefinitionChanges {
        revision: part.until,
        more,
        integrations: part
            .changed::<Integration, _>(Integration::COLUMNS, Integration::read)
            .await?,
        credentials: part
            .changed::<Credential, _>(Credential::COLUMNS, Credential::read)
            .await?,
        actions: part.changed::<Action, _>(STAMP, read_stamp).await?,
        integrations_left: part.left::<Integration>().await?,
        credentials_left: part.left::<Credential>().await?,
        actions_left: part.left::<Action>().await?,
    })
}

/// The changes after one revision and up to another, in one snapshot.
struct Part<'a> {
    tx: &'a mut Tx,
    /// The tables with definitions that were made or changed.
    changed: BTreeSet<String>,
    /// The tables from which definitions were removed.
    removed: BTreeSet<String>,
    since: i64,
    until: i64,
}

impl Part<'_> {
    /// These columns of the definitions of a kind that were made or changed.
    async fn changed<R: Layout, T>(
        &mut self,
        columns: &str,
        mut read: impl FnMut(&mut Row) -> StoreResult<T>,
    ) -> StoreResult<Vec<T>> {
        let table = R::TABLE;
        if !self.changed.contains(table) {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT {columns} FROM {table} WHERE id IN (SELECT entity_id FROM definition_change \
             WHERE entity = '{table}' AND number > $1 AND number <= $2) ORDER BY id"
        );
        let rows = self.tx.query(&sql, values![self.since, self.until]).await?;
        rows.into_iter().map(|mut row| read(&mut row)).collect()
    }

    /// The ids of all definitions of a kind, if any was removed.
    async fn left<R: Layout>(&mut self) -> StoreResult<Option<BTreeSet<EntityId>>> {
        if !self.removed.contains(R::TABLE) {
            return Ok(None);
        }
        let sql = format!("SELECT id FROM {}", R::TABLE);
        let rows = self.tx.query(&sql, vec![]).await?;
        rows.into_iter()
            .map(|mut row| row.take())
            .collect::<StoreResult<_>>()
            .map(Some)
    }
}
