//! Where actions are imported into or exported from: a store, or a running service.
//!
//! Both have options and variables. What is given as an option says which of them is meant; where none is, the
//! variables do, and it is an error if they name both: actions would go to a place that nobody meant.

use super::direct::Direct;
use crate::cmd::remote::Remote;
use crate::cmd::stored;
use crate::variables::{CLIENT_ID, CLIENT_SECRET, CONFIG, URL};
use std::path::{Path, PathBuf};

/// Where the actions are.
#[derive(clap::Args)]
pub(super) struct Place {
    /// The configuration file, whose store is worked on directly. A running service follows within a
    /// second. [env: TOLLGATE_CONFIG, where no service is named]
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    config: Option<PathBuf>,
    /// A running service, such as http://127.0.0.1:8080. [env: TOLLGATE_URL, where no file is named]
    #[arg(long)]
    url: Option<String>,
    /// Client id to log in with.
    #[arg(long, value_name = "ID", env = CLIENT_ID, hide_env_values = true)]
    client_id: Option<String>,
    /// Environment variable with its secret.
    #[arg(long, value_name = "VARIABLE", default_value = CLIENT_SECRET)]
    client_secret_env: String,
}

/// One of the two places, opened.
pub(super) enum Open {
    Direct(Direct),
    Remote(Remote),
}

/// One of the two places, as it is named.
#[derive(PartialEq, Eq, Debug)]
enum Named {
    Store(PathBuf),
    Service(String),
}

impl Place {
    pub(super) async fn open(&self) -> anyhow::Result<Open> {
        match self.named(|name| std::env::var(name).ok())? {
            Named::Store(config) => self::direct(&config).await,
            Named::Service(url) => self.remote(&url).await,
        }
    }

    fn named(&self, variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Named> {
        if let Some(config) = &self.config {
            return Ok(Named::Store(config.clone()));
        }
        if let Some(url) = &self.url {
            return Ok(Named::Service(url.clone()));
        }
        match (variable(CONFIG), variable(URL)) {
            (Some(config), None) => Ok(Named::Store(config.into())),
            (None, Some(url)) => Ok(Named::Service(url)),
            (Some(_), Some(_)) => Err(stored::bad_usage(format_args!(
                "{CONFIG} and {URL} name a place each; say with --config or --url which is meant"
            ))),
            (None, None) => Err(stored::bad_usage(format_args!(
                "where are the actions? Give --config FILE for a store, or --url for a running service; or set {CONFIG} or {URL}"
            ))),
        }
    }

    async fn remote(&self, url: &str) -> anyhow::Result<Open> {
        let missing = || stored::bad_usage(format_args!("give --client-id, or set {CLIENT_ID}"));
        let id = self.client_id.as_deref().ok_or_else(missing)?;
        let secret = stored::variable(&self.client_secret_env)?;
        Ok(Open::Remote(Remote::login(url, id, &secret).await?))
    }
}

async fn direct(config: &Path) -> anyhow::Result<Open> {
    let store = stored::open(&stored::wanted(config)?).await?;
    Ok(Open::Direct(Direct { store }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_says_which_place_is_meant_and_variables_only_without_one() {
        let place = |config: Option<&str>, url: Option<&str>| Place {
            config: config.map(PathBuf::from),
            url: url.map(str::to_owned),
            client_id: None,
            client_secret_env: CLIENT_SECRET.to_owned(),
        };
        let both = |name: &str| Some(format!("of {name}"));
        let of_config = |name: &str| (name == CONFIG).then(|| "file".to_owned());
        let service = |url: &str| Named::Service(url.to_owned());
        let store = |path: &str| Named::Store(path.into());
        let named = |place: Place, env: &dyn Fn(&str) -> Option<String>| place.named(env).ok();
        assert_eq!(named(place(Some("a"), None), &both), Some(store("a")));
        assert_eq!(named(place(None, Some("u")), &both), Some(service("u")));
        assert_eq!(named(place(None, None), &of_config), Some(store("file")));
        assert_eq!(named(place(None, None), &both), None);
        assert_eq!(named(place(None, None), &|_| None), None);
    }
}
