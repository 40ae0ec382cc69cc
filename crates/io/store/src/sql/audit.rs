//! The audit log.

use super::check;
use super::list::Select;
use crate::backend::{Mode, Row, Tx, values};
use crate::error::{Entity, Invalid, StoreResult};
use crate::limits;
use crate::seam::{AuditEntry, AuditEvent, AuditQuery, Author, Page};
use crate::store::Store;
use serde_json::Value as Json;

/// Entries in one statement: a batch is a dozen round trips, not a thousand.
const TOGETHER: usize = 100;

/// A statement that inserts so many entries.
fn insert(entries: usize) -> String {
    let parameters = |entry| {
        let numbers: [usize; 6] = std::array::from_fn(|column| entry * 6 + column + 1);
        format!("({})", numbers.map(|n| format!("${n}")).join(", "))
    };
    format!(
        "INSERT INTO audit (at, actor, action, entity_type, entity_id, detail) VALUES {}",
        (0..entries).map(parameters).collect::<Vec<_>>().join(", ")
    )
}

/// Notes a change within the change. `detail` holds names and numbers only.
pub(super) async fn note(
    tx: &mut Tx,
    by: &Author,
    action: &str,
    entity: Entity,
    id: &str,
    detail: Json,
) -> StoreResult<()> {
    let entry = values![
        by.at,
        by.actor.as_str(),
        action,
        entity.word(),
        id,
        detail.to_string()
    ];
    tx.execute(&insert(1), entry).await?;
    Ok(())
}

/// The columns of an entry, in the order of [`read`].
pub(super) const COLUMNS: &str = "seq, at, actor, action, entity_type, entity_id, detail";

pub(super) fn read(row: &mut Row) -> StoreResult<AuditEntry> {
    Ok(AuditEntry {
        seq: row.take()?,
        at: row.take()?,
        actor: row.take()?,
        action: row.take()?,
        entity_type: row.take()?,
        entity_id: row.take()?,
        detail: row.take()?,
    })
}

/// `Invalid` for events that can't be kept.
pub(super) fn fit(events: &[AuditEvent]) -> StoreResult<()> {
    if events.len() > limits::BATCH {
        return Err(Invalid::new("events", "are more than 1000 in one batch").into());
    }
    for event in events {
        check::name("action", &event.action)?;
        check::name("entity_type", &event.entity_type)?;
        check::name("entity_id", &event.entity_id)?;
    }
    Ok(())
}

impl Store {
    /// Notes up to [`limits::BATCH`] events that are no changes of the store, in one transaction.
    ///
    /// # Errors
    /// `Invalid` for more of them, and for one whose words are no names.
    pub async fn record(&self, events: &[AuditEvent]) -> StoreResult<()> {
        fit(events)?;
        self.within(Mode::Append, async |tx| append(tx, events).await)
            .await
    }

    /// A page of entries of the audit log.
    ///
    /// # Errors
    /// `Invalid` for a filter that names more than [`limits::PAGE`].
    pub async fn audit(&self, query: &AuditQuery) -> StoreResult<Page<AuditEntry>> {
        for named in [
            &query.actors,
            &query.actions,
            &query.entity_types,
            &query.entity_ids,
        ] {
            check::at_most("filters", named.len(), limits::PAGE as usize)?;
        }
        let order = ("at", "seq", !query.oldest_first);
        Select::new(COLUMNS, "audit", order, query.page)
            .compare("at", ">=", query.from)
            .compare("at", "<", query.until)
            .compare("seq", "=", query.seq)
            .among("actor", &query.actors)
            .among("action", &query.actions)
            .among("entity_type", &query.entity_types)
            .among("entity_id", &query.entity_ids)
            .behind(query.behind)
            .page(self, read)
            .await
    }
}

/// Notes events, a statement for each hundred.
pub(super) async fn append(tx: &mut Tx, events: &[AuditEvent]) -> StoreResult<()> {
    for together in events.chunks(TOGETHER) {
        let mut entries = Vec::with_capacity(together.len() * 6);
        for e in together {
            entries.extend(values![
                e.by.at,
                e.by.actor.as_str(),
                &e.action,
                &e.entity_type,
                &e.entity_id,
                &e.detail
            ]);
        }
        tx.execute(&insert(together.len()), entries).await?;
    }
    Ok(())
}
