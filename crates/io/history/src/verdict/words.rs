//! The words of a verdict.

use super::{Binding, Refused, Verdict, Why};
use std::time::Duration;
use tollgate_model::Scope;

impl Verdict {
    /// How it stands, in one line for people.
    #[must_use]
    pub fn sentence(&self) -> String {
        match &self.why {
            Why::EngineSilent => {
                "The engine gives no answer: no call is made. Restart this node.".to_owned()
            }
            Why::Draining => {
                "This node is about to end: it takes no more calls than those under way.".to_owned()
            }
            Why::Starting => "Starting: the first tokens are being fetched.".to_owned(),
            Why::NoToken(without) => format!(
                "No access token can be had for the client {} from {}: calls that need one are refused.",
                without.client, without.endpoint
            ),
            Why::LeaseEnded => {
                "This node's part of the shared limits has ended, since it can't reach the \
                 coordination store: calls under them are refused."
                    .to_owned()
            }
            Why::Refusing { most, calls, flows } => refusing(most, *calls, *flows),
            Why::TooMany(integration, answers) => format!(
                "The upstream of {integration} answered 429 {} in the last minute: somebody else uses its limits, or \
                 they are lower than configured.",
                times(*answers)
            ),
            Why::Failing {
                integration,
                reason,
                failed,
                calls,
            } => format!(
                "{failed} of {} in the last minute failed, most of them at {integration} ({reason}).",
                counted(*calls, "call")
            ),
            Why::LimitDiffers(limit, allowed, configured) => format!(
                "The upstream says that {limit} allows {allowed}, not {configured} as configured; its number holds."
            ),
            Why::ClientWithoutToken(without) => format!(
                "The client {} gets no token from {}; other clients carry its calls.",
                without.client, without.endpoint
            ),
            Why::StoreAway => {
                "The store can't be reached: calls go on, changes and jobs don't.".to_owned()
            }
            Why::Waiting(flow, longest) => format!(
                "Calls wait for their start, in {flow} for {}; {}.",
                span(*longest),
                self.left()
            ),
            Why::LittleLeft => format!("All calls in time, but {}.", self.left()),
            Why::JustStarted => "Just started; nothing has called yet.".to_owned(),
            Why::Idle => "Nothing has called in the last minute.".to_owned(),
            Why::InTime => format!("All calls in time; {}.", self.left()),
        }
    }

    /// What the limit that binds still carries.
    fn left(&self) -> String {
        let Some(binding) = &self.binding else {
            return match self.parted {
                true => "the nodes share the limits".to_owned(),
                false => "no shared limit is used".to_owned(),
            };
        };
        let limit = named(binding);
        match binding.more_percent() {
            Some(0) | None => format!("{limit} is full"),
            Some(more @ 1..1_000) => format!("{limit} carries {more} % more"),
            Some(_) => format!("{limit} carries more than ten times as much"),
        }
    }
}

fn refusing(most: &Refused, calls: u64, flows: usize) -> String {
    let refused = match calls {
        1 => "1 call was refused".to_owned(),
        _ => format!("{calls} calls were refused"),
    };
    let whose = match flows {
        1 => format!("of {}", most.flow),
        _ => format!("of {flows} flows, most of them of {}", most.flow),
    };
    let why = match &*most.limit {
        "" => most.reason.clone(),
        limit => format!("{limit}: {}", most.reason),
    };
    format!("{refused} in the last minute, {whose} ({why}).")
}

/// A limit as people speak of it.
fn named(binding: &Binding) -> String {
    let name = &binding.name;
    match binding.scope {
        Scope::Organisation => format!("the organisation's limit {name}"),
        Scope::Client => format!("the client's limit {name}"),
        Scope::Integration => format!("the integration's limit {name}"),
        Scope::Action => format!("the action's limit {name}"),
        Scope::Host => format!("the host's limit {name}"),
        Scope::Flow => format!("the flow's limit {name}"),
        Scope::Token => format!("the token's limit {name}"),
    }
}

fn counted(number: u64, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

fn times(number: u64) -> String {
    match number {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        _ => format!("{number} times"),
    }
}

fn span(span: Duration) -> String {
    match span.as_secs() {
        0 => format!("{} ms", span.as_millis()),
        seconds @ 1..120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}
