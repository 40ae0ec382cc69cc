//! Rows for a data table, out of CSV or JSON.
//!
//! A file is taken whole or not at all, in either mode: each of its rows is checked and set aside, and if all are good
//! they become the table's together (`Store::end_import`). If some are wrong, nothing is changed, and the report names
//! the first of them with line and column. Half a file is what nobody can find again.
//!
//! A key stands once in a file. Which of two rows were meant isn't known, so that is a fault as well.

use super::terms::{ImportMode, ImportTerms, RowCounts};
use crate::held::{Held, Trouble};
use crate::work::{Ending, failure, kept};
use serde_json::{Value, json};
use std::collections::HashMap;
use tollgate_definitions::wall_time;
use tollgate_store::{Author, Entity, ImportBase, JsonText, Row, StoreError, Table, limits};
use tollgate_table::{CsvRows, Fault, FileRow, JsonRows, Schema};

/// Faults that are told; the others are counted.
const TOLD: usize = 20;
/// Bytes of rows that are set aside together.
const ASIDE_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of a JSON file: it is held as a whole.
const JSON_BYTES: usize = 16 * 1024 * 1024;

/// What was read of a file so far.
#[derive(Default)]
struct Found {
    /// Rows that aren't set aside yet, and their bytes.
    rows: Vec<Row>,
    bytes: usize,
    /// The line in which each key stands.
    keys: HashMap<String, u64>,
    counts: RowCounts,
    faults: Vec<Fault>,
}

impl Found {
    fn take(&mut self, row: Result<FileRow, Fault>) {
        self.counts.processed += 1;
        match row.and_then(|row| self.fit(row)) {
            Ok(row) => {
                self.bytes += row.value.as_str().len();
                self.rows.push(row);
            }
            Err(fault) => self.fault(fault),
        }
    }

    fn fault(&mut self, fault: Fault) {
        self.counts.failed += 1;
        if self.faults.len() < TOLD {
            self.faults.push(fault);
        }
    }

    fn fit(&mut self, FileRow { line, row }: FileRow) -> Result<Row, Fault> {
        let column = Some(tollgate_table::KEY.to_owned());
        let key = row.get(tollgate_table::KEY).and_then(Value::as_str);
        let key = key.unwrap_or_default().to_owned();
        let wrong = |why: String| Fault { line, column, why };
        if !(1..=limits::ROW_KEY_CHARS).contains(&key.chars().count()) || key.contains('\0') {
            let most = limits::ROW_KEY_CHARS;
            return Err(wrong(format!(
                "expected 1 to {most} characters, none of them NUL."
            )));
        }
        if let Some(before) = self.keys.insert(key.clone(), line) {
            return Err(wrong(format!(
                "the key {key:?} stands in line {before} already."
            )));
        }
        let value = Value::Object(row).to_string();
        match JsonText::parse(value) {
            Ok(value) => Ok(Row { key, value }),
            Err(error) => Err(wrong(error.to_string())),
        }
    }

    /// Sets aside what was read, if it is much or `all` is; says how far it is.
    async fn set_aside(&mut self, held: &Held, all: bool) -> Result<(), Trouble> {
        let is_much = self.rows.len() >= limits::ROWS_AT_ONCE || self.bytes >= ASIDE_BYTES;
        if !is_much && !all {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        // Of a file that is wrong nothing is kept; the rest is read for its faults.
        if self.counts.failed > 0 {
            return Ok(());
        }
        for rows in rows.chunks(limits::ROWS_AT_ONCE) {
            if !held.store().set_rows_aside(held.claim(), rows).await? {
                return Err(Trouble::Lost);
            }
        }
        held.report(&self.counts.report()).await
    }

    /// Whether there is no use in reading on.
    fn is_too_much(&self) -> bool {
        self.counts.processed > u64::from(limits::ROWS_PER_TABLE)
    }

    /// The end of an import whose file is wrong.
    fn refused(self) -> Ending {
        let told: Vec<_> = self.faults.iter().map(ToString::to_string).collect();
        let first = told.first().cloned().unwrap_or_default();
        let more = match self.counts.failed {
            0 | 1 => String::new(),
            many => format!(" {many} rows are wrong in all."),
        };
        let message = format!("Nothing was changed. {first}{more}");
        let mut report = self.counts.value();
        report["error"] = json!({"code": "file.invalid", "message": message, "errors": told});
        Ending::Failed(kept(&report))
    }
}

pub(super) async fn import(
    held: &mut Held,
    table: &Table,
    schema: &Schema,
) -> Result<Ending, Trouble> {
    let terms = ImportTerms::read(&held.transfer().terms);
    let begin = held.piece(0).await?.unwrap_or_default();
    let mut found = Found::default();
    if terms.takes_json && JsonRows::is_json(&begin) {
        json_rows(held, schema, &mut found).await?;
    } else {
        csv_rows(held, schema, &mut found).await?;
    }
    if found.is_too_much() {
        let message = format!(
            "Nothing was changed: the file has more than {} rows, as many as a data table may have.",
            limits::ROWS_PER_TABLE
        );
        return Ok(Ending::Failed(failure("limit.reached", &message)));
    }
    if found.counts.failed > 0 {
        return Ok(found.refused());
    }
    found.set_aside(held, true).await?;
    let base = ImportBase {
        table: table.id.clone(),
        version: table.version,
        replaces: terms.mode == ImportMode::ReplaceAll,
        by: Author {
            actor: held.transfer().actor.clone(),
            at: wall_time(),
        },
    };
    let counts = found.counts;
    let ended = held.store().end_import(held.claim(), &base, |rows| {
        let counts = RowCounts {
            updated: rows.written,
            deleted: rows.deleted,
            ..counts
        };
        counts.report()
    });
    match ended.await {
        Ok(Some(_)) => Ok(Ending::Settled),
        Ok(None) => Err(Trouble::Lost),
        Err(StoreError::Full {
            entity: Entity::Row,
            limit,
        }) => {
            let message =
                format!("Nothing was changed: the data table would have more than {limit} rows.");
            Ok(Ending::Failed(failure("limit.reached", &message)))
        }
        // The table's schema is another one by now, or the table has gone: the next try sees it.
        Err(error) => Err(error.into()),
    }
}

async fn csv_rows(held: &Held, schema: &Schema, found: &mut Found) -> Result<(), Trouble> {
    let (mut reader, mut number) = (CsvRows::new(schema), 0);
    while let Some(piece) = held.piece(number).await? {
        number += 1;
        if let Err(fault) = reader.read(&piece, &mut |row| found.take(row)) {
            found.fault(fault);
            return Ok(());
        }
        if found.is_too_much() {
            return Ok(());
        }
        found.set_aside(held, false).await?;
    }
    if let Err(fault) = reader.end(&mut |row| found.take(row)) {
        found.fault(fault);
    }
    Ok(())
}

async fn json_rows(held: &Held, schema: &Schema, found: &mut Found) -> Result<(), Trouble> {
    let whole = |why: String| Fault {
        line: 1,
        column: None,
        why,
    };
    let Some(bytes) = held.whole(JSON_BYTES).await? else {
        let why = format!("a JSON file has {JSON_BYTES} bytes at the most; CSV may have more.");
        found.fault(whole(why));
        return Ok(());
    };
    let Ok(text) = String::from_utf8(bytes) else {
        found.fault(whole("the file isn't UTF-8.".into()));
        return Ok(());
    };
    let mut rows = JsonRows::new(schema, &text);
    while !found.is_too_much() {
        match rows.next_row() {
            Ok(Some(row)) => found.take(row),
            Ok(None) => break,
            Err(fault) => {
                found.fault(fault);
                break;
            }
        }
        found.set_aside(held, false).await?;
    }
    Ok(())
}
