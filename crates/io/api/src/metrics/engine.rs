//! What the engine and the driver know: limits, tokens, flows.

use super::LIMITS;
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_driver::{Driver, Figures};
use tollgate_engine::{ClientView, Closed, LimitView, Snapshot, Source};
use tollgate_model::Instant;
use tollgate_telemetry::metrics::{Exposition, table};

/// Kinds of what a 429 closes.
const KINDS: [&str; 4] = ["limit", "token", "client", "route"];

/// What there is at one instant.
pub(super) fn show(figures: &Figures, now: Instant, to: &mut Exposition) {
    let snapshot = &figures.snapshot;
    show_limits(snapshot, now, to);
    show_tokens(snapshot, to);
    show_token_limits(snapshot, to);
    for (flow, oldest) in snapshot.flows.iter().zip(&figures.oldest) {
        let labels = [flow.name.as_str()];
        to.put(&table::FLOW_QUEUED, &labels, flow.queued);
        to.put(&table::FLOW_UNDER_WAY, &labels, flow.running);
        to.put(&table::FLOW_OLDEST, &labels, oldest.unwrap_or_default());
    }
    to.put(&table::HEADERS_IGNORED, &[], snapshot.headers_ignored);
}

/// How the task keeps up that owns the engine, and which clients have no token.
pub(super) fn show_task(driver: &Driver, clients: &[ClientView], to: &mut Exposition) {
    to.put(&table::ENGINE_STEPS, &[], driver.steps());
    to.put(&table::ENGINE_LAG, &[], driver.lag());
    let troubles = driver.token_troubles();
    for client in clients {
        let is_in_trouble = troubles.iter().any(|it| it.client == client.name);
        to.put(&table::TOKEN_TROUBLE, &[&client.name], is_in_trouble);
    }
}

fn show_limits(snapshot: &Snapshot, now: Instant, to: &mut Exposition) {
    // By name: two figures of one name would spoil the whole text.
    let limits = snapshot.limits.iter();
    let limits = limits.map(|limit| ((limit.name.as_str(), limit.scope.as_str()), limit));
    let limits: BTreeMap<_, _> = limits.collect();
    to.put(&table::LIMITS, &[], limits.len());
    for ((name, scope), limit) in limits.into_iter().take(LIMITS) {
        show_limit(&[name, scope], limit, now, to);
    }
    for source in [Source::Headers, Source::Refusals, Source::Latency] {
        let learned = snapshot.learned.iter().filter(|it| it.source == source);
        to.put(&table::LIMITS_LEARNED, &[source.as_str()], learned.count());
    }
    for kind in KINDS {
        let closed = snapshot.closed.iter().filter(|it| it.what.kind() == kind);
        to.put(&table::CLOSINGS, &[kind], closed.count());
    }
}

fn show_limit(labels: &[&str; 2], limit: &LimitView, now: Instant, to: &mut Exposition) {
    to.put(&table::LIMIT_ALLOWED, labels, limit.allowed);
    if let Some(configured) = limit.configured {
        to.put(&table::LIMIT_CONFIGURED, labels, configured);
    }
    to.put(&table::LIMIT_HELD, labels, limit.held);
    to.put(&table::LIMIT_FOREIGN, labels, limit.foreign);
    let closed = limit.closed_until.map(|until| until.since(now));
    to.put(
        &table::LIMIT_CLOSED,
        labels,
        closed.unwrap_or(Duration::ZERO),
    );
    if let Some(period) = limit.period {
        to.put(&table::LIMIT_PERIOD, labels, period);
    }
}

fn show_tokens(snapshot: &Snapshot, to: &mut Exposition) {
    for client in &snapshot.clients {
        let named = snapshot.closed.iter().filter(|it| it.name == client.name);
        let is_closed = named.clone().any(|it| matches!(it.what, Closed::Client(_)));
        let closed = match is_closed {
            true => client.tokens,
            false => named
                .filter(|it| matches!(it.what, Closed::Token(_)))
                .count(),
        };
        let closed = closed.min(client.tokens);
        for (state, tokens) in [
            ("open", client.tokens - closed),
            ("closed", closed),
            ("fetching", client.fetching.into()),
        ] {
            to.put(&table::TOKENS, &[&client.name, state], tokens);
        }
    }
}

/// What of tokens' own limits is used: a client has one figure for all of its tokens.
fn show_token_limits(snapshot: &Snapshot, to: &mut Exposition) {
    let mut sums: BTreeMap<(&str, &str), [u64; 3]> = BTreeMap::new();
    for token in &snapshot.tokens {
        for limit in &token.limits {
            let sum = sums.entry((&token.client, &limit.name)).or_default();
            let figures = [limit.allowed, limit.held, limit.foreign];
            for (sum, figure) in sum.iter_mut().zip(figures) {
                *sum += u64::from(figure);
            }
        }
    }
    for ((client, limit), [allowed, held, foreign]) in sums.into_iter().take(LIMITS) {
        let labels = [client, limit];
        to.put(&table::TOKEN_LIMIT_ALLOWED, &labels, allowed);
        to.put(&table::TOKEN_LIMIT_HELD, &labels, held);
        to.put(&table::TOKEN_LIMIT_FOREIGN, &labels, foreign);
    }
}
