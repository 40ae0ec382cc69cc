//! What requests and answers on callers hold.

use super::roles::{Known, RoleDivision, RoleDivisions, role_divisions, role_ids};
use super::{PATH, flow};
use crate::actor::EntityRef;
use crate::error::ApiError;
use crate::request::{Whole, request};
use crate::wire::show_time;
use crate::words::words;
use serde::Serialize;
use std::collections::BTreeSet;
use tollgate_callers::{granted, why_nothing};
use tollgate_config::Organization;
use tollgate_definitions::Lanes;
use tollgate_driver::Secret;
use tollgate_store::{ClientBody, ClientState, Expected, OAuthClient, Role};
use utoipa::ToSchema;

pub(super) const DAY: u32 = 86_400;

/// How long a caller's tokens may live, in seconds.
pub(super) type Validity = Whole<300, { 2 * DAY }>;

words! {
    /// How a caller logs in. Only client credentials do here: others are kept, shown, and get no token.
    GrantType {
        Code = "CODE",
        Token = "TOKEN",
        Saml2Bearer = "SAML2-BEARER",
        Password = "PASSWORD",
        ClientCredentials = "CLIENT-CREDENTIALS",
    }
}
words! {
    /// Whether a caller may log in.
    OAuthClientState { Active = "active", Inactive = "inactive" | "disabled", }
}
words! {
    /// A role of this service's, by its id.
    RoleId { View = "view", Execute = "execute", Author = "author", Administer = "administer", }
}

/// Who may call, and what it may do.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OAuthClient)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) authorized_grant_type: GrantType,
    pub(super) access_token_validity_seconds: u32,
    /// Roles that it has everywhere.
    pub(super) role_ids: Vec<String>,
    /// All its roles, as they were written.
    pub(super) role_divisions: Vec<RoleDivision>,
    /// Where the platform would lead users back to; of no effect here.
    pub(super) registered_redirect_uri: Vec<String>,
    /// The scopes that it would ask for; of no effect here.
    pub(super) scope: Vec<String>,
    /// Flows that it may call as beside its default flow; * means every flow.
    pub(super) tollgate_flows: BTreeSet<String>,
    /// The flow of its calls that name none; empty: the service's.
    pub(super) tollgate_default_flow: String,
    /// What of it has no effect here, and why, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub(super) tollgate_notes: Vec<String>,
    pub(super) state: OAuthClientState,
    #[schema(format = DateTime)]
    pub(super) date_created: String,
    #[schema(format = DateTime)]
    pub(super) date_modified: String,
    pub(super) created_by: EntityRef,
    pub(super) modified_by: EntityRef,
    #[schema(minimum = 0)]
    pub(super) version: i64,
    pub(super) self_uri: String,
    /// Its secret, shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<String>,
}

request! {
    /// A caller as it is to be.
    OAuthClientRequest {
        #[schema(min_length = 1, max_length = 256)]
        name: String,
        description: Option<String>,
        /// CLIENT-CREDENTIALS without it.
        authorized_grant_type: Option<GrantType>,
        #[schema(inline)]
        access_token_validity_seconds: Option<Validity>,
        /// Roles that it has everywhere.
        role_ids: Option<Vec<String>>,
        /// Flows that it may call as beside its default flow; * means every flow.
        tollgate_flows: Option<Vec<String>>,
        /// The flow of its calls that name none; empty: the service's.
        tollgate_default_flow: Option<String>,
        #[schema(value_type = Option<Vec<RoleDivision>>)]
        role_divisions: RoleDivisions,
        /// Where the platform would lead users back to; kept and shown.
        registered_redirect_uri: Option<Vec<String>>,
        /// The scopes that it would ask for; kept and shown.
        scope: Option<Vec<String>>,
        state: Option<OAuthClientState>,
        /// The version that was read; what was changed since then isn't overwritten.
        #[schema(value_type = Option<i64>, minimum = 0)]
        version: Expected,
    }
    shown {
        id: String,
        date_created: String,
        date_modified: String,
        created_by: Object,
        modified_by: Object,
        secret: String,
        self_uri: String,
        tollgate_notes: Vec<String>,
    }
}

impl OAuthClientRequest {
    /// What the store keeps. Fields of ours stay as they are where a body doesn't have them, since the vendor's SDKs
    /// know nothing of them.
    pub(super) async fn body(
        self,
        lanes: &Lanes,
        known: Known<'_>,
    ) -> Result<ClientBody, ApiError> {
        let everywhere = self.role_ids.unwrap_or_default();
        let roles = known.read(everywhere, self.role_divisions).await?;
        let before = known.before;
        Ok(ClientBody {
            grants: roles.grants,
            roles: roles.held,
            name: self.name,
            description: self.description.unwrap_or_default(),
            grant_type: self
                .authorized_grant_type
                .map(Into::into)
                .unwrap_or_default(),
            redirect_uris: self.registered_redirect_uri.unwrap_or_default(),
            scopes: self.scope.unwrap_or_default(),
            access_token_validity_seconds: match self.access_token_validity_seconds {
                Some(Whole(seconds)) => seconds,
                None => DAY,
            },
            state: match self.state {
                None | Some(OAuthClientState::Active) => ClientState::Active,
                Some(OAuthClientState::Inactive) => ClientState::Inactive,
            },
            flows: match self.tollgate_flows {
                Some(names) => names
                    .into_iter()
                    .map(|name| flow(lanes, "tollgateFlows", name))
                    .collect::<Result<_, _>>()?,
                None => before
                    .map(|before| before.flows.clone())
                    .unwrap_or_default(),
            },
            default_flow: match self.tollgate_default_flow {
                Some(name) if name.is_empty() => None,
                Some(name) => Some(flow(lanes, "tollgateDefaultFlow", name)?),
                None => before.and_then(|before| before.default_flow.clone()),
            },
        })
    }
}

/// What of a client has no effect here, and why.
fn notes(body: &ClientBody, organization: &Organization) -> Vec<String> {
    let grant = (body.grant_type != tollgate_store::GrantType::default()).then(|| {
        format!(
            "It can't log in here: its grant is {}, and tokens are given for client credentials alone.",
            body.grant_type.word()
        )
    });
    let idle = body.roles.iter();
    let idle = idle.filter_map(|held| why_nothing(held, organization));
    grant.into_iter().chain(idle).collect()
}

pub(super) fn show(
    client: &OAuthClient,
    organization: &Organization,
    secret: Option<&Secret>,
) -> Client {
    let body = &client.body;
    let role_divisions = role_divisions(body);
    Client {
        id: client.id.to_string(),
        name: body.name.clone(),
        description: body.description.clone(),
        authorized_grant_type: body.grant_type.into(),
        access_token_validity_seconds: body.access_token_validity_seconds,
        role_ids: role_ids(&role_divisions),
        role_divisions,
        registered_redirect_uri: body.redirect_uris.clone(),
        scope: body.scopes.clone(),
        tollgate_flows: body.flows.clone(),
        tollgate_default_flow: body.default_flow.clone().unwrap_or_default(),
        tollgate_notes: notes(body, organization),
        state: body.state.into(),
        date_created: show_time(client.created),
        date_modified: show_time(client.modified),
        created_by: EntityRef::of_actor(&client.created_by),
        modified_by: EntityRef::of_actor(&client.modified_by),
        version: client.version.0,
        self_uri: format!("{PATH}/{}", client.id),
        secret: secret.map(|secret| secret.expose().to_owned()),
    }
}

impl From<ClientState> for OAuthClientState {
    fn from(state: ClientState) -> Self {
        match state {
            ClientState::Active => Self::Active,
            ClientState::Inactive => Self::Inactive,
        }
    }
}

impl From<GrantType> for tollgate_store::GrantType {
    fn from(grant: GrantType) -> Self {
        match grant {
            GrantType::Code => Self::Code,
            GrantType::Token => Self::Token,
            GrantType::Saml2Bearer => Self::Saml2Bearer,
            GrantType::Password => Self::Password,
            GrantType::ClientCredentials => Self::ClientCredentials,
        }
    }
}

impl From<tollgate_store::GrantType> for GrantType {
    fn from(grant: tollgate_store::GrantType) -> Self {
        use tollgate_store::GrantType as Stored;
        match grant {
            Stored::Code => Self::Code,
            Stored::Token => Self::Token,
            Stored::Saml2Bearer => Self::Saml2Bearer,
            Stored::Password => Self::Password,
            Stored::ClientCredentials => Self::ClientCredentials,
        }
    }
}

impl From<tollgate_config::Role> for RoleId {
    fn from(role: tollgate_config::Role) -> Self {
        match granted(role) {
            Role::View => Self::View,
            Role::Execute => Self::Execute,
            Role::Author => Self::Author,
            Role::Administer => Self::Administer,
        }
    }
}
