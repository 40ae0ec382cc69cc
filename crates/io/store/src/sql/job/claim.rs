//! Claims on jobs.
//!
//! A job that is *open* has something left to do: to be carried out, or to have its end told. Whoever takes it gets a
//! claim with a number that nobody had before, and the job's `due` becomes the end of that claim; then it may be taken
//! again. So a job whose holder died is taken by the next one, and never by two at once while the first renews its
//! claim in time.
//!
//! Each statement below that says what became of a job demands the claim's number. It grows with each taking and with
//! each change of hands, so who lost a claim changes nothing: the job's row stays as the later holder, or the
//! cancellation, has it.

use super::{ALL, ANSWER, CALLBACK, COLUMNS, INPUTS, load, put, read, weigh};
use crate::backend::{Mode, Tx, Value, values};
use crate::error::{Entity, StoreResult};
use crate::id::EntityId;
use crate::limits;
use crate::seam::{
    CallbackState, Claim, ClaimExcept, EndedJob, JobState, JobTask, TakenJob, WallTime,
};
use crate::sql::sealed;
use crate::store::Store;
use tollgate_secret::Secret;

impl Store {
    /// Claims up to `most` jobs of which this is left to do and due, those first that have been due the longest; the
    /// claims end at `until`. One whose deadline has passed is given, too: to be ended, and not counted as begun.
    ///
    /// # Errors
    /// The store's own; perhaps some are claimed then, for nobody, until the claims end.
    pub async fn take_jobs(
        &self,
        task: JobTask,
        (most, except): (u32, ClaimExcept<'_>),
        (now, until): (WallTime, WallTime),
    ) -> StoreResult<Vec<TakenJob>> {
        let open = match task {
            JobTask::CarryOut => "open = 1 AND ended IS NULL",
            JobTask::CallBack => "open = 1 AND ended IS NOT NULL",
        };
        // Most of the times that this is asked there is nothing to do; then no writer is kept waiting.
        let sql = format!(
            "SELECT 1 FROM job WHERE {open} AND due <= $1{} LIMIT 1",
            but(except, 2)
        );
        let due = with(values![now], except);
        if self.first(&sql, due).await?.is_none() {
            return Ok(Vec::new());
        }
        let most = most.min(limits::JOBS_AT_ONCE);
        self.within(Mode::Job, async |tx| {
            let sql = format!(
                "WITH picked AS MATERIALIZED \
                 (SELECT id FROM job WHERE {open} AND due <= $1{} ORDER BY due, id LIMIT $3{}) \
                 UPDATE job SET claim = claim + 1, due = $2, \
                 attempts = attempts + CASE WHEN ended IS NULL AND deadline > $1 THEN 1 ELSE 0 END, \
                 callback_attempts = callback_attempts + CASE WHEN ended IS NULL THEN 0 ELSE 1 END, \
                 started = CASE WHEN ended IS NULL AND deadline > $1 THEN COALESCE(started, $1) ELSE started END, \
                 state = CASE WHEN ended IS NULL THEN $4 ELSE state END \
                 WHERE id IN (SELECT id FROM picked) \
                 RETURNING claim, {COLUMNS}",
                but(except, 5),
                tx.skip_locked()
            );
            let values = with(values![now, until, most, &JobState::Pending], except);
            let mut taken = Vec::new();
            for mut row in tx.query(&sql, values).await? {
                let number = row.int()?;
                let job = read(&mut row)?;
                // A job that can't be opened costs no other its turn.
                let mut fields =
                    sealed::open_or_none(tx, &self.ring, Entity::Job, &job.id).await?;
                taken.push(TakenJob {
                    claim: Claim {
                        job: job.id.clone(),
                        number,
                    },
                    inputs: fields.remove(INPUTS),
                    answer: fields.remove(ANSWER),
                    callback: fields.remove(CALLBACK),
                    job,
                });
            }
            taken.sort_by(|a, b| (a.job.created, &a.job.id).cmp(&(b.job.created, &b.job.id)));
            Ok(taken)
        })
        .await
    }

    /// Has claims end at `until`. Gives those that are lost.
    ///
    /// # Errors
    /// The store's own; which of the claims end when isn't known then.
    pub async fn renew_claims(&self, held: &[Claim], until: WallTime) -> StoreResult<Vec<Claim>> {
        if held.is_empty() {
            return Ok(Vec::new());
        }
        // In one order, so that two who renew don't wait for each other.
        let mut held = held.to_vec();
        held.sort();
        self.within(Mode::Job, async |tx| {
            let mut lost = Vec::new();
            for claim in &held {
                let sql = "UPDATE job SET due = $3 WHERE id = $1 AND claim = $2 AND open = 1";
                let values = values![&claim.job, claim.number, until];
                if tx.execute(sql, values).await? == 0 {
                    lost.push(claim.clone());
                }
            }
            Ok(lost)
        })
        .await
    }

    /// Lets everybody's claims end now, where this store is the only one that a service uses: who held them has died.
    /// Ends that wait to be told again are due now, too. Returns how many jobs these are.
    ///
    /// # Errors
    /// The store's own.
    pub async fn release_jobs(&self, now: WallTime) -> StoreResult<u64> {
        if !self.is_alone() {
            return Ok(0);
        }
        self.within(Mode::Job, async |tx| {
            let sql = "UPDATE job SET due = $1, claim = claim + 1 \
                       WHERE open = 1 AND due > $1 AND (state = $2 OR ended IS NOT NULL)";
            tx.execute(sql, values![now, &JobState::Pending]).await
        })
        .await
    }

    /// Has a job wait until `due` and be carried out again; `answer`: how it ended this time. False if the claim is
    /// lost; nothing is changed then.
    ///
    /// # Errors
    /// The store's own.
    pub async fn put_back_job(
        &self,
        claim: &Claim,
        due: WallTime,
        answer: Option<&Secret>,
    ) -> StoreResult<bool> {
        self.within(Mode::Job, async |tx| {
            let sql = "UPDATE job SET state = $3, due = $4, claim = claim + 1 \
                       WHERE id = $1 AND claim = $2 AND ended IS NULL RETURNING caller";
            let values = values![&claim.job, claim.number, &JobState::Queued, due];
            let Some(mut row) = tx.first(sql, values).await? else {
                return Ok(false);
            };
            if let Some(answer) = answer {
                put(tx, &self.ring, &claim.job, ANSWER, answer).await?;
                count(tx, &claim.job, &row.text()?, 0).await?;
            }
            Ok(true)
        })
        .await
    }

    /// Ends a job. False if the claim is lost; nothing is changed then.
    ///
    /// # Errors
    /// The store's own.
    pub async fn end_job(&self, claim: &Claim, how: &EndedJob) -> StoreResult<bool> {
        self.within(Mode::Job, async |tx| {
            let held = format!(
                "SELECT 1 FROM job WHERE id = $1 AND claim = $2 AND ended IS NULL{}",
                tx.for_update()
            );
            let values = values![&claim.job, claim.number];
            if tx.first(&held, values).await?.is_none() {
                return Ok(false);
            }
            if let Some(answer) = &how.answer {
                put(tx, &self.ring, &claim.job, ANSWER, answer).await?;
            }
            end(tx, &claim.job, how.state, how.at).await?;
            Ok(true)
        })
        .await
    }

    /// Notes what a receiver of a callback answered. While it is `Waiting`, it is called again at `due`. False if the
    /// claim is lost; nothing is changed then.
    ///
    /// # Errors
    /// The store's own.
    pub async fn called_back(
        &self,
        claim: &Claim,
        (state, status): (CallbackState, Option<u16>),
        due: WallTime,
    ) -> StoreResult<bool> {
        self.within(Mode::Job, async |tx| {
            let sql = "UPDATE job SET callback = $3, callback_status = $4, due = $5, open = $6, claim = claim + 1 \
                       WHERE id = $1 AND claim = $2 AND ended IS NOT NULL AND open = 1 RETURNING caller";
            let waits = state == CallbackState::Waiting;
            let status = status.map(u32::from);
            let values = values![&claim.job, claim.number, state.word(), status, due, waits];
            let Some(mut row) = tx.first(sql, values).await? else {
                return Ok(false);
            };
            if !waits {
                forget(tx, &claim.job, CALLBACK).await?;
                count(tx, &claim.job, &row.text()?, 0).await?;
            }
            Ok(true)
        })
        .await
    }
}

/// The condition that a job is none of these; their values are the parameters from `first` on.
fn but(except: ClaimExcept<'_>, first: usize) -> String {
    let callers = (first..).take(except.callers.len());
    let mut text: String = callers.map(|at| format!(" AND caller <> ${at}")).collect();
    let held = (first + except.callers.len()..).step_by(2);
    for at in held.take(except.held.len()) {
        let number = at + 1;
        text += &format!(" AND NOT (id = ${at} AND claim = ${number})");
    }
    text
}

/// The values, and behind them those of what isn't to be taken.
fn with(mut values: Vec<Value>, except: ClaimExcept<'_>) -> Vec<Value> {
    values.extend(except.callers.iter().map(|it| Value::from(it.as_str())));
    for claim in except.held {
        values.extend(values![&claim.job, claim.number]);
    }
    values
}

/// Ends a job whose row is locked. What it was given is of no use any more.
pub(super) async fn end(
    tx: &mut Tx,
    id: &EntityId,
    state: JobState,
    now: WallTime,
) -> StoreResult<()> {
    let sql = "UPDATE job SET state = $2, ended = $3, due = $3, claim = claim + 1, \
               open = CASE WHEN callback = '' THEN 0 ELSE 1 END WHERE id = $1 RETURNING caller";
    if let Some(mut row) = tx.first(sql, values![id, &state, now]).await? {
        forget(tx, id, INPUTS).await?;
        count(tx, id, &row.text()?, -1).await?;
    }
    Ok(())
}

/// Counts what a job takes now, and so many more of its caller that wait.
async fn count(tx: &mut Tx, id: &EntityId, caller: &str, waiting: i64) -> StoreResult<()> {
    let more = weigh(tx, id).await?;
    for of in [caller, ALL] {
        load(tx, of, waiting, more).await?;
    }
    Ok(())
}

async fn forget(tx: &mut Tx, id: &EntityId, field: &str) -> StoreResult<()> {
    let sql = "DELETE FROM sealed WHERE entity = $1 AND entity_id = $2 AND field = $3";
    tx.execute(sql, values![Entity::Job.word(), id, field])
        .await?;
    Ok(())
}
