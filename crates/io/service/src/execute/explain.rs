//! Why an execution has no answer, in words.

use crate::ends::Cause;
use crate::error::ApiError;
use std::time::Duration;
use tollgate_driver::{Failure, TokenTrouble};
use tollgate_model::{Reason, Refusal};

/// Why there is no answer, in the words of [`crate::ends`].
pub(super) fn explain(
    failure: Failure,
    own_deadline: bool,
    timeout: Duration,
    trouble: Option<TokenTrouble>,
) -> ApiError {
    match failure {
        Failure::Refused {
            refusal,
            earliest_in,
        } if refusal.reason == Reason::NoToken => no_token(earliest_in, own_deadline, trouble),
        Failure::Refused {
            refusal,
            earliest_in,
        } => refused(&refusal, earliest_in, own_deadline),
        Failure::TimedOut => ApiError::of(
            Cause::Late,
            format!(
                "No answer within the action's timeout of {} s.",
                timeout.as_secs()
            ),
        ),
        Failure::ConnectFailed(reason) => ApiError::of(
            Cause::Unreachable,
            format!("The upstream can't be reached: {reason}."),
        ),
        Failure::NoAnswer(reason) => ApiError::of(
            Cause::NoAnswer,
            format!("The request was sent and no whole answer came: {reason}."),
        ),
        Failure::Draining | Failure::Stopped => ApiError::of(
            Cause::Draining,
            "The service is about to end; call another node, or again when it is back.",
        )
        .retry_after(Duration::from_secs(1)),
        Failure::Unknown(what) => {
            tracing::error!(what, "the engine knows no such thing");
            ApiError::internal()
        }
    }
}

fn no_token(
    again_in: Option<Duration>,
    own_deadline: bool,
    trouble: Option<TokenTrouble>,
) -> ApiError {
    let mut message = "Not carried out: no access token can be had".to_owned();
    if let Some(trouble) = &trouble {
        message.push_str("; ");
        message.push_str(&say(trouble));
    }
    if let Some(span) = again_in {
        message.push_str(&format!("; asked again in {} ms", span.as_millis()));
    }
    message.push_str(". Look at the client's id, secret and token URL, and at the endpoint.");
    let mut error = ApiError::of(Cause::NoToken, message);
    if let Some(trouble) = trouble {
        error = error.with("client", trouble.client);
    }
    if let Some(span) = again_in {
        error = error.with("earliestStartMillis", span.as_millis());
    }
    if own_deadline {
        error
    } else {
        error.retry_after(again_in.unwrap_or(Duration::from_secs(1)))
    }
}

/// Which client has no token, of whom, and why.
pub(crate) fn say(trouble: &TokenTrouble) -> String {
    let TokenTrouble {
        client,
        endpoint,
        reason,
        ..
    } = trouble;
    format!("client {client:?} at {endpoint}: {reason}")
}

fn refused(refusal: &Refusal, earliest_in: Option<Duration>, own_deadline: bool) -> ApiError {
    let cause = match refusal.reason {
        Reason::DeadlineCannotBeMet => Cause::Deadline,
        Reason::UpstreamClosed => Cause::Closed,
        Reason::QueueFull => Cause::QueueFull,
        Reason::Shed => Cause::Shed,
        Reason::Expired => Cause::Expired,
        Reason::NoToken => Cause::NoToken,
    };
    let limit = refusal.limit.as_deref();
    let mut message = format!("Not carried out: {}", refusal.reason);
    if let Some(limit) = limit {
        message.push_str(&format!("; {limit} is what binds"));
    }
    if let Some(span) = earliest_in {
        message.push_str(&format!(
            "; the earliest start is in {} ms",
            span.as_millis()
        ));
    }
    message.push_str(match refusal.reason {
        Reason::UpstreamClosed => {
            ". Call again then; an administrator may end the pause: DELETE /api/v2/tollgate/closings."
        }
        _ if limit.is_some_and(|limit| limit.starts_with(tollgate_engine::LEARNED)) => {
            ". The upstream refuses more than that, though nobody has configured it: allow a later deadline, \
             give the flow a higher priority, or ask for more there. If it isn't so, an administrator may \
             forget it: DELETE /api/v2/tollgate/learned."
        }
        _ => ". Allow a later deadline, give the flow a higher priority, or raise the limit.",
    });
    let mut error = ApiError::of(cause, message);
    if let Some(limit) = limit {
        error = error.with("limit", limit);
    }
    if let Some(span) = earliest_in {
        error = error.with("earliestStartMillis", span.as_millis());
    }
    if own_deadline {
        error
    } else {
        error.retry_after(earliest_in.unwrap_or(Duration::from_secs(1)))
    }
}
