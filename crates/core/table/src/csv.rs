//! Rows out of CSV, in whatever pieces its bytes come.

use crate::column::Column;
use crate::fault::{Fault, RowFault};
use crate::schema::Schema;
use crate::{FileRow, KEY, MAX_COLUMNS, MAX_ROW_BYTES, Row, cell};
use csv_core::{ReadRecordResult, Reader};

/// Cells of a line, at the most: a few more than there are columns, so that the fault can say how many.
const MAX_CELLS: usize = 4 * MAX_COLUMNS;
/// The mark that some programs put before UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Reads rows out of a CSV file.
pub struct CsvRows<'a> {
    schema: &'a Schema,
    reader: Reader,
    /// The columns, in the file's order; none before its first line was read.
    columns: Option<Vec<&'a Column>>,
    /// The cells of the record that is being read, one behind the other, and where each ends.
    cells: Vec<u8>,
    ends: Vec<usize>,
    filled: (usize, usize),
    /// The line that is being read, and the one in which the record began.
    line: u64,
    began: Option<u64>,
    is_begun: bool,
}

impl<'a> CsvRows<'a> {
    /// Reads rows of this schema.
    #[must_use]
    pub fn new(schema: &'a Schema) -> Self {
        Self {
            schema,
            reader: Reader::new(),
            columns: None,
            cells: vec![0; 4096],
            ends: vec![0; MAX_CELLS],
            filled: (0, 0),
            line: 1,
            began: None,
            is_begun: false,
        }
    }

    /// Reads a further part of the file; each row is given to `take` with its line, or what is wrong with it.
    ///
    /// # Errors
    /// What is wrong with the whole file: its first line, or a row that has no end. Nothing more can be read then.
    pub fn read(
        &mut self,
        mut bytes: &[u8],
        take: &mut impl FnMut(Result<FileRow, Fault>),
    ) -> Result<(), Fault> {
        if !std::mem::replace(&mut self.is_begun, true) {
            bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
        }
        while !bytes.is_empty() {
            if self.began.is_none() {
                // Ends of lines between records, so that the line of the next is known.
                let skipped = bytes
                    .iter()
                    .take_while(|it| matches!(it, b'\r' | b'\n'))
                    .count();
                self.count(&bytes[..skipped]);
                bytes = &bytes[skipped..];
                if bytes.is_empty() {
                    break;
                }
                self.began = Some(self.line);
            }
            let read = self.step(bytes, take)?;
            bytes = &bytes[read..];
        }
        Ok(())
    }

    /// Reads what is left at the end of the file.
    ///
    /// # Errors
    /// As of [`Self::read`]; also where the file has no first line.
    pub fn end(mut self, take: &mut impl FnMut(Result<FileRow, Fault>)) -> Result<(), Fault> {
        if self.began.is_some() {
            // The last line needn't have its end. Within quotation marks an end of a line is part of the cell.
            while self.step(b"\n", take)? == 0 {}
            if let Some(began) = self.began {
                let why =
                    "the file ends within a quotation mark that this row opens; is it cut off?";
                return Err(Fault::new(began, why));
            }
        }
        match self.columns {
            Some(_) => Ok(()),
            None => Err(Fault::new(
                1,
                "the file is empty; its first line has the columns' names.",
            )),
        }
    }

    /// Has the reader go on; gives how many bytes it took.
    fn step(
        &mut self,
        bytes: &[u8],
        take: &mut impl FnMut(Result<FileRow, Fault>),
    ) -> Result<usize, Fault> {
        let (cells, ends) = self.filled;
        let (result, read, written, ended) =
            self.reader
                .read_record(bytes, &mut self.cells[cells..], &mut self.ends[ends..]);
        self.filled = (cells + written, ends + ended);
        self.count(&bytes[..read]);
        let began = self.began.unwrap_or(self.line);
        match result {
            ReadRecordResult::InputEmpty | ReadRecordResult::End => {}
            ReadRecordResult::OutputFull if self.cells.len() < MAX_ROW_BYTES => {
                let longer = (self.cells.len() * 2).min(MAX_ROW_BYTES);
                self.cells.resize(longer, 0);
            }
            ReadRecordResult::OutputFull => {
                let why = format!(
                    "the row has more than {MAX_ROW_BYTES} bytes; is a quotation mark left open?"
                );
                return Err(Fault::new(began, why));
            }
            ReadRecordResult::OutputEndsFull => {
                let why = format!("the row has more than {MAX_CELLS} cells.");
                return Err(Fault::new(began, why));
            }
            ReadRecordResult::Record => {
                self.began = None;
                let filled = std::mem::take(&mut self.filled);
                match self.record(began, filled.1) {
                    Ok(Some(row)) => take(Ok(FileRow { line: began, row })),
                    Ok(None) => {}
                    Err(fault) if self.columns.is_none() => return Err(fault),
                    Err(fault) => take(Err(fault)),
                }
            }
        }
        Ok(read)
    }

    fn count(&mut self, bytes: &[u8]) {
        self.line += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    }

    /// Takes a whole record: the columns' names, or a row.
    fn record(&mut self, line: u64, cells: usize) -> Result<Option<Row>, Fault> {
        let mut from = 0;
        let mut texts = Vec::new();
        for end in &self.ends[..cells] {
            let text = str::from_utf8(&self.cells[from..*end]);
            let text = text.map_err(|_| {
                let column = self.columns.as_ref().and_then(|it| it.get(texts.len()));
                let column = column.map(|column| column.name.clone());
                let why = "not UTF-8.".to_owned();
                Fault { line, column, why }
            })?;
            texts.push(text);
            from = *end;
        }
        let Some(columns) = &self.columns else {
            self.columns = Some(named(self.schema, line, &texts)?);
            return Ok(None);
        };
        if texts.len() != columns.len() {
            let why = format!(
                "{} cells, but the first line names {} columns.",
                texts.len(),
                columns.len()
            );
            return Err(Fault::new(line, why));
        }
        let mut row = Row::new();
        for (column, text) in columns.iter().zip(texts) {
            let value = cell::read(column, text)
                .map_err(|why| Fault::of_row(line, RowFault::new(&column.name, why)))?;
            if let Some(value) = value {
                row.insert(column.name.clone(), value);
            }
        }
        let row = self
            .schema
            .row(row)
            .map_err(|fault| Fault::of_row(line, fault))?;
        Ok(Some(row))
    }
}

/// The columns that the first line names.
fn named<'a>(schema: &'a Schema, line: u64, names: &[&str]) -> Result<Vec<&'a Column>, Fault> {
    let known = || {
        let known: Vec<_> = schema.columns().iter().map(|it| it.name.as_str()).collect();
        known.join(", ")
    };
    let mut columns: Vec<&Column> = Vec::new();
    for name in names {
        let Some(column) = schema.column(name.trim()) else {
            let name: String = name.chars().take(80).collect();
            let why = format!(
                "the table has no column {name:?}; the first line has names out of: {}, with a comma between two.",
                known()
            );
            return Err(Fault::new(line, why));
        };
        if columns.contains(&column) {
            let why = format!("the column {name:?} is named twice.");
            return Err(Fault::new(line, why));
        }
        columns.push(column);
    }
    if !columns.iter().any(|column| column.name == KEY) {
        let why = format!("the column {KEY:?} is missing.");
        return Err(Fault::new(line, why));
    }
    Ok(columns)
}
