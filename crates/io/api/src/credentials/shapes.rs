//! What requests and answers on credentials hold, and the types of credentials.
use super::PATH;
use crate::error::ApiError;
use crate::request::{Field, only, request};
use crate::slip::slip;
use crate::wire::show_time;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tollgate_driver::Secret;
use tollgate_json::Doc;
use tollgate_store::{Credential, CredentialKind, Expected};
use utoipa::ToSchema;

/// What is shown of a credential: all but its fields.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CredentialInfo {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) r#type: CredentialType,
    #[schema(format = DateTime)]
    pub(super) created_date: String,
    #[schema(format = DateTime)]
    pub(super) modified_date: String,
    #[schema(minimum = 0)]
    pub(super) version: i64,
    pub(super) self_uri: String,
}

/// A credential type, and the schema of its fields, which of a type that nothing is called with isn't known.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CredentialType {
    id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    properties: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    display_order: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    required: Option<&'static [&'static str]>,
}

impl CredentialType {
    pub(super) fn of(kind: &CredentialKind) -> Self {
        let known = TYPES.iter().find(|Type(it, ..)| it == kind);
        let required = known.map(|Type(.., required)| *required);
        let properties = required.map(|required| {
            let text = |field: &&str| ((*field).to_owned(), json!({"type": "string"}));
            let fields: Map<_, _> = required.iter().map(text).collect();
            json!({
                "type": "object", "properties": fields,
                "additionalProperties": required.is_empty(),
            })
        });
        Self {
            id: kind.word().to_owned(),
            name: kind.word().to_owned(),
            properties,
            display_order: required,
            required,
        }
    }
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

/// A credential type, by name or by id.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it describes a field; `TypeWord` is what is read")]
pub(super) struct GivenType {
    id: Option<String>,
    name: Option<String>,
    #[schema(read_only, value_type = Option<Object>)]
    properties: Option<Value>,
    #[schema(read_only)]
    display_order: Option<Vec<String>>,
    #[schema(read_only)]
    required: Option<Vec<String>>,
}

request! {
    /// A credential as it is to be; fields replace all of them, and another type needs those of its own.
    CredentialChange {
        name: Option<String>,
        #[schema(value_type = Option<GivenType>, inline)]
        r#type: Option<TypeWord>,
        #[schema(value_type = Option<BTreeMap<String, String>>)]
        credential_fields: Option<Fields>,
        /// The version that was read; what was changed since then isn't overwritten.
        #[schema(value_type = Option<i64>, minimum = 0)]
        version: Expected,
    }
    shown {
        id: String,
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

/// The credential types that calls can be made with.
pub(super) static TYPES: [Type; 5] = [
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
pub(crate) struct TypeWord(String);

impl Field for TypeWord {
    fn read(doc: &Doc, name: &str) -> Result<Self, ApiError> {
        let word = match doc.object(name)? {
            None => doc.required("type.name")?,
            Some(kind) => {
                only(
                    &kind,
                    &["id", "name", "properties", "display_order", "required"],
                )?;
                match kind.text("name")? {
                    Some(name) => name,
                    None => kind.required("id")?,
                }
            }
        };
        Ok(Self(word))
    }
}

impl Field for Option<TypeWord> {
    fn read(doc: &Doc, name: &str) -> Result<Self, ApiError> {
        let given = doc.object(name)?;
        given.map(|_| TypeWord::read(doc, name)).transpose()
    }
}

impl TypeWord {
    /// The type, and the fields that it can't do without. Types that nothing is called with are taken too, so that the
    /// plan of a whole organisation applies; what is only a slip isn't.
    pub(super) fn kind(self) -> Result<(CredentialKind, &'static [&'static str]), ApiError> {
        let Self(word) = self;
        let known = TYPES.iter().find(|Type(_, name, _)| *name == word);
        if let Some(Type(kind, _, required)) = known {
            return Ok((kind.clone(), required));
        }
        match slip(&word, TYPES.iter().map(|Type(_, name, _)| *name)) {
            None => Ok((CredentialKind::from_word(&word), &[])),
            Some(meant) => Err(ApiError::bad_request(format!(
                "type.name: found {word:?}; did you mean {meant:?}?"
            ))),
        }
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
        Self {
            id: credential.id.to_string(),
            name: credential.name.clone(),
            r#type: CredentialType::of(&credential.kind),
            created_date: show_time(credential.created),
            modified_date: show_time(credential.modified),
            version: credential.version.0,
            self_uri: format!("{PATH}/{}", credential.id),
        }
    }
}
