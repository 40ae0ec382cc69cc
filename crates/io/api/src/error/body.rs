//! What answers hold that are errors.

use serde::Serialize;
use serde_json::{Map, Value};
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
