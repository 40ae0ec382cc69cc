//! Lists: conditions, order, and one page in one snapshot.

use super::check;
use super::layout::Layout;
use crate::backend::{Mode, Row, Tx, Value};
use crate::error::StoreResult;
use crate::limits;
use crate::seam::{NameFilter, Page, PageRequest};
use crate::store::Store;

/// A `SELECT` of columns from a table, to which conditions are added, all of which must hold.
pub struct Select {
    columns: &'static str,
    table: &'static str,
    order: Order,
    request: PageRequest,
    conditions: Vec<String>,
    values: Vec<Value>,
}

/// What a list is ordered by: a column, one that breaks ties, and whether the largest comes first.
type Order = (&'static str, &'static str, bool);

impl Select {
    pub(super) fn new(
        columns: &'static str,
        table: &'static str,
        order: Order,
        request: PageRequest,
    ) -> Self {
        Self {
            columns,
            table,
            order,
            request,
            conditions: Vec::new(),
            values: Vec::new(),
        }
    }

    /// A page of all records of a kind.
    pub(super) fn of<R: Layout>(
        column: &'static str,
        descending: bool,
        request: PageRequest,
    ) -> Self {
        Self::new(R::COLUMNS, R::TABLE, (column, "id", descending), request)
    }

    fn parameter(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    /// Demands `column operator value`, if there is a value.
    pub(super) fn compare<V: Into<Value>>(
        mut self,
        column: &str,
        operator: &str,
        value: Option<V>,
    ) -> Self {
        if let Some(value) = value {
            let parameter = self.parameter(value.into());
            self.conditions
                .push(format!("{column} {operator} {parameter}"));
        }
        self
    }

    /// Demands that the name in a folded column fits the filter, if there is one.
    pub(super) fn name(mut self, column: &str, filter: Option<&NameFilter>) -> Self {
        match filter {
            None => {}
            Some(NameFilter::Is(name)) => return self.compare(column, "=", Some(check::key(name))),
            // No name has it, and SQLite takes no pattern of that length.
            Some(NameFilter::Contains(part)) if part.chars().count() > limits::NAME_CHARS => {
                self.conditions.push("1 = 0".into());
            }
            Some(NameFilter::Contains(part)) => {
                let mut pattern = String::from("%");
                for c in check::key(part).chars() {
                    if matches!(c, '%' | '_' | '\\') {
                        pattern.push('\\');
                    }
                    pattern.push(if c == '*' { '%' } else { c });
                }
                pattern.push('%');
                let parameter = self.parameter(pattern.into());
                self.conditions
                    .push(format!("{column} LIKE {parameter} ESCAPE '\\'"));
            }
        }
        self
    }

    /// Demands one of these values in the column; without any, nothing is demanded.
    pub(super) fn among<V: Into<Value>>(
        mut self,
        column: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let parameters: Vec<String> = values
            .into_iter()
            .map(|v| self.parameter(v.into()))
            .collect();
        if !parameters.is_empty() {
            self.conditions
                .push(format!("{column} IN ({})", parameters.join(", ")));
        }
        self
    }

    /// Demands that entries lie behind the one with these values in the columns of the order.
    pub(super) fn behind<A: Into<Value> + Clone, B: Into<Value>>(
        mut self,
        entry: Option<(A, B)>,
    ) -> Self {
        if let Some((at, tie)) = entry {
            let (column, tie_column, descending) = self.order;
            let operator = if descending { "<" } else { ">" };
            let (first, again) = (self.parameter(at.clone().into()), self.parameter(at.into()));
            let tie = self.parameter(tie.into());
            self.conditions.push(format!(
                "({column} {operator} {first} OR ({column} = {again} AND {tie_column} {operator} {tie}))"
            ));
        }
        self
    }

    /// Reads the page and counts the whole list in one snapshot.
    pub(super) async fn page<T>(
        mut self,
        store: &Store,
        mut read: impl FnMut(&mut Row) -> StoreResult<T>,
    ) -> StoreResult<Page<T>> {
        let ((order, tie, descending), request) = (self.order, self.request);
        let condition = if self.conditions.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", self.conditions.join(" AND "))
        };
        let (columns, table) = (self.columns, self.table);
        let count = format!(
            "SELECT COUNT(*) FROM (SELECT 1 FROM {table}{condition} LIMIT {}) AS counted",
            limits::LIST
        );
        let counted = self.values.clone();
        let direction = if descending { "DESC" } else { "ASC" };
        let limit = self.parameter(Value::from(request.size()));
        let offset = self.parameter(Value::from(request.offset()));
        let sql = format!(
            "SELECT {columns} FROM {table}{condition} \
             ORDER BY {order} {direction}, {tie} {direction} LIMIT {limit} OFFSET {offset}"
        );
        let read_page = async |tx: &mut Tx| {
            let total = match tx.first(&count, counted).await? {
                Some(mut row) => row.take()?,
                None => 0,
            };
            let rows = tx.query(&sql, self.values).await?;
            let items: StoreResult<Vec<T>> =
                rows.into_iter().map(|mut row| read(&mut row)).collect();
            Ok(Page {
                items: items?,
                total,
                request,
            })
        };
        store.within(Mode::Read, read_page).await
    }
}
