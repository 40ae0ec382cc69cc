//! What requests and answers on credentials hold, and the types of credentials.
use super::PATH;
use crate::error::ApiError;
use crate::request::{Field, request};
use crate::wire::show_time;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use tollgate_driver::Secret;
use tollgate_json::Doc;
use tollgate_store::{Credential, CredentialKind, Expected};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type as SchemaType};
use utoipa::{PartialSchema, ToSchema};

/// What is shown of a credential: all but its fields.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CredentialInfo {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) r#type: TypeName,
    #[schema(format = DateTime)]
    pub(super) created_date: String,
    #[schema(format = DateTime)]
    pub(super) modified_date: String,
    #[schema(minimum = 0)]
    pub(super) version: i64,
    pub(super) self_uri: String,
}

/// A credential type, by id and name, which are the same.
#[derive(Serialize, ToSchema)]
pub(super) struct TypeName {
    #[schema(value_type = String)]
    pub(super) id: &'static str,
    #[schema(value_type = String)]
    pub(super) name: &'static str,
}

/// A credential type, and the schema of its fields.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CredentialType {
    #[schema(value_type = String)]
    pub(super) id: &'static str,
    #[schema(value_type = String)]
    pub(super) name: &'static str,
    #[schema(value_type = Object)]
    pub(super) properties: Value,
    #[schema(value_type = Vec<String>)]
    pub(super) display_order: &'static [&'static str],
    #[schema(value_type = Vec<String>)]
    pub(super) required: &'static [&'static str],
}

request! {
    /// A credential to make.
    CredentialRequest {
        /// Its name; without it that of its type.
        name: Option<String>,
        #[schema(value_type = GivenType, inline)]
        r#type: TypeWord,
        #[schema(value_type = Option<BTreeMap<String, String>>)]
        credential_fields: Option<Fields>,
    }
    shown {
        id: String,
        self_uri: String,
    }
}

/// A credential type, by name or by id, as the document describes it.
pub(super) struct GivenType;

impl ToSchema for GivenType {}

impl PartialSchema for GivenType {
    fn schema() -> RefOr<Schema> {
        let names = TYPES.iter().map(|Type(_, name, _)| *name);
        let name = ObjectBuilder::new().schema_type(SchemaType::String);
        let given = ObjectBuilder::new().property("id", String::schema());
        let given = given.property("name", name.enum_values(Some(names)));
        given.required("name").into()
    }
}

request! {
    /// A credential as it is to be; fields replace all of them.
    CredentialUpdate {
        name: Option<String>,
        #[schema(value_type = Option<BTreeMap<String, String>>)]
        credential_fields: Option<Fields>,
        /// The version that was read; what was changed since then isn't overwritten.
        #[schema(value_type = Option<i64>, minimum = 0)]
        version: Expected,
    }
    shown {
        id: String,
        r#type: Object,
        created_date: String,
        modified_date: String,
        self_uri: String,
    }
}

/// A credential type, and the fields that it can't do without.
pub(super) struct Type(
    pub(super) CredentialKind,
    pub(super) &'static str,
    pub(super) &'static [&'static str],
);

pub(super) const TYPES: [Type; 5] = [
    Type(
        CredentialKind::BasicAuth,
        "basicAuth",
        &["userName", "password"],
    ),
    Type(
        CredentialKind::PureCloudOAuthClient,
        "pureCloudOAuthClient",
        &["clientId", "clientSecret"],
    ),
    Type(CredentialKind::UserDefined, "userDefined", &[]),
    Type(CredentialKind::UserDefinedOAuth, "userDefinedOAuth", &[]),
    Type(
        CredentialKind::ZendeskApiToken,
        "zendeskApiToken",
        &["userEmail", "baseUrl", "apiToken"],
    ),
];

/// The name of a credential type. The platform's are known by id and by name.
pub(crate) struct TypeWord(pub(super) String);

impl Field for TypeWord {
    fn read(doc: &Doc, name: &str) -> Result<Self, ApiError> {
        let word = match doc.object(name)? {
            None => doc.required("type.name")?,
            Some(kind) => match kind.text("name")? {
                Some(name) => name,
                None => kind.required("id")?,
            },
        };
        Ok(Self(word))
    }
}

/// A credential's fields, by name.
pub(super) type Fields = BTreeMap<String, Secret>;

impl Field for Option<Fields> {
    fn read(doc: &Doc, name: &str) -> Result<Self, ApiError> {
        let texts = doc.texts(name)?;
        Ok(texts.map(|texts| {
            let secret = |(name, text)| (name, Secret::new(text));
            texts.into_iter().map(secret).collect()
        }))
    }
}

impl CredentialInfo {
    pub(crate) fn of(credential: &Credential) -> Self {
        let kind = TYPES.iter().find(|Type(kind, ..)| *kind == credential.kind);
        let kind = kind.map_or("", |Type(_, name, _)| *name);
        Self {
            id: credential.id.to_string(),
            name: credential.name.clone(),
            r#type: TypeName {
                id: kind,
                name: kind,
            },
            created_date: show_time(credential.created),
            modified_date: show_time(credential.modified),
            version: credential.version.0,
            self_uri: format!("{PATH}/{}", credential.id),
        }
    }
}
