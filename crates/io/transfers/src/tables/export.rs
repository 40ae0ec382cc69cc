//! A data table's rows as CSV. They are read some at a time: each row is as it was at one moment, not all of them as
//! they were at the same one.

use super::terms::RowCounts;
use crate::held::{Held, Trouble};
use crate::work::Ending;
use serde_json::Value;
use tollgate_store::Table;
use tollgate_table::{CsvWriter, Schema};

/// Rows after which it is said how far it is.
const SAID: u64 = 10_000;

pub(super) async fn export(
    held: &mut Held,
    table: &Table,
    schema: &Schema,
) -> Result<Ending, Trouble> {
    let writer = CsvWriter::new(schema);
    let mut out = Vec::new();
    writer.names(&mut out);
    let (mut after, mut counts, mut said) = (String::new(), RowCounts::default(), 0);
    loop {
        let rows = held.store().rows_after(&table.id, &after).await?;
        let Some(last) = rows.last() else { break };
        after.clone_from(&last.key);
        for row in &rows {
            if let Value::Object(row) = row.value.value() {
                writer.row(row, &mut out);
                counts.processed += 1;
            }
        }
        held.write(&out).await?;
        out.clear();
        if counts.processed - said >= SAID {
            said = counts.processed;
            held.report(&counts.report()).await?;
        }
    }
    held.write(&out).await?;
    Ok(Ending::Succeeded(counts.report()))
}
