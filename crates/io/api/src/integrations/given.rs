//! What requests on integrations hold.

use super::shown::IntendedWord;
use crate::error::ApiError;
use crate::request::{Field, request};
use crate::wire::id as parse_id;
use std::collections::BTreeMap;
use tollgate_json::{Doc, DocError};
use tollgate_store::{EntityId, Expected, IntendedState, JsonText, Version};

request! {
    /// An integration to make.
    IntegrationRequest {
        #[schema(inline)]
        integration_type: GivenType,
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

request! {
    /// The type of an integration, by its id.
    GivenType {
        id: String,
    }
    shown {
        name: String,
        description: String,
        provider: String,
        category: String,
        config_properties_schema_uri: String,
        config_advanced_schema_uri: String,
        credentials: Object,
        non_installable: bool,
        self_uri: String,
    }
}

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

request! {
    /// A credential, by its id.
    GivenCredential {
        id: String,
    }
    shown {
        name: String,
        r#type: Object,
        created_date: String,
        modified_date: String,
        version: i64,
        self_uri: String,
    }
}

impl From<IntendedWord> for IntendedState {
    fn from(state: IntendedWord) -> Self {
        match state {
            IntendedWord::Enabled => Self::Enabled,
            IntendedWord::Disabled => Self::Disabled,
        }
    }
}

impl Field for GivenType {
    fn read(doc: &Doc, name: &str) -> Result<Self, ApiError> {
        match doc.object(name)? {
            Some(kind) => Self::read(&kind),
            None => Err(DocError::Missing(format!("{name}.id")).into()),
        }
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
                    let GivenCredential { id, .. } = GivenCredential::read(&named)?;
                    ids.insert(place.clone(), parse_id(&id)?);
                }
            }
        }
        Ok(Self(ids))
    }
}
