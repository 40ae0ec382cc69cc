//! What one node tells all: numbers that operators set, and closings by a 429.
//!
//! **Numbers.** The node's registry of limits has them ([`Numbers`]). At its begin a node offers those it has kept, which
//! hold if the value says nothing of the same; where the value does, its number is taken over. What is set at a node is told
//! with the next exchange, which is due at once, and what others have set is taken over before the node says what it holds.
//!
//! **Closings.** A limit that a 429 has closed here is told with the span that is left. What others tell closes it here for
//! that span. Only what the upstream itself has told this node is told on, lest nodes tell each other the same closing and it
//! lasts a way longer each time. A limit that an operator opens at one node is opened at all.
//!
//! **What is told of a limit that isn't here yet** holds once it is: a node may learn of an integration later than others. A
//! number waits in the registry. A closing is looked up among the notices when the limit gets its first part, before which no
//! call passes it.

use crate::task::Task;
use tollgate_engine::Closed;
use tollgate_lease::Notice;
use tollgate_model::Instant;

/// What begins the key of an operator's number.
const NUMBER: &str = "number:";
/// What begins the key of a closing; the limit's follows.
const CLOSED: &str = "closed:";

impl Task {
    pub(crate) async fn offer_numbers(&mut self) {
        for (key, text) in self.setup.numbers.share().await {
            self.node.offer(format!("{NUMBER}{key}"), text);
        }
    }

    pub(crate) async fn tell_numbers(&mut self) {
        for (key, text) in self.setup.numbers.changed().await {
            let notice = Notice { text, end: None };
            self.node.tell(format!("{NUMBER}{key}"), notice);
        }
    }

    /// Tells that the limit was closed here, or opened before its time.
    pub(crate) fn tell_closing(&mut self, key: &str, until: Option<Instant>, now: Instant) {
        if let Some(notice) = self.closings.news(key, until, now) {
            self.node.tell(format!("{CLOSED}{key}"), notice);
        }
    }

    /// Takes over what other nodes have told; whether there was anything.
    ///
    /// # Errors
    /// The engine has ended.
    pub(crate) async fn hear_notices(&mut self) -> Result<bool, String> {
        let heard = self.node.heard();
        // A number opens what is closed, so closings come behind.
        for (key, notice) in &heard {
            if let Some(key) = key.strip_prefix(NUMBER) {
                let text = notice.text.as_deref();
                self.setup.numbers.take_over(key, text).await;
            }
        }
        for (key, notice) in &heard {
            if let Some(key) = key.strip_prefix(CLOSED) {
                self.hear_closing(key, notice).await?;
            }
        }
        Ok(!heard.is_empty())
    }

    /// What is known to have closed a limit that has had no part so far.
    ///
    /// # Errors
    /// The engine has ended.
    pub(crate) async fn hear_known_closing(&mut self, key: &str) -> Result<(), String> {
        match self.node.noticed(&format!("{CLOSED}{key}")).cloned() {
            Some(notice) if notice.text.is_some() => self.hear_closing(key, &notice).await,
            _ => Ok(()),
        }
    }

    async fn hear_closing(&mut self, key: &str, notice: &Notice<Instant>) -> Result<(), String> {
        let (Some(id), Some(end)) = (self.shared.limit(key), notice.end) else {
            return Ok(());
        };
        let driver = &self.setup.driver;
        let done = if notice.text.is_some() {
            self.closings.hear(key, end);
            driver.close_limit(id, end).await
        } else {
            self.closings.forget(key);
            driver.open(Closed::Limit(id)).await
        };
        done.map_err(|error| error.to_string())
    }
}
