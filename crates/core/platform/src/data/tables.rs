//! Data tables and their rows, by key. A table exists once something is written to it or read from it.
//!
//! A row's key is its field `key`; exports and actions in use write `KEY` as well, so either is taken.

use super::Answer;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Rows over all tables.
const MAX_ROWS: usize = 100_000;
const PAGE: usize = 25;

#[derive(Debug, Default)]
pub(super) struct Tables {
    /// By table and key.
    rows: BTreeMap<(String, String), Value>,
}

impl Tables {
    /// `rest` is the path after `/api/v2/flows/datatables`.
    pub(super) fn answer(&mut self, method: &str, rest: &[&str], body: Option<Value>) -> Answer {
        match (method, rest) {
            ("GET", [table, "rows"]) => Answer::ok(self.list(table)),
            ("POST", [table, "rows"]) => self.insert(table, body),
            ("GET", [table, "rows", key]) => match self.rows.get(&place(table, key)) {
                Some(row) => Answer::ok(row.clone()),
                None => missing(key),
            },
            ("PUT", [table, "rows", key]) => self.update(table, key, body),
            ("DELETE", [table, "rows", key]) => match self.rows.remove(&place(table, key)) {
                Some(_) => Answer {
                    status: 204,
                    body: None,
                },
                None => missing(key),
            },
            ("GET", [table]) => Answer::ok(json!({"id": table, "name": format!("Table {table}")})),
            _ => Answer::error(404, "not.found", "The requested resource was not found."),
        }
    }

    fn list(&self, table: &str) -> Value {
        let from = place(table, "");
        let of_table = |((name, _), _): &(&(String, String), &Value)| name == table;
        let rows = self.rows.range(from..).take_while(of_table);
        let entities: Vec<_> = rows.map(|(_, row)| row.clone()).take(PAGE).collect();
        json!({"total": entities.len(), "pageSize": PAGE, "pageNumber": 1, "entities": entities})
    }

    fn insert(&mut self, table: &str, body: Option<Value>) -> Answer {
        let Some((key, row)) = body.and_then(keyed) else {
            return no_key();
        };
        let place = place(table, &key);
        if self.rows.contains_key(&place) {
            let message = format!("A row with the key {key} exists already.");
            return Answer::error(409, "flows.datatables.row.exists", &message);
        }
        if self.rows.len() >= MAX_ROWS {
            return Answer::error(400, "flows.datatables.full", "No more rows fit.");
        }
        self.rows.insert(place, row.clone());
        Answer::ok(row)
    }

    fn update(&mut self, table: &str, key: &str, body: Option<Value>) -> Answer {
        let Some((named, row)) = body.and_then(keyed) else {
            return no_key();
        };
        if named != key {
            let message = format!("The body's key {named} is not the path's {key}.");
            return Answer::error(400, "flows.datatables.key.mismatch", &message);
        }
        let Some(held) = self.rows.get_mut(&place(table, key)) else {
            return missing(key);
        };
        held.clone_from(&row);
        Answer::ok(row)
    }
}

fn place(table: &str, key: &str) -> (String, String) {
    (table.to_owned(), key.to_owned())
}

fn keyed(row: Value) -> Option<(String, Value)> {
    let key = row
        .get("key")
        .or_else(|| row.get("KEY"))?
        .as_str()?
        .to_owned();
    (!key.is_empty()).then_some((key, row))
}

fn no_key() -> Answer {
    let message = "The body must be an object with a key that is a text.";
    Answer::error(400, "flows.datatables.key.missing", message)
}

fn missing(key: &str) -> Answer {
    let message = format!("No row has the key {key}.");
    Answer::error(404, "flows.datatables.row.not.found", &message)
}
