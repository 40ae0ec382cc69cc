//! `[jobs]`, the flow of jobs, and `[caller.callback]`.

use super::integrations::Tables;
use super::{Reading, access, secrets};
use crate::{Callback, Jobs};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::time::Duration;
use tollgate_engine::Flow;
use tollgate_secret::Secret;
use tollgate_settings::Section;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// Jobs that one node may carry out at once: so many are claimed together.
const MOST_AT_ONCE: u64 = 64;
/// Bytes of the longest answer that may be kept: with its seal it has to fit a row of the store's answers.
const MOST_ANSWER: u64 = 8 * 1024 * 1024;
/// What stands before a key of Standard Webhooks, and how many bytes the key has (*documented*).
const KEY_PREFIX: &str = "whsec_";
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// `[jobs]`; none without a store. Adds the flow of jobs, unless the file has it.
pub(super) fn read(root: &Section<'_, '_>, tables: &mut Tables, stored: bool) -> Option<Jobs> {
    let section = root.section("jobs");
    if !stored {
        root.refuse("jobs", || {
            "takes a store, in which jobs are kept; add [store], or remove this".to_owned()
        });
        section?.leave_the_rest();
        return None;
    }
    add_flow(tables);
    let default = Jobs::default();
    let Some(section) = section else {
        return Some(default);
    };
    let span = |key, shortest, usual| {
        let span = section.span(key, shortest..=Jobs::LONGEST);
        span.unwrap_or(usual)
    };
    let whole = |key, most, usual| section.whole(key, 1..=most).unwrap_or(usual);
    let count = |key, usual| whole(key, i64::MAX as u64, usual);
    let usual = (u64::from(default.at_once), default.max_answer_bytes as u64);
    let jobs = Jobs {
        keep: span("keep", MINUTE, default.keep),
        deadline: span("deadline", SECOND, default.deadline),
        at_once: u32::try_from(whole("at_once", MOST_AT_ONCE, usual.0)).unwrap_or(default.at_once),
        waiting_each: count("waiting_each", default.waiting_each),
        waiting: count("waiting", default.waiting),
        bytes_each: count("bytes_each", default.bytes_each),
        bytes: count("bytes", default.bytes),
        max_answer_bytes: usize::try_from(whole("max_answer_bytes", MOST_ANSWER, usual.1))
            .unwrap_or(default.max_answer_bytes),
    };
    section.finish();
    Some(jobs)
}

/// The flow of jobs, behind all others: what is done later takes what the rest leaves.
fn add_flow(tables: &mut Tables) {
    let flows = &mut tables.engine.flows;
    if flows.iter().any(|flow| flow.name == Jobs::FLOW) {
        return;
    }
    let last = flows.iter().map(|flow| flow.priority).max().unwrap_or(0);
    flows.add(Flow {
        name: Jobs::FLOW.to_owned(),
        priority: last.saturating_add(1),
        weight: 1,
        guarantee: None,
        max_queued: super::flows::DEFAULT_QUEUE,
        ..Flow::default()
    });
}

/// `[caller.callback]`: where the ends of a caller's jobs may be told; nowhere without it.
pub(super) fn read_callback(
    caller: &Section<'_, '_>,
    source: &Reading<'_>,
    stored: bool,
) -> Option<Callback> {
    if !stored {
        caller.refuse("callback", || {
            "takes a store, since jobs do; add [store], or remove this".to_owned()
        });
    }
    let section = caller.section("callback")?;
    let access = access::read_access(&section, source);
    if !section.has("allowed_hosts") {
        section.missing(
            "allowed_hosts",
            "a list of hosts, such as [\"hooks.example.com\"]",
        );
    } else if access.hosts.is_empty() {
        section.refuse("allowed_hosts", || {
            "is empty, so nobody could be called back; name a host, or remove the table".to_owned()
        });
    }
    let secret = secrets::read(&section, source, secrets::SECRET);
    let key = secret.and_then(|secret| match key(&secret) {
        Ok(key) => Some(key),
        Err(why) => {
            let fields = ["secret_env", "secret_file"].into_iter();
            let named = fields
                .filter(|key| section.has(key))
                .find_map(|key| section.text(key));
            let place = named.unwrap_or_else(|| section.here(String::new()));
            section.reject(
                &place,
                format!(
                    "the key {why}; make one by printf 'whsec_%s' \"$(openssl rand -base64 32)\""
                ),
            );
            None
        }
    });
    section.finish();
    Some(Callback {
        access,
        secret: key?,
    })
}

/// The key without its prefix. One that may be absent, and is, stays empty.
fn key(secret: &Secret) -> Result<Secret, &'static str> {
    let text = secret.expose().trim();
    if text.is_empty() {
        return Ok(Secret::default());
    }
    let key = text
        .strip_prefix(KEY_PREFIX)
        .ok_or("doesn't begin with whsec_")?;
    let bytes = STANDARD
        .decode(key)
        .map_err(|_| "is no Base64 behind whsec_")?;
    if !KEY_BYTES.contains(&bytes.len()) {
        return Err("hasn't 24 to 64 bytes behind whsec_");
    }
    Ok(Secret::new(key.to_owned()))
}
