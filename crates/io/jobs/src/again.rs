//! Which ends of a call are the end of its job, and which are worth another try.
//!
//! Another try is made where the call surely hasn't reached the upstream: a limit of ours held it off, there is no
//! token, no connection, no place for a calculation, or the upstream answered 429. Where it may have been carried out
//! already (no answer, a late one, 5xx), it is tried again if sending it twice does no harm: by the method, of the
//! action or of each call of a composite that was made. All else stays as it is: what the contract, the mapping or a
//! 4xx says won't be otherwise later.

use std::time::Duration;
use tollgate_definitions::Catalog;
use tollgate_execution::{CallEnd, Cause, Ended, ExecuteError};

/// The first pause before another try, where nothing says when it is worth one; it doubles each time.
const FIRST: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(300);
/// Before this age of a job, an action that isn't there may be one that another node has and this one hasn't seen yet.
const YOUNG: Duration = Duration::from_secs(30);

/// Whether the call is worth another try.
pub(crate) fn is_worth_another(error: &ExecuteError, repeatable: bool, age: Duration) -> bool {
    let status = error.upstream_status.unwrap_or(0);
    let failed = matches!(status, 500 | 502..=504 | 506..);
    let reached = error.calls.iter().any(may_have_reached);
    if reached && !repeatable {
        return false;
    }
    match error.cause {
        Cause::Deadline
        | Cause::Closed
        | Cause::QueueFull
        | Cause::Shed
        | Cause::Expired
        | Cause::Crowded
        | Cause::RunsFull
        | Cause::NoToken
        | Cause::LeaseEnded
        | Cause::Draining
        | Cause::Overcrowded
        | Cause::Unreachable => true,
        Cause::Unknown => age < YOUNG,
        // Without its login the call wasn't sent.
        Cause::Login => failed,
        Cause::NoAnswer | Cause::Late => repeatable || error.in_login,
        Cause::UpstreamFailed => repeatable && failed,
        Cause::UpstreamRefused => status == 429 || (repeatable && matches!(status, 408 | 425)),
        Cause::Input
        | Cause::Request
        | Cause::Mapping
        | Cause::Workflow
        | Cause::Body
        | Cause::UpstreamUnauthorized
        | Cause::Address
        | Cause::NotActive
        | Cause::NotUsable
        | Cause::LongCalculation
        | Cause::Unreadable
        | Cause::Fault => false,
    }
}

fn may_have_reached(call: &CallEnd) -> bool {
    match call.ended {
        Ended::Answered | Ended::Abandoned => true,
        // It may have made calls before the one that it failed by.
        Ended::Failed(..) if call.action.is_composite() => true,
        Ended::Failed(cause, status) => {
            cause.was_asked() && cause != Cause::Unreachable && status != Some(429)
        }
        Ended::NotMade => false,
    }
}

/// Whether the call of this action may be made twice: by its method, or by those of a composite's calls that were made.
pub(crate) fn is_repeatable(catalog: &Catalog, action: &str, error: &ExecuteError) -> bool {
    let idempotent = |id: &str| {
        let found = catalog.find(id).ok().and_then(|entry| entry.action().ok());
        found.is_some_and(|action| action.method().is_idempotent())
    };
    match error.calls.as_ref() {
        [] => idempotent(action),
        calls => {
            let mut made = calls.iter().filter(|it| may_have_reached(it));
            made.all(|call| idempotent(&call.action.id))
        }
    }
}

/// The pause before the next try, after so many; `hint`: what was said of it.
pub(crate) fn pause(attempts: u32, hint: Option<Duration>) -> Duration {
    let doubled = FIRST.saturating_mul(1 << attempts.saturating_sub(1).min(16));
    hint.unwrap_or(doubled).clamp(FIRST, LONGEST)
}

/// When the error says that another try is worth it.
pub(crate) fn hint(error: &ExecuteError) -> Option<Duration> {
    match error.cause {
        // The next process may take it at once.
        Cause::Draining => Some(Duration::ZERO),
        _ => error.retry_after.or(error.earliest_start),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Duration = Duration::from_secs(60);

    #[test]
    fn what_may_have_been_carried_out_is_repeated_if_that_does_no_harm() {
        for (cause, once, twice) in [
            (Cause::Deadline, true, true),
            (Cause::NoToken, true, true),
            (Cause::RunsFull, true, true),
            (Cause::Unreachable, true, true),
            (Cause::NoAnswer, false, true),
            (Cause::Late, false, true),
            (Cause::Input, false, false),
            (Cause::Mapping, false, false),
            (Cause::Workflow, false, false),
            (Cause::NotActive, false, false),
            (Cause::Fault, false, false),
            (Cause::Unknown, false, false),
        ] {
            let error = ExecuteError::new(cause, "");
            assert_eq!(is_worth_another(&error, false, OLD), once, "{cause:?}");
            assert_eq!(is_worth_another(&error, true, OLD), twice, "{cause:?}");
        }
        let unknown = ExecuteError::new(Cause::Unknown, "");
        assert!(is_worth_another(&unknown, false, Duration::ZERO));
    }

    #[test]
    fn pauses_grow_and_have_a_bound() {
        let seconds = |attempts| pause(attempts, None).as_secs();
        assert_eq!(
            [1, 2, 3, 8, 9, 10, 4_000].map(seconds),
            [1, 2, 4, 128, 256, 300, 300]
        );
        assert_eq!(pause(1, Some(Duration::from_secs(20))).as_secs(), 20);
        assert_eq!(pause(1, Some(OLD * 60)), LONGEST);
        assert_eq!(pause(9, Some(Duration::ZERO)), FIRST);
    }
}
