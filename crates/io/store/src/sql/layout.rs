//! Where the rows of a kind of thing lie, and which column holds which field: said once, for reading and writing.

use crate::backend::{Row, Value};
use crate::error::{Entity, StoreResult};
use crate::id::{EntityId, Version};
use crate::seam::Author;

/// A column's name and the value in it.
pub(super) type Column = (&'static str, Value);

/// A kind of thing as rows of a table; [`layout`] implements this.
pub trait Layout: Sized {
    /// The kind's name in errors and in the audit log.
    const ENTITY: Entity;
    /// The table that has the rows.
    const TABLE: &'static str;
    /// The columns that [`Self::read`] takes, in its order, as a `SELECT` names them.
    const COLUMNS: &'static str;
    /// Columns that no two rows have alike when taken together; empty if only ids are unique.
    const UNIQUE: &'static [&'static str];

    /// Takes a thing from a row of [`Self::COLUMNS`].
    fn read(row: &mut Row) -> StoreResult<Self>;
    /// The columns of [`Self::COLUMNS`] with their values.
    fn columns(&self) -> Vec<Column>;
    /// The id, which never changes.
    fn id(&self) -> &EntityId;
    /// How often the thing has been written.
    fn version(&self) -> Version;
    /// Raises the version by one and takes down who changes the thing, and when.
    fn touch(&mut self, by: &Author);
}

/// Implements [`Layout`] for a type, named with its [`Entity`] and its table: `Table as Table in "data_table"`.
/// Then come the columns that are unique together; the field that names who changed the thing last, if there is
/// one; the other fields, each with its column where that has another name; and a field with fields of its own.
macro_rules! layout {
    (
        $kind:ident as $entity:ident in $table:literal, unique [$($unique:literal),*] $(, changed by $changer:ident)?;
        id, $($field:ident $(= $column:literal)?),*;
        $($part:ident: $Part:ident { $($inner:ident $(= $inner_column:literal)?),* })?
    ) => {
        impl $crate::sql::layout::Layout for $kind {
            const ENTITY: $crate::error::Entity = $crate::error::Entity::$entity;
            const TABLE: &'static str = $table;
            const COLUMNS: &'static str = concat!(
                "id"
                $(, ", ", layout!(@column $field $($column)?))*
                $(, ", ", stringify!($changer))?
                $($(, ", ", layout!(@column $inner $($inner_column)?))*)?
            );
            const UNIQUE: &'static [&'static str] = &[$($unique),*];

            fn read(row: &mut $crate::backend::Row) -> $crate::error::StoreResult<Self> {
                Ok(Self {
                    id: row.take()?,
                    $($field: row.take()?,)*
                    $($changer: row.take()?,)?
                    $($part: $Part { $($inner: row.take()?),* },)?
                })
            }

            fn columns(&self) -> Vec<$crate::sql::layout::Column> {
                vec![
                    ("id", (&self.id).into()),
                    $((layout!(@column $field $($column)?), (&self.$field).into()),)*
                    $((stringify!($changer), (&self.$changer).into()),)?
                    $($((layout!(@column $inner $($inner_column)?), (&self.$part.$inner).into()),)*)?
                ]
            }

            fn id(&self) -> &$crate::id::EntityId {
                &self.id
            }

            fn version(&self) -> $crate::id::Version {
                self.version
            }

            fn touch(&mut self, by: &$crate::seam::Author) {
                self.version = self.version.next();
                self.modified = by.at;
                $(self.$changer = by.actor.as_str().to_owned();)?
            }
        }
    };
    (@column $field:ident) => { stringify!($field) };
    (@column $field:ident $column:literal) => { $column };
}
pub(super) use layout;
