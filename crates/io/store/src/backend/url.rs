//! One URL chooses the back-end.

use crate::open_error::OpenError;
use std::fmt;
use std::path::PathBuf;
use tollgate_postgres::PostgresUrl;

/// `sqlite:path`, or what [`PostgresUrl`] reads.
#[derive(Clone)]
pub struct StoreUrl(pub(crate) Target);

#[derive(Clone)]
pub(crate) enum Target {
    Sqlite(PathBuf),
    Postgres(PostgresUrl),
}

impl StoreUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`OpenError::Url`], which doesn't repeat the URL: it may hold a password.
    pub fn parse(text: &str) -> Result<Self, OpenError> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.starts_with(':') {
                return Err(bad(
                    "sqlite: needs a path of a file, as in sqlite:tollgate.db",
                ));
            }
            return Ok(Self(Target::Sqlite(path.into())));
        }
        if PostgresUrl::is_meant(text) {
            let url = PostgresUrl::parse(text).map_err(|error| OpenError::Url(error.0))?;
            return Ok(Self(Target::Postgres(url)));
        }
        Err(bad("must start with sqlite: or postgres://"))
    }
}

fn bad(why: &str) -> OpenError {
    OpenError::Url(why.to_owned())
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Target::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Target::Postgres(url) => url.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_url_is_refused_and_passwords_stay_hidden() {
        for text in [
            "",
            "tollgate.db",
            "sqlite:",
            "sqlite::memory:",
            "mysql://x",
            "postgres://[::",
        ] {
            assert!(StoreUrl::parse(text).is_err(), "{text}");
        }
        let url = StoreUrl::parse("postgres://u:hunter2@db.example/db").unwrap();
        assert!(!format!("{url:?}").contains("hunter2"));
    }
}
