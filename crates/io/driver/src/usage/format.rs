//! The file's lines: a checkpoint in JSON, and records in words.

use super::{MAX_BYTES, MAX_SLOTS};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;
use tollgate_engine::{
    Checkpoint, LearnedGroup, LearnedLimit, LeasedPart, LimitUsage, Record, Since,
};
use tollgate_model::{Rule, Scope};

/// What a file begins with, before the boot's name.
const BOOT: &[u8] = b"{\"boot\":\"";

/// A checkpoint, and on which boot of which machine it was written. `boot` is the first.
#[derive(Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) boot: String,
    pub(super) uptime: Duration,
    #[serde(default)]
    pub(super) process: Option<Process>,
    pub(super) limits: Vec<Used>,
    #[serde(default)]
    pub(super) closed_routes: Vec<(String, Duration)>,
    #[serde(default)]
    pub(super) closed_clients: Vec<(String, Duration)>,
    #[serde(default)]
    pub(super) learned: Vec<Learned>,
}

/// Which process has written the file, and which lock it held.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Process {
    /// Its number, in hexadecimal digits.
    pub(super) number: String,
    /// Device and inode of the lock's file, which a copy of the file doesn't have.
    pub(super) lock: (u64, u64),
}

/// A limit that was learned, as written.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Learned {
    upstream: String,
    group: Group,
    allowed: u32,
    /// None of a limit on calls at once.
    period: Option<Duration>,
    #[serde(default)]
    counts_refused: bool,
    accepted: u64,
    refused: u64,
}

/// Whose calls count together under it, as written.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Group {
    Token,
    ClientTokens(String),
    Endpoint(String),
    Client(String),
    Upstream,
}

/// A limit's use, as written.
#[derive(Serialize, Deserialize)]
pub(super) struct Used {
    pub(super) name: String,
    pub(super) scope: String,
    pub(super) period: Option<Duration>,
    pub(super) open: u32,
    #[serde(default)]
    pub(super) running: Vec<(Duration, u32)>,
    pub(super) ends: Vec<(Duration, u32)>,
    pub(super) closed: Duration,
    pub(super) until: Duration,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) part: Option<Part>,
}

/// The part of a limit that several processes share, as written.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Part {
    key: String,
    slots: u32,
}

/// The checkpoint and its records; none if there is no file.
pub(super) fn read(path: &Path) -> Result<Option<(Line, Checkpoint)>, String> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
        Ok(found) if found.len() > MAX_BYTES => return Err("it is too long".into()),
        Ok(_) => {}
    }
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let mut lines = text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'));
    let first = lines.next().ok_or("it has no checkpoint")?;
    let line: Line = tollgate_json::read_as(first).map_err(|error| error.to_string())?;
    let limits = line.limits.iter().map(|it| {
        Some(LimitUsage {
            name: it.name.clone(),
            scope: scope(&it.scope)?,
            period: it.period,
            usage: tollgate_engine::Usage {
                open: it.open,
                running: it.running.clone(),
                ends: it.ends.clone(),
                closed: it.closed,
            },
            since: Since {
                until: it.until,
                ..Since::default()
            },
            part: it.part.as_ref().map(|part| LeasedPart {
                key: part.key.clone(),
                slots: part.slots,
            }),
        })
    });
    let limits: Option<Vec<_>> = limits.collect();
    let mut checkpoint = Checkpoint {
        limits: limits.ok_or("it names an unknown scope")?,
        closed_routes: line.closed_routes.clone(),
        closed_clients: line.closed_clients.clone(),
        learned: line.learned.iter().cloned().map(limit).collect(),
    };
    for record in lines {
        checkpoint.add(parse(record).ok_or_else(|| format!("not a record: {record:?}"))?);
    }
    let slots = checkpoint.limits.iter().map(|it| {
        let settled = it.usage.ends.iter().map(|(_, slots)| u64::from(*slots));
        let running = it.usage.running.iter().map(|(_, slots)| u64::from(*slots));
        let open = u64::from(it.usage.open).max(running.sum());
        settled.sum::<u64>() + open + u64::from(it.since.taken)
    });
    if slots.max() > Some(MAX_SLOTS.into()) {
        return Err("it tells of more slots than any limit has".into());
    }
    Ok(Some((line, checkpoint)))
}

/// Where a file that begins like this has the boot's name; none if it hasn't, or an empty one.
pub(super) fn boot(head: &[u8]) -> Option<Range<usize>> {
    let name = head.strip_prefix(BOOT)?;
    let length = name.iter().position(|byte| *byte == b'"')?;
    (length > 0).then(|| BOOT.len()..BOOT.len() + length)
}

/// Limit, slots taken, under a concurrency limit how many at once, and until when, in milliseconds.
pub(super) fn write(Record { limit, since }: Record) -> String {
    let at_once = since.at_once.map_or(String::new(), |it| format!("{it} "));
    let until = since.until.as_millis() + 1;
    format!("{} {} {at_once}{until}\n", limit, since.taken)
}

fn parse(record: &str) -> Option<Record> {
    let words: Vec<_> = record.split_whitespace().collect();
    let (&[limit, taken, until], at_once) = match words[..] {
        [limit, taken, at_once, until] => (&[limit, taken, until], Some(at_once)),
        [limit, taken, until] => (&[limit, taken, until], None),
        _ => return None,
    };
    Some(Record {
        limit: limit.parse().ok()?,
        since: Since {
            taken: taken.parse().ok()?,
            at_once: at_once.map(str::parse).transpose().ok()?,
            until: Duration::from_millis(until.parse().ok()?),
        },
    })
}

pub(super) fn used(it: LimitUsage) -> Used {
    Used {
        name: it.name,
        scope: it.scope.as_str().to_owned(),
        period: it.period,
        open: it.usage.open,
        running: it.usage.running,
        ends: it.usage.ends,
        closed: it.usage.closed,
        until: it.since.until,
        part: it.part.map(|part| Part {
            key: part.key,
            slots: part.slots,
        }),
    }
}

pub(super) fn learned(limit: LearnedLimit) -> Learned {
    Learned {
        upstream: limit.upstream,
        group: match limit.group {
            LearnedGroup::Token => Group::Token,
            LearnedGroup::ClientTokens(client) => Group::ClientTokens(client),
            LearnedGroup::Endpoint(endpoint) => Group::Endpoint(endpoint),
            LearnedGroup::Client(client) => Group::Client(client),
            LearnedGroup::Upstream => Group::Upstream,
        },
        allowed: limit.rule.allowed(),
        period: match limit.rule {
            Rule::Window { period, .. } => Some(period),
            Rule::Concurrency { .. } => None,
        },
        counts_refused: limit.counts_refused,
        accepted: limit.accepted,
        refused: limit.refused,
    }
}

fn limit(learned: Learned) -> LearnedLimit {
    let allowed = learned.allowed;
    LearnedLimit {
        upstream: learned.upstream,
        group: match learned.group {
            Group::Token => LearnedGroup::Token,
            Group::ClientTokens(client) => LearnedGroup::ClientTokens(client),
            Group::Endpoint(endpoint) => LearnedGroup::Endpoint(endpoint),
            Group::Client(client) => LearnedGroup::Client(client),
            Group::Upstream => LearnedGroup::Upstream,
        },
        rule: match learned.period {
            Some(period) => Rule::Window {
                allowed,
                period,
                counted_within: Some(Duration::ZERO),
            },
            None => Rule::Concurrency { allowed },
        },
        counts_refused: learned.counts_refused,
        accepted: learned.accepted,
        refused: learned.refused,
    }
}

fn scope(word: &str) -> Option<Scope> {
    const ALL: [Scope; 7] = [
        Scope::Token,
        Scope::Client,
        Scope::Organisation,
        Scope::Integration,
        Scope::Action,
        Scope::Host,
        Scope::Flow,
    ];
    ALL.into_iter().find(|scope| scope.as_str() == word)
}
