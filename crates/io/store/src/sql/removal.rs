//! The retention of the audit log, and the proof of what it removed.
//!
//! A step removes the oldest entries of a kind, a few hundred, in one transaction. It first writes down in
//! `audit_removal` up to which entry everything of the kind is gone; the database's trigger lets exactly
//! those entries go and no other. There is one record a day for each kind; its digest goes over all
//! entries that were ever removed, so whoever has kept them (a backup, an export) can show that they are
//! the ones. The record is sealed like a credential: who can write to the database and has no key can
//! neither change one, nor make one, nor take one from the middle without its being seen. (Who puts an old
//! backup back takes the last ones away; nothing within a database can show that.)

use super::audit::{COLUMNS, read};
use super::sealed;
use crate::backend::{Row, Tx, values};
use crate::error::{StoreError, StoreResult};
use crate::limits;
use crate::seal::{KeyId, KeyRing, SealedField};
use crate::seam::{AuditEntry, AuditKind, AuditRemoval, WallTime};
use crate::store::Store;
use sha2::{Digest, Sha256};
use tollgate_secret::Secret;

const DAY: i64 = 24 * 3_600_000;
/// What removal records are sealed as.
const ENTITY: &str = "auditRemoval";
const FIELD: &str = "record";

/// Entries that are no changes; the same words are in the migration `retention`, whose indexes need them.
fn condition(kind: AuditKind) -> &'static str {
    match kind {
        AuditKind::Executions => "entity_type IN ('execution', 'token', 'audit')",
        AuditKind::Changes => "entity_type NOT IN ('execution', 'token', 'audit')",
    }
}

/// One row of `audit_removal`.
struct Record {
    kind: String,
    number: i64,
    day: i64,
    entries: i64,
    until: (i64, i64),
    digest: Vec<u8>,
}

impl Record {
    /// What is sealed.
    fn text(&self) -> String {
        format!(
            "{} {} {} {} {} {}",
            self.number,
            self.day,
            self.entries,
            self.until.0,
            self.until.1,
            hex(&self.digest)
        )
    }

    fn id(&self) -> String {
        format!("{}.{}", self.kind, self.number)
    }
}

impl Store {
    /// Removes up to [`limits::REMOVED_AT_ONCE`] entries of a kind that are older than `until`, the oldest
    /// first, and keeps a sealed record of them; returns how many.
    ///
    /// # Errors
    /// `Busy` while an entry that old is just being written.
    pub async fn remove_audit(
        &self,
        kind: AuditKind,
        until: WallTime,
        now: WallTime,
    ) -> StoreResult<u64> {
        // Most looks find nothing; those take no turn of a writer.
        let oldest = format!(
            "SELECT 1 FROM audit WHERE {} AND at < $1 ORDER BY at, seq LIMIT 1",
            condition(kind)
        );
        if self.first(&oldest, values![until]).await?.is_none() {
            return Ok(0);
        }
        self.change(async |tx| step(tx, &self.ring, kind, until, now).await)
            .await
    }

    /// All records of what was removed from the audit log, each with what is wrong with it.
    pub async fn audit_removals(&self) -> StoreResult<Vec<AuditRemoval>> {
        let sql = format!(
            "SELECT r.kind, r.number, r.day, r.entries, r.until_at, r.until_seq, r.digest, s.key_id, s.value \
             FROM audit_removal r LEFT JOIN sealed s ON s.entity = '{ENTITY}' AND s.field = '{FIELD}' \
             AND s.entity_id = r.kind || '.' || CAST(r.number AS TEXT) ORDER BY r.kind, r.number"
        );
        let mut all: Vec<AuditRemoval> = Vec::new();
        for mut row in self.read(&sql, vec![]).await? {
            let record = record(&mut row)?;
            let value = match row.take::<Option<String>>()? {
                Some(key) => Some((KeyId::stored(key), row.bytes()?)),
                None => None,
            };
            let before = all.last().filter(|last| last.kind == record.kind);
            let follows = before.map_or(0, |last| last.number) + 1 == record.number;
            let fault = match (follows, value) {
                (false, _) => Some("the record before it is missing".to_owned()),
                (true, None) => Some("it isn't sealed: it was not made by this program".to_owned()),
                (true, Some((key, value))) => unlike(&self.ring, &record, &key, &value),
            };
            all.push(AuditRemoval {
                number: record.number,
                day: WallTime(record.day),
                entries: u64::try_from(record.entries).unwrap_or(0),
                until: WallTime(record.until.0),
                digest: hex(&record.digest),
                kind: record.kind,
                fault,
            });
        }
        Ok(all)
    }
}

async fn step(
    tx: &mut Tx,
    ring: &KeyRing,
    kind: AuditKind,
    until: WallTime,
    now: WallTime,
) -> StoreResult<u64> {
    let condition = condition(kind);
    let sql = format!(
        "SELECT {COLUMNS} FROM audit WHERE {condition} AND at < $1 ORDER BY at, seq LIMIT $2"
    );
    let rows = tx
        .query(&sql, values![until, limits::REMOVED_AT_ONCE as i64])
        .await?;
    let entries: StoreResult<Vec<AuditEntry>> =
        rows.into_iter().map(|mut row| read(&mut row)).collect();
    let entries = entries?;
    let Some(last) = entries.last() else {
        return Ok(0);
    };
    let (at, seq) = (last.at.0, last.seq);
    let record = next(tx, kind, &entries, (at, seq), now).await?;
    let row = values![
        record.kind.as_str(),
        record.number,
        record.day,
        record.entries,
        record.until.0,
        record.until.1,
        record.digest.clone()
    ];
    tx.execute(
        "INSERT INTO audit_removal (kind, number, day, entries, until_at, until_seq, digest) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (kind, number) DO UPDATE SET \
         entries = excluded.entries, until_at = excluded.until_at, until_seq = excluded.until_seq, \
         digest = excluded.digest",
        row,
    )
    .await?;
    let place = SealedField {
        entity: ENTITY,
        id: &record.id(),
        field: FIELD,
    };
    sealed::put(tx, ring, place, &Secret::new(record.text())).await?;
    let sql =
        format!("DELETE FROM audit WHERE {condition} AND at <= $1 AND (at < $1 OR seq <= $2)");
    let removed = tx.execute(&sql, values![at, seq]).await?;
    // An entry as old that is being written just now would go without being in the digest.
    if removed != entries.len() as u64 {
        return Err(StoreError::Busy {
            what: "old entries of the audit log that are just being written",
        });
    }
    Ok(removed)
}

/// The record after these entries are gone: today's, with them added, or the first one of today.
async fn next(
    tx: &mut Tx,
    kind: AuditKind,
    entries: &[AuditEntry],
    until: (i64, i64),
    now: WallTime,
) -> StoreResult<Record> {
    let sql = "SELECT kind, number, day, entries, until_at, until_seq, digest FROM audit_removal \
               WHERE kind = $1 ORDER BY number DESC LIMIT 1";
    let last = tx.first(sql, values![kind.word()]).await?;
    let last = last.map(|mut row| record(&mut row)).transpose()?;
    let day = now.0.div_euclid(DAY).saturating_mul(DAY);
    let mut record = match last {
        None => Record {
            kind: kind.word().to_owned(),
            number: 1,
            day,
            entries: 0,
            until,
            digest: vec![0; 32],
        },
        // Also where the clock was set back meanwhile.
        Some(last) if last.day >= day => last,
        Some(last) => Record {
            number: last.number + 1,
            day,
            entries: 0,
            ..last
        },
    };
    record.entries += entries.len() as i64;
    record.until = record.until.max(until);
    for entry in entries {
        record.digest = add(&record.digest, entry);
    }
    Ok(record)
}

fn record(row: &mut Row) -> StoreResult<Record> {
    Ok(Record {
        kind: row.take()?,
        number: row.take()?,
        day: row.take()?,
        entries: row.take()?,
        until: (row.take()?, row.take()?),
        digest: row.bytes()?,
    })
}

/// The digest with one more entry in it; see [`AuditRemoval::digest`].
fn add(digest: &[u8], entry: &AuditEntry) -> Vec<u8> {
    let mut next = Sha256::new();
    next.update(digest);
    let (seq, at) = (entry.seq.to_string(), entry.at.0.to_string());
    for text in [
        seq.as_str(),
        &at,
        &entry.actor,
        &entry.action,
        &entry.entity_type,
        &entry.entity_id,
        entry.detail.as_str(),
    ] {
        next.update((text.len() as u64).to_be_bytes());
        next.update(text);
    }
    next.finalize().to_vec()
}

/// How a record differs from what was sealed.
fn unlike(ring: &KeyRing, record: &Record, key: &KeyId, sealed: &[u8]) -> Option<String> {
    let place = SealedField {
        entity: ENTITY,
        id: &record.id(),
        field: FIELD,
    };
    match ring.open(key, place, sealed) {
        Err(error) => Some(error.to_string()),
        Ok(text) if text.expose() != record.text() => {
            Some("it was changed after it was sealed".to_owned())
        }
        Ok(_) => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
