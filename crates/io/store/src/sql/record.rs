//! What all things that are stored under an id have in common: how they are read, made, changed and
//! removed, and how the audit log tells of it.
//!
//! A kind of thing implements [`Layout`], which says where its rows lie, and [`Record`]: what its lists can be
//! asked for, and what goes with one that is removed. A kind that anybody who has its fields may make and change implements
//! [`Editable`], too. Then the verbs of [`Store`] know the kind; only what no other kind has (secrets,
//! publishing, rows) has a method of its own, in the kind's own file.

mod statements;

pub(super) use statements::{
    absent, conflict, create, current, delete, expect, find, get, id_free, insert, note, remove,
    replace, there, unused, update,
};

use super::layout::{Column, Layout};
use super::list::Select;
use crate::backend::{Tx, Value, values};
use crate::error::StoreResult;
use crate::id::{EntityId, Version};
use crate::seam::{Author, Expected, Page};
use crate::store::Store;
use serde_json::Value as Json;
use statements::{found, select};

/// A kind of thing that is stored under an id, with a version that grows with each change.
///
/// Which kinds there are is the store's to say: no other crate can implement this.
pub trait Record: Layout + Send + Sync {
    /// What a list of the kind is asked for: filters, order and page.
    type Query: Sync;

    /// What the audit log tells of the thing: names and numbers, no secret and no document.
    #[doc(hidden)]
    fn detail(&self) -> Json;

    /// The list that was asked for.
    #[doc(hidden)]
    fn select(query: &Self::Query) -> StoreResult<Select>;

    /// Version and [`Self::detail`] of the thing that is to be removed.
    #[doc(hidden)]
    fn farewell(
        tx: &mut Tx,
        id: &EntityId,
    ) -> impl Future<Output = StoreResult<(Version, Json)>> + Send {
        async {
            let record: Self = get(tx, id).await?;
            Ok((record.version(), record.detail()))
        }
    }

    /// Removes what goes with the thing; an error if something else needs the thing.
    #[doc(hidden)]
    fn release(
        _tx: &mut Tx,
        _id: &EntityId,
        _by: &Author,
    ) -> impl Future<Output = StoreResult<()>> + Send {
        async { Ok(()) }
    }
}

/// A kind of thing that can be made, and changed, by saying all there is to say of it.
pub trait Editable: Record {
    /// What a new one is made of.
    type New: Send;
    /// What an update replaces.
    type Change: Send;

    /// The new thing; `Invalid` for what can't be kept.
    #[doc(hidden)]
    fn make(new: Self::New, by: &Author) -> StoreResult<Self>;

    /// Columns of a new thing's row that are no part of the thing.
    #[doc(hidden)]
    fn beside() -> Vec<Column> {
        Vec::new()
    }

    /// An error where others leave no place for the new thing.
    #[doc(hidden)]
    fn admit(&self, _tx: &mut Tx) -> impl Future<Output = StoreResult<()>> + Send {
        async { Ok(()) }
    }

    /// `Invalid` for a change that no thing can have.
    #[doc(hidden)]
    fn check(change: &Self::Change) -> StoreResult<()>;

    /// Takes the change over, if this thing can have it.
    #[doc(hidden)]
    fn edit(
        &mut self,
        tx: &mut Tx,
        change: Self::Change,
        by: &Author,
    ) -> impl Future<Output = StoreResult<()>> + Send;
}

impl Store {
    /// The thing with this id; credentials without their values.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get<R: Record>(&self, id: &EntityId) -> StoreResult<R> {
        let row = self.first(&select::<R>("id = $1"), values![id]).await?;
        found(row, id)
    }

    /// A page of a list.
    ///
    /// # Errors
    /// `Invalid` for a filter by more than [`crate::limits::PAGE`] ids, and for a page of too many bytes.
    pub async fn list<R: Record>(&self, query: &R::Query) -> StoreResult<Page<R>> {
        R::select(query)?.page(self, R::read).await
    }

    /// Makes a thing.
    ///
    /// # Errors
    /// `Conflict` for a taken id, or for a name that is taken where names are unique; `NotFound` for the integration that it should belong to; `TooLarge`
    /// where that would have more than [`crate::limits::INTEGRATION_BYTES`] of documents.
    pub async fn create<R: Editable>(&self, new: R::New, by: &Author) -> StoreResult<R> {
        let made = R::make(new, by)?;
        self.change(async |tx| {
            made.admit(tx).await?;
            create(tx, made, R::beside(), by).await
        })
        .await
    }

    /// Changes a thing, if its version is the expected one.
    ///
    /// # Errors
    /// `NotFound`, `Stale`; `Conflict` for a taken name; `TooLarge` as for [`Self::create`].
    pub async fn update<R: Editable>(
        &self,
        id: &EntityId,
        expected: Expected,
        change: R::Change,
        by: &Author,
    ) -> StoreResult<R> {
        R::check(&change)?;
        self.change(async |tx| {
            let mut record: R = current(tx, id, expected).await?;
            record.edit(tx, change, by).await?;
            update(tx, record, by).await
        })
        .await
    }

    /// Removes a thing and what belongs to nothing else: a client's tokens and usage, an action's draft, a
    /// credential's values, an integration's own login, a workflow's published versions.
    ///
    /// # Errors
    /// `NotFound`, `Stale`; `InUse` for an integration that has other actions or drafts, for a credential that an
    /// integration's configuration refers to, and for a data table that has rows.
    pub async fn delete<R: Record>(
        &self,
        id: &EntityId,
        expected: Expected,
        by: &Author,
    ) -> StoreResult<()> {
        self.change(async |tx| delete::<R>(tx, id, expected, by).await)
            .await
    }

    /// The record that a condition on unique names holds for, by what it is called in the error.
    pub(super) async fn named<R: Record>(
        &self,
        condition: &str,
        keys: Vec<Value>,
        called: impl ToString,
    ) -> StoreResult<R> {
        found(self.first(&select::<R>(condition), keys).await?, called)
    }
}
