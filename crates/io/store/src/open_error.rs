//! Why a store can't be opened.

use crate::error::StoreError;

/// Why a store can't be opened. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not a URL of a store.
    #[error("store URL: {0}")]
    Url(String),
    /// A file of no bytes where a store should be.
    #[error(
        "{} is empty, which no store is: restore it from a backup, or remove the file if there never was anything in it, and run `tollgate init`", _0.display()
    )]
    Empty(std::path::PathBuf),
    /// The file has another name.
    #[error(
        "{} has another name as well (a hard link). SQLite keeps what was written last beside the name that it was opened by, so whoever opens it by the other name damages it: remove one of the two", _0.display()
    )]
    Linked(std::path::PathBuf),
    /// Another service uses the file.
    #[error(
        "another service uses {}; one service at a time uses a SQLite file (several nodes share a PostgreSQL)", _0.display()
    )]
    Taken(std::path::PathBuf),
    /// The keys can't be read.
    #[error(transparent)]
    Keys(#[from] crate::seal::KeyError),
    /// The ring opens nothing of this store.
    #[error(
        "the key ring ({ring}) is not the one this store was sealed with ({stored}); give the key it was sealed with, or restore the store that belongs to these keys"
    )]
    WrongKeys {
        /// Ids in the ring.
        ring: String,
        /// Ids in the store.
        stored: String,
    },
    /// Written by a newer program.
    #[error(
        "the store has schema {found}, this program knows up to {known}; run the newer program, or restore the backup made before it"
    )]
    NewerSchema {
        /// In the store.
        found: i64,
        /// In this program.
        known: i64,
    },
    /// A migration isn't the one that was applied.
    #[error(
        "migration {number} ({name}) in this program is not the one applied to the store (checksums {known} and {found}); the program or the store was altered"
    )]
    ChangedMigration {
        /// Its number.
        number: i64,
        /// Its name.
        name: String,
        /// Checksum in the store.
        found: String,
        /// Checksum in the program.
        known: String,
    },
    /// The database said no.
    #[error(transparent)]
    Store(#[from] StoreError),
}
