//! Rows as CSV.

use crate::schema::Schema;
use crate::{Row, cell};

/// Writes rows of a schema as CSV: the key first, the other columns as they are displayed.
pub struct CsvWriter<'a> {
    schema: &'a Schema,
}

impl<'a> CsvWriter<'a> {
    /// Writes rows of this schema.
    #[must_use]
    pub fn new(schema: &'a Schema) -> Self {
        Self { schema }
    }

    /// The first line: the columns' names.
    pub fn names(&self, out: &mut Vec<u8>) {
        let names = self.schema.columns().iter();
        line(out, names, |column, out| {
            cell::write_text(&column.name, out)
        });
    }

    /// A row. What it leaves out is added.
    pub fn row(&self, mut row: Row, out: &mut Vec<u8>) {
        self.schema.complete(&mut row);
        let columns = self.schema.columns().iter();
        line(out, columns, |column, out| {
            if let Some(value) = row.get(&column.name) {
                cell::write(value, out);
            }
        });
    }
}

fn line<T>(out: &mut Vec<u8>, of: impl Iterator<Item = T>, write: impl Fn(T, &mut Vec<u8>)) {
    for (number, it) in of.enumerate() {
        if number > 0 {
            out.push(b',');
        }
        write(it, out);
    }
    out.extend_from_slice(b"\r\n");
}
