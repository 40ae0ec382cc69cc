//! OAuth clients.

use super::administrator::keep_one;
use super::layout::{Layout as _, layout};
use super::list::Select;
use super::record::{self, Record, conflict};
use super::transfer::withdraw;
use super::{audit, check};
use crate::backend::{Tx, cells, corrupt, read_json, values};
use crate::error::{Entity, Invalid, StoreResult};
use crate::hash::random_secret;
use crate::id::{EntityId, Version};
use crate::limits;
use crate::seam::{
    Administers, Author, ClientBody, ClientQuery, ClientSort, ClientState, Expected, Grant,
    GrantType, Handover, HeldRole, MadeClient, OAuthClient, Reach, Role,
};
use crate::store::Store;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// Under this name the table `meta` has the id of the first administrator, once there was one.
const FIRST: &str = "tollgate.first-administrator";

layout! {
    OAuthClient as Client in "client", unique [], changed by modified_by;
    id, version, created, modified, created_by;
    body: ClientBody {
        name, description, grants, access_token_validity_seconds = "validity", state = "active", flows, default_flow,
        roles, grant_type, redirect_uris, scopes
    }
}

cells! {
    ClientState as bool: |active| Ok(if active { Self::Active } else { Self::Inactive }), |state| {
        *state == Self::Active
    };
    BTreeSet<Grant> as String: |text| read_json(&text), |grants| json!(grants).to_string();
    BTreeSet<String> as String: |text| read_json(&text), |names| json!(names).to_string();
    BTreeSet<HeldRole> as String: |text| read_json(&text), |roles| json!(roles).to_string();
    GrantType as String: |text| {
        let known = GrantType::WORDS.into_iter().find(|(_, word)| *word == text);
        known.map(|(grant, _)| grant).ok_or_else(|| corrupt("client", "has an unknown grant type"))
    }, |grant| grant.word().to_owned();
}

impl Record for OAuthClient {
    type Query = ClientQuery;

    fn detail(&self) -> Json {
        json!({
            "name": self.body.name,
            "grants": self.body.grants,
            "roles": self.body.roles,
            "grantType": self.body.grant_type.word(),
            "flows": self.body.flows,
            "defaultFlow": self.body.default_flow,
            "active": self.body.state == ClientState::Active,
            "version": self.version.0,
        })
    }
    fn select(query: &ClientQuery) -> StoreResult<Select> {
        let column = match query.sort.key {
            ClientSort::Name => "name_key",
            ClientSort::Created => "created",
            ClientSort::Modified => "modified",
        };
        Ok(
            Select::of::<Self>(column, query.sort.descending, query.page)
                .name("name_key", query.name.as_ref())
                .compare("active", "=", query.state.as_ref()),
        )
    }

    async fn release(tx: &mut Tx, id: &EntityId, _by: &Author) -> StoreResult<()> {
        let usage = "DELETE FROM api_usage WHERE client_id = $1";
        tx.execute(usage, values![id]).await?;
        Ok(())
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
        by: &Author,
        tell: &Handover<'_>,
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
            ..ClientBody::default()
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
        by: &Author,
    ) -> StoreResult<MadeClient> {
        self.make(id, body, by, None).await
    }

    async fn make(
        &self,
        id: EntityId,
        body: ClientBody,
        by: &Author,
        first: Option<&Handover<'_>>,
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
        let secret_hash = vec![(
            "secret_hash",
            self.hasher.hash(secret.clone()).await?.into(),
        )];
        let made = self.change(async |tx| {
            if first.is_some() {
                mark_first(tx, &made.id).await?;
            }
            let client = record::create(tx, made, secret_hash, by).await?;
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

    /// Replaces what is written of a client. Tokens already given get the new grants. `administers`: as for
    /// [`Self::delete_client`].
    ///
    /// # Errors
    /// `NotFound`, `Stale`, `LastAdministrator`.
    pub async fn update_client(
        &self,
        id: &EntityId,
        expected: Expected,
        body: ClientBody,
        administers: Option<&Administers<'_>>,
        by: &Author,
    ) -> StoreResult<OAuthClient> {
        check_body(&body)?;
        self.change(async |tx| {
            let mut client: OAuthClient = record::current(tx, id, expected).await?;
            let before = std::mem::replace(&mut client.body, body);
            keep_one(tx, id, &before, Some(&client.body), administers).await?;
            let may = |body: &ClientBody| (body.grants.clone(), body.roles.clone(), body.state);
            if may(&before) != may(&client.body) {
                withdraw(tx, id).await?;
            }
            record::update(tx, client, by).await
        })
        .await
    }

    /// Removes a client with its tokens and usage. `administers`: which clients administer everything, where one
    /// of them must remain.
    ///
    /// # Errors
    /// `NotFound`, `Stale`, `LastAdministrator`.
    pub async fn delete_client(
        &self,
        id: &EntityId,
        expected: Expected,
        administers: Option<&Administers<'_>>,
        by: &Author,
    ) -> StoreResult<()> {
        self.change(async |tx| {
            let client: OAuthClient = record::current(tx, id, expected).await?;
            keep_one(tx, id, &client.body, None, administers).await?;
            withdraw(tx, id).await?;
            record::delete::<OAuthClient>(tx, id, expected, by).await
        })
        .await
    }

    /// Replaces a client's secret and revokes every token that the old one got.
    ///
    /// # Errors
    /// `NotFound`, `Busy`.
    pub async fn new_client_secret(&self, id: &EntityId, by: &Author) -> StoreResult<MadeClient> {
        // Found before the costly hash; looked at again in the transaction.
        self.get::<OAuthClient>(id).await?;
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
    check::at_most("roles", body.roles.len(), limits::GRANTS)?;
    for role in &body.roles {
        check::name("roleId", &role.role_id)?;
        check::name("divisionId", &role.division_id)?;
    }
    for (field, texts) in [
        ("registeredRedirectUri", &body.redirect_uris),
        ("scope", &body.scopes),
    ] {
        check::at_most(field, texts.len(), limits::CLIENT_TEXTS)?;
        for text in texts {
            check::text(field, text)?;
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
