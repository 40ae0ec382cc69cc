//! Contracts and configurations of actions, as the document describes them and as answers show them.

use crate::words::words;
use serde_json::Value;
use std::collections::BTreeMap;
use tollgate_action::FlattenedSchema;
use utoipa::ToSchema;

/// What an action takes and gives.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "it describes a part of an action; the action's own reader reads it"
)]
pub(crate) struct ActionContract {
    input: Option<ActionInput>,
    output: Option<ActionOutput>,
}

/// What an action takes.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it describes a part of an action")]
struct ActionInput {
    #[schema(value_type = Option<Object>)]
    input_schema: Option<Value>,
    /// With flatten=true, in the place of inputSchema.
    #[schema(value_type = Option<Object>)]
    input_schema_flattened: Option<Value>,
}

/// What an action gives.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it describes a part of an action")]
struct ActionOutput {
    #[schema(value_type = Option<Object>)]
    success_schema: Option<Value>,
    #[schema(value_type = Option<Object>)]
    error_schema: Option<Value>,
    success_schema_flattened: Option<FlattenedJsonSchemaDocument>,
    error_schema_flattened: Option<FlattenedJsonSchemaDocument>,
}

/// With flatten=true, in the place of the schema.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it describes a part of an action")]
struct FlattenedJsonSchemaDocument {
    #[schema(value_type = Option<Object>)]
    schema: Option<Value>,
    /// The flattened names of what was an array.
    array_properties: Option<Vec<String>>,
}

/// The request that an action makes, and what becomes of the response.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "it describes a part of an action; the action's own reader reads it"
)]
pub(crate) struct ActionConfig {
    #[schema(minimum = 1, maximum = 60)]
    timeout_seconds: Option<u32>,
    request: Option<RequestConfig>,
    response: Option<ResponseConfig>,
}

/// The request that an action makes.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it describes a part of an action")]
struct RequestConfig {
    request_url_template: Option<String>,
    request_template: Option<String>,
    request_type: Option<Method>,
    headers: Option<BTreeMap<String, String>>,
}

words! {
    /// The method of a request.
    Method {
        Get = "GET",
        Post = "POST",
        Put = "PUT",
        Patch = "PATCH",
        Delete = "DELETE",
        Head = "HEAD",
    }
}

/// What becomes of a response.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it describes a part of an action")]
struct ResponseConfig {
    translation_map: Option<BTreeMap<String, String>>,
    translation_map_defaults: Option<BTreeMap<String, String>>,
    success_template: Option<String>,
}

/// The contract as it is asked for: as it was written, or with flattened schemas in the places of its schemas. The
/// platform shows the one or the other.
pub(crate) fn shown(contract: Value, flatten: bool) -> Value {
    if flatten {
        flattened(contract)
    } else {
        contract
    }
}

fn flattened(mut shown: Value) -> Value {
    for (side, name) in [
        ("input", "inputSchema"),
        ("output", "successSchema"),
        ("output", "errorSchema"),
    ] {
        let Some(fields) = shown.get_mut(side).and_then(Value::as_object_mut) else {
            continue;
        };
        let Some(schema) = fields.shift_remove(name).filter(|schema| !schema.is_null()) else {
            continue;
        };
        let flat = FlattenedSchema::of(&schema);
        // As the SDKs' models have it: of an input the schema alone.
        let flat = if side == "input" {
            flat.schema
        } else {
            flat.into_json()
        };
        fields.insert(format!("{name}Flattened"), flat);
    }
    shown
}
