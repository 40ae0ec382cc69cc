//! Errors that many operations may answer, as the document describes them.

use crate::error::ErrorBody;
use utoipa::IntoResponses;

/// What an operation that reads one thing may answer.
#[derive(IntoResponses)]
#[expect(
    dead_code,
    reason = "it describes answers; errors are answered as `ApiError`"
)]
pub(crate) enum ReadErrors {
    /// There is no such thing.
    #[response(status = 404)]
    NotFound(#[to_schema] ErrorBody),
}

/// What an operation on one thing that is stored may answer.
#[derive(IntoResponses)]
#[expect(
    dead_code,
    reason = "it describes answers; errors are answered as `ApiError`"
)]
pub(crate) enum ChangeErrors {
    /// There is no such thing.
    #[response(status = 404)]
    NotFound(#[to_schema] ErrorBody),
    /// It changed since it was read, is in use, taken, the configuration file's, or there is no store. Nothing was changed.
    #[response(status = 409)]
    Conflict(#[to_schema] ErrorBody),
}

/// What an operation that calls an action may answer.
#[derive(IntoResponses)]
#[expect(
    dead_code,
    reason = "it describes answers; errors are answered as `ApiError`"
)]
pub(crate) enum CallErrors {
    /// There is no such action.
    #[response(status = 404)]
    NotFound(#[to_schema] ErrorBody),
    /// The action or its integration can't be used as it is.
    #[response(status = 409)]
    Conflict(#[to_schema] ErrorBody),
    /// The upstream answered an error, nothing, or what can't be mapped.
    #[response(status = 502)]
    Upstream(#[to_schema] ErrorBody),
    /// No answer within the action's timeout.
    #[response(status = 504)]
    Timeout(#[to_schema] ErrorBody),
}
