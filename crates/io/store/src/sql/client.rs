//! OAuth clients.

use super::list::Select;
use super::record::{self, Column, Record, columns, conflict, versioned};
use super::{audit, check};
use crate::backend::{Row, Tx, values};
use crate::error::{Entity, Invalid, StoreResult};
use crate::hash::random_secret;
use crate::id::{EntityId, Version};
use crate::limits;
use crate::seam::{
    By, ClientBody, ClientQuery, ClientSort, ClientState, Expected, Grant, MadeClient, OAuthClient,
    Page, Reach, Role, Tell,
};
use crate::store::Store;
use serde_json::json;
use std::collections::BTreeSet;

/// Under this name the table `meta` has the id of the first administrator, once there was one.
const FIRST: &str = "tollgate.first-administrator";
/// Seconds for which a token of the first administrator is good; the platform's default.
const DEFAULT_VALIDITY: u32 = 86_400;

impl Record for OAuthClient {
    const ENTITY: Entity = Entity::Client;
    const TABLE: &'static str = "client";
    const COLUMNS: &'static str = "id, name, description, grants, validity, active, flows, \
                                   default_flow, version, created, modified, created_by, modified_by";

    fn read(row: &mut Row) -> StoreResult<Self> {
        Ok(Self {
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
                flows: row.parsed()?,
                default_flow: Some(row.text()?).filter(|name| !name.is_empty()),
            },
            version: row.version()?,
            created: row.time()?,
            modified: row.time()?,
            created_by: row.text()?,
            modified_by: row.text()?,
        })
    }

    fn columns(&self) -> Vec<Column> {
        columns! {
            id: &self.id,
            name: &self.body.name,
            name_key: check::key(&self.body.name),
            description: &self.body.description,
            grants: json!(self.body.grants).to_string(),
            validity: self.body.access_token_validity_seconds,
            active: self.body.state == ClientState::Active,
            flows: json!(self.body.flows).to_string(),
            default_flow: self.body.default_flow.clone().unwrap_or_default(),
            version: self.version,
            created: self.created,
            modified: self.modified,
            created_by: &self.created_by,
            modified_by: &self.modified_by,
        }
    }

    versioned! { modified_by }

    fn detail(&self) -> serde_json::Value {
        json!({
            "name": self.body.name,
            "grants": self.body.grants,
            "flows": self.body.flows,
            "defaultFlow": self.body.default_flow,
            "active": self.body.state == ClientState::Active,
            "version": self.version.0,
        })
    }
}

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
        let secret_hash = columns! { secret_hash: self.hasher.hash(secret.clone()).await? };
        let made = self.change(async |tx| {
            if first.is_some() {
                mark_first(tx, &made.id).await?;
            }
            let client = record::create_with(tx, made, secret_hash, by).await?;
            if let Some(tell) = first {
                tell(&client.id, &secret).map_err(|error| {
                    let why = format!("can't be told, so no client was made: {error}");
                    Invalid::new("secret", why)
                })?;
            }
            Ok(client)
        });
        let client = made.await?;
        Ok(MadeClient { client, secret })
    }

    /// The client with this id.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn client(&self, id: &EntityId) -> StoreResult<OAuthClient> {
        self.get(id).await
    }

    /// A page of clients.
    pub async fn list_clients(&self, query: &ClientQuery) -> StoreResult<Page<OAuthClient>> {
        let order = match query.sort.key {
            ClientSort::Name => "name_key",
            ClientSort::Created => "created",
            ClientSort::Modified => "modified",
        };
        Select::of::<OAuthClient>()
            .name("name_key", query.name.as_ref())
            .compare("active", "=", query.state.map(|s| s == ClientState::Active))
            .page(
                self,
                (order, "id", query.sort.descending),
                query.page,
                OAuthClient::read,
            )
            .await
    }

    /// Replaces what is written of a client. Tokens already given get the new grants.
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
        self.update(id, expected, by, |client: &mut OAuthClient| {
            client.body = body
        })
        .await
    }

    /// Replaces a client's secret and revokes every token that the old one got.
    ///
    /// # Errors
    /// `NotFound`, `Busy`.
    pub async fn new_client_secret(&self, id: &EntityId, by: &By) -> StoreResult<MadeClient> {
        // Found before the costly hash; looked at again in the transaction.
        self.client(id).await?;
        let secret = random_secret()?;
        let hash = self.hasher.hash(secret.clone()).await?;
        let renewed = self.change(async |tx| {
            let mut client: OAuthClient = record::get(tx, id).await?;
            client.touch(by);
            record::replace(tx, &client).await?;
            let new = "UPDATE client SET secret_hash = $2 WHERE id = $1";
            tx.execute(new, values![id, hash]).await?;
            let old = "DELETE FROM token WHERE client_id = $1";
            let revoked = tx.execute(old, values![id]).await?;
            let detail = json!({
                "name": client.body.name,
                "version": client.version.0,
                "tokensRevoked": revoked,
            });
            audit::note(tx, by, "newSecret", Entity::Client, id.as_str(), detail).await?;
            Ok(client)
        });
        let client = renewed.await?;
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
        self.change(async |tx| {
            let client: OAuthClient = record::current(tx, id, expected).await?;
            let usage = "DELETE FROM api_usage WHERE client_id = $1";
            tx.execute(usage, values![id]).await?;
            record::delete(tx, &client, by).await
        })
        .await
    }
}

/// Takes down that the store has its first administrator; `Conflict` if it ever had one.
async fn mark_first(tx: &mut Tx, id: &EntityId) -> StoreResult<()> {
    let taken = "SELECT 1 FROM meta WHERE name = $1";
    if tx.first(taken, values![FIRST]).await?.is_some() {
        return Err(conflict(Entity::Client, "role of first administrator"));
    }
    let sql = "INSERT INTO meta (name, value) VALUES ($1, $2)";
    tx.execute(sql, values![FIRST, id]).await?;
    Ok(())
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
