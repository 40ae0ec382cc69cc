//! Actions and their drafts.
//!
//! Both are documents (`config` and `contract`) under a name and a category, in an integration. An action
//! and its draft have the same id.

use super::check;
use super::layout::{Layout, layout};
use super::list::Select;
use super::record::{self, Editable, Record, absent, id_free};
use crate::backend::{Row, Tx, values};
use crate::error::{Invalid, StoreError, StoreResult};
use crate::id::{EntityId, Version};
use crate::limits;
use crate::seam::{
    Action, ActionBody, ActionQuery, ActionSort, ActionStamp, Author, Draft, Integration,
    NewAction, Page, PageRequest, SecrecyFilter,
};
use crate::store::Store;
use serde_json::{Value as Json, json};

/// Columns of an action or a draft without its documents, in the order of [`read_stamp`].
pub(super) const STAMP: &str = "id, integration_id, name, category, secure, version, \
                     CAST(octet_length(config) + octet_length(contract) AS BIGINT)";

/// Makes actions and drafts records that differ in nothing but the fields that one has and the other doesn't.
macro_rules! documents {
    ($($kind:ident in $table:literal { $($more:ident: $new:expr)? })*) => {$(
        layout! {
            $kind as $kind in $table, unique [];
            id, integration_id, $($more,)? version, created, modified;
            body: ActionBody { name, category, secure, config, contract }
        }

        impl Record for $kind {
            type Query = ActionQuery;

            fn detail(&self) -> Json {
                let body = &self.body;
                detail(&body.name, &body.category, body.secure, self.version)
            }

            fn select(query: &ActionQuery) -> StoreResult<Select> {
                select::<Self>(query)
            }

            async fn farewell(tx: &mut Tx, id: &EntityId) -> StoreResult<(Version, Json)> {
                farewell::<Self>(tx, id).await
            }

            /// The draft of an action goes with it.
            async fn release(tx: &mut Tx, id: &EntityId, _by: &Author) -> StoreResult<()> {
                record::remove::<Draft>(tx, id).await
            }
        }

        impl Editable for $kind {
            type New = NewAction;
            type Change = ActionBody;

            fn make(new: NewAction, by: &Author) -> StoreResult<Self> {
                Self::check(&new.body)?;
                Ok(Self {
                    id: new.id,
                    integration_id: new.integration_id,
                    body: new.body,
                    version: Version::FIRST,
                    created: by.at,
                    modified: by.at,
                    $($more: $new,)?
                })
            }

            async fn admit(&self, tx: &mut Tx) -> StoreResult<()> {
                id_free::<Action>(tx, &self.id).await?;
                id_free::<Draft>(tx, &self.id).await?;
                record::there::<Integration>(tx, &self.integration_id).await?;
                room(tx, &self.integration_id, None, &self.body).await
            }

            fn check(body: &ActionBody) -> StoreResult<()> {
                check::name("name", &body.name)?;
                check::name("category", &body.category)
            }

            async fn edit(&mut self, tx: &mut Tx, body: ActionBody, _by: &Author) -> StoreResult<()> {
                room(tx, &self.integration_id, Some(&self.body), &body).await?;
                self.body = body;
                Ok(())
            }
        }
    )*};
}

documents! {
    Action in "action" {}
    Draft in "draft" { based_on: None }
}

impl Store {
    /// A page of published actions without their documents, ordered by id.
    pub async fn action_stamps(&self, page: PageRequest) -> StoreResult<Page<ActionStamp>> {
        stamps::<Action>(page).page(self, read_stamp).await
    }

    /// A page of drafts without their documents, ordered by id.
    pub async fn draft_stamps(&self, page: PageRequest) -> StoreResult<Page<ActionStamp>> {
        stamps::<Draft>(page).page(self, read_stamp).await
    }
}

fn detail(name: &str, category: &str, secure: bool, version: Version) -> Json {
    json!({"name": name, "category": category, "secure": secure, "version": version.0})
}

fn select<R: Record>(query: &ActionQuery) -> StoreResult<Select> {
    if query.ids.len() > limits::PAGE as usize {
        return Err(Invalid::new("ids", "are more than 500").into());
    }
    let column = match query.sort.key {
        ActionSort::Name => "name_key",
        ActionSort::Category => "category_key",
        ActionSort::Integration => "integration_id",
        ActionSort::Created => "created",
        ActionSort::Modified => "modified",
    };
    Ok(Select::of::<R>(column, query.sort.descending, query.page)
        .name("name_key", query.name.as_ref())
        .name("category_key", query.category.as_ref())
        .compare("integration_id", "=", query.integration_id.as_ref())
        .compare(
            "secure",
            "=",
            query.secure.map(|s| s == SecrecyFilter::Only),
        )
        .among("id", &query.ids))
}

fn stamps<R: Layout>(page: PageRequest) -> Select {
    Select::new(STAMP, R::TABLE, ("id", "id", false), page)
}

/// Version and detail of an action or draft that is to be removed. The documents aren't looked at: what can't be
/// read can be thrown away.
async fn farewell<R: Record>(tx: &mut Tx, id: &EntityId) -> StoreResult<(Version, Json)> {
    let sql = format!("SELECT {STAMP} FROM {} WHERE id = $1", R::TABLE);
    let row = tx.first(&sql, values![id]).await?;
    let stamp = read_stamp(&mut row.ok_or_else(|| absent(R::ENTITY, id))?)?;
    let detail = detail(&stamp.name, &stamp.category, stamp.secure, stamp.version);
    Ok((stamp.version, detail))
}

/// Also of a damaged action, so that it can be named and thrown away, and keeps no other from being listed:
/// what can't be read is hidden as secure, and of version 0.
pub(super) fn read_stamp(row: &mut Row) -> StoreResult<ActionStamp> {
    Ok(ActionStamp {
        id: EntityId::stored(row.shown()?),
        integration_id: EntityId::stored(row.shown()?),
        name: row.shown()?,
        category: row.shown()?,
        secure: row.take().unwrap_or(true),
        version: row.take().unwrap_or(Version(0)),
        bytes: row.take().unwrap_or(0),
    })
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
    let all = row.map_or(Ok(0), |mut row| row.take())?;
    let limit = limits::INTEGRATION_BYTES as u64;
    if all - before.min(all) + after > limit {
        return Err(StoreError::TooLarge { limit });
    }
    Ok(())
}
