//! What is asked of a primary.

use super::connection::Connection;
use super::primary::Shared;
use crate::error::CoordinationError;
use crate::keeper::Session;
use crate::store::{Found, Prepared, Revision, ServerIncarnation, Swap};
use redis::{Cmd, Value, cmd};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long a replica may take to confirm a swap.
const REPLICA: Duration = Duration::from_millis(300);

/// What KEYS[1] has, and what the server says of itself.
const READ: &str =
    "return {redis.call('GET', KEYS[1]), redis.call('INFO', 'server', 'replication')}";

/// Sets KEYS[1] to ARGV[2] if it begins with ARGV[1], or if that is empty and there is no value; tells the channel
/// ARGV[3] the message ARGV[4]. Answers 1, or what there is, and what the server says of itself.
const SWAP: &str = "local now = redis.call('GET', KEYS[1])
local info = redis.call('INFO', 'server', 'replication')
local same
if now then
  same = ARGV[1] ~= '' and string.sub(now, 1, #ARGV[1]) == ARGV[1]
else
  same = ARGV[1] == ''
end
if not same then return {now, info} end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[4])
return {1, info}";

/// A session with a primary.
pub(super) struct Open {
    pub(super) connection: Connection,
    pub(super) shared: Arc<Shared>,
    /// Where the server is, as the Sentinels said; none where there are none.
    pub(super) address: Option<(String, u16)>,
}

impl Session for Open {
    async fn read(&mut self) -> Result<Found, CoordinationError> {
        let mut script = cmd("EVAL");
        script.arg(READ).arg(1).arg(&self.shared.key);
        let (answer, server) = self.run(&script).await?;
        Ok(Found {
            value: value(answer)?,
            server,
        })
    }

    async fn swap(&mut self, prepared: &Prepared) -> Result<Swap, CoordinationError> {
        let mut script = cmd("EVAL");
        script.arg(SWAP).arg(1).arg(&self.shared.key);
        script.arg(prepared.expected.map_or_else(String::new, header));
        script.arg([header(prepared.next).as_bytes(), &prepared.value].concat());
        script.arg(&self.shared.key).arg(prepared.message());
        let (answer, server) = self.run(&script).await?;
        if answer != Value::Int(1) {
            return Ok(Swap::Changed(Found {
                value: self::value(answer)?,
                server,
            }));
        }
        Ok(Swap::Done {
            revision: prepared.next,
            server,
            is_durable: self.is_confirmed().await?,
        })
    }

    async fn is_well(&mut self) -> bool {
        if let Some(address) = &self.address
            && self.shared.primary().await.ok().as_ref() != Some(address)
        {
            return false;
        }
        self.connection.ask::<()>(&cmd("PING")).await.is_ok()
    }
}

impl Open {
    /// A script's answer, and the primary that gave it.
    async fn run(&mut self, script: &Cmd) -> Result<(Value, ServerIncarnation), CoordinationError> {
        let (answer, info): (Value, String) = self.connection.ask(script).await?;
        Ok((answer, self.shared.incarnation(&info)?))
    }

    /// Whether a replica has what was swapped, if one must.
    async fn is_confirmed(&mut self) -> Result<bool, CoordinationError> {
        if !self.shared.has_replicas.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let mut wait = cmd("WAIT");
        wait.arg(1).arg(REPLICA.as_millis() as u64);
        let confirmed: u64 = self.connection.ask(&wait).await?;
        self.shared.confirmed(confirmed > 0);
        Ok(confirmed > 0)
    }
}

fn header(revision: Revision) -> String {
    format!("tollgate1 {}\n", revision.0)
}

/// A value as it is kept, read.
fn value(kept: Value) -> Result<Option<(Revision, Vec<u8>)>, CoordinationError> {
    let not_ours = || CoordinationError::NotOurs("the string has no header of ours".into());
    let bytes = match kept {
        Value::Nil => return Ok(None),
        Value::BulkString(bytes) => bytes,
        _ => return Err(not_ours()),
    };
    let end = bytes.iter().take(32).position(|byte| *byte == b'\n');
    let header = end.and_then(|end| std::str::from_utf8(&bytes[..end]).ok());
    let revision = header
        .and_then(|header| header.strip_prefix("tollgate1 "))
        .and_then(|revision| revision.parse().ok())
        .filter(|revision| *revision > 0);
    match (revision, end) {
        (Some(revision), Some(end)) => Ok(Some((Revision(revision), bytes[end + 1..].to_vec()))),
        _ => Err(not_ours()),
    }
}
