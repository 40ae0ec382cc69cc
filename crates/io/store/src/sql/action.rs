//! Actions. Their drafts lie in the file beside this one and share the columns.

pub(super) mod body;

use super::list::{Select, by_id, one_id};
use super::{Store, audit, check, current, draft, found, free};
use crate::backend::{Row, Tx, values};
use crate::error::{Entity, StoreError, StoreResult};
use crate::limits;
use crate::seam::{
    Action, ActionBody, ActionQuery, ActionStamp, By, Draft, EntityId, Expected, NewAction, Page,
    PageRequest, Version,
};
use body::{body_values, check_body, list, order, read_body, told, told_of};

pub(super) const COLUMNS: &str = "id, integration_id, name, category, secure, config, contract, version, \
                                  created, modified";

pub(super) const STAMP: &str = "id, integration_id, name, category, secure, version, \
                     CAST(octet_length(config) + octet_length(contract) AS BIGINT)";

impl Store {
    /// Makes an action that is published at once.
    ///
    /// # Errors
    /// `NotFound` for the integration; `Conflict` for a taken id or name; `TooLarge` where its integration
    /// would have more than [`crate::limits::INTEGRATION_BYTES`] of documents.
    pub async fn create_action(&self, new: NewAction, by: &By) -> StoreResult<Action> {
        check_body(&new.body)?;
        let mut tx = self.write().await?;
        let outcome = create(&mut tx, new, by).await;
        tx.finish(outcome).await
    }

    /// One by id.
    pub async fn action(&self, id: &EntityId) -> StoreResult<Action> {
        let row = self.first(&by_id(COLUMNS, "action"), one_id(id)).await?;
        found(row, Entity::Action, id, read)
    }

    /// One by category and name, whatever their case: how flows call it.
    pub async fn action_named(&self, category: &str, name: &str) -> StoreResult<Action> {
        let sql = format!("SELECT {COLUMNS} FROM action WHERE category_key = $1 AND name_key = $2");
        let row = self
            .first(&sql, values![check::key(category), check::key(name)])
            .await?;
        found(row, Entity::Action, format!("{category}/{name}"), read)
    }

    /// A page of them.
    pub async fn list_actions(&self, query: &ActionQuery) -> StoreResult<Page<Action>> {
        list(COLUMNS, "action", query)?
            .page(
                self,
                (order(query), "id", query.sort.descending),
                query.page,
                read,
            )
            .await
    }

    /// A page of their stamps, by id.
    pub async fn action_stamps(&self, page: PageRequest) -> StoreResult<Page<ActionStamp>> {
        Select::new(STAMP, "action")
            .page(self, ("id", "id", false), page, read_stamp)
            .await
    }

    /// Replaces the body.
    ///
    /// # Errors
    /// `NotFound`, `Stale`, `Conflict`, `TooLarge`.
    pub async fn update_action(
        &self,
        id: &EntityId,
        expected: Expected,
        body: ActionBody,
        by: &By,
    ) -> StoreResult<Action> {
        check_body(&body)?;
        let mut tx = self.write().await?;
        let outcome = change(&mut tx, id, expected, body, by).await;
        tx.finish(outcome).await
    }

    /// Removes an action and its draft.
    ///
    /// # Errors
    /// `NotFound`, `Stale`.
    pub async fn delete_action(
        &self,
        id: &EntityId,
        expected: Expected,
        by: &By,
    ) -> StoreResult<()> {
        let mut tx = self.write().await?;
        let outcome = delete(&mut tx, id, expected, by).await;
        tx.finish(outcome).await
    }

    /// Makes the draft of an action that is yet to be.
    ///
    /// # Errors
    /// `NotFound` for the integration; `Conflict` when action or draft of that id exist; `TooLarge`.
    pub async fn create_draft(&self, new: NewAction, by: &By) -> StoreResult<Draft> {
        check_body(&new.body)?;
        let mut tx = self.write().await?;
        let outcome = draft::create(&mut tx, new, by).await;
        tx.finish(outcome).await
    }

    /// Makes a draft of a published action, equal to it.
    ///
    /// # Errors
    /// `NotFound` for the action; `Conflict` when it has a draft; `TooLarge`.
    pub async fn draft_from_action(&self, id: &EntityId, by: &By) -> StoreResult<Draft> {
        let mut tx = self.write().await?;
        let outcome = draft::from_action(&mut tx, id, by).await;
        tx.finish(outcome).await
    }

    /// The draft of that action.
    pub async fn draft(&self, id: &EntityId) -> StoreResult<Draft> {
        let row = self
            .first(&by_id(draft::COLUMNS, "draft"), one_id(id))
            .await?;
        found(row, Entity::Draft, id, draft::read)
    }

    /// A page of them.
    pub async fn list_drafts(&self, query: &ActionQuery) -> StoreResult<Page<Draft>> {
        list(draft::COLUMNS, "draft", query)?
            .page(
                self,
                (order(query), "id", query.sort.descending),
                query.page,
                draft::read,
            )
            .await
    }

    /// A page of their stamps, by id.
    pub async fn draft_stamps(&self, page: PageRequest) -> StoreResult<Page<ActionStamp>> {
        Select::new(STAMP, "draft")
            .page(self, ("id", "id", false), page, read_stamp)
            .await
    }

    /// Replaces the body.
    ///
    /// # Errors
    /// `NotFound`, `Stale`, `TooLarge`.
    pub async fn update_draft(
        &self,
        id: &EntityId,
        expected: Expected,
        body: ActionBody,
        by: &By,
    ) -> StoreResult<Draft> {
        check_body(&body)?;
        let mut tx = self.write().await?;
        let outcome = draft::change(&mut tx, id, expected, body, by).await;
        tx.finish(outcome).await
    }

    /// Throws a draft away; the action stays.
    ///
    /// # Errors
    /// `NotFound`, `Stale`.
    pub async fn delete_draft(
        &self,
        id: &EntityId,
        expected: Expected,
        by: &By,
    ) -> StoreResult<()> {
        let mut tx = self.write().await?;
        let outcome = draft::delete(&mut tx, id, expected, by).await;
        tx.finish(outcome).await
    }

    /// Makes the action what its draft says, and removes the draft, at one point. `expected` is the
    /// draft's version. A new action gets version 1, an existing one the next.
    ///
    /// # Errors
    /// `NotFound`; `Stale` also when the action changed since the draft was made (`current` is then
    /// the action's version); `Conflict` for a taken name.
    pub async fn publish_draft(
        &self,
        id: &EntityId,
        expected: Expected,
        by: &By,
    ) -> StoreResult<Action> {
        let mut tx = self.write().await?;
        let outcome = draft::publish(&mut tx, id, expected, by).await;
        tx.finish(outcome).await
    }
}

/// In a transaction: the action with this id, if there is one.
pub(super) async fn find(tx: &mut Tx, id: &EntityId) -> StoreResult<Option<Action>> {
    let row = tx.first(&by_id(COLUMNS, "action"), one_id(id)).await?;
    row.map(|mut row| read(&mut row)).transpose()
}

async fn get(tx: &mut Tx, id: &EntityId) -> StoreResult<Action> {
    let row = tx.first(&by_id(COLUMNS, "action"), one_id(id)).await?;
    found(row, Entity::Action, id, read)
}

async fn create(tx: &mut Tx, new: NewAction, by: &By) -> StoreResult<Action> {
    id_free(tx, &new.id).await?;
    integration_there(tx, &new.integration_id).await?;
    room(tx, &new.integration_id, None, &new.body).await?;
    let made = Action {
        id: new.id,
        integration_id: new.integration_id,
        body: new.body,
        version: Version::FIRST,
        created: by.at,
        modified: by.at,
    };
    insert(tx, &made).await?;
    audit::note(
        tx,
        by,
        "create",
        Entity::Action,
        made.id.as_str(),
        told(&made.body, made.version),
    )
    .await?;
    Ok(made)
}

async fn change(
    tx: &mut Tx,
    id: &EntityId,
    expected: Expected,
    body: ActionBody,
    by: &By,
) -> StoreResult<Action> {
    let mut it = get(tx, id).await?;
    current(Entity::Action, expected, it.version)?;
    room(tx, &it.integration_id, Some(&it.body), &body).await?;
    it.body = body;
    it.version = it.version.next();
    it.modified = by.at;
    replace(tx, &it).await?;
    audit::note(
        tx,
        by,
        "update",
        Entity::Action,
        id.as_str(),
        told(&it.body, it.version),
    )
    .await?;
    Ok(it)
}

async fn delete(tx: &mut Tx, id: &EntityId, expected: Expected, by: &By) -> StoreResult<()> {
    // Its documents aren't looked at: what can't be read can be thrown away.
    let row = tx.first(&by_id(STAMP, "action"), one_id(id)).await?;
    let it = found(row, Entity::Action, id, read_stamp)?;
    current(Entity::Action, expected, it.version)?;
    tx.execute("DELETE FROM draft WHERE id = $1", one_id(id))
        .await?;
    tx.execute("DELETE FROM action WHERE id = $1", one_id(id))
        .await?;
    audit::note(tx, by, "delete", Entity::Action, id.as_str(), told_of(&it)).await
}

/// Writes an action that wasn't there.
pub(super) async fn insert(tx: &mut Tx, it: &Action) -> StoreResult<()> {
    name_free(tx, it).await?;
    let sql = format!(
        "INSERT INTO action (name_key, category_key, {COLUMNS}) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
    );
    let mut row = values![
        check::key(&it.body.name),
        check::key(&it.body.category),
        &it.id,
        &it.integration_id
    ];
    row.extend(body_values(&it.body));
    row.extend(values![it.version, it.created, it.modified]);
    tx.execute(&sql, row).await?;
    Ok(())
}

/// Writes an action over itself.
pub(super) async fn replace(tx: &mut Tx, it: &Action) -> StoreResult<()> {
    name_free(tx, it).await?;
    let mut row = values![
        &it.id,
        check::key(&it.body.name),
        check::key(&it.body.category)
    ];
    row.extend(body_values(&it.body));
    row.extend(values![it.version, it.modified]);
    tx.execute(
        "UPDATE action SET name_key = $2, category_key = $3, name = $4, category = $5, secure = $6, \
         config = $7, contract = $8, version = $9, modified = $10 WHERE id = $1",
        row,
    )
    .await?;
    Ok(())
}

/// Neither an action nor a draft has this id.
pub(super) async fn id_free(tx: &mut Tx, id: &EntityId) -> StoreResult<()> {
    free(
        tx,
        Entity::Action,
        "id",
        "SELECT 1 FROM action WHERE id = $1",
        one_id(id),
    )
    .await?;
    free(
        tx,
        Entity::Draft,
        "id",
        "SELECT 1 FROM draft WHERE id = $1",
        one_id(id),
    )
    .await
}

pub(super) async fn integration_there(tx: &mut Tx, id: &EntityId) -> StoreResult<()> {
    let row = tx
        .first("SELECT 1 FROM integration WHERE id = $1", one_id(id))
        .await?;
    found(row, Entity::Integration, id, |_| Ok(()))
}

async fn name_free(tx: &mut Tx, it: &Action) -> StoreResult<()> {
    let taken = "SELECT 1 FROM action WHERE category_key = $1 AND name_key = $2 AND id <> $3";
    let names = values![
        check::key(&it.body.category),
        check::key(&it.body.name),
        &it.id
    ];
    free(tx, Entity::Action, "name", taken, names).await
}

/// The integration has room for these documents beside those of its other actions and drafts. What gets no
/// longer always has: it must be possible to shorten what there is, bit by bit.
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
    let row = tx.first(&sql, one_id(integration)).await?;
    let all = row.map_or(Ok(0), |mut row| row.count())?;
    let limit = limits::INTEGRATION_BYTES as u64;
    if all - before.min(all) + after > limit {
        return Err(StoreError::TooLarge { limit });
    }
    Ok(())
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

fn read(row: &mut Row) -> StoreResult<Action> {
    Ok(Action {
        id: row.id()?,
        integration_id: row.id()?,
        body: read_body(row)?,
        version: row.version()?,
        created: row.time()?,
        modified: row.time()?,
    })
}
