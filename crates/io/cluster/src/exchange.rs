//! One exchange with the store.

use crate::shared::Entry;
use crate::task::{Known, Task};
use tollgate_coordination::{CoordinationError, Found, Revision, Swap};
use tollgate_driver::ChangeError;
use tollgate_engine::{GivenBack, Lease};
use tollgate_lease::{Answer, Request, Value};
use tollgate_model::LimitId;

/// Times that the value may be found changed by others within one exchange. With a few nodes that ask every half second
/// at the most, a second time is rare.
const TRIES: usize = 5;
/// Failures in a row after which the engine is told that its leases are not renewed.
const FAILURES: u32 = 2;

/// Why an exchange did not end well.
struct Failure {
    why: String,
    /// Whether it may have been made all the same.
    is_in_doubt: bool,
}

impl From<String> for Failure {
    fn from(why: String) -> Self {
        Self {
            why,
            is_in_doubt: false,
        }
    }
}

/// The failure of a swap. (A read changes nothing, so its failure is never in doubt.)
impl From<CoordinationError> for Failure {
    fn from(error: CoordinationError) -> Self {
        Self {
            why: error.to_string(),
            is_in_doubt: error.is_in_doubt(),
        }
    }
}

impl Task {
    /// Gives back what others need, says what is asked, and takes what is granted.
    ///
    /// # Errors
    /// What was in the way, in words. What was given back is given back; the rest is as before.
    pub(crate) async fn exchange(&mut self) -> Result<(), String> {
        let done = self.try_exchange().await;
        match &done {
            Ok(()) => self.counts.done += 1,
            Err(failure) => {
                match failure.is_in_doubt {
                    true => self.counts.in_doubt += 1,
                    false => self.counts.failed += 1,
                }
                self.node.fail(self.setup.driver.now());
                if self.node.failures() == FAILURES {
                    self.tell_engine_not_renewed().await;
                }
            }
        }
        done.map_err(|failure| failure.why)
    }

    async fn try_exchange(&mut self) -> Result<(), Failure> {
        let found = self.trips.measure(self.setup.store.read()).await;
        let mut found = found.map_err(|error| error.to_string())?;
        let mut value = self.read(&found)?;
        if let Some(((revision, _), value)) = found.value.as_ref().zip(value.as_ref()) {
            let (server, now) = (found.server.as_str(), self.setup.driver.now());
            self.node.see((revision.0, value), server, now);
            // What is claimed is of the numbers that hold now.
            if self.hear_notices().await? {
                self.look().await;
            }
        }
        self.give_back().await?;
        let request = self.node.request(self.setup.driver.now());
        for _ in 0..TRIES {
            let revision = found.value.as_ref().map(|(revision, _)| *revision);
            let (next, answer) = self.compute(&found, value.take(), &request);
            match self.swap(revision, &next).await? {
                Swap::Done {
                    is_durable: false, ..
                } => {
                    return Err(Failure {
                        why: "no second server has what was written".to_owned(),
                        is_in_doubt: true,
                    });
                }
                Swap::Done {
                    revision, server, ..
                } => {
                    self.known = Some(Known {
                        server: server.as_str().to_owned(),
                        value: Some(next),
                    });
                    return Ok(self.take(&answer, revision).await?);
                }
                Swap::Changed(changed) => {
                    self.counts.changed += 1;
                    value = self.read(&changed)?;
                    found = changed;
                }
            }
        }
        Err("others have changed the value each time".to_owned().into())
    }

    /// The value that was found. Of another server's revisions nothing is known.
    fn read(&mut self, found: &Found) -> Result<Option<Value>, String> {
        let server = found.server.as_str();
        if self
            .known
            .as_ref()
            .is_none_or(|known| known.server != server)
        {
            self.node.forget_revisions();
            self.known = Some(Known {
                server: server.to_owned(),
                value: None,
            });
        }
        if let Some((revision, _)) = &found.value {
            self.node.hint(revision.0, false, self.setup.driver.now());
        }
        let text = found.value.as_ref().map(|(_, text)| Value::read(text));
        text.transpose().map_err(|error| error.to_string())
    }

    fn compute(&self, found: &Found, value: Option<Value>, request: &Request) -> (Value, Answer) {
        let now = self.setup.driver.now();
        let revision = found.value.as_ref().map(|(revision, _)| revision.0);
        let elapsed = self.node.elapsed(revision, now);
        Value::exchange(revision.zip(value), elapsed, found.server.as_str(), request)
    }

    async fn swap(&mut self, expected: Option<Revision>, next: &Value) -> Result<Swap, Failure> {
        let called = next.called().into_iter().map(ToString::to_string);
        let called: Vec<String> = called.collect();
        let (value, note) = (next.write(), called.join(" "));
        let swap = self.setup.store.swap(expected, &value, &note);
        Ok(self.trips.measure(swap).await?)
    }

    /// The engine has less of what others need, from before they are told.
    async fn give_back(&mut self) -> Result<(), String> {
        for (key, slots) in self.node.owed() {
            let driver = &self.setup.driver;
            let given = match self.shared.entry(&key) {
                Some(Entry::Limit(limit)) => driver.give_back(limit, slots).await,
                Some(Entry::Tokens(client)) => {
                    // What isn't used any more is free at once.
                    let left = self.node.slots(&key) - slots;
                    let set = driver.set_token_part(client, left).await;
                    set.map(|()| GivenBack {
                        free: slots,
                        ..GivenBack::default()
                    })
                }
                None => continue,
            };
            let given = given.map_err(|error| error.to_string())?;
            self.node.give_back(&key, given.free, &given.settled);
        }
        Ok(())
    }

    async fn take(&mut self, answer: &Answer, revision: Revision) -> Result<(), String> {
        if let Some(doubt) = answer.doubt {
            let why = doubt.as_str();
            self.counts.doubts[doubt as usize] += 1;
            tracing::warn!(
                why,
                "the value of the cluster is learned anew: parts stay, none grows beyond what is shown"
            );
        }
        let now = self.setup.driver.now();
        let leases = self.node.answer(answer, revision.0, now);
        self.hear_notices().await?;
        for (key, lease) in leases {
            let set = match self.shared.entry(&key) {
                Some(Entry::Limit(limit)) => {
                    if self.shared.begins(limit) {
                        self.hear_known_closing(&key).await?;
                    }
                    self.take_part(limit, lease).await
                }
                // It has no end: see `tollgate_engine::Event::SetTokenPart`.
                Some(Entry::Tokens(client)) => {
                    let driver = &self.setup.driver;
                    driver.set_token_part(client, lease.slots).await
                }
                None => continue,
            };
            set.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// The engine has this of a limit, and of what flows are guaranteed of it.
    async fn take_part(
        &self,
        limit: LimitId,
        lease: tollgate_lease::Lease,
    ) -> Result<(), ChangeError> {
        let part = Lease {
            slots: lease.slots,
            until: lease.until,
            is_renewed: true,
        };
        let driver = &self.setup.driver;
        if lease.is_inherited {
            driver.inherit(limit).await?;
        }
        driver.set_lease(limit, Some(part), lease.phantoms).await?;
        match lease.guaranteed.is_empty() {
            true => Ok(()),
            false => driver.set_guarantees(limit, lease.guaranteed).await,
        }
    }

    /// The leases stay, and no start is foretold behind their end.
    async fn tell_engine_not_renewed(&mut self) {
        for key in self.node.keys() {
            let Some(id) = self.shared.limit(key) else {
                continue;
            };
            let part = Lease {
                slots: self.node.slots(key),
                until: self.node.until(),
                is_renewed: false,
            };
            // An error means that the engine has ended, of which its owner hears.
            let _ = self
                .setup
                .driver
                .set_lease(id, Some(part), Vec::new())
                .await;
        }
    }
}
