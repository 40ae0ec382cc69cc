//! What is found, for the verdict.

use super::{Sources, figure};
use crate::readiness::{Checked, Standing};
use std::time::Duration;
use tollgate_driver::Figures;
use tollgate_engine::{LimitView, Mode, Snapshot, Source};
use tollgate_history::verdict::{Calls, LimitFound, Node, Refused, Situation, Without};
use tollgate_history::{Key, Kind, Minute};
use tollgate_model::Instant;

pub(super) fn of(sources: &Sources, minute: &Minute, figures: Option<&Figures>) -> Situation {
    let stands = |checked| sources.readiness.found(checked).map(|it| it.standing);
    let node = match (stands(Checked::Engine), stands(Checked::Serving)) {
        (Some(Standing::Ended | Standing::Silent), _) => Node::Silent,
        (_, Some(Standing::Draining)) => Node::Draining,
        _ if figures.is_none() => Node::Silent,
        (_, Some(Standing::Starting) | None) => Node::Starting,
        _ => Node::Serving,
    };
    let tokens = sources.readiness.found(Checked::Tokens);
    let troubles = sources.driver.token_troubles().into_iter();
    let snapshot = figures.map(|it| &it.snapshot);
    Situation {
        node,
        running_for: sources.driver.now().since(Instant::ZERO),
        store_away: stands(Checked::Store) == Some(Standing::Away),
        lease_ended: stands(Checked::Lease) == Some(Standing::Ended),
        without_token: troubles
            .map(|it| Without {
                client: it.client,
                endpoint: it.endpoint,
            })
            .collect(),
        dry_integrations: tokens.map_or(0, |it| it.integrations),
        calls: calls(minute),
        refused: refused(minute),
        failed: failed(minute),
        too_many: too_many(minute),
        limits: snapshot.map_or_else(Vec::new, |it| limits(it, minute)),
        parted: snapshot.is_some_and(|it| it.limits.iter().any(|limit| limit.lease.is_some())),
        longest_wait: figures.and_then(longest_wait),
    }
}

fn calls(minute: &Minute) -> Calls {
    let mut calls = Calls::default();
    for (_, values) in minute.of(Kind::Flow) {
        let of = |name| figure(Kind::Flow, values, name);
        calls.answered += of("answered") + of("cached");
        calls.refused += of("refused");
        calls.failed += of("failed");
    }
    calls
}

fn refused(minute: &Minute) -> Vec<Refused> {
    let rows = minute.of(Kind::Refusal).into_iter();
    let refused = rows.filter_map(|(key, values)| match (&*key.labels, values) {
        ([flow, limit, reason], [calls, ..]) if *calls > 0 => Some(Refused {
            flow: flow.to_string(),
            limit: limit.to_string(),
            reason: reason.to_string(),
            calls: *calls,
        }),
        _ => None,
    });
    refused.collect()
}

fn failed(minute: &Minute) -> Vec<(String, String, u64)> {
    let rows = minute.of(Kind::Failure).into_iter();
    let failed = rows.filter_map(|(key, values)| match (&*key.labels, values) {
        ([_, integration, reason], [calls, ..]) if *calls > 0 => {
            Some((integration.to_string(), reason.to_string(), *calls))
        }
        _ => None,
    });
    failed.collect()
}

fn too_many(minute: &Minute) -> Vec<(String, u64)> {
    let rows = minute.of(Kind::Integration).into_iter();
    let rows = rows.map(|(key, values)| (key, figure(Kind::Integration, values, "429")));
    let some = rows.filter(|(_, answers)| *answers > 0);
    some.filter_map(|(key, answers)| Some((key.labels.first()?.to_string(), answers)))
        .collect()
}

/// The shared limits that hold calls back. A limit that nodes share is none of them: what is left of it is not known here,
/// and a part grows with what is asked for.
fn limits(snapshot: &Snapshot, minute: &Minute) -> Vec<LimitFound> {
    let holding = snapshot.limits.iter();
    let holding = holding.filter(|it| it.mode != Mode::Shadow && it.lease.is_none());
    let found = holding.map(|it| LimitFound {
        name: it.name.clone(),
        scope: it.scope,
        allowed: it.allowed.saturating_sub(it.left_free).into(),
        used: used(it, minute),
        told_otherwise: told_otherwise(it, snapshot),
    });
    found.collect()
}

/// The most that was used of a limit at once, in the last minute and now.
pub(super) fn used(limit: &LimitView, minute: &Minute) -> u64 {
    let key = Key::new(Kind::Limit, [&limit.name, limit.scope.as_str()]);
    let values = minute.values(&key).unwrap_or_default();
    figure(Kind::Limit, values, "held").max(limit.held.into())
}

/// What is configured of a limit, where headers tell another number.
fn told_otherwise(limit: &LimitView, snapshot: &Snapshot) -> Option<u64> {
    let mut told = snapshot
        .learned
        .iter()
        .filter(|it| it.source == Source::Headers && it.limit.is_some() && it.name == limit.name);
    let configured = told.find_map(|it| it.configured)?;
    (configured != limit.allowed).then_some(configured.into())
}

fn longest_wait(figures: &Figures) -> Option<(String, Duration)> {
    let flows = figures.snapshot.flows.iter().zip(&figures.oldest);
    let waits = flows.filter_map(|(flow, oldest)| Some((flow.name.clone(), (*oldest)?)));
    waits.max_by_key(|(_, longest)| *longest)
}
