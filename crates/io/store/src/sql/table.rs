//! Data tables. Their rows have a file of their own.

use super::layout::{Column, layout};
use super::list::Select;
use super::record::{self, Editable, Record};
use super::{check, row};
use crate::backend::{Tx, values};
use crate::error::{Entity, StoreResult};
use crate::id::{EntityId, Version};
use crate::seam::{Author, Expected, Table, TableBody, TableQuery, TableSort};
use crate::store::Store;
use serde_json::{Value as Json, json};

layout! {
    Table as Table in "data_table", unique ["name_key"];
    id, version, created, modified;
    body: TableBody { name, description, schema = "row_schema", division }
}

impl Record for Table {
    type Query = TableQuery;

    fn detail(&self) -> Json {
        json!({"name": self.body.name, "version": self.version.0})
    }

    fn select(query: &TableQuery) -> StoreResult<Select> {
        let column = match query.sort.key {
            TableSort::Name => "name_key",
            TableSort::Id => "id",
            TableSort::Modified => "modified",
        };
        let all = Select::of::<Self>(column, query.sort.descending, query.page);
        let divisions = query.divisions.iter().map(String::as_str);
        Ok(all
            .name("name_key", query.name.as_ref())
            .among("division", divisions))
    }

    async fn farewell(tx: &mut Tx, id: &EntityId) -> StoreResult<(Version, Json)> {
        let table: Self = record::get(tx, id).await?;
        let mut detail = table.detail();
        detail["rows"] = row::rows(tx, id).await?.into();
        Ok((table.version, detail))
    }

    async fn release(tx: &mut Tx, id: &EntityId, _by: &Author) -> StoreResult<()> {
        let rows = "SELECT table_id FROM data_row WHERE table_id = $1 LIMIT 1";
        record::unused::<Self>(tx, id, Entity::Row, rows).await
    }
}

impl Editable for Table {
    type New = (EntityId, TableBody);
    type Change = TableBody;

    fn make((id, body): (EntityId, TableBody), by: &Author) -> StoreResult<Self> {
        Self::check(&body)?;
        Ok(Self {
            id,
            body,
            version: Version::FIRST,
            created: by.at,
            modified: by.at,
        })
    }

    fn beside() -> Vec<Column> {
        vec![("row_count", 0_i64.into())]
    }

    fn check(body: &TableBody) -> StoreResult<()> {
        check::name("name", &body.name)?;
        check::text("description", &body.description)?;
        check::text("division", &body.division)
    }

    async fn edit(&mut self, _tx: &mut Tx, body: TableBody, _by: &Author) -> StoreResult<()> {
        self.body = body;
        Ok(())
    }
}

impl Store {
    /// The data table of this name, whatever its case.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn table_named(&self, name: &str) -> StoreResult<Table> {
        let key = values![check::key(name)];
        self.named("name_key = $1", key, name).await
    }

    /// Removes a data table as [`Self::delete`] does, and its rows before if `with_rows`.
    ///
    /// # Errors
    /// `NotFound`, `Stale`; `InUse` while the table has rows.
    pub async fn delete_table(
        &self,
        id: &EntityId,
        expected: Expected,
        with_rows: bool,
        by: &Author,
    ) -> StoreResult<()> {
        self.change(async |tx| {
            if with_rows {
                let rows = "DELETE FROM data_row WHERE table_id = $1";
                tx.execute(rows, values![id]).await?;
            }
            record::delete::<Table>(tx, id, expected, by).await
        })
        .await
    }
}
