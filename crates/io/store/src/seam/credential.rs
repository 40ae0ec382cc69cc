//! Upstream credentials: sealed, and read by the engine alone.

use super::{By, EntityId, Expected, NameFilter, Page, PageRequest, Sort, Version, WallTime};
use crate::error::StoreResult;
use crate::seal::{KeyId, KeyUse, Rotation};
use async_trait::async_trait;
use std::collections::BTreeMap;
use tollgate_secret::Secret;

/// The type of a credential, as the platform names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CredentialKind {
    /// `pureCloudOAuthClient`: client id and secret of a client of the platform.
    PureCloudOAuthClient,
    /// `userDefinedOAuth`: fields of one's own, for a token request of one's own.
    UserDefinedOAuth,
    /// `basicAuth`: user name and password.
    BasicAuth,
    /// `userDefined`: fields of one's own.
    UserDefined,
    /// `zendeskApiToken`: a user's address, an API token, and the account's URL.
    ZendeskApiToken,
}

/// A new credential.
#[derive(Clone, Debug)]
pub struct NewCredential {
    /// Its id.
    pub id: EntityId,
    /// Its name. Not unique: the platform's aren't.
    pub name: String,
    /// Its type. Which fields a type needs is the caller's to check.
    pub kind: CredentialKind,
    /// Its fields, at most [`crate::limits::CREDENTIAL_FIELDS`]. Sealed one by one.
    pub fields: BTreeMap<String, Secret>,
}

/// What may be read of a credential: everything but the values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credential {
    /// Its id.
    pub id: EntityId,
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: CredentialKind,
    /// Names of its fields, in order.
    pub fields: Vec<String>,
    /// Its version.
    pub version: Version,
    /// When it was made.
    pub created: WallTime,
    /// When it was last changed.
    pub modified: WallTime,
}

/// Order of a list of credentials.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CredentialSort {
    /// By name, whatever its case.
    #[default]
    Name,
    /// By type.
    Type,
    /// By time of creation.
    Created,
    /// By time of the last change.
    Modified,
}

/// Which credentials.
#[derive(Clone, Debug, Default)]
pub struct CredentialQuery {
    /// By name.
    pub name: Option<NameFilter>,
    /// By type.
    pub kind: Option<CredentialKind>,
    /// Order.
    pub sort: Sort<CredentialSort>,
    /// Part.
    pub page: PageRequest,
}

/// Credentials. No list and no get returns a value.
#[async_trait]
pub trait Credentials {
    /// Makes one.
    ///
    /// # Errors
    /// `Conflict` for a taken id.
    async fn create_credential(&self, new: NewCredential, by: &By) -> StoreResult<Credential>;
    /// One by id, without values.
    async fn credential(&self, id: &EntityId) -> StoreResult<Credential>;
    /// A page of them, without values.
    async fn list_credentials(&self, query: &CredentialQuery) -> StoreResult<Page<Credential>>;
    /// Changes the name, and replaces all fields if any are given.
    ///
    /// # Errors
    /// `NotFound`, `Stale`.
    async fn update_credential(
        &self,
        id: &EntityId,
        expected: Expected,
        name: Option<String>,
        fields: Option<BTreeMap<String, Secret>>,
        by: &By,
    ) -> StoreResult<Credential>;
    /// Removes one.
    ///
    /// # Errors
    /// `NotFound`, `Stale`; `InUse` while an integration's configuration refers to it.
    async fn delete_credential(
        &self,
        id: &EntityId,
        expected: Expected,
        by: &By,
    ) -> StoreResult<()>;
    /// The values. For the engine, when it builds a token request or a header; for nothing else.
    ///
    /// # Errors
    /// `NotFound`; `Unsealable` when no key of the ring opens a field.
    async fn reveal_credential(&self, id: &EntityId) -> StoreResult<BTreeMap<String, Secret>>;
}

/// What keeps secrets sealed.
#[async_trait]
pub trait Sealing {
    /// Seals up to `batch` fields anew under the active key and says how many are left. Call it until
    /// none is: it may be stopped and taken up anywhere, and reads work all the while.
    async fn rotate(&self, batch: u32, by: &By) -> StoreResult<Rotation>;
    /// How many values each key seals. A key that seals none may leave the ring.
    async fn key_use(&self) -> StoreResult<Vec<KeyUse>>;
    /// The key that seals new values.
    fn active_key(&self) -> KeyId;
}
