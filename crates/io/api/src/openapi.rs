//! The API's description: a table of operations and a file of schemas, put together here and nowhere
//! else. It is served without a token, and checked in as `openapi.json`; a test compares the two.

mod operations;

use operations::{Answer, OPERATIONS, Operation};
use serde_json::{Map, Value, json};

const SCHEMAS: &str = include_str!("openapi/schemas.json");

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

/// The OpenAPI document.
#[must_use]
pub fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in OPERATIONS {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method] = describe(operation);
    }
    // The file is part of the program and a test parses it.
    let schemas: Value = tollgate_json::read(SCHEMAS).unwrap_or_default();
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
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "client": {"type": "http", "scheme": "basic"},
            },
            "schemas": schemas,
        },
    })
}

fn describe(of: &Operation) -> Value {
    let mut shown = json!({
        "operationId": of.id,
        "summary": of.summary,
        "tags": [of.path.trim_start_matches("/api/v2/").split('/').next().unwrap_or_default()],
        "parameters": parameters(of),
        "responses": responses(of),
    });
    if let Some(body) = of.body {
        let kind = if of.token {
            "application/json"
        } else {
            "application/x-www-form-urlencoded"
        };
        shown["requestBody"] = json!({
            "required": of.needs_body,
            "content": {kind: {"schema": reference(body)}},
        });
    }
    if !of.token {
        let client = of.body.is_some();
        shown["security"] = if client {
            json!([{"client": []}, {}])
        } else {
            json!([])
        };
    }
    shown
}

fn parameters(of: &Operation) -> Vec<Value> {
    let variables = of.path.split('/').filter_map(|part| {
        let name = part.strip_prefix('{')?.strip_suffix('}')?;
        Some(json!({
            "name": name, "in": "path", "required": true,
            "schema": {"type": "string", "minLength": 1},
        }))
    });
    let fields = of
        .query
        .iter()
        .map(|name| json!({"name": name, "in": "query", "schema": field(name)}));
    let headers = of
        .headers
        .iter()
        .map(|name| json!({"name": name, "in": "header", "schema": {"type": "string"}}));
    variables.chain(fields).chain(headers).collect()
}

/// The type of a query's field; one name means the same everywhere.
fn field(name: &str) -> Value {
    match name {
        "pageSize" => json!({"type": "integer", "minimum": 1, "maximum": 500, "default": 25}),
        "pageNumber" => {
            json!({"type": "integer", "minimum": 1, "maximum": 1_000_000, "default": 1})
        }
        "days" => json!({"type": "integer", "minimum": 1, "maximum": 365, "default": 7}),
        "sortOrder" => json!({"type": "string", "enum": ["asc", "desc"]}),
        "flatten" | "secure" | "includeConfig" | "includeAuthActions" | "showbrief" | "force" => {
            json!({"type": "boolean"})
        }
        _ => json!({"type": "string"}),
    }
}

fn responses(of: &Operation) -> Value {
    let mut responses = Map::new();
    let (status, answer) = of.answer;
    let described = match answer {
        Answer::Nothing => json!({"description": "Done."}),
        Answer::Text => json!({
            "description": "The text.", "content": {"text/plain": {"schema": {"type": "string"}}},
        }),
        Answer::Json(schema) => json!({
            "description": "The answer.", "content": {"application/json": {"schema": reference(schema)}},
        }),
        Answer::List(schema) => json!({
            "description": "A page.",
            "content": {"application/json": {"schema": {"allOf": [
                reference("Listing"),
                {"type": "object", "properties": {
                    "entities": {"type": "array", "items": reference(schema)},
                }},
            ]}}},
        }),
    };
    responses.insert(status.to_owned(), described);
    let error = |description: &str, schema: &str| {
        json!({
            "description": description,
            "content": {"application/json": {"schema": reference(schema)}},
        })
    };
    let shape = if of.token { "Error" } else { "OAuthError" };
    if of.token || of.body.is_some() {
        for (status, description) in ERRORS {
            if of.token || status != "403" {
                responses.insert(status.to_owned(), error(description, shape));
            }
        }
    }
    for (status, description) in of.errors {
        responses.insert((*status).to_owned(), error(description, "Error"));
    }
    Value::Object(responses)
}

fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}
