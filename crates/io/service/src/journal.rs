//! Who executed what, and who called how often: written in batches behind the callers' backs.
//!
//! Changes are noted by the store in the transaction that makes them. Executions and refused logins are
//! too many for a transaction each: they are gathered here and written every [`PAUSE`], so a killed
//! process loses at most that much of them. When the store takes them slower than they come, entries past
//! [`WAITING`] are dropped, and how many is noted in the log itself: calls go on without it.

use crate::live::wall_time;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tollgate_store::{
    Actor, AuditEvent, By, EntityId, JsonText, Store, UsageCounts, UsageDelta, WallTime, limits,
};

/// Between two writes.
const PAUSE: Duration = Duration::from_millis(500);
/// Entries that may wait to be written.
const WAITING: usize = 10_000;

/// What waits to be written.
#[derive(Default)]
pub(crate) struct Journal {
    events: Mutex<Vec<AuditEvent>>,
    usage: Mutex<HashMap<Place, UsageCounts>>,
    lost: AtomicU64,
    denied: AtomicU64,
}

type Place = (EntityId, i64, &'static str, String);

impl Journal {
    pub(crate) fn note(
        &self,
        actor: Actor,
        action: &str,
        entity: (&str, &str),
        detail: &serde_json::Value,
    ) {
        let event = AuditEvent {
            by: By {
                actor,
                at: wall_time(),
            },
            action: action.to_owned(),
            entity_type: entity.0.to_owned(),
            entity_id: entity.1.to_owned(),
            detail: JsonText::parse(detail.to_string()).unwrap_or_default(),
        };
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() < WAITING {
            events.push(event);
        } else {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a refused login. One entry tells of all between two writes: who guesses secrets doesn't
    /// get to fill the log.
    pub(crate) fn deny(&self) {
        self.denied.fetch_add(1, Ordering::Relaxed);
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
        let mut usage = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (client.clone(), hour, method, template.to_owned());
        if usage.len() >= WAITING && !usage.contains_key(&place) {
            return;
        }
        let counts = usage.entry(place).or_default();
        counts.requests += 1;
        match status {
            200..300 => counts.status_200 += 1,
            300..400 => counts.status_300 += 1,
            429 => counts.status_429 += 1,
            400..500 => counts.status_400 += 1,
            _ => counts.status_500 += 1,
        }
    }

    /// Writes what waits. What the store doesn't take waits on, within the bounds.
    pub(crate) async fn write(&self, store: &dyn Store) {
        let usage = std::mem::take(&mut *self.usage.lock().unwrap_or_else(PoisonError::into_inner));
        let deltas: Vec<_> = usage
            .into_iter()
            .map(|((client, hour, method, template), counts)| UsageDelta {
                client,
                at: WallTime(hour),
                template,
                method: method.to_owned(),
                counts,
            })
            .collect();
        for batch in deltas.chunks(limits::BATCH) {
            if let Err(error) = store.add_usage(batch).await {
                tracing::warn!(%error, "usage is not counted");
            }
        }
        let denied = self.denied.swap(0, Ordering::Relaxed);
        if denied > 0 {
            let detail = serde_json::json!({"logins": denied});
            self.note(Actor::system(), "deny", ("token", "-"), &detail);
        }
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let detail = serde_json::json!({"entries": lost});
            self.note(Actor::system(), "lose", ("audit", "-"), &detail);
        }
        let events =
            std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner));
        for batch in events.chunks(limits::BATCH) {
            if let Err(error) = store.record(batch).await {
                tracing::warn!(%error, entries = batch.len(), "executions are not noted yet");
                let mut waiting = self.events.lock().unwrap_or_else(PoisonError::into_inner);
                let room = WAITING.saturating_sub(waiting.len());
                let kept = batch.len().min(room);
                self.lost
                    .fetch_add((batch.len() - kept) as u64, Ordering::Relaxed);
                waiting.extend(batch.iter().take(kept).cloned());
            }
        }
    }

    /// Writes now and then, for as long as the service lives.
    pub(crate) async fn keep(self: Arc<Self>, store: Arc<dyn Store>) {
        loop {
            tokio::time::sleep(PAUSE).await;
            self.write(store.as_ref()).await;
        }
    }
}
