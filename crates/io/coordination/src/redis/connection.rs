//! One connection, and what errors in it mean.

use crate::error::CoordinationError;
use redis::aio::MultiplexedConnection;
use redis::{Cmd, ErrorKind, FromRedisValue, RedisError, ServerErrorKind};
use std::time::Duration;
use tokio::task::AbortHandle;
use tokio::time::timeout;

/// Longest time until a command is answered.
pub(super) const COMMAND: Duration = Duration::from_millis(500);
/// A connection; its socket is closed when this is dropped.
pub(super) struct Connection {
    pub(super) commands: MultiplexedConnection,
    pub(super) task: AbortHandle,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Connection {
    pub(super) async fn ask<T: FromRedisValue>(
        &mut self,
        asked: &Cmd,
    ) -> Result<T, CoordinationError> {
        let answer = timeout(COMMAND, asked.query_async(&mut self.commands)).await;
        let answer = answer.map_err(|_| CoordinationError::Late)?;
        answer.map_err(|error| translate(&error))
    }
}

pub(super) fn translate(error: &RedisError) -> CoordinationError {
    if error.is_timeout() {
        return CoordinationError::Late;
    }
    if error.is_io_error() || error.is_connection_dropped() {
        return CoordinationError::Cut(error.to_string());
    }
    let why = error.to_string();
    // Before 7.2 a right that a script lacks has no code of its own.
    if why.contains("The user executing the script can't") {
        return CoordinationError::Refused(why);
    }
    match (error.code(), error.kind()) {
        (Some("NOAUTH" | "WRONGPASS" | "NOPERM"), _) | (_, ErrorKind::AuthenticationFailed) => {
            CoordinationError::Refused(why)
        }
        (Some("WRONGTYPE"), _) | (_, ErrorKind::UnexpectedReturnType) => {
            CoordinationError::NotOurs(why)
        }
        (Some("READONLY"), _) | (_, ErrorKind::Server(ServerErrorKind::ReadOnly)) => {
            CoordinationError::NotPrimary
        }
        _ => CoordinationError::Failed(why),
    }
}
