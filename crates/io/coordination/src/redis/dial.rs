//! Sessions with the primary, found anew each time.

use super::connection::COMMAND;
use super::primary::{CONNECT, Shared, unreachable};
use super::session::Open;
use super::url::RedisUrl;
use crate::error::{CoordinationError, UrlError};
use crate::keeper::{Dial, Ended, Hints};
use redis::{AsyncConnectionConfig, PushInfo, PushKind, Value, cmd};
use std::sync::Arc;
use std::time::Duration;

/// Makes sessions.
pub(super) struct Server(Arc<Shared>);

impl Server {
    pub(super) fn new(url: &RedisUrl, key: String) -> Result<Self, UrlError> {
        Ok(Self(Arc::new(Shared::new(url, key)?)))
    }
}

impl Dial for Server {
    type Session = Open;

    fn patience(&self) -> Duration {
        CONNECT * 2
    }

    fn answer(&self) -> Duration {
        COMMAND * 2
    }

    async fn dial(&self, hints: Hints) -> Result<Open, CoordinationError> {
        let shared = &self.0;
        let (address, server) = match shared.url.service {
            None => (None, shared.url.addresses[0].clone()),
            Some(_) => {
                let address = shared.primary().await?;
                (Some(address.clone()), address)
            }
        };
        let (key, heard, ended) = (shared.key.clone(), hints.clone(), Ended(hints));
        let hear = move |push: PushInfo| {
            if push.kind == PushKind::Message
                && let [Value::BulkString(channel), Value::BulkString(message)] = &push.data[..]
                && channel == key.as_bytes()
            {
                heard.heard(&String::from_utf8_lossy(message));
            }
            Ok::<(), std::convert::Infallible>(())
        };
        let config = AsyncConnectionConfig::new()
            .set_response_timeout(None)
            .set_push_sender(hear);
        let connection = shared.connect(&server, true, config, Some(ended)).await;
        let mut open = Open {
            connection: connection.map_err(unreachable)?,
            shared: Arc::clone(shared),
            address,
        };
        let mut asked = cmd("INFO");
        asked.arg("server").arg("replication").arg("memory");
        let info: String = open.connection.ask(&asked).await?;
        shared.incarnation(&info)?;
        shared.check(&info)?;
        let mut listen = cmd("SUBSCRIBE");
        listen.arg(&shared.key);
        open.connection.ask::<()>(&listen).await?;
        Ok(open)
    }
}
