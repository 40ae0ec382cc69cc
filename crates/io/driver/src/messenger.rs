//! Messages of the service's own: requests that no caller waits for and that count under no limit.

use crate::clock::LeaveBy;
use crate::http::Http;
use crate::{Bounds, Outlet, Request, SetupError};
use std::time::Duration;

/// A way out for such messages.
#[derive(Clone, Debug)]
pub struct Messenger {
    http: Http,
}

impl Messenger {
    /// A way out with these bounds and certificates.
    ///
    /// # Errors
    /// Certificates or a key that can't be used.
    pub fn new(bounds: &Bounds, outlet: &Outlet) -> Result<Self, SetupError> {
        let http = Http::new(bounds, outlet)?;
        Ok(Self { http })
    }

    /// Sends a message once, and gives the status that it was answered. The answer's body is not read; no redirect is
    /// followed.
    ///
    /// # Errors
    /// Why there is no answer within that time, without the URL, which may hold a secret.
    pub async fn send(&self, message: &Request, within: Duration) -> Result<u16, String> {
        let sent = self.http.send(message, LeaveBy::within(within));
        match tokio::time::timeout(within, sent).await {
            Ok(Ok(answer)) => Ok(answer.status()),
            Ok(Err(loss)) => Err(loss.reason),
            Err(_) => Err(format!("no answer within {within:?}")),
        }
    }
}
