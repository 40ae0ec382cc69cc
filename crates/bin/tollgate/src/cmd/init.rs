//! `tollgate init`: the key file, the store and its first administrator.

use super::stored;
use crate::console::{errln, tell};
use crate::exit::Exit;
use crate::variables;
use std::path::PathBuf;
use tollgate_driver::Secret;
use tollgate_store::{Author, EntityId, StoreError};

/// Makes the key file (if it isn't there), the store, and its first administrator, whose client id and
/// secret are printed once. Where they can't be printed no administrator is made, and `init` may be run again.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The configuration file; its `[store]` says where.
    #[arg(long, value_name = "FILE", env = variables::CONFIG, hide_env_values = true)]
    config: PathBuf,
    /// Name of the administrator.
    #[arg(long, default_value = "administrator")]
    name: String,
}

pub(crate) fn run(args: Args) -> Exit {
    stored::report("init", init(args))
}

#[tokio::main]
async fn init(args: Args) -> anyhow::Result<()> {
    let wanted = stored::wanted(&args.config)?;
    if let tollgate_config::KeySource::File(path) = &wanted.keys
        && stored::make_key_file(path)?
    {
        errln!(
            "made the key file {}: back it up; without it the store's secrets are lost",
            path.display()
        );
    }
    let store = stored::open(&wanted).await?;
    let by = Author {
        actor: tollgate_store::Actor::cli(),
        at: stored::now(),
    };
    let print = |id: &EntityId, secret: &Secret| {
        errln!("the secret is shown here and never again:");
        let secret = secret.expose();
        tell(format_args!("client_id={id}\nclient_secret={secret}\n"))
    };
    match store
        .create_first_administrator(EntityId::random(), args.name, &by, &print)
        .await
    {
        Ok(_) => Ok(()),
        Err(StoreError::Conflict { .. }) => anyhow::bail!(
            "this store has had its first administrator already; make further clients through the API, \
             or give a [[caller]] of the configuration file the role administer"
        ),
        Err(error) => Err(error.into()),
    }
}
