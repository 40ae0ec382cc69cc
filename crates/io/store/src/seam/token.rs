//! Access tokens: given for a secret, kept as a hash.

use super::{By, EntityId, OAuthClient, WallTime};
use crate::error::StoreResult;
use async_trait::async_trait;
use tollgate_secret::Secret;

/// A token, which can be read here and never again.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    /// 256 random bits in URL-safe base64.
    pub token: Secret,
    /// When it ends.
    pub expires: WallTime,
    /// Whose it is.
    pub client: OAuthClient,
}

/// Whom a token belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenOwner {
    /// The client as it is now.
    pub client: OAuthClient,
    /// When the token ends.
    pub expires: WallTime,
}

/// Access tokens.
#[async_trait]
pub trait Tokens {
    /// Checks id and secret, and gives a token. A client holds at most
    /// [`crate::limits::TOKENS_PER_CLIENT`] live ones: past that the oldest is dropped for the new.
    ///
    /// Takes as long for an unknown client as for a wrong secret, and the answer is the same.
    ///
    /// # Errors
    /// `Denied` for an unknown or inactive client or a wrong secret; `Busy` when too many secrets are
    /// being checked.
    async fn issue_token(
        &self,
        client: &str,
        secret: &Secret,
        now: WallTime,
    ) -> StoreResult<IssuedToken>;
    /// Whose token this is.
    ///
    /// # Errors
    /// `Denied` for one that is unknown, revoked or expired, or whose client is inactive.
    async fn check_token(&self, token: &Secret, now: WallTime) -> StoreResult<TokenOwner>;
    /// Ends one token. Ending an unknown one is no error.
    async fn revoke_token(&self, token: &Secret, by: &By) -> StoreResult<()>;
    /// Ends all tokens of a client; returns how many.
    async fn revoke_tokens(&self, client: &EntityId, by: &By) -> StoreResult<u64>;
    /// Forgets up to a batch of expired tokens; returns how many. Call it now and then.
    async fn forget_expired_tokens(&self, now: WallTime) -> StoreResult<u64>;
}
