//! Why a call has no answer, in words.

use crate::cause::Cause;
use crate::error::ExecuteError;
use std::time::Duration;
use tollgate_driver::{Failure, TokenTrouble};
use tollgate_model::{LeaseShare, Reason, Refusal};

/// Why there is no answer.
pub(crate) fn explain(
    failure: Failure,
    own_deadline: bool,
    timeout: Duration,
    trouble: Option<TokenTrouble>,
) -> ExecuteError {
    match failure {
        Failure::Refused {
            refusal,
            earliest_in,
        } if refusal.reason == Reason::NoToken => no_token(earliest_in, own_deadline, trouble),
        Failure::Refused {
            refusal,
            earliest_in,
        } => refused(&refusal, earliest_in, own_deadline),
        Failure::TimedOut => ExecuteError::new(
            Cause::Late,
            format!(
                "No answer within the action's timeout of {} s.",
                timeout.as_secs()
            ),
        ),
        Failure::ConnectFailed(reason) => ExecuteError::new(
            Cause::Unreachable,
            format!("The upstream can't be reached: {reason}."),
        ),
        Failure::NoAnswer(reason) => ExecuteError::new(
            Cause::NoAnswer,
            format!("The request was sent and no whole answer came: {reason}."),
        ),
        Failure::Draining | Failure::Stopped => ExecuteError::new(
            Cause::Draining,
            "The service is about to end; call another node, or again when it is back.",
        )
        .with(|it| it.retry_after = Some(Duration::from_secs(1))),
        Failure::Unknown(what) => {
            tracing::error!(what, "the engine knows no such thing");
            ExecuteError::fault()
        }
    }
}

fn no_token(
    again_in: Option<Duration>,
    own_deadline: bool,
    trouble: Option<TokenTrouble>,
) -> ExecuteError {
    let mut message = "Not carried out: no access token can be had".to_owned();
    message.push_str("; ");
    match &trouble {
        Some(trouble) => message.push_str(&say(trouble)),
        None => message.push_str("no token endpoint of the integration's clients has answered yet"),
    }
    if let Some(span) = again_in {
        message.push_str(&format!("; asked again in {} ms", span.as_millis()));
    }
    message.push_str(". Look at the client's id, secret and token URL, and at the endpoint.");
    ExecuteError::new(Cause::NoToken, message).with(|it| {
        it.client = trouble.map(|trouble| trouble.client);
        it.earliest_start = again_in;
        it.retry_after = retry_after(own_deadline, again_in);
    })
}

/// Which client has no token, of whom, and why.
#[must_use]
pub fn say(trouble: &TokenTrouble) -> String {
    let TokenTrouble {
        client,
        endpoint,
        reason,
        ..
    } = trouble;
    format!("client {client:?} at {endpoint}: {reason}")
}

fn refused(refusal: &Refusal, earliest_in: Option<Duration>, own_deadline: bool) -> ExecuteError {
    let cause = match refusal.reason {
        Reason::DeadlineCannotBeMet => Cause::Deadline,
        Reason::UpstreamClosed => Cause::Closed,
        Reason::QueueFull => Cause::QueueFull,
        Reason::Shed => Cause::Shed,
        Reason::Expired => Cause::Expired,
        Reason::NoToken => Cause::NoToken,
        Reason::LeaseEnded => Cause::LeaseEnded,
    };
    let limit = refusal.limit.as_deref();
    let mut message = format!("Not carried out: {}", refusal.reason);
    if let Some(limit) = limit {
        message.push_str(&format!("; {limit} is what binds"));
    }
    if let Some(LeaseShare { slots, allowed }) = refusal.lease {
        message.push_str(&format!(
            ", of which this node's part is {slots} of {allowed}"
        ));
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
        Reason::LeaseEnded => {
            ". Call another node, or again later; look at the coordination store, and whether this node reaches it."
        }
        _ if limit.is_some_and(|limit| limit.starts_with(tollgate_engine::LEARNED)) => {
            ". The upstream refuses more than that, though nobody has configured it: allow a later deadline, \
             give the flow a higher priority, or ask for more there. If it isn't so, an administrator may \
             forget it: DELETE /api/v2/tollgate/learned."
        }
        _ => ". Allow a later deadline, give the flow a higher priority, or raise the limit.",
    });
    ExecuteError::new(cause, message).with(|it| {
        it.limit = limit.map(str::to_owned);
        it.earliest_start = earliest_in;
        it.retry_after = retry_after(own_deadline, earliest_in);
    })
}

/// When it is worth trying again: not after the caller's own deadline.
fn retry_after(own_deadline: bool, earliest_in: Option<Duration>) -> Option<Duration> {
    (!own_deadline).then(|| earliest_in.unwrap_or(Duration::from_secs(1)))
}
