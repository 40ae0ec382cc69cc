//! Who executed what, and who called how often: written in batches behind the callers' backs.
//!
//! Changes are noted by the store in the transaction that makes them. Executions and refused logins are
//! too many for a transaction each: they are gathered here and written every [`PAUSE`], so a killed
//! process loses at most that much of them.
//!
//! **A store that refuses, or is away,** loses none within the bounds. The batch that it didn't take is
//! sent again, as it was and under its number, until it takes it; what comes meanwhile waits behind it. The
//! store keeps a number once, so a batch whose answer was lost is not there twice. When [`WAITING`] entries
//! or counters wait, further ones are dropped, and how many is noted in the log itself: calls go on
//! without it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tollgate_definitions::wall_time;
use tollgate_store::{
    Actor, AuditEvent, Author, Batch, EntityId, JsonText, Store, StoreError, UsageCounts,
    UsageDelta, WallTime, limits,
};

/// Between two writes.
const PAUSE: Duration = Duration::from_millis(500);
/// Entries that may wait to be written, and counters.
const WAITING: usize = 10_000;
/// Batches written at once, at most: what waited, and a little of what comes meanwhile.
const BATCHES: usize = 2 * WAITING / limits::BATCH + 2;

/// What waits to be written.
pub struct Journal {
    /// Whether there is a store to write to; without one nothing is noted.
    kept: bool,
    waiting: Mutex<Waiting>,
    writer: EntityId,
    sending: tokio::sync::Mutex<Sending>,
}

#[derive(Default)]
struct Waiting {
    events: VecDeque<AuditEvent>,
    usage: BTreeMap<Place, UsageCounts>,
    /// Entries that found no room.
    lost_entries: u64,
    /// Calls whose counter found no room.
    lost_calls: u64,
    /// Refused logins.
    denied: u64,
    /// Entries, and calls, that were lost since the start.
    ever_lost: (u64, u64),
}

/// What waits to be written, and what was lost since the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct JournalFigures {
    /// Entries that wait.
    pub(crate) entries: usize,
    /// Counters of calls that wait.
    pub(crate) counters: usize,
    /// Entries that were lost.
    pub(crate) lost_entries: u64,
    /// Calls that were lost.
    pub(crate) lost_calls: u64,
}

#[derive(Default)]
struct Sending {
    /// The number of the last batch.
    number: i64,
    /// A batch that the store hasn't taken yet.
    batch: Option<Batch>,
    refused: bool,
}

type Place = (EntityId, i64, &'static str, String);

impl Journal {
    /// An empty journal. `kept`: there is a store to write it to.
    #[must_use]
    pub fn new(kept: bool) -> Self {
        Self {
            kept,
            waiting: Mutex::default(),
            writer: EntityId::random(),
            sending: tokio::sync::Mutex::default(),
        }
    }

    /// Notes that somebody did something with a thing of that type and id.
    pub fn note(
        &self,
        actor: Actor,
        action: &str,
        entity: (&str, &str),
        detail: &serde_json::Value,
    ) {
        if self.kept {
            self.waiting().note(event(actor, action, entity, detail));
        }
    }

    /// Counts a refused login. One entry tells of all between two writes: who guesses secrets doesn't
    /// get to fill the log.
    pub(crate) fn deny(&self) {
        self.waiting().denied += u64::from(self.kept);
    }

    /// Counts a call of a stored client.
    pub(crate) fn count(
        &self,
        client: &EntityId,
        method: &'static str,
        template: &str,
        status: u16,
    ) {
        const HOUR: i64 = 3_600_000;
        let hour = wall_time().0 / HOUR * HOUR;
        let place = (client.clone(), hour, method, template.to_owned());
        let mut waiting = self.waiting();
        if waiting.usage.len() >= WAITING && !waiting.usage.contains_key(&place) {
            waiting.lose_more(0, 1);
            return;
        }
        let counts = waiting.usage.entry(place).or_default();
        counts.requests += 1;
        match status {
            200..300 => counts.status_200 += 1,
            300..400 => counts.status_300 += 1,
            429 => counts.status_429 += 1,
            400..500 => counts.status_400 += 1,
            _ => counts.status_500 += 1,
        }
    }

    /// Writes what waits; true if all that waited when it began is written. What the store doesn't take
    /// waits on.
    pub async fn write(&self, store: &Store) -> bool {
        let mut sending = self.sending.lock().await;
        for _ in 0..BATCHES {
            let sending = &mut *sending;
            let batch = match &mut sending.batch {
                Some(batch) => batch,
                none => match self.waiting().batch(&self.writer, sending.number + 1) {
                    Some(batch) => {
                        sending.number = batch.number;
                        none.insert(batch)
                    }
                    None => return true,
                },
            };
            match store.keep_batch(batch).await {
                Ok(()) => {}
                Err(error @ (StoreError::Invalid(_) | StoreError::Corrupt { .. })) => {
                    tracing::error!(%error, entries = batch.events.len(), "executions can't be noted");
                    self.waiting().lose(batch);
                }
                Err(error) => {
                    if !sending.refused {
                        tracing::warn!(%error, "executions and counters wait for the store");
                    }
                    sending.refused = true;
                    return false;
                }
            }
            sending.batch = None;
            if std::mem::take(&mut sending.refused) {
                tracing::info!("executions and counters are written again");
            }
        }
        true
    }

    /// Writes now and then, for as long as the service lives.
    pub async fn keep(self: Arc<Self>, store: Arc<Store>) {
        loop {
            tokio::time::sleep(PAUSE).await;
            self.write(store.as_ref()).await;
        }
    }

    /// What waits, and what was lost.
    pub(crate) fn figures(&self) -> JournalFigures {
        let waiting = self.waiting();
        let (lost_entries, lost_calls) = waiting.ever_lost;
        JournalFigures {
            entries: waiting.events.len(),
            counters: waiting.usage.len(),
            lost_entries,
            lost_calls,
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn note(&mut self, event: AuditEvent) {
        if self.events.len() < WAITING {
            self.events.push_back(event);
        } else {
            self.lose_more(1, 0);
        }
    }

    fn lose_more(&mut self, entries: u64, calls: u64) {
        self.lost_entries += entries;
        self.lost_calls += calls;
        self.ever_lost.0 += entries;
        self.ever_lost.1 += calls;
    }

    /// The next batch; none if nothing waits.
    fn batch(&mut self, writer: &EntityId, number: i64) -> Option<Batch> {
        if self.denied > 0 && self.events.len() < WAITING {
            let detail = serde_json::json!({"logins": std::mem::take(&mut self.denied)});
            self.note(event(Actor::system(), "deny", ("token", "-"), &detail));
        }
        if self.lost_entries + self.lost_calls > 0 && self.events.len() < WAITING {
            let detail = serde_json::json!({
                "entries": std::mem::take(&mut self.lost_entries),
                "calls": std::mem::take(&mut self.lost_calls),
            });
            self.note(event(Actor::system(), "lose", ("audit", "-"), &detail));
        }
        if self.events.is_empty() && self.usage.is_empty() {
            return None;
        }
        let events = self.events.len().min(limits::BATCH);
        let mut usage = Vec::new();
        while usage.len() < limits::BATCH
            && let Some(((client, hour, method, template), counts)) = self.usage.pop_first()
        {
            usage.push(UsageDelta {
                client,
                at: WallTime(hour),
                template,
                method: method.to_owned(),
                counts,
            });
        }
        Some(Batch {
            writer: writer.clone(),
            number,
            at: wall_time(),
            events: self.events.drain(..events).collect(),
            usage,
        })
    }

    fn lose(&mut self, batch: &Batch) {
        let calls = batch.usage.iter().map(|it| it.counts.requests).sum();
        self.lose_more(batch.events.len() as u64, calls);
    }
}

/// What the audit log is to hold of something that is done now.
pub(crate) fn event(
    actor: Actor,
    action: &str,
    entity: (&str, &str),
    detail: &serde_json::Value,
) -> AuditEvent {
    AuditEvent {
        by: Author {
            actor,
            at: wall_time(),
        },
        action: action.to_owned(),
        entity_type: entity.0.to_owned(),
        entity_id: entity.1.to_owned(),
        detail: JsonText::parse(detail.to_string()).unwrap_or_default(),
    }
}
