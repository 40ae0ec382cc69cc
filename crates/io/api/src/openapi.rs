//! The API's description, made of what each handler says of itself: its path, parameters, body and answer stand
//! at the function that serves them, and the router is made of the same list (`router`). Here is what all
//! operations have in common. It is served without a token, and checked in as `openapi.json`; a test
//! compares the two.
//!
//! The document is OpenAPI 3.0.3, which more generators and gateways read than 3.1. utoipa writes 3.1: what
//! differs in what we use is put back here (`for_3_0`). It loses nothing, since no
//! answer has a field that is null, and in a request null means that the field isn't there.

use crate::error::ErrorBody;
use crate::oauth::OAuthErrorBody;
use http::Method;
use serde_json::{Value, json};
use utoipa::openapi::OpenApi;
use utoipa::{PartialSchema, ToSchema};

/// What every operation that takes a token may be answered, beside its own.
const ERRORS: [(&str, &str); 7] = [
    (
        "400",
        "The request can't be understood; the message names the field.",
    ),
    ("401", "No token, or one that isn't alive."),
    ("403", "The caller lacks the role."),
    ("408", "The body took too long to arrive."),
    ("413", "The body is too long."),
    ("429", "A limit; Retry-After says when to come back."),
    (
        "503",
        "The store is busy, full or out of reach, or the service is about to end.",
    ),
];

/// What an operation may be answered that has a body, and one that takes `If-Match`.
const OF_BODIES: (&str, &str) = (
    "415",
    "The body is of another type, charset or packing than the operation takes; the message says which.",
);
const OF_CONDITIONS: (&str, &str) = (
    "412",
    "If-Match says another version than there is. Nothing was changed.",
);

/// The document of what handlers say of themselves.
pub(crate) fn document(described: &OpenApi) -> Value {
    let mut described = serde_json::to_value(described).unwrap_or_default();
    for_3_0(&mut described);
    let mut paths = described["paths"].take();
    for (path, operations) in paths.as_object_mut().into_iter().flatten() {
        for (method, operation) in operations.as_object_mut().into_iter().flatten() {
            complete(method, path, operation);
        }
    }
    let mut schemas = described["components"]["schemas"].take();
    for (name, mut schema) in [
        (ErrorBody::name(), json!(ErrorBody::schema())),
        (OAuthErrorBody::name(), json!(OAuthErrorBody::schema())),
    ] {
        for_3_0(&mut schema);
        schemas[&*name] = schema;
    }
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "tollgate",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The paths, fields, lists and errors are the platform's, so its SDKs work \
                against this service through their gateway configuration.",
            "license": {"name": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"client": []}, {"key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "client": {"type": "http", "scheme": "basic"},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
            "schemas": schemas,
        },
    })
}

/// The operations of a document, each with its method and path.
pub(crate) fn operations(document: &Value) -> impl Iterator<Item = (Method, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, operations)| {
        let operations = operations.as_object().into_iter().flatten();
        operations.filter_map(move |(method, operation)| {
            let method = method.to_ascii_uppercase().parse().ok()?;
            Some((method, path.as_str(), operation))
        })
    })
}

/// Adds to an operation what follows from its path, and the errors that all have.
fn complete(method: &str, path: &str, operation: &mut Value) {
    let area = path.trim_start_matches("/api/v2/").split('/').next();
    operation["tags"] = json!([area.unwrap_or_default()]);
    let variables = path.split('/').filter_map(|part| {
        let name = part.strip_prefix('{')?.strip_suffix('}')?;
        Some(json!({
            "name": name, "in": "path", "required": true,
            "schema": {"type": "string", "minLength": 1},
        }))
    });
    let mut parameters: Vec<_> = variables.collect();
    if let Some(Value::Array(own)) = operation.get_mut("parameters").map(Value::take) {
        parameters.extend(own);
    }
    let conditional = parameters.iter().any(|it| it["name"] == "If-Match");
    operation["parameters"] = parameters.into();
    // An operation with a security of its own takes no token: it logs in, or is for everybody.
    let open = operation.get("security").is_some();
    let has_body = operation.get("requestBody").is_some();
    let schema = match (open, has_body) {
        (false, _) => ErrorBody::name(),
        (true, true) if path.starts_with("/oauth/") => OAuthErrorBody::name(),
        // A link takes no token, and can be answered all the rest.
        (true, _) if operation["responses"].get("404").is_some() => ErrorBody::name(),
        (true, _) => return,
    };
    let is_link = open && !path.starts_with("/oauth/");
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    if method == "get" && !open {
        let same = json!({"description": "If-None-Match has the answer's ETag."});
        responses.insert("304".to_owned(), same);
    }
    let errors = ERRORS
        .iter()
        .filter(|(status, _)| !(open && *status == "403" || is_link && *status == "401"))
        .chain(has_body.then_some(&OF_BODIES))
        .chain(conditional.then_some(&OF_CONDITIONS));
    for (status, description) in errors {
        let schema = json!({"$ref": format!("#/components/schemas/{schema}")});
        let answer = json!({
            "description": description,
            "content": {"application/json": {"schema": schema}},
        });
        responses.entry(*status).or_insert(answer);
    }
}

/// Takes out what 3.0 doesn't have: the type null, and bounds of a map's names.
fn for_3_0(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("propertyNames");
            if let Some(kind) = fields.get_mut("type")
                && let Value::Array(kinds) = kind
            {
                kinds.retain(|kind| kind != "null");
                if let [only] = kinds.as_mut_slice() {
                    *kind = only.take();
                }
            }
            if let Some(Value::Array(of)) = fields.get_mut("oneOf") {
                of.retain(|of| *of != json!({"type": "null"}));
                if of.len() == 1
                    && let Some(Value::Object(only)) = of.pop()
                {
                    fields.remove("oneOf");
                    fields.extend(only);
                }
            }
            fields.values_mut().for_each(for_3_0);
        }
        Value::Array(items) => items.iter_mut().for_each(for_3_0),
        _ => {}
    }
}
