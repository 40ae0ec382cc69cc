//! OAuth clients with their tokens, and integrations with their upstreams' answers.

use super::limits::ClosedNow;
use serde::Serialize;
use std::collections::BTreeMap;
use tollgate_driver::TokenTrouble;
use tollgate_engine::{Closed, Snapshot};
use tollgate_history::{Kind, Minute, closed_tokens};
use tollgate_model::{Instant, millis};
use utoipa::ToSchema;

/// A client's tokens.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClientNow {
    client: String,
    /// Tokens to send with.
    tokens: usize,
    /// Of these, used as far as they may be: that is what they are for.
    full: usize,
    /// Of these, closed by a 429.
    closed: usize,
    /// Whether one is being fetched.
    fetching: bool,
    /// What is closed of the client, and for how long.
    closings: Vec<TokenClosed>,
    /// Why it gets no token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    trouble: Option<NoTokenNow>,
}

/// A token, or all of a client, that is closed.
#[derive(Serialize, ToSchema)]
struct TokenClosed {
    /// The token's number; none where it is the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<u32>,
    #[serde(flatten)]
    closed: ClosedNow,
}

/// Why a client gets no token.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NoTokenNow {
    /// Where it asks.
    endpoint: String,
    reason: String,
    since_millis: u64,
}

/// What an integration's upstream has answered in the last minute.
#[derive(Serialize, ToSchema)]
pub(super) struct IntegrationNow {
    integration: String,
    /// Attempts by class: `2xx`, `3xx`, `4xx` (but 429), `429`, `5xx`, `none`.
    answers: BTreeMap<String, u64>,
}

pub(super) fn clients(
    snapshot: &Snapshot,
    troubles: &[TokenTrouble],
    now: Instant,
) -> Vec<ClientNow> {
    let show = snapshot.clients.iter().map(|client| {
        let trouble = troubles.iter().find(|it| it.client == client.name);
        let tokens = snapshot.tokens.iter();
        let tokens = tokens.filter(|it| it.client == client.name);
        let full = tokens.filter(|it| it.limits.iter().any(|limit| limit.held >= limit.allowed));
        ClientNow {
            client: client.name.clone(),
            tokens: client.tokens,
            full: full.count(),
            closed: closed_tokens(snapshot, &client.name, client.tokens),
            fetching: client.fetching,
            closings: closings(snapshot, &client.name, now),
            trouble: trouble.map(|it| NoTokenNow {
                endpoint: it.endpoint.clone(),
                reason: it.reason.clone(),
                since_millis: millis(now.since(it.since)),
            }),
        }
    });
    show.collect()
}

fn closings(snapshot: &Snapshot, client: &str, now: Instant) -> Vec<TokenClosed> {
    let named = snapshot.closed.iter().filter(|it| it.name == client);
    let closed = named.filter_map(|it| {
        let token = match it.what {
            Closed::Token(token) => Some(token.0),
            Closed::Client(_) => None,
            _ => return None,
        };
        let closed = ClosedNow::until(Some(it.until), now)?;
        Some(TokenClosed { token, closed })
    });
    closed.collect()
}

pub(super) fn integrations(minute: &Minute) -> Vec<IntegrationNow> {
    let rows = minute.of(Kind::Integration).into_iter();
    let show = rows.filter_map(|(key, values)| {
        let classes = Kind::Integration.fields().iter();
        let answers = classes.zip(values);
        Some(IntegrationNow {
            integration: key.labels.first()?.to_string(),
            answers: answers
                .map(|(class, count)| (class.name.to_owned(), *count))
                .collect(),
        })
    });
    show.collect()
}
