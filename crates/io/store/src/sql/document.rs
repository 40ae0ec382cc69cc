//! What actions and their drafts have in common: their rows, their lists, and the room that they share.
//!
//! Both are documents (`config` and `contract`) under a name and a category, in an integration. An action
//! and its draft have the same id.

use super::check;
use super::list::Select;
use super::record::{Column, Record, absent, columns, expect, id_free, versioned};
use crate::backend::{Row, Tx, values};
use crate::error::{Entity, Invalid, StoreError, StoreResult};
use crate::id::{EntityId, Version};
use crate::limits;
use crate::seam::{
    Action, ActionBody, ActionQuery, ActionSort, ActionStamp, Draft, Expected, Page, PageRequest,
    Secure,
};
use crate::store::Store;
use serde_json::json;

/// Columns of an action or a draft without its documents, in the order of [`read_stamp`].
pub(super) const STAMP: &str = "id, integration_id, name, category, secure, version, \
                     CAST(octet_length(config) + octet_length(contract) AS BIGINT)";

impl Record for Action {
    const ENTITY: Entity = Entity::Action;
    const TABLE: &'static str = "action";
    const COLUMNS: &'static str =
        "id, integration_id, name, category, secure, config, contract, version, created, modified";
    const UNIQUE: &'static [&'static str] = &["category_key", "name_key"];

    fn read(row: &mut Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.id()?,
            integration_id: row.id()?,
            body: read_body(row)?,
            version: row.version()?,
            created: row.time()?,
            modified: row.time()?,
        })
    }

    fn columns(&self) -> Vec<Column> {
        let mut columns = body_columns(&self.body);
        columns.extend(columns! {
            id: &self.id,
            integration_id: &self.integration_id,
            version: self.version,
            created: self.created,
            modified: self.modified,
        });
        columns
    }

    versioned! {}

    fn detail(&self) -> serde_json::Value {
        detail(
            &self.body.name,
            &self.body.category,
            self.body.secure,
            self.version,
        )
    }
}

impl Record for Draft {
    const ENTITY: Entity = Entity::Draft;
    const TABLE: &'static str = "draft";
    const COLUMNS: &'static str = "id, integration_id, name, category, secure, config, contract, version, \
                                   created, modified, based_on";

    fn read(row: &mut Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.id()?,
            integration_id: row.id()?,
            body: read_body(row)?,
            version: row.version()?,
            created: row.time()?,
            modified: row.time()?,
            based_on: row.maybe_int()?.map(Version),
        })
    }

    fn columns(&self) -> Vec<Column> {
        let mut columns = body_columns(&self.body);
        columns.extend(columns! {
            id: &self.id,
            integration_id: &self.integration_id,
            version: self.version,
            created: self.created,
            modified: self.modified,
            based_on: self.based_on,
        });
        columns
    }

    versioned! {}

    fn detail(&self) -> serde_json::Value {
        detail(
            &self.body.name,
            &self.body.category,
            self.body.secure,
            self.version,
        )
    }
}

fn read_body(row: &mut Row) -> StoreResult<ActionBody> {
    Ok(ActionBody {
        name: row.text()?,
        category: row.text()?,
        secure: row.flag()?,
        config: row.json()?,
        contract: row.json()?,
    })
}

fn body_columns(body: &ActionBody) -> Vec<Column> {
    columns! {
        name: &body.name,
        name_key: check::key(&body.name),
        category: &body.category,
        category_key: check::key(&body.category),
        secure: body.secure,
        config: &body.config,
        contract: &body.contract,
    }
}

fn detail(name: &str, category: &str, secure: bool, version: Version) -> serde_json::Value {
    json!({"name": name, "category": category, "secure": secure, "version": version.0})
}

/// What the audit log tells of an action or a draft whose documents weren't read.
pub(super) fn stamp_detail(stamp: &ActionStamp) -> serde_json::Value {
    detail(&stamp.name, &stamp.category, stamp.secure, stamp.version)
}

pub(super) fn check_body(body: &ActionBody) -> StoreResult<()> {
    check::name("name", &body.name)?;
    check::name("category", &body.category)
}

/// A page of actions or of drafts.
pub(super) async fn list<R: Record>(store: &Store, query: &ActionQuery) -> StoreResult<Page<R>> {
    if query.ids.len() > limits::PAGE as usize {
        return Err(Invalid::new("ids", "are more than 500").into());
    }
    let order = match query.sort.key {
        ActionSort::Name => "name_key",
        ActionSort::Category => "category_key",
        ActionSort::Integration => "integration_id",
        ActionSort::Created => "created",
        ActionSort::Modified => "modified",
    };
    Select::of::<R>()
        .name("name_key", query.name.as_ref())
        .name("category_key", query.category.as_ref())
        .compare("integration_id", "=", query.integration_id.as_ref())
        .compare("secure", "=", query.secure.map(|s| s == Secure::Only))
        .among("id", &query.ids)
        .page(
            store,
            (order, "id", query.sort.descending),
            query.page,
            R::read,
        )
        .await
}

/// A page of actions or of drafts without their documents, ordered by id.
pub(super) async fn stamps<R: Record>(
    store: &Store,
    page: PageRequest,
) -> StoreResult<Page<ActionStamp>> {
    Select::new(STAMP, R::TABLE)
        .page(store, ("id", "id", false), page, read_stamp)
        .await
}

/// The action or draft with this id, to be deleted by a caller who expects this version. The documents
/// aren't looked at: what can't be read can be thrown away.
pub(super) async fn current_stamp<R: Record>(
    tx: &mut Tx,
    id: &EntityId,
    expected: Expected,
) -> StoreResult<ActionStamp> {
    let sql = format!("SELECT {STAMP} FROM {} WHERE id = $1", R::TABLE);
    let row = tx.first(&sql, values![id]).await?;
    let stamp = read_stamp(&mut row.ok_or_else(|| absent(R::ENTITY, id))?)?;
    expect(R::ENTITY, expected, stamp.version)?;
    Ok(stamp)
}

/// Also of a damaged action, so that it can be named and thrown away, and keeps no other from being listed:
/// what can't be read is hidden as secure, and of version 0.
pub(super) fn read_stamp(row: &mut Row) -> StoreResult<ActionStamp> {
    Ok(ActionStamp {
        id: EntityId::stored(row.shown()?),
        integration_id: EntityId::stored(row.shown()?),
        name: row.shown()?,
        category: row.shown()?,
        secure: row.flag().unwrap_or(true),
        version: row.version().unwrap_or(Version(0)),
        bytes: row.count().unwrap_or(0),
    })
}

/// `Conflict` if an action or a draft has this id.
pub(super) async fn id_is_new(tx: &mut Tx, id: &EntityId) -> StoreResult<()> {
    id_free::<Action>(tx, id).await?;
    id_free::<Draft>(tx, id).await
}

/// `TooLarge` unless the integration has room for these documents beside those of its other actions and
/// drafts. What gets no longer always has: it must be possible to shorten what there is, bit by bit.
pub(super) async fn room(
    tx: &mut Tx,
    integration: &EntityId,
    before: Option<&ActionBody>,
    body: &ActionBody,
) -> StoreResult<()> {
    let bytes =
        |body: &ActionBody| (body.config.as_str().len() + body.contract.as_str().len()) as u64;
    let (before, after) = (before.map_or(0, bytes), bytes(body));
    if after <= before {
        return Ok(());
    }
    let of = |table: &str| {
        format!(
            "COALESCE((SELECT SUM(octet_length(config) + octet_length(contract)) FROM {table} \
             WHERE integration_id = $1), 0)"
        )
    };
    let sql = format!("SELECT CAST({} + {} AS BIGINT)", of("action"), of("draft"));
    let row = tx.first(&sql, values![integration]).await?;
    let all = row.map_or(Ok(0), |mut row| row.count())?;
    let limit = limits::INTEGRATION_BYTES as u64;
    if all - before.min(all) + after > limit {
        return Err(StoreError::TooLarge { limit });
    }
    Ok(())
}
