//! Access tokens.

use super::client::{self, denied};
use super::list::one_id;
use super::{Store, audit};
use crate::backend::{Tx, values};
use crate::error::{Entity, StoreResult};
use crate::hash::{random_secret, token_hash};
use crate::limits;
use crate::seam::{
    Actor, By, ClientState, EntityId, IssuedToken, OAuthClient, TokenOwner, WallTime,
};
use serde_json::json;
use tollgate_secret::Secret;

impl Store {
    /// Checks id and secret, and gives a token. A client holds at most
    /// [`crate::limits::TOKENS_PER_CLIENT`] live ones: past that the oldest is dropped for the new.
    ///
    /// Takes as long for an unknown client as for a wrong secret, and the answer is the same.
    ///
    /// # Errors
    /// `Denied` for an unknown or inactive client or a wrong secret; `Busy` when too many secrets are
    /// being checked.
    pub async fn issue_token(
        &self,
        client: &str,
        secret: &Secret,
        now: WallTime,
    ) -> StoreResult<IssuedToken> {
        let stored = match EntityId::parse(client) {
            Ok(id) => {
                let sql = "SELECT secret_hash FROM client WHERE id = $1";
                self.checked(sql, one_id(&id))
                    .await?
                    .map(|mut row| row.text())
                    .transpose()?
            }
            Err(_) => None,
        };
        // An unknown client's secret takes as long.
        if !self.hasher.verify(secret.clone(), stored.clone()).await? {
            return denied();
        }
        let (id, Some(stored)) = (EntityId::parse(client)?, stored) else {
            return denied();
        };
        let token = random_secret()?;
        let mut tx = self.login().await?;
        let outcome = issue(&mut tx, &id, &stored, &token, now).await;
        let (client, expires) = tx.finish(outcome).await?;
        Ok(IssuedToken {
            token,
            expires,
            client,
        })
    }

    /// Whose token this is.
    ///
    /// # Errors
    /// `Denied` for one that is unknown, revoked or expired, or whose client is inactive.
    pub async fn check_token(&self, token: &Secret, now: WallTime) -> StoreResult<TokenOwner> {
        let columns: Vec<String> = client::COLUMNS
            .split(", ")
            .map(|c| format!("c.{}", c.trim()))
            .collect();
        let sql = format!(
            "SELECT t.expires, {} FROM token t JOIN client c ON c.id = t.client_id WHERE t.hash = $1",
            columns.join(", ")
        );
        let Some(mut row) = self.checked(&sql, values![token_hash(token)]).await? else {
            return denied();
        };
        let expires = row.time()?;
        let client = client::read(&mut row)?;
        if expires <= now || client.body.state != ClientState::Active {
            return denied();
        }
        Ok(TokenOwner { client, expires })
    }

    /// Ends one token. Ending an unknown one is no error.
    pub async fn revoke_token(&self, token: &Secret, by: &By) -> StoreResult<()> {
        let mut tx = self.write().await?;
        let outcome = revoke(&mut tx, token, by).await;
        tx.finish(outcome).await
    }

    /// Forgets up to a batch of expired tokens; returns how many. Call it now and then.
    pub async fn forget_expired_tokens(&self, now: WallTime) -> StoreResult<u64> {
        let mut tx = self.write().await?;
        let sql = format!(
            "DELETE FROM token WHERE hash IN (SELECT hash FROM token WHERE expires <= $1 LIMIT $2{})",
            tx.skip_locked()
        );
        let outcome = tx.execute(&sql, values![now, limits::BATCH as i64]).await;
        tx.finish(outcome).await
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
        return denied();
    }
    let client = client::get(tx, id).await?;
    if client.body.state != ClientState::Active {
        return denied();
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
    let by = By {
        actor: Actor::client(id),
        at: now,
    };
    let detail = json!({"expires": expires.0});
    audit::note(tx, &by, "issue", Entity::Token, id.as_str(), detail).await?;
    Ok((client, expires))
}

async fn revoke(tx: &mut Tx, token: &Secret, by: &By) -> StoreResult<()> {
    let hash = token_hash(token);
    let sql = "SELECT client_id FROM token WHERE hash = $1";
    let Some(mut row) = tx.first(sql, values![hash.clone()]).await? else {
        return Ok(());
    };
    let client = row.text()?;
    tx.execute("DELETE FROM token WHERE hash = $1", values![hash])
        .await?;
    audit::note(
        tx,
        by,
        "revoke",
        Entity::Token,
        client,
        json!({"tokens": 1}),
    )
    .await
}
