//! Who did something and to what, as answers tell it.

use serde::Serialize;
use tollgate_config::Guid;
use utoipa::ToSchema;

/// Something that is told of by its id.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DomainEntityRef)]
pub(crate) struct EntityRef {
    /// Of who did something: the id of an OAuth client or of a caller of the configuration file; `cli` for the command
    /// line, `system` for the service itself.
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// Where it is, if it has a path of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) self_uri: Option<String>,
}

/// A client that did something.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AddressableEntityRef)]
pub(crate) struct ClientRef {
    /// The id of an OAuth client, or of a caller of the configuration file.
    id: String,
    /// Where the OAuth client is, if it is one of the store's.
    #[serde(skip_serializing_if = "Option::is_none")]
    self_uri: Option<String>,
}

impl EntityRef {
    /// From an actor as the store names it: `client:ID`, `cli` or `system`.
    pub(crate) fn of_actor(actor: &str) -> Self {
        let (id, self_uri) = match ClientRef::of_actor(actor) {
            Some(ClientRef { id, self_uri }) => (id, self_uri),
            None => (actor.to_owned(), None),
        };
        Self {
            id,
            name: None,
            self_uri,
        }
    }
}

impl ClientRef {
    /// The client that an actor is; none for the command line and the service itself.
    pub(crate) fn of_actor(actor: &str) -> Option<Self> {
        let id = actor.strip_prefix("client:")?;
        // The store's own ids are GUIDs; a caller of the file may be called anything.
        let is_stored = Guid::parse(id).is_some();
        Some(Self {
            id: id.to_owned(),
            self_uri: is_stored.then(|| format!("/api/v2/oauth/clients/{id}")),
        })
    }
}
