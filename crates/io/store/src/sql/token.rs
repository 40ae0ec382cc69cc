//! Access tokens.

use super::audit;
use super::layout::Layout;
use super::record;
use crate::backend::{Mode, Tx, values};
use crate::error::{Entity, StoreError, StoreResult};
use crate::hash::{random_secret, token_hash};
use crate::id::EntityId;
use crate::limits;
use crate::seam::{
    Actor, Author, ClientState, GrantType, IssuedToken, OAuthClient, TokenOwner, WallTime,
};
use crate::store::Store;
use serde_json::json;
use tollgate_secret::Secret;

impl Store {
    /// Checks a client's id and secret, and gives a token. A client holds at most
    /// [`crate::limits::TOKENS_PER_CLIENT`] live ones: past that the oldest is dropped for the new.
    ///
    /// Takes as long for an unknown client as for a wrong secret, and the answer is the same.
    ///
    /// # Errors
    /// `Denied` for an unknown or inactive client or a wrong secret; `OtherGrant` for one that doesn't log in by
    /// client credentials; `Busy` when too many secrets are being checked.
    pub async fn issue_token(
        &self,
        client: &str,
        secret: &Secret,
        now: WallTime,
    ) -> StoreResult<IssuedToken> {
        let id = EntityId::parse(client).ok();
        let row = match &id {
            Some(id) => {
                let sql = "SELECT secret_hash FROM client WHERE id = $1";
                self.checked(sql, values![id]).await?
            }
            None => None,
        };
        let stored = row.map(|mut row| row.text()).transpose()?;
        // An unknown client's secret takes as long.
        let fits = self.hasher.verify(secret.clone(), stored.clone()).await?;
        let (true, Some(id), Some(stored)) = (fits, id, stored) else {
            return Err(StoreError::Denied);
        };
        let token = random_secret()?;
        let (client, expires) = self
            .within(Mode::Login, async |tx| {
                issue(tx, &id, &stored, &token, now).await
            })
            .await?;
        Ok(IssuedToken {
            token,
            expires,
            client,
        })
    }

    /// The client that a token belongs to, and when the token ends.
    ///
    /// # Errors
    /// `Denied` for one that is unknown, revoked or expired, or whose client is inactive or has another grant by now.
    pub async fn check_token(&self, token: &Secret, now: WallTime) -> StoreResult<TokenOwner> {
        let sql = format!(
            "SELECT expires, {} FROM token JOIN client ON id = client_id WHERE hash = $1",
            OAuthClient::COLUMNS
        );
        let Some(mut row) = self.checked(&sql, values![token_hash(token)]).await? else {
            return Err(StoreError::Denied);
        };
        let expires: WallTime = row.take()?;
        let client = OAuthClient::read(&mut row)?;
        if expires <= now || !client.body.logs_in() {
            return Err(StoreError::Denied);
        }
        Ok(TokenOwner { client, expires })
    }

    /// Ends a token. Ending an unknown one is no error.
    pub async fn revoke_token(&self, token: &Secret, by: &Author) -> StoreResult<()> {
        self.change(async |tx| revoke(tx, token, by).await).await
    }

    /// Forgets up to [`limits::BATCH`] expired tokens; returns how many. To be called now and then.
    pub async fn forget_expired_tokens(&self, now: WallTime) -> StoreResult<u64> {
        self.change(async |tx| {
            let sql = format!(
                "DELETE FROM token WHERE hash IN \
                 (SELECT hash FROM token WHERE expires <= $1 LIMIT $2{})",
                tx.skip_locked()
            );
            tx.execute(&sql, values![now, limits::BATCH as i64]).await
        })
        .await
    }
}

async fn issue(
    tx: &mut Tx,
    id: &EntityId,
    verified: &str,
    token: &Secret,
    now: WallTime,
) -> StoreResult<(OAuthClient, WallTime)> {
    // The secret may have been replaced, or the client switched off, while the old one was checked. From
    // here on the client stays as it is: who changes it waits, and then ends the token given here.
    let still = format!(
        "SELECT 1 FROM client WHERE id = $1 AND secret_hash = $2{}",
        tx.for_update()
    );
    if tx.first(&still, values![id, verified]).await?.is_none() {
        return Err(StoreError::Denied);
    }
    let client: OAuthClient = record::get(tx, id).await?;
    if client.body.state != ClientState::Active {
        return Err(StoreError::Denied);
    }
    if client.body.grant_type != GrantType::ClientCredentials {
        return Err(StoreError::OtherGrant(client.body.grant_type.word()));
    }
    let expired = "DELETE FROM token WHERE client_id = $1 AND expires <= $2";
    tx.execute(expired, values![id, now]).await?;
    // Room for one more: the oldest go.
    let surplus = "DELETE FROM token WHERE client_id = $1 AND hash NOT IN \
                   (SELECT hash FROM token WHERE client_id = $1 ORDER BY issued DESC, hash LIMIT $2)";
    tx.execute(surplus, values![id, limits::TOKENS_PER_CLIENT - 1])
        .await?;
    let expires = now.plus_seconds(client.body.access_token_validity_seconds);
    let sql = "INSERT INTO token (hash, client_id, issued, expires) VALUES ($1, $2, $3, $4)";
    tx.execute(sql, values![token_hash(token), id, now, expires])
        .await?;
    let by = Author {
        actor: Actor::client(id),
        at: now,
    };
    let detail = json!({"expires": expires.0});
    audit::note(tx, &by, "issue", Entity::Token, id.as_str(), detail).await?;
    Ok((client, expires))
}

async fn revoke(tx: &mut Tx, token: &Secret, by: &Author) -> StoreResult<()> {
    let hash = token_hash(token);
    let sql = "SELECT client_id FROM token WHERE hash = $1";
    let Some(mut row) = tx.first(sql, values![hash.clone()]).await? else {
        return Ok(());
    };
    let client = row.text()?;
    tx.execute("DELETE FROM token WHERE hash = $1", values![hash])
        .await?;
    let detail = json!({"tokens": 1});
    audit::note(tx, by, "revoke", Entity::Token, &client, detail).await
}
