//! What answers hold that are errors.

use super::ApiError;
use serde::Serialize;
use serde_json::{Map, Value};
use tollgate_telemetry::CallId;
use utoipa::ToSchema;

/// An error in the platform's shape.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Error)]
pub(crate) struct ErrorBody {
    /// What is wrong, for people.
    pub(crate) message: String,
    /// What is wrong, in a word for programs.
    #[schema(value_type = String)]
    pub(crate) code: &'static str,
    /// The answer's status.
    pub(crate) status: u16,
    /// Facts for programs, such as a limit's name.
    #[schema(value_type = BTreeMap<String, String>)]
    pub(crate) message_params: Map<String, Value>,
    /// Names this answer in the log.
    pub(crate) context_id: String,
    /// What more the platform's own programs ask for.
    pub(crate) details: Vec<ErrorDetail>,
    /// What is wrong in particular, each an error of its own.
    #[schema(value_type = Vec<Object>)]
    pub(crate) errors: Vec<ErrorBody>,
}

/// A detail of an error.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorDetail {
    /// The detail, in a word for programs.
    #[schema(value_type = String)]
    pub(crate) error_code: &'static str,
}

impl ApiError {
    /// The body, as part of another answer; its context is the call that ended so, if one has.
    pub(crate) fn body(&self) -> ErrorBody {
        let context = self.0.call.unwrap_or_else(CallId::draw);
        self.body_of(&context.to_string())
    }

    /// The body, whose context is told of elsewhere by that id.
    pub(crate) fn body_of(&self, context: &str) -> ErrorBody {
        let parts = &self.0;
        let new = |message: &str| ErrorBody {
            message: message.to_owned(),
            code: parts.code,
            status: parts.status.as_u16(),
            message_params: Map::new(),
            context_id: context.to_owned(),
            details: Vec::new(),
            errors: Vec::new(),
        };
        ErrorBody {
            message_params: parts.params.clone(),
            details: parts
                .detail
                .iter()
                .map(|error_code| ErrorDetail { error_code })
                .collect(),
            errors: parts.errors.iter().map(|message| new(message)).collect(),
            ..new(&parts.message)
        }
    }
}
