//! Schemas of tables, and the rows that keep them.

use crate::column::{Column, Kind};
use crate::fault::{RowFault, SchemaFault};
use crate::{KEY, MAX_COLUMNS, Row};
use serde_json::{Map, Value};

/// Fields of a schema that say nothing about rows.
const SAID: [&str; 5] = ["$schema", "$id", "id", "title", "description"];

/// The schema of a table's rows.
#[derive(Clone, PartialEq, Debug)]
pub struct Schema {
    /// The key first, the others as they are displayed.
    columns: Vec<Column>,
    required: Vec<String>,
}

impl Schema {
    /// Reads a schema that somebody gives.
    ///
    /// # Errors
    /// It says what isn't known, or has no column `key` of texts.
    pub fn read(said: &Value) -> Result<Self, SchemaFault> {
        Self::read_as(said, false)
    }

    /// Reads a schema that was taken in before; what isn't known of it is passed over.
    #[must_use]
    pub fn stored(said: &Value) -> Self {
        let nothing = Self {
            columns: Vec::new(),
            required: Vec::new(),
        };
        Self::read_as(said, true).unwrap_or(nothing)
    }

    fn read_as(said: &Value, lenient: bool) -> Result<Self, SchemaFault> {
        let nothing = Map::new();
        let said = said.as_object().unwrap_or(&nothing);
        if !lenient {
            known(said)?;
        }
        let properties = said.get("properties").and_then(Value::as_object);
        let properties = properties.unwrap_or(&nothing);
        if properties.len() > MAX_COLUMNS {
            let why = format!("{MAX_COLUMNS} columns at the most.");
            return Err(SchemaFault::new("schema.properties", why));
        }
        let mut columns = Vec::new();
        for (name, said) in properties {
            columns.push(Column::read(name, said, lenient)?);
        }
        let key = columns.iter().find(|column| column.name == KEY);
        if key.is_none_or(|key| key.kind != Kind::String) {
            let why = "a property \"key\" of type string is missing.";
            return Err(SchemaFault::new("schema.properties", why));
        }
        columns.sort_by(|a, b| {
            let place = |column: &Column| (column.name != KEY, column.order);
            place(a).cmp(&place(b)).then_with(|| a.name.cmp(&b.name))
        });
        let required = match said.get("required") {
            None | Some(Value::Null) => Vec::new(),
            Some(list) => names(list).unwrap_or_default(),
        };
        if !lenient && let Some(odd) = required.iter().find(|it| !properties.contains_key(*it)) {
            let why = format!("there is no column {odd:?}.");
            return Err(SchemaFault::new("schema.required", why));
        }
        Ok(Self { columns, required })
    }

    /// The columns: the key first, the others as they are displayed.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of this name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Whether this schema can follow another one: it has all columns of that, of the same types. So rows of the other
    /// are rows of this one (*documented*: of the platform's tables, too, only new columns may be added).
    ///
    /// # Errors
    /// A column is missing or of another type.
    pub fn follows(&self, before: &Self) -> Result<(), SchemaFault> {
        for column in &before.columns {
            let field = format!("schema.properties.{}", column.name);
            match self.column(&column.name) {
                None => {
                    let why = "missing; columns can be added, and none be taken away.";
                    return Err(SchemaFault::new(field, why));
                }
                Some(now) if now.kind != column.kind => {
                    let why = format!(
                        "a column's type never changes; it is {}.",
                        column.kind.word()
                    );
                    return Err(SchemaFault::new(format!("{field}.type"), why));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// The whole row of what is given: what it leaves out is added. A null leaves a column out.
    ///
    /// # Errors
    /// A column that isn't there, a value that the column can't have, or one that is missing.
    pub fn row(&self, mut given: Row) -> Result<Row, RowFault> {
        if let Some(unknown) = given.keys().find(|name| self.column(name).is_none()) {
            return Err(RowFault::new(unknown, "the table has no such column."));
        }
        let mut row = Row::new();
        for column in &self.columns {
            let missing = || RowFault::new(&column.name, "missing.");
            let value = match given.remove(&column.name) {
                Some(value) if !value.is_null() => {
                    let checked = column.check(&value);
                    checked.map_err(|why| RowFault::new(&column.name, why))?;
                    value
                }
                _ if column.name == KEY => return Err(missing()),
                _ if column.default.is_none() && self.required.contains(&column.name) => {
                    return Err(missing());
                }
                _ => column.without().ok_or_else(missing)?,
            };
            row.insert(column.name.clone(), value);
        }
        Ok(row)
    }

    /// Adds to a row that was taken in before what it leaves out.
    pub fn complete(&self, row: &mut Row) {
        for column in &self.columns {
            if !row.contains_key(&column.name)
                && let Some(value) = column.without()
            {
                row.insert(column.name.clone(), value);
            }
        }
    }
}

/// Refuses what no schema of a table says.
fn known(said: &Map<String, Value>) -> Result<(), SchemaFault> {
    for (name, value) in said {
        let field = format!("schema.{name}");
        let (is_good, why) = match name.as_str() {
            _ if value.is_null() || SAID.contains(&name.as_str()) => continue,
            "type" => (value == "object", "expected \"object\"."),
            "properties" => (value.is_object(), "expected an object."),
            "required" => (names(value).is_some(), "expected a list of texts."),
            "additionalProperties" => {
                let says_nothing = value.as_object().is_some_and(Map::is_empty);
                let why = "expected false: rows have the table's columns alone.";
                (value == &Value::Bool(false) || says_nothing, why)
            }
            _ => (
                false,
                "not known here; a table's schema may have $schema, $id, id, title, description, type, properties, \
                 required, additionalProperties.",
            ),
        };
        if !is_good {
            return Err(SchemaFault::new(field, why));
        }
    }
    Ok(())
}

fn names(list: &Value) -> Option<Vec<String>> {
    let names = list.as_array()?.iter();
    names.map(|name| name.as_str().map(str::to_owned)).collect()
}
