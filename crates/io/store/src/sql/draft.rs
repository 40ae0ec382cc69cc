//! Drafts, and the point at which one becomes the action.

use super::action::body::{body_values, read_body, told, told_of};
use super::action::{self, id_free, integration_there};
use super::list::{by_id, one_id};
use super::{audit, check, current, found, free};
use crate::backend::{Row, Tx, values};
use crate::error::{Entity, StoreError, StoreResult};
use crate::seam::{Action, ActionBody, By, Draft, EntityId, Expected, NewAction, Version};

pub(super) const COLUMNS: &str = "id, integration_id, name, category, secure, config, contract, version, \
                                  created, modified, based_on";

async fn get(tx: &mut Tx, id: &EntityId) -> StoreResult<Draft> {
    let row = tx.first(&by_id(COLUMNS, "draft"), one_id(id)).await?;
    found(row, Entity::Draft, id, read)
}

pub(super) async fn create(tx: &mut Tx, new: NewAction, by: &By) -> StoreResult<Draft> {
    id_free(tx, &new.id).await?;
    integration_there(tx, &new.integration_id).await?;
    insert(tx, new.id, new.integration_id, new.body, None, by).await
}

pub(super) async fn from_action(tx: &mut Tx, id: &EntityId, by: &By) -> StoreResult<Draft> {
    let Some(it) = action::find(tx, id).await? else {
        return Err(StoreError::NotFound {
            entity: Entity::Action,
            id: id.to_string(),
        });
    };
    free(
        tx,
        Entity::Draft,
        "id",
        "SELECT 1 FROM draft WHERE id = $1",
        one_id(id),
    )
    .await?;
    insert(tx, it.id, it.integration_id, it.body, Some(it.version), by).await
}

async fn insert(
    tx: &mut Tx,
    id: EntityId,
    integration_id: EntityId,
    body: ActionBody,
    based_on: Option<Version>,
    by: &By,
) -> StoreResult<Draft> {
    action::room(tx, &integration_id, None, &body).await?;
    let made = Draft {
        id,
        integration_id,
        body,
        version: Version::FIRST,
        based_on,
        created: by.at,
        modified: by.at,
    };
    let sql = format!(
        "INSERT INTO draft (name_key, category_key, {COLUMNS}) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
    );
    let mut row = values![
        check::key(&made.body.name),
        check::key(&made.body.category),
        &made.id,
        &made.integration_id
    ];
    row.extend(body_values(&made.body));
    row.extend(values![
        made.version,
        made.created,
        made.modified,
        made.based_on
    ]);
    tx.execute(&sql, row).await?;
    audit::note(
        tx,
        by,
        "create",
        Entity::Draft,
        made.id.as_str(),
        told(&made.body, made.version),
    )
    .await?;
    Ok(made)
}

pub(super) async fn change(
    tx: &mut Tx,
    id: &EntityId,
    expected: Expected,
    body: ActionBody,
    by: &By,
) -> StoreResult<Draft> {
    let mut it = get(tx, id).await?;
    current(Entity::Draft, expected, it.version)?;
    action::room(tx, &it.integration_id, Some(&it.body), &body).await?;
    it.body = body;
    it.version = it.version.next();
    it.modified = by.at;
    let mut row = values![id, check::key(&it.body.name), check::key(&it.body.category)];
    row.extend(body_values(&it.body));
    row.extend(values![it.version, it.modified]);
    tx.execute(
        "UPDATE draft SET name_key = $2, category_key = $3, name = $4, category = $5, secure = $6, \
         config = $7, contract = $8, version = $9, modified = $10 WHERE id = $1",
        row,
    )
    .await?;
    audit::note(
        tx,
        by,
        "update",
        Entity::Draft,
        id.as_str(),
        told(&it.body, it.version),
    )
    .await?;
    Ok(it)
}

pub(super) async fn delete(
    tx: &mut Tx,
    id: &EntityId,
    expected: Expected,
    by: &By,
) -> StoreResult<()> {
    let row = tx.first(&by_id(action::STAMP, "draft"), one_id(id)).await?;
    let it = found(row, Entity::Draft, id, action::read_stamp)?;
    current(Entity::Draft, expected, it.version)?;
    tx.execute("DELETE FROM draft WHERE id = $1", one_id(id))
        .await?;
    audit::note(tx, by, "delete", Entity::Draft, id.as_str(), told_of(&it)).await
}

pub(super) async fn publish(
    tx: &mut Tx,
    id: &EntityId,
    expected: Expected,
    by: &By,
) -> StoreResult<Action> {
    let draft = get(tx, id).await?;
    current(Entity::Draft, expected, draft.version)?;
    let there = action::find(tx, id).await?;
    let now = there.as_ref().map(|it| it.version);
    if now != draft.based_on {
        // Somebody changed the action after the draft was taken from it. What they wrote isn't lost.
        return Err(StoreError::Stale {
            entity: Entity::Action,
            current: now.unwrap_or(Version(0)),
        });
    }
    let published = Action {
        id: draft.id,
        integration_id: draft.integration_id,
        body: draft.body,
        version: now.map_or(Version::FIRST, Version::next),
        created: there.as_ref().map_or(by.at, |it| it.created),
        modified: by.at,
    };
    match there {
        Some(_) => action::replace(tx, &published).await?,
        None => action::insert(tx, &published).await?,
    }
    tx.execute("DELETE FROM draft WHERE id = $1", one_id(id))
        .await?;
    let detail = told(&published.body, published.version);
    audit::note(tx, by, "publish", Entity::Action, id.as_str(), detail).await?;
    Ok(published)
}

pub(super) fn read(row: &mut Row) -> StoreResult<Draft> {
    Ok(Draft {
        id: row.id()?,
        integration_id: row.id()?,
        body: read_body(row)?,
        version: row.version()?,
        created: row.time()?,
        modified: row.time()?,
        based_on: row.maybe_int()?.map(Version),
    })
}
