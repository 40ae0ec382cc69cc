//! Data tables: their schemas, rows that keep them, and files of rows.
//!
//! *Decides* what a schema may say, which rows keep it, what a column has that a row leaves out, and how rows stand in
//! a file. *Doesn't decide* where tables and rows are kept (the store's), who may change them and how faults are
//! answered (the API's).
//!
//! In: a schema, rows as JSON objects, bytes of a file in whatever pieces they come. Out: a [`Schema`], whole rows,
//! [`Fault`]s that name line and column.
//!
//! # Schemas
//! A schema is a JSON schema of objects: [`Schema::read`] takes the keywords that the platform's own have (*documented*:
//! `JsonSchemaDocument` of its SDKs; *observed*: the properties that its Terraform provider sends), and the bounds of a
//! single value. Any other is refused by its name, since a keyword that nobody heeds promises what isn't kept. The column
//! `key` is a text, and each row has one of its own.
//!
//! # What a row leaves out
//! A column without a value has its default, and without one the type's zero: the empty text, 0, false (*observed*: the
//! platform's Terraform provider expects these in answers). So every row has a value for each column, also one that was
//! written before the column was added ([`Schema::complete`]).
//!
//! # Files
//! [`CsvRows`] reads CSV as RFC 4180 has it, its first line the columns' names, in any order; a column that isn't there is
//! left out by all rows. An empty cell is the empty text in a column of texts, and leaves any other column out.
//! [`JsonRows`] reads a list of objects, or objects one after the other. [`CsvWriter`] writes what [`CsvRows`] reads
//! back as it was.

mod cell;
mod column;
mod csv;
mod fault;
mod json;
mod schema;
mod write;

pub use column::{Column, Kind};
pub use csv::CsvRows;
pub use fault::{Fault, RowFault, SchemaFault};
pub use json::JsonRows;
pub use schema::Schema;
pub use write::CsvWriter;

/// The name of the column that each row has a value of its own in.
pub const KEY: &str = "key";
/// Columns of a table, its key included (*ours*).
pub const MAX_COLUMNS: usize = 100;
/// Bytes of one row in a file (*ours*: as many as the store takes of a document).
pub const MAX_ROW_BYTES: usize = 1024 * 1024;

/// A row: a value for each of its columns that it has one for.
pub type Row = serde_json::Map<String, serde_json::Value>;

/// A row of a file, and the line that it begins in, from 1.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileRow {
    /// The line.
    pub line: u64,
    /// The row; every column has a value.
    pub row: Row,
}
