//! `tollgate pull`: what an organisation has of data actions, as files in a folder.
//!
//! Everything is read before anything is written, and each file is whole or as it was. A file is written over, and
//! one whose action or table is gone is removed, with `--force` alone; a removed one must have been pulled, which the
//! folder's manifest says. `tollgate.toml` is made once, as a beginning, and is the user's from then on.
//!
//! What the client may not read is told and leaves its files as they are: a missing permission looks the same as
//! nothing at all, and must not remove what somebody with more rights has pulled.

mod disk;
mod first;
mod form;
mod names;
mod read;
mod report;
mod source;

use super::http::checked_url;
use super::stored;
use crate::console::errln;
use crate::exit::Exit;
use crate::progress::Progress;
use disk::Disk;
use std::path::PathBuf;
use std::time::Duration;
use tollgate_config::parse_span;

/// Reads integrations, actions, drafts, data tables' schemas and flows' names of an organisation into a folder.
///
/// The folder gets the actions as the vendor exports them, and a first tollgate.toml. A second pull changes nothing
/// but what has changed there.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[arg(
        long,
        required_unless_present = "region",
        conflicts_with = "region",
        help = "Address of the API: the platform's, such as https://api.mypurecloud.de, or a tollgate's"
    )]
    url: Option<String>,
    /// Address of the login, where it isn't /oauth/token below --url.
    #[arg(long, requires = "url")]
    token_url: Option<String>,
    /// A region of the platform, such as mypurecloud.de: gives the addresses of the API and of the login.
    #[arg(long)]
    region: Option<String>,
    /// Client id to log in with, by client credentials.
    #[arg(long)]
    client_id: String,
    /// Environment variable with its secret.
    #[arg(long)]
    client_secret_env: String,
    /// The folder; made if it isn't there.
    #[arg(long)]
    out: PathBuf,
    /// Write nothing; tell what is new, changed or gone there, and end with 1 if anything is.
    #[arg(long, conflicts_with = "force")]
    check: bool,
    /// Write over files that say something else, and remove pulled ones of what is gone there.
    #[arg(long)]
    force: bool,
    /// Fail where the client may not read something, and write nothing then.
    #[arg(long)]
    strict: bool,
    /// Print one object.
    #[arg(long)]
    json: bool,
    /// The longest wait for one answer; what isn't answered is tried three times.
    #[arg(long, default_value = "30s")]
    timeout: String,
}

/// Where an organisation is.
struct Addresses {
    /// Of the API, without a slash at the end.
    api: String,
    token: String,
}

pub(crate) fn run(args: Args) -> Exit {
    match pull(&args) {
        Ok(code) => code,
        Err(error) => stored::report("pull", Err(error)),
    }
}

#[tokio::main]
async fn pull(args: &Args) -> anyhow::Result<Exit> {
    let addresses = addresses(args)?;
    let secret = stored::variable(&args.client_secret_env)?;
    let disk = Disk::open(&args.out)?;
    let wait = wait(&args.timeout)?;
    let source = source::Source::login(&addresses, (&args.client_id, &secret), wait).await?;
    let progress = Progress::at("reading the organisation");
    let found = read::organisation(&source).await;
    drop(progress);
    let found = found?;
    if args.strict
        && let Some(unread) = found.unread.first()
    {
        anyhow::bail!("{unread}; nothing was written, since --strict asks for all of it");
    }
    let differences = disk.compare(&found)?;
    let changed = differences.iter().filter(|one| one.is_changed()).count();
    let refused = !args.check && !args.force && changed > 0;
    let mut begun = None;
    if !args.check && !refused {
        disk.write(&found, &differences, args.force)?;
        begun = Some(disk.begin(first::config(&found, &addresses).as_deref())?);
    }
    report::tell(args, &found, &differences, begun);
    if refused {
        errln!(
            "tollgate pull: nothing was written: files say something else than the organisation ({changed}, above); \
             give --force to write over them"
        );
    }
    let drifted = args.check && !differences.is_empty();
    Ok(Exit::of(!refused && !drifted))
}

fn wait(text: &str) -> anyhow::Result<Duration> {
    match parse_span(text) {
        Some(wait) if !wait.is_zero() => Ok(wait),
        _ => Err(stored::bad_usage(format_args!(
            "--timeout {text}: expected a span such as 500ms or 30s"
        ))),
    }
}

fn addresses(args: &Args) -> anyhow::Result<Addresses> {
    if let Some(region) = &args.region {
        let domain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        if region.is_empty() || !region.chars().all(domain) {
            return Err(stored::bad_usage(format_args!(
                "--region {region}: expected a domain such as mypurecloud.de"
            )));
        }
        return Ok(Addresses {
            api: format!("https://api.{region}"),
            token: format!("https://login.{region}/oauth/token"),
        });
    }
    let checked =
        |option, given, example| checked_url(option, given, example).map_err(stored::bad_usage);
    let given = args.url.as_deref().unwrap_or_default();
    let api = checked("--url", given, "https://api.mypurecloud.de")?;
    let token = match &args.token_url {
        Some(url) => {
            let example = "https://login.mypurecloud.de/oauth/token";
            checked("--token-url", url, example)?
        }
        None => format!("{api}/oauth/token"),
    };
    Ok(Addresses { api, token })
}
