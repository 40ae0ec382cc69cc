//! The task: it looks at what is asked, and exchanges when that is due.

mod show;

use crate::closings::Closings;
use crate::shared::Shared;
use crate::status::{Counts, Trouble};
use crate::trips::RoundTrips;
use crate::{Setup, Status};
use std::time::Duration;
use tokio::sync::watch;
use tollgate_coordination::Hint;
use tollgate_lease::{Node, SOON, Value};
use tollgate_model::Instant;

/// From one look at what is asked to the next.
const LOOK: Duration = Duration::from_millis(100);
/// While the store is away, the log says so once in this time.
const SAID: Duration = Duration::from_secs(60);

pub(crate) struct Task {
    pub(crate) setup: Setup,
    pub(crate) node: Node,
    pub(crate) shared: Shared,
    pub(crate) closings: Closings,
    pub(crate) known: Option<Known>,
    pub(crate) counts: Counts,
    pub(crate) trips: RoundTrips,
    status: watch::Sender<Status>,
    leaving: watch::Receiver<bool>,
    said_at: Option<Instant>,
}

/// The value as this node knows it.
pub(crate) struct Known {
    pub(crate) server: String,
    pub(crate) value: Option<Value>,
}

impl Task {
    pub(crate) fn new(
        setup: Setup,
        trips: RoundTrips,
        status: watch::Sender<Status>,
        leaving: watch::Receiver<bool>,
    ) -> Self {
        let mut node = Node::new(setup.member.clone(), setup.lease, []);
        if let Some(process) = setup.driver.predecessor() {
            node.succeed(process);
        }
        Self {
            node,
            setup,
            shared: Shared::default(),
            closings: Closings::default(),
            known: None,
            counts: Counts::default(),
            trips,
            status,
            leaving,
            said_at: None,
        }
    }

    /// Goes on until the node has left, or its engine has ended.
    pub(crate) async fn run(mut self) {
        let mut hints = self.setup.store.changes();
        // What was swapped before is found by reading.
        hints.mark_unchanged();
        self.offer_numbers().await;
        loop {
            let is_leaving = *self.leaving.borrow();
            tokio::select! {
                () = tokio::time::sleep(self.pause()) => {}
                () = self.setup.driver.asks_for_slots() => {
                    self.node.hasten(self.setup.driver.now());
                }
                changed = hints.changed() => {
                    if changed.is_ok() {
                        let hint = hints.borrow_and_update().clone();
                        self.hear(&hint);
                    } else {
                        tokio::time::sleep(LOOK).await;
                    }
                }
                changed = self.leaving.changed(), if !is_leaving => {
                    if changed.is_err() {
                        return;
                    }
                    self.node.leave();
                }
            }
            if !self.look().await {
                return;
            }
            let now = self.setup.driver.now();
            if self.node.due(now) <= now {
                let outcome = self.exchange().await;
                self.tell(outcome.err());
                if is_leaving && self.node.has_left() {
                    return;
                }
            }
        }
    }

    /// Until the next look: not beyond the instant at which an exchange is due.
    fn pause(&self) -> Duration {
        let now = self.setup.driver.now();
        self.node.due(now).since(now).min(LOOK)
    }

    /// The value has changed.
    fn hear(&mut self, hint: &Hint) {
        let Some(revision) = hint.revision else {
            // Another connection, and perhaps another history.
            self.node.forget_revisions();
            return;
        };
        let me = self.setup.member.to_string();
        let is_called = hint.note.split(' ').any(|member| member == me);
        let now = self.setup.driver.now();
        self.node.hint(revision.0, is_called, now);
    }

    /// Follows what is asked; false if the engine has ended.
    pub(crate) async fn look(&mut self) -> bool {
        let Ok(demands) = self.setup.driver.demand(SOON).await else {
            return false;
        };
        let now = demands.now;
        for look in self.shared.look(&demands, self.setup.tail) {
            self.node.share(look.key.clone(), look.limit);
            self.node.want(&look.key, look.wants);
            if let Some(slots) = look.earlier_part {
                self.node.inherit(&look.key, slots);
            }
            self.tell_closing(&look.key, look.closed_until, now);
        }
        let value = self.known.as_ref().and_then(|known| known.value.as_ref());
        let members = value.map_or(0, |value| value.members().count());
        self.shared.warn_of_few_tokens(&demands.tokens, members);
        self.tell_numbers().await;
        let node = &self.node;
        self.status.send_if_modified(|status| {
            show::follow(node, status);
            // Nobody waits for this.
            false
        });
        true
    }

    /// Shows what has become of an exchange.
    fn tell(&mut self, trouble: Option<String>) {
        let now = self.setup.driver.now();
        match &trouble {
            None => {
                if self.said_at.take().is_some() {
                    tracing::info!("the coordination store answers again");
                }
            }
            Some(why) => {
                if self.said_at.is_none_or(|at| now.since(at) >= SAID) {
                    let left = self.node.until().since(now).as_secs();
                    tracing::warn!(
                        why,
                        lease_left_seconds = left,
                        "the coordination store can't be asked; shared limits close when the leases end"
                    );
                    self.said_at = Some(now);
                }
            }
        }
        let value = self.known.as_ref().and_then(|known| known.value.as_ref());
        let node = &self.node;
        self.status.send_modify(|status| {
            status.until = node.until();
            status.counts = self.counts;
            let since = status.trouble.as_ref().map_or(now, |it| it.since);
            status.trouble = trouble.map(|why| Trouble {
                why,
                since,
                failures: node.failures(),
            });
            if status.trouble.is_none() {
                status.exchanged_at = Some(now);
                if let Some(value) = value {
                    show::show(value, node, status);
                }
            }
        });
    }
}
