//! OAuth clients.

use super::list::{Select, by_id, one_id};
use super::{Store, audit, check, current, found, free};
use crate::backend::{Row, Tx, values};
use crate::error::{Entity, Invalid, StoreError, StoreResult};
use crate::hash::random_secret;
use crate::limits;
use crate::seam::{
    By, ClientBody, ClientQuery, ClientSort, ClientState, EntityId, Expected, Grant, MadeClient,
    OAuthClient, Page, Reach, Role, Tell, Version,
};
use serde_json::json;
use std::collections::BTreeSet;

pub(super) const COLUMNS: &str = "id, name, description, grants, validity, active, version, created, \
                                  modified, created_by, modified_by, flows, default_flow";
/// Under this name the table `meta` has the id of the first administrator, once there was one.
const FIRST: &str = "tollgate.first-administrator";
/// Life of a token unless said otherwise, as the platform's.
const DEFAULT_VALIDITY: u32 = 86_400;

impl Store {
    /// Makes the first administrator, once in the life of a store. `tell` tells the secret to whoever asked
    /// for it, before anything is kept: where it can't, nothing was made, and another try may be.
    ///
    /// # Errors
    /// `Conflict` when there has been one already, deleted or not; nothing was told then. `Invalid` when the
    /// secret could not be told. After another error the secret that was told is of no use.
    pub async fn create_first_administrator(
        &self,
        id: EntityId,
        name: String,
        by: &By,
        tell: &Tell<'_>,
    ) -> StoreResult<MadeClient> {
        let everything = |role| Grant {
            role,
            reach: Reach::Everything,
        };
        let body = ClientBody {
            name,
            description: "The first administrator".into(),
            grants: [Role::Execute, Role::Author, Role::Administer]
                .map(everything)
                .into(),
            access_token_validity_seconds: DEFAULT_VALIDITY,
            state: ClientState::Active,
            flows: BTreeSet::new(),
            default_flow: None,
        };
        self.make(id, body, by, Some(tell)).await
    }

    /// Makes a client, with a secret of the store's choosing.
    ///
    /// # Errors
    /// `Conflict` for a taken id; `Busy` when too many secrets are being hashed.
    pub async fn create_client(
        &self,
        id: EntityId,
        body: ClientBody,
        by: &By,
    ) -> StoreResult<MadeClient> {
        self.make(id, body, by, None).await
    }

    /// One by id.
    pub async fn client(&self, id: &EntityId) -> StoreResult<OAuthClient> {
        let row = self.first(&by_id(COLUMNS, "client"), one_id(id)).await?;
        found(row, Entity::Client, id, read)
    }

    /// A page of them.
    pub async fn list_clients(&self, query: &ClientQuery) -> StoreResult<Page<OAuthClient>> {
        let order = match query.sort.key {
            ClientSort::Name => "name_key",
            ClientSort::Created => "created",
            ClientSort::Modified => "modified",
        };
        Select::new(COLUMNS, "client")
            .name("name_key", query.name.as_ref())
            .compare("active", "=", query.state.map(|s| s == ClientState::Active))
            .page(self, (order, "id", query.sort.descending), query.page, read)
            .await
    }

    /// Replaces what is written. Tokens already given get the new grants.
    ///
    /// # Errors
    /// `NotFound`, `Stale`.
    pub async fn update_client(
        &self,
        id: &EntityId,
        expected: Expected,
        body: ClientBody,
        by: &By,
    ) -> StoreResult<OAuthClient> {
        check_body(&body)?;
        let mut tx = self.write().await?;
        let outcome = change(&mut tx, id, expected, body, by).await;
        tx.finish(outcome).await
    }

    /// Replaces the secret and revokes every token that the old one got.
    ///
    /// # Errors
    /// `NotFound`, `Busy`.
    pub async fn new_client_secret(&self, id: &EntityId, by: &By) -> StoreResult<MadeClient> {
        // Found before the costly hash; looked at again in the transaction.
        self.client(id).await?;
        let secret = random_secret()?;
        let hash = self.hasher.hash(secret.clone()).await?;
        let mut tx = self.write().await?;
        let outcome = renew(&mut tx, id, hash, by).await;
        let client = tx.finish(outcome).await?;
        Ok(MadeClient { client, secret })
    }

    /// Removes a client, its tokens and its usage.
    ///
    /// # Errors
    /// `NotFound`, `Stale`.
    pub async fn delete_client(
        &self,
        id: &EntityId,
        expected: Expected,
        by: &By,
    ) -> StoreResult<()> {
        let mut tx = self.write().await?;
        let outcome = delete(&mut tx, id, expected, by).await;
        tx.finish(outcome).await
    }
}

impl Store {
    async fn make(
        &self,
        id: EntityId,
        body: ClientBody,
        by: &By,
        first: Option<&Tell<'_>>,
    ) -> StoreResult<MadeClient> {
        check_body(&body)?;
        let made = OAuthClient {
            id,
            body,
            version: Version::FIRST,
            created: by.at,
            modified: by.at,
            created_by: by.actor.as_str().to_owned(),
            modified_by: by.actor.as_str().to_owned(),
        };
        let secret = random_secret()?;
        let hash = self.hasher.hash(secret.clone()).await?;
        let mut tx = self.write().await?;
        let created = create(&mut tx, made, hash, by, first.is_some()).await;
        let outcome = created.and_then(|client| {
            if let Some(tell) = first {
                tell(&client.id, &secret).map_err(|error| {
                    let why = format!("can't be told, so no client was made: {error}");
                    Invalid::new("secret", why)
                })?;
            }
            Ok(client)
        });
        let client = tx.finish(outcome).await?;
        Ok(MadeClient { client, secret })
    }
}

pub(super) async fn get(tx: &mut Tx, id: &EntityId) -> StoreResult<OAuthClient> {
    let row = tx.first(&by_id(COLUMNS, "client"), one_id(id)).await?;
    found(row, Entity::Client, id, read)
}

async fn create(
    tx: &mut Tx,
    made: OAuthClient,
    hash: String,
    by: &By,
    first: bool,
) -> StoreResult<OAuthClient> {
    if first {
        let taken = "SELECT 1 FROM meta WHERE name = $1";
        free(
            tx,
            Entity::Client,
            "role of first administrator",
            taken,
            values![FIRST],
        )
        .await?;
        let sql = "INSERT INTO meta (name, value) VALUES ($1, $2)";
        tx.execute(sql, values![FIRST, &made.id]).await?;
    }
    free(
        tx,
        Entity::Client,
        "id",
        "SELECT 1 FROM client WHERE id = $1",
        one_id(&made.id),
    )
    .await?;
    let sql = format!(
        "INSERT INTO client (name_key, secret_hash, {COLUMNS}) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
    );
    let row = values![
        check::key(&made.body.name),
        hash,
        &made.id,
        &made.body.name,
        &made.body.description,
        json!(made.body.grants).to_string(),
        made.body.access_token_validity_seconds,
        made.body.state == ClientState::Active,
        made.version,
        made.created,
        made.modified,
        &made.created_by,
        &made.modified_by,
        json!(made.body.flows).to_string(),
        made.body.default_flow.clone().unwrap_or_default(),
    ];
    tx.execute(&sql, row).await?;
    audit::note(
        tx,
        by,
        "create",
        Entity::Client,
        made.id.as_str(),
        told(&made),
    )
    .await?;
    Ok(made)
}

async fn change(
    tx: &mut Tx,
    id: &EntityId,
    expected: Expected,
    body: ClientBody,
    by: &By,
) -> StoreResult<OAuthClient> {
    let mut it = get(tx, id).await?;
    current(Entity::Client, expected, it.version)?;
    it.body = body;
    touch(&mut it, by);
    let row = values![
        id,
        &it.body.name,
        check::key(&it.body.name),
        &it.body.description,
        json!(it.body.grants).to_string(),
        it.body.access_token_validity_seconds,
        it.body.state == ClientState::Active,
        it.version,
        it.modified,
        &it.modified_by,
        json!(it.body.flows).to_string(),
        it.body.default_flow.clone().unwrap_or_default(),
    ];
    tx.execute(
        "UPDATE client SET name = $2, name_key = $3, description = $4, grants = $5, validity = $6, \
         active = $7, version = $8, modified = $9, modified_by = $10, flows = $11, default_flow = $12 WHERE id = $1",
        row,
    )
    .await?;
    audit::note(tx, by, "update", Entity::Client, id.as_str(), told(&it)).await?;
    Ok(it)
}

async fn renew(tx: &mut Tx, id: &EntityId, hash: String, by: &By) -> StoreResult<OAuthClient> {
    let mut it = get(tx, id).await?;
    touch(&mut it, by);
    let sql = "UPDATE client SET secret_hash = $2, version = $3, modified = $4, modified_by = $5 WHERE id = $1";
    tx.execute(
        sql,
        values![id, hash, it.version, it.modified, &it.modified_by],
    )
    .await?;
    let revoked = tx
        .execute("DELETE FROM token WHERE client_id = $1", one_id(id))
        .await?;
    let detail = json!({"name": it.body.name, "version": it.version.0, "tokensRevoked": revoked});
    audit::note(tx, by, "newSecret", Entity::Client, id.as_str(), detail).await?;
    Ok(it)
}

async fn delete(tx: &mut Tx, id: &EntityId, expected: Expected, by: &By) -> StoreResult<()> {
    let it = get(tx, id).await?;
    current(Entity::Client, expected, it.version)?;
    tx.execute("DELETE FROM api_usage WHERE client_id = $1", one_id(id))
        .await?;
    tx.execute("DELETE FROM client WHERE id = $1", one_id(id))
        .await?;
    audit::note(tx, by, "delete", Entity::Client, id.as_str(), told(&it)).await
}

fn touch(it: &mut OAuthClient, by: &By) {
    it.version = it.version.next();
    it.modified = by.at;
    it.modified_by = by.actor.as_str().to_owned();
}

fn check_body(body: &ClientBody) -> StoreResult<()> {
    check::name("name", &body.name)?;
    check::text("description", &body.description)?;
    check::at_most("grants", body.grants.len(), limits::GRANTS)?;
    for grant in &body.grants {
        if let Reach::Integrations(ids) | Reach::Actions(ids) = &grant.reach {
            check::at_most("grants", ids.len(), limits::GRANTS)?;
            for id in ids {
                EntityId::parse(id.as_str())?;
            }
        }
    }
    check::at_most("flows", body.flows.len(), limits::CLIENT_FLOWS)?;
    for name in body.flows.iter().chain(&body.default_flow) {
        check::name("flows", name)?;
    }
    if !(300..=172_800).contains(&body.access_token_validity_seconds) {
        return Err(
            Invalid::new("accessTokenValiditySeconds", "must be from 300 to 172800").into(),
        );
    }
    Ok(())
}

fn told(it: &OAuthClient) -> serde_json::Value {
    json!({
        "name": it.body.name,
        "grants": it.body.grants,
        "flows": it.body.flows,
        "defaultFlow": it.body.default_flow,
        "active": it.body.state == ClientState::Active,
        "version": it.version.0,
    })
}

pub(super) fn read(row: &mut Row) -> StoreResult<OAuthClient> {
    let mut it = OAuthClient {
        id: row.id()?,
        body: ClientBody {
            name: row.text()?,
            description: row.text()?,
            grants: row.parsed()?,
            access_token_validity_seconds: row.small()?,
            state: if row.flag()? {
                ClientState::Active
            } else {
                ClientState::Inactive
            },
            flows: BTreeSet::new(),
            default_flow: None,
        },
        version: row.version()?,
        created: row.time()?,
        modified: row.time()?,
        created_by: row.text()?,
        modified_by: row.text()?,
    };
    // In the order of the columns.
    it.body.flows = row.parsed()?;
    it.body.default_flow = Some(row.text()?).filter(|name| !name.is_empty());
    Ok(it)
}

/// What an unknown caller is told, whatever is wrong.
pub(super) fn denied<T>() -> StoreResult<T> {
    Err(StoreError::Denied)
}
