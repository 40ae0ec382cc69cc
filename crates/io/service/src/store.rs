//! Opening the store of a configuration.

use std::sync::Arc;
use tollgate_definitions::{store_parts, wall_time};
use tollgate_store::{OpenError, Store};

/// Opens the store of a configuration, and brings its schema up to date.
///
/// # Errors
/// Its URL or keys can't be used, or the database can't.
pub async fn open(store: &tollgate_config::Store) -> Result<Arc<Store>, OpenError> {
    let (url, ring) = store_parts(store)?;
    let opened = Store::open_within(&url, ring, wall_time(), bounds(store));
    Ok(Arc::new(opened.await?))
}

/// The same, for the one service that may use a file.
pub(crate) async fn open_alone(store: &tollgate_config::Store) -> Result<Arc<Store>, OpenError> {
    let (url, ring) = store_parts(store)?;
    let opened = Store::open_alone(&url, ring, wall_time(), bounds(store));
    Ok(Arc::new(opened.await?))
}

fn bounds(store: &tollgate_config::Store) -> tollgate_store::Bounds {
    tollgate_store::Bounds {
        timeout: store.timeout,
        connect_timeout: store.connect_timeout,
    }
}
