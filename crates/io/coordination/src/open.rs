//! Opens a store of whichever kind.

use crate::error::UrlError;
use crate::memory::Memory;
use crate::postgres::Postgres;
use crate::redis::Redis;
use crate::store::{CoordinationStore, LONGEST_NAME};
use crate::url::{CoordinationUrl, Target};
use std::sync::Arc;

/// The value of `organization` at `url`. Connects in the background, within a runtime: a server that is away now is
/// reached later, and until then every call says so.
///
/// # Errors
/// [`UrlError`]: the name is too long, hosts and ports don't go together, or a file of authorities can't be read.
pub fn open(
    url: &CoordinationUrl,
    organization: &str,
) -> Result<Arc<dyn CoordinationStore>, UrlError> {
    if organization.len() > LONGEST_NAME || organization.contains('\0') {
        let bad = format!("an organisation's name has at most {LONGEST_NAME} bytes, and no NUL");
        return Err(UrlError(bad));
    }
    Ok(match &url.0 {
        Target::Postgres(url) => Arc::new(Postgres::open(url, organization)?),
        Target::Redis(url) => Arc::new(Redis::open(url, organization)?),
        Target::Memory(name) => Arc::new(Memory::named(name).of(organization)),
    })
}
