//! What requests on integrations hold.

use super::shown::IntendedWord;
use crate::error::ApiError;
use crate::request::{Field, only, request};
use crate::wire::id as parse_id;
use serde_json::Value;
use std::collections::BTreeMap;
use tollgate_json::Doc;
use tollgate_store::{EntityId, Expected, IntendedState, JsonText, Version};
use utoipa::ToSchema;

request! {
    /// An integration to make.
    IntegrationRequest {
        #[schema(value_type = GivenType, inline)]
        integration_type: TypeId,
        /// Its name; without it that of its type, with a number behind it where there is one of that name already.
        #[schema(max_length = 256)]
        name: Option<String>,
        /// DISABLED without it.
        intended_state: Option<IntendedWord>,
        notes: Option<String>,
        attributes: Option<BTreeMap<String, String>>,
    }
    shown {
        id: String,
        self_uri: String,
    }
}

/// A name, where one is given: an empty one says nothing.
pub(super) fn name(given: Option<String>) -> Option<String> {
    given.filter(|name| !name.trim().is_empty())
}

/// The type of an integration, by its id.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it describes a field; `TypeId` is what is read")]
pub(super) struct GivenType {
    id: String,
    #[schema(read_only)]
    name: Option<String>,
    #[schema(read_only)]
    description: Option<String>,
    #[schema(read_only)]
    provider: Option<String>,
    #[schema(read_only)]
    category: Option<String>,
    #[schema(read_only)]
    config_properties_schema_uri: Option<String>,
    #[schema(read_only)]
    config_advanced_schema_uri: Option<String>,
    #[schema(read_only, value_type = Option<Object>)]
    credentials: Option<Value>,
    #[schema(read_only)]
    non_installable: Option<bool>,
    #[schema(read_only)]
    self_uri: Option<String>,
}

/// The fields of [`GivenType`].
const TYPE_FIELDS: [&str; 10] = [
    "id",
    "name",
    "description",
    "provider",
    "category",
    "config_properties_schema_uri",
    "config_advanced_schema_uri",
    "credentials",
    "non_installable",
    "self_uri",
];

request! {
    /// An integration as it is to be; what is left out stays as it is.
    IntegrationChange {
        #[schema(max_length = 256)]
        name: Option<String>,
        intended_state: Option<IntendedWord>,
        notes: Option<String>,
        attributes: Option<BTreeMap<String, String>>,
        /// The version that was read; what was changed since then isn't overwritten.
        #[schema(value_type = Option<i64>, minimum = 0)]
        version: Expected,
    }
    shown {
        id: String,
        integration_type: Object,
        config: Object,
        reported_state: Object,
        self_uri: String,
    }
}

request! {
    /// An integration's configuration as it is to be; what is left out is empty, but for the name and the notes,
    /// which stay.
    IntegrationConfigurationRequest {
        /// The version that was read; what was changed since then isn't overwritten.
        #[schema(value_type = i64, minimum = 0)]
        version: Version,
        /// The integration's name.
        #[schema(max_length = 256)]
        name: Option<String>,
        #[schema(value_type = Option<Object>)]
        properties: Option<JsonText>,
        #[schema(value_type = Option<Object>)]
        advanced: Option<JsonText>,
        /// The integration's notes.
        notes: Option<String>,
        /// The credentials in its places.
        #[schema(value_type = Option<BTreeMap<String, GivenCredential>>)]
        credentials: CredentialIds,
    }
    shown {
        id: String,
        self_uri: String,
    }
}

/// A credential, by its id.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "it describes a field; `CredentialIds` is what is read"
)]
pub(super) struct GivenCredential {
    id: String,
    #[schema(read_only)]
    name: Option<String>,
    #[schema(read_only, value_type = Option<Object>)]
    r#type: Option<Value>,
    #[schema(read_only)]
    created_date: Option<String>,
    #[schema(read_only)]
    modified_date: Option<String>,
    #[schema(read_only)]
    version: Option<i64>,
    #[schema(read_only)]
    self_uri: Option<String>,
}

/// The fields of [`GivenCredential`].
const CREDENTIAL_FIELDS: [&str; 7] = [
    "id",
    "name",
    "type",
    "created_date",
    "modified_date",
    "version",
    "self_uri",
];

impl From<IntendedWord> for IntendedState {
    fn from(state: IntendedWord) -> Self {
        match state {
            IntendedWord::Enabled => Self::Enabled,
            IntendedWord::Disabled => Self::Disabled,
        }
    }
}

/// The id of an integration type.
pub(crate) struct TypeId(pub(super) String);

impl Field for TypeId {
    fn read(doc: &Doc, name: &str) -> Result<Self, ApiError> {
        let id = match doc.object(name)? {
            Some(kind) => {
                only(&kind, &TYPE_FIELDS)?;
                kind.required("id")?
            }
            None => doc.required("integrationType.id")?,
        };
        Ok(Self(id))
    }
}

/// The ids of credentials, by the places that they are in.
pub(crate) struct CredentialIds(pub(super) BTreeMap<String, EntityId>);

impl Field for CredentialIds {
    fn read(doc: &Doc, name: &str) -> Result<Self, ApiError> {
        let mut ids = BTreeMap::new();
        if let Some(places) = doc.object(name)? {
            for (place, _) in places.fields() {
                if let Some(named) = places.object(place)? {
                    only(&named, &CREDENTIAL_FIELDS)?;
                    ids.insert(place.clone(), parse_id(&named.required("id")?)?);
                }
            }
        }
        Ok(Self(ids))
    }
}
