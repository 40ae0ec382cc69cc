//! Jobs: taken in, shown, cancelled and forgotten. How they are claimed, and what claims may do, is in `claim`.
//!
//! Each method is one transaction of [`Mode::Job`], and on PostgreSQL such transactions run beside each other. They
//! lock in one order: the job's row, what is sealed of it, its caller's row of `job_load`, and last the row that all
//! callers share. A row that is to be removed or claimed and that somebody else has locked is left for the next time.
//!
//! What a job was given is personal data, and so is what it has answered: both are sealed. The inputs go in the
//! transaction that ends the job, the answer when the job is forgotten.

mod claim;

use super::list::Select;
use super::record::absent;
use super::{check, sealed};
use crate::backend::{Mode, Row, Tx, cells, corrupt, values};
use crate::error::{Entity, Invalid, StoreError, StoreResult};
use crate::id::EntityId;
use crate::limits;
use crate::seal::{KeyRing, SealedField};
use crate::seam::{
    CallbackState, Job, JobBounds, JobCallback, JobQuery, JobState, NewJob, Page, WallTime,
};
use crate::store::Store;
use tollgate_secret::Secret;

/// The columns of a job, in the order of [`read`].
const COLUMNS: &str = "id, caller, action_id, flow, flat, state, due, attempts, created, deadline, started, ended, \
                       callback, callback_attempts, callback_status";
/// The sealed fields of a job.
const INPUTS: &str = "inputs";
const ANSWER: &str = "answer";
const CALLBACK: &str = "callback";
/// Stands for all callers in `job_load`.
const ALL: &str = "";

cells! {
    JobState as String: |text| {
        let known = JobState::ALL.into_iter().find(|it| it.word() == text);
        known.ok_or_else(|| corrupt("job", "a state that isn't known"))
    }, |state| state.word().to_owned();
}

impl Store {
    /// Takes a job in, to be carried out from now on.
    ///
    /// # Errors
    /// `Full` where that would be more than the bounds allow; `Conflict` for a taken id.
    pub async fn accept_job(
        &self,
        new: NewJob,
        bounds: &JobBounds,
        now: WallTime,
    ) -> StoreResult<Job> {
        check::name("caller", &new.caller)?;
        if new.inputs.expose().len() > limits::JOB_TEXT_BYTES {
            return Err(Invalid::new("inputs", "has more than 16 MiB").into());
        }
        self.within(Mode::Job, async |tx| {
            accept(tx, &self.ring, new, bounds, now).await
        })
        .await
    }

    /// A job.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn job(&self, id: &EntityId) -> StoreResult<Job> {
        let sql = format!("SELECT {COLUMNS} FROM job WHERE id = $1");
        match self.first(&sql, values![id]).await? {
            Some(mut row) => read(&mut row),
            None => Err(absent(Entity::Job, id)),
        }
    }

    /// A job, and what it answered last, in one snapshot.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn job_and_answer(&self, id: &EntityId) -> StoreResult<(Job, Option<Secret>)> {
        self.within(Mode::Read, async |tx| {
            let sql = format!("SELECT {COLUMNS} FROM job WHERE id = $1");
            let Some(mut row) = tx.first(&sql, values![id]).await? else {
                return Err(absent(Entity::Job, id));
            };
            let mut fields = sealed::open_all(tx, &self.ring, Entity::Job, id).await?;
            Ok((read(&mut row)?, fields.remove(ANSWER)))
        })
        .await
    }

    /// A page of the jobs, the latest first.
    ///
    /// # Errors
    /// The store's own.
    pub async fn list_jobs(&self, query: &JobQuery) -> StoreResult<Page<Job>> {
        Select::new(COLUMNS, "job", ("created", "id", true), query.page)
            .compare("caller", "=", query.caller.as_deref())
            .compare("state", "=", query.state.as_ref())
            .page(self, read)
            .await
    }

    /// Ends a job that isn't carried out. Gives whether that was done now, and the job as it is then.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn cancel_job(&self, id: &EntityId, now: WallTime) -> StoreResult<(bool, Job)> {
        self.within(Mode::Job, async |tx| {
            let sql = format!("SELECT {COLUMNS} FROM job WHERE id = $1{}", tx.for_update());
            let Some(mut row) = tx.first(&sql, values![id]).await? else {
                return Err(absent(Entity::Job, id));
            };
            let job = read(&mut row)?;
            if job.state != JobState::Queued {
                return Ok((false, job));
            }
            claim::end(tx, id, JobState::Cancelled, now).await?;
            let sql = format!("SELECT {COLUMNS} FROM job WHERE id = $1");
            match tx.first(&sql, values![id]).await? {
                Some(mut row) => Ok((true, read(&mut row)?)),
                None => Err(absent(Entity::Job, id)),
            }
        })
        .await
    }

    /// Forgets up to [`limits::JOBS_REMOVED_AT_ONCE`] jobs that ended before `until` and have nothing left to do;
    /// returns how many.
    ///
    /// # Errors
    /// The store's own.
    pub async fn forget_jobs(&self, until: WallTime) -> StoreResult<u64> {
        self.within(Mode::Job, async |tx| forget(tx, until).await)
            .await
    }
}

async fn accept(
    tx: &mut Tx,
    ring: &KeyRing,
    new: NewJob,
    bounds: &JobBounds,
    now: WallTime,
) -> StoreResult<Job> {
    let taken = "SELECT 1 FROM job WHERE id = $1";
    if tx.first(taken, values![&new.id]).await?.is_some() {
        return Err(super::record::conflict(Entity::Job, "id"));
    }
    let sql = format!(
        "INSERT INTO job (id, caller, action_id, flow, flat, state, open, due, claim, attempts, created, deadline, \
         bytes, callback, callback_attempts) \
         VALUES ($1, $2, $3, $4, $5, $6, 1, $7, 0, 0, $7, $8, 0, $9, 0) RETURNING {COLUMNS}"
    );
    let callback = new.callback.as_ref().map(|_| CallbackState::Waiting);
    let row = values![
        &new.id,
        &new.caller,
        &new.action,
        &new.flow,
        new.flat,
        &JobState::Queued,
        now,
        new.deadline,
        callback.map_or("", CallbackState::word)
    ];
    let Some(mut row) = tx.first(&sql, row).await? else {
        return Err(corrupt("job", "nothing was inserted"));
    };
    put(tx, ring, &new.id, INPUTS, &new.inputs).await?;
    if let Some(url) = &new.callback {
        put(tx, ring, &new.id, CALLBACK, url).await?;
    }
    let bytes = weigh(tx, &new.id).await?;
    let allowed = [
        (new.caller.as_str(), bounds.waiting_each, bounds.bytes_each),
        (ALL, bounds.waiting, bounds.bytes),
    ];
    for (of, most_waiting, most_bytes) in allowed {
        let (waiting, bytes) = load(tx, of, 1, bytes).await?;
        for (found, limit) in [(waiting, most_waiting), (bytes, most_bytes)] {
            if found > limit {
                let entity = Entity::Job;
                return Err(StoreError::Full { entity, limit });
            }
        }
    }
    read(&mut row)
}

async fn forget(tx: &mut Tx, until: WallTime) -> StoreResult<u64> {
    let sql = format!(
        "SELECT id, caller, bytes FROM job WHERE open = 0 AND ended < $1 ORDER BY ended LIMIT $2{}",
        tx.skip_locked()
    );
    let found = tx
        .query(&sql, values![until, limits::JOBS_REMOVED_AT_ONCE])
        .await?;
    let removed = found.len() as u64;
    // In the order of their names, so that two who forget don't wait for each other.
    let mut callers = std::collections::BTreeMap::<String, i64>::new();
    for mut row in found {
        let (id, caller, bytes): (EntityId, String, i64) = (row.take()?, row.take()?, row.take()?);
        sealed::forget(tx, Entity::Job, &id).await?;
        tx.execute("DELETE FROM job WHERE id = $1", values![&id])
            .await?;
        *callers.entry(caller).or_default() += bytes;
    }
    for (caller, bytes) in &callers {
        load(tx, caller, 0, -bytes).await?;
        let none = "DELETE FROM job_load WHERE caller = $1 AND waiting = 0 AND bytes = 0";
        tx.execute(none, values![caller.as_str()]).await?;
    }
    if removed > 0 {
        load(tx, ALL, 0, -callers.values().sum::<i64>()).await?;
    }
    Ok(removed)
}

/// Adds to what a caller's jobs take; gives what they take now.
async fn load(tx: &mut Tx, caller: &str, waiting: i64, bytes: i64) -> StoreResult<(u64, u64)> {
    let sql = "INSERT INTO job_load (caller, waiting, bytes) VALUES ($1, $2, $3) \
               ON CONFLICT (caller) DO UPDATE SET waiting = job_load.waiting + excluded.waiting, \
               bytes = job_load.bytes + excluded.bytes RETURNING waiting, bytes";
    match tx.first(sql, values![caller, waiting, bytes]).await? {
        Some(mut row) => Ok((row.take()?, row.take()?)),
        None => Err(corrupt("job_load", "nothing was counted")),
    }
}

/// Counts anew what a job takes, and notes it in the job's row; gives by how much that is more than before.
async fn weigh(tx: &mut Tx, id: &EntityId) -> StoreResult<i64> {
    let sql = "SELECT bytes, (SELECT COALESCE(SUM(LENGTH(value)), 0) FROM sealed WHERE entity = $2 AND entity_id = $1) \
               FROM job WHERE id = $1";
    let Some(mut row) = tx.first(sql, values![id, Entity::Job.word()]).await? else {
        return Err(absent(Entity::Job, id));
    };
    let (before, sealed): (i64, i64) = (row.take()?, row.take()?);
    let now = sealed.saturating_add_unsigned(limits::JOB_BYTES);
    let sql = "UPDATE job SET bytes = $2 WHERE id = $1";
    tx.execute(sql, values![id, now]).await?;
    Ok(now - before)
}

async fn put(
    tx: &mut Tx,
    ring: &KeyRing,
    id: &EntityId,
    field: &str,
    secret: &Secret,
) -> StoreResult<()> {
    let place = SealedField {
        entity: Entity::Job.word(),
        id: id.as_str(),
        field,
    };
    sealed::put(tx, ring, place, secret).await
}

fn read(row: &mut Row) -> StoreResult<Job> {
    let job = Job {
        id: row.take()?,
        caller: row.take()?,
        action: row.take()?,
        flow: row.take()?,
        flat: row.take()?,
        state: row.take()?,
        due: row.take()?,
        attempts: row.take()?,
        created: row.take()?,
        deadline: row.take()?,
        started: row.take()?,
        ended: row.take()?,
        callback: None,
    };
    let word = row.text()?;
    let state = CallbackState::ALL.into_iter().find(|it| it.word() == word);
    let (attempts, status) = (row.take()?, row.take()?);
    let callback = state.map(|state| JobCallback {
        state,
        attempts,
        status,
    });
    Ok(Job { callback, ..job })
}
