//! `tollgate init`: the key file, the store and its first administrator.

use super::stored;
use crate::console::{errln, outln};
use std::path::PathBuf;
use std::process::ExitCode;
use tollgate_store::{By, Clients as _, EntityId, StoreError};

/// Makes the key file (if it isn't there), the store, and its first administrator, whose client id and
/// secret are printed once.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The configuration file; its `[store]` says where.
    #[arg(long)]
    config: PathBuf,
    /// Name of the administrator.
    #[arg(long, default_value = "administrator")]
    name: String,
}

pub(crate) fn run(args: Args) -> ExitCode {
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
    let store = tollgate_service::open(&wanted).await?;
    let by = By {
        actor: tollgate_store::Actor::cli(),
        at: stored::now(),
    };
    match store
        .create_first_administrator(EntityId::random(), args.name, &by)
        .await
    {
        Ok(made) => {
            errln!("the secret is shown here and never again:");
            outln!("client_id={}", made.client.id);
            outln!("client_secret={}", made.secret.expose());
            Ok(())
        }
        Err(StoreError::Conflict { .. }) => anyhow::bail!(
            "this store has had its first administrator already; make further clients through the API, \
             or give a [[caller]] of the configuration file the role administer"
        ),
        Err(error) => Err(error.into()),
    }
}
