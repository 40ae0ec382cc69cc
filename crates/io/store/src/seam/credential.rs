//! Upstream credentials: sealed, and read by the engine alone.

use super::{NameFilter, PageRequest, Sort, WallTime};
use crate::id::{EntityId, Version};
use std::collections::BTreeMap;
use tollgate_secret::Secret;

/// The type of a credential, as the platform names it.
#[derive(Clone, PartialEq, Eq, Debug)]
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
    /// Any other: it is kept, and nothing is called with it.
    Other(Box<str>),
}

impl CredentialKind {
    /// The platform's word for the type.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::PureCloudOAuthClient => "pureCloudOAuthClient",
            Self::UserDefinedOAuth => "userDefinedOAuth",
            Self::BasicAuth => "basicAuth",
            Self::UserDefined => "userDefined",
            Self::ZendeskApiToken => "zendeskApiToken",
            Self::Other(word) => word,
        }
    }

    /// The type that the platform has this word for.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        let known = [
            Self::PureCloudOAuthClient,
            Self::UserDefinedOAuth,
            Self::BasicAuth,
            Self::UserDefined,
            Self::ZendeskApiToken,
        ];
        let known = known.into_iter().find(|kind| kind.word() == word);
        known.unwrap_or_else(|| Self::Other(word.into()))
    }
}

/// A new credential.
#[derive(Clone, Debug)]
pub struct NewCredential {
    /// The id, which no credential may have yet.
    pub id: EntityId,
    /// The name. Not unique: the platform's aren't.
    pub name: String,
    /// The type. Which fields a type needs is the caller's to check.
    pub kind: CredentialKind,
    /// The values by the names of their fields, at most [`crate::limits::CREDENTIAL_FIELDS`]. Each is sealed
    /// by itself.
    pub fields: BTreeMap<String, Secret>,
}

/// A change of a credential; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct CredentialUpdate {
    /// The new name.
    pub name: Option<String>,
    /// The new type. Whether the fields are those that it needs is the caller's to check.
    pub kind: Option<CredentialKind>,
    /// All values from now on, by the names of their fields.
    pub fields: Option<BTreeMap<String, Secret>>,
}

/// What may be read of a credential: everything but the values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credential {
    /// The id.
    pub id: EntityId,
    /// The name.
    pub name: String,
    /// The type.
    pub kind: CredentialKind,
    /// The names of the fields, in order.
    pub fields: Vec<String>,
    /// How often the credential was written, its values included.
    pub version: Version,
    /// When the credential was made.
    pub created: WallTime,
    /// When the credential was last changed.
    pub modified: WallTime,
}

/// What a list of credentials is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CredentialSort {
    /// The name, whatever its case.
    #[default]
    Name,
    /// The platform's word for the type.
    Type,
    /// The time of creation.
    Created,
    /// The time of the last change.
    Modified,
}

/// Which credentials a list has; a filter that is `None` lets all pass.
#[derive(Clone, Debug, Default)]
pub struct CredentialQuery {
    /// A filter on the name.
    pub name: Option<NameFilter>,
    /// The type of the credentials.
    pub kind: Option<CredentialKind>,
    /// The order of the list.
    pub sort: Sort<CredentialSort>,
    /// Which page of the list.
    pub page: PageRequest,
}

/// Where a part of all credentials, ordered by id, begins or ends. The id itself isn't in the part, and needn't be that
/// of a credential: one that was removed meanwhile leaves its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CredentialCursor {
    /// The first ones.
    Start,
    /// Those that come next after this id.
    After(EntityId),
    /// Those that come last before this id.
    Before(EntityId),
}
