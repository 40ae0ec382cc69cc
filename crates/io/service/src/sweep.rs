//! What the store holds and nobody needs any more is removed, in small steps beside the traffic.
//!
//! A step is one short transaction of the store. After each the sweep rests several times as long as it
//! took, so it has a fifth of a writer's time at most, whatever there is to remove. Several nodes over one
//! store sweep it together; a step finds what is left.
//!
//! So the log can't outgrow it: a sweep removes up to 100,000 entries ([`STEPS`] of 500), and 3,000
//! executions a minute bring 4.32 million a day. That is 44 sweeps; one in 2,000 s is enough for them, so a
//! step with its rest may take 9.7 s, and the step alone 1.9 s. It takes some 40 ms.
//!
//! The first sweep comes a while after the start: a machine that starts with a wrong clock has set it by
//! then, and doesn't take the whole log for old.

use std::sync::Arc;
use std::time::Duration;
use tollgate_config::Keep;
use tollgate_definitions::wall_time;
use tollgate_store::{AuditKind, Store, StoreResult, WallTime, limits};

/// Before the first sweep, and between two.
const PAUSE: Duration = Duration::from_secs(60);
/// Shortest rest after a step.
const REST: Duration = Duration::from_millis(50);
/// Steps of one kind in one sweep, so that every kind gets its turn.
const STEPS: u32 = 200;
/// How long a process that wrote batches is remembered. It repeats one within minutes, or never.
const WRITERS: Duration = Duration::from_secs(7 * 24 * 3600);

/// Kinds of things that are removed.
#[derive(Clone, Copy, Debug)]
enum Old {
    Tokens,
    Executions,
    Changes,
    Usage,
    Writers,
    Jobs,
    Transfers,
}

const ALL: [Old; 7] = [
    Old::Tokens,
    Old::Executions,
    Old::Changes,
    Old::Usage,
    Old::Writers,
    Old::Jobs,
    Old::Transfers,
];

/// Removes what is old, for as long as the service lives. `jobs`: how long they are kept after their ends.
pub(crate) async fn sweep(store: Arc<Store>, keep: Keep, jobs: Duration) {
    loop {
        tokio::time::sleep(PAUSE).await;
        for old in ALL {
            if let Err(error) = remove(store.as_ref(), old, (&keep, jobs)).await {
                tracing::warn!(%error, kind = ?old, "what is old is kept for now");
            }
        }
    }
}

async fn remove(store: &Store, old: Old, keep: (&Keep, Duration)) -> StoreResult<()> {
    for _ in 0..STEPS {
        let began = tokio::time::Instant::now();
        if !step(store, old, keep).await? {
            return Ok(());
        }
        tokio::time::sleep(REST.max(began.elapsed() * 4)).await;
    }
    Ok(())
}

/// Removes a little; false if nothing more is old.
async fn step(store: &Store, old: Old, (keep, jobs): (&Keep, Duration)) -> StoreResult<bool> {
    let now = wall_time();
    let before = |span: Option<Duration>| {
        let millis = i64::try_from(span?.as_millis()).ok()?;
        Some(WallTime(now.0.saturating_sub(millis)))
    };
    let audit = async |kind, span| match before(span) {
        Some(until) => store.remove_audit(kind, until, now).await,
        None => Ok(0),
    };
    let (removed, at_once) = match old {
        Old::Tokens => (store.forget_expired_tokens(now).await?, limits::BATCH),
        Old::Executions => {
            let removed = audit(AuditKind::Executions, keep.executions).await?;
            (removed, limits::REMOVED_AT_ONCE)
        }
        Old::Changes => {
            let removed = audit(AuditKind::Changes, keep.changes).await?;
            (removed, limits::REMOVED_AT_ONCE)
        }
        Old::Usage => match before(keep.usage) {
            Some(until) => (store.forget_usage(until).await?, limits::BATCH),
            None => return Ok(false),
        },
        Old::Writers => match before(Some(WRITERS)) {
            Some(until) => (store.forget_writers(until).await?, limits::BATCH),
            None => return Ok(false),
        },
        Old::Jobs => match before(Some(jobs)) {
            Some(until) => (
                store.forget_jobs(until).await?,
                limits::JOBS_REMOVED_AT_ONCE as usize,
            ),
            None => return Ok(false),
        },
        // They say themselves how long they are kept.
        Old::Transfers => (
            store.forget_transfers(now).await?,
            limits::TRANSFERS_REMOVED_AT_ONCE as usize,
        ),
    };
    Ok(removed >= at_once as u64)
}
