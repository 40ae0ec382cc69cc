//! OAuth clients that call tollgate.

use super::{NameFilter, PageRequest, Sort, WallTime};
use crate::id::{EntityId, Version};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use tollgate_secret::Secret;

/// What a caller may do. No role includes another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// See how the service stands, and nothing else.
    View,
    /// Run and test actions.
    Execute,
    /// Write actions, drafts, data tables and workflows.
    Author,
    /// Write integrations, credentials and OAuth clients, and read the audit log.
    Administer,
}

impl Role {
    /// Its word in requests, answers and settings.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Execute => "execute",
            Self::Author => "author",
            Self::Administer => "administer",
        }
    }
}

/// Where a role holds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "to", content = "ids")]
pub enum Reach {
    /// For all integrations and actions.
    Everything,
    /// For the integrations with these ids and for their actions.
    Integrations(BTreeSet<String>),
    /// For the actions with these ids.
    Actions(BTreeSet<String>),
}

/// A role, and where it holds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// What the client may do.
    pub role: Role,
    /// Where it may do so.
    pub reach: Reach,
}

/// A role as a client has it, where what the role means, or where it holds, is the configuration's.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldRole {
    /// The role: a GUID of the organisation's, or a word of [`Role`]'s.
    pub role_id: String,
    /// Where it holds: `*`, a division's GUID, or the id of an integration or of an action.
    pub division_id: String,
}

/// How a client logs in, as the platform names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum GrantType {
    /// By its id and secret; the only way there is here.
    #[default]
    ClientCredentials,
    /// By an authorisation code. Such a client gets no token here, as those of all that follow.
    Code,
    /// By an implicit grant.
    Token,
    /// By a SAML 2 assertion.
    Saml2Bearer,
    /// By a user's password.
    Password,
}

impl GrantType {
    /// All of them, with the platform's words.
    pub const WORDS: [(Self, &'static str); 5] = [
        (Self::ClientCredentials, "CLIENT-CREDENTIALS"),
        (Self::Code, "CODE"),
        (Self::Token, "TOKEN"),
        (Self::Saml2Bearer, "SAML2-BEARER"),
        (Self::Password, "PASSWORD"),
    ];

    /// The platform's word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        let found = Self::WORDS.iter().find(|(it, _)| *it == self);
        found.map_or("", |(_, word)| word)
    }
}

/// Whether a client may get tokens and use them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClientState {
    /// It gets tokens, and they count.
    Active,
    /// It gets no token, and those it has don't count.
    Inactive,
}

/// What an update of a client replaces.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientBody {
    /// The name. Not unique: the platform's aren't.
    pub name: String,
    /// Notes of the administrator's.
    pub description: String,
    /// What the client may do, at most [`crate::limits::GRANTS`] roles.
    pub grants: BTreeSet<Grant>,
    /// Roles beside those of `grants` that it has, which mean what the configuration says; at most
    /// [`crate::limits::GRANTS`].
    pub roles: BTreeSet<HeldRole>,
    /// How it logs in: a client of another grant than client credentials is kept and gets no token.
    pub grant_type: GrantType,
    /// Where the platform would lead its users back to, at most [`crate::limits::CLIENT_TEXTS`]; of no effect here.
    pub redirect_uris: Vec<String>,
    /// The scopes that it would ask for, at most [`crate::limits::CLIENT_TEXTS`]; of no effect here.
    pub scopes: Vec<String>,
    /// Seconds for which a token of the client is good: 300 to 172800, as on the platform.
    pub access_token_validity_seconds: u32,
    /// Whether the client may get tokens and use them.
    pub state: ClientState,
    /// Names of the flows that it may call as beside its default flow, at most
    /// [`crate::limits::CLIENT_FLOWS`]; `*` means every flow.
    pub flows: BTreeSet<String>,
    /// The flow of its calls that name none; `None` means that of the service.
    pub default_flow: Option<String>,
}

impl ClientBody {
    /// Whether the client may get tokens and use them.
    pub(crate) fn logs_in(&self) -> bool {
        self.state == ClientState::Active && self.grant_type == GrantType::ClientCredentials
    }
}

impl Default for ClientBody {
    /// An active client without a name that may do nothing, with tokens that live a day.
    fn default() -> Self {
        Self {
            name: String::new(),
            description: String::new(),
            grants: BTreeSet::new(),
            roles: BTreeSet::new(),
            grant_type: GrantType::default(),
            redirect_uris: Vec::new(),
            scopes: Vec::new(),
            access_token_validity_seconds: 86_400,
            state: ClientState::Active,
            flows: BTreeSet::new(),
            default_flow: None,
        }
    }
}

/// A stored client. Its secret is in no field: only a hash of it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OAuthClient {
    /// The id: the `client_id` of the token request.
    pub id: EntityId,
    /// What an update replaces.
    pub body: ClientBody,
    /// How often the client was written, its secret included.
    pub version: Version,
    /// When the client was made.
    pub created: WallTime,
    /// When the client or its secret was last changed.
    pub modified: WallTime,
    /// Who made the client, as the audit log names actors.
    pub created_by: String,
    /// Who changed the client last, as the audit log names actors.
    pub modified_by: String,
}

/// A client and its secret, which can be read here and never again.
#[derive(Clone, Debug)]
pub struct MadeClient {
    /// The client as it is stored.
    pub client: OAuthClient,
    /// The secret: 256 random bits in URL-safe base64.
    pub secret: Secret,
}

/// What a list of clients is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ClientSort {
    /// The name, whatever its case.
    #[default]
    Name,
    /// The time of creation.
    Created,
    /// The time of the last change.
    Modified,
}

/// Which clients a list has; a filter that is `None` lets all pass.
#[derive(Clone, Debug, Default)]
pub struct ClientQuery {
    /// A filter on the name.
    pub name: Option<NameFilter>,
    /// Whether the clients may get tokens.
    pub state: Option<ClientState>,
    /// The order of the list.
    pub sort: Sort<ClientSort>,
    /// Which page of the list.
    pub page: PageRequest,
}

/// Whether a client administers everything, as far as its body says; what its roles mean is the configuration's.
pub type Administers<'a> = dyn Fn(&ClientBody) -> bool + Send + Sync + 'a;

/// Tells a client's id and secret to whoever asked for them.
pub type Handover<'a> = dyn Fn(&EntityId, &Secret) -> std::io::Result<()> + Send + Sync + 'a;
