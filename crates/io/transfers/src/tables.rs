//! Data tables out of files, and into files.

mod export;
mod import;
mod terms;

pub use terms::{ImportMode, ImportTerms, RowCounts};

use crate::held::{Held, Trouble};
use crate::work::{Ending, Work, failure};
use futures_util::future::BoxFuture;
use tollgate_store::{EntityId, StoreError, Table, TransferKind};
use tollgate_table::Schema;

/// Rows of data tables, brought and fetched.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tables;

impl Work for Tables {
    fn kinds(&self) -> &'static [TransferKind] {
        &[TransferKind::TableImport, TransferKind::TableExport]
    }

    fn carry<'a>(&'a self, held: &'a mut Held) -> BoxFuture<'a, Result<Ending, Trouble>> {
        Box::pin(async move {
            let (table, schema) = match of(held).await? {
                Ok(found) => found,
                Err(ending) => return Ok(ending),
            };
            match held.transfer().kind {
                TransferKind::TableExport => export::export(held, &table, &schema).await,
                _ => import::import(held, &table, &schema).await,
            }
        })
    }
}

/// The table, and its schema; or the end of a transfer whose table has gone.
async fn of(held: &Held) -> Result<Result<(Table, Schema), Ending>, Trouble> {
    let gone = || Ending::Failed(failure("not.found", "The data table has been deleted."));
    let Ok(id) = EntityId::parse(held.transfer().subject.as_str()) else {
        return Ok(Err(gone()));
    };
    match held.store().get::<Table>(&id).await {
        Ok(table) => {
            let schema = Schema::stored(&table.body.schema.value());
            Ok(Ok((table, schema)))
        }
        Err(StoreError::NotFound { .. }) => Ok(Err(gone())),
        Err(error) => Err(error.into()),
    }
}
