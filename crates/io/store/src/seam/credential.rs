//! Upstream credentials: sealed, and read by the engine alone.

use super::{NameFilter, PageRequest, Sort, WallTime};
use crate::id::{EntityId, Version};
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

impl CredentialKind {
    /// The platform's word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::PureCloudOAuthClient => "pureCloudOAuthClient",
            Self::UserDefinedOAuth => "userDefinedOAuth",
            Self::BasicAuth => "basicAuth",
            Self::UserDefined => "userDefined",
            Self::ZendeskApiToken => "zendeskApiToken",
        }
    }

    /// The type with that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [
            Self::PureCloudOAuthClient,
            Self::UserDefinedOAuth,
            Self::BasicAuth,
            Self::UserDefined,
            Self::ZendeskApiToken,
        ]
        .into_iter()
        .find(|kind| kind.word() == word)
    }
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
