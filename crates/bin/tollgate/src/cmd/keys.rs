//! `tollgate keys`: the ring of sealing keys, and its rotation.
//!
//! To rotate without downtime: `keys add` puts a fresh key at the head of the key file; restart each
//! node (every one then opens both); `keys rotate` seals all values anew, while the service runs; when
//! `keys show` says that the old key seals nothing, its line may be removed.

use super::stored;
use crate::console::{outln, plural};
use crate::exit::Exit;
use crate::variables;
use anyhow::Context as _;
use std::path::PathBuf;
use tollgate_config::KeySource;
use tollgate_store::{Actor, Author, KeyRing};

/// Values sealed anew in one transaction.
const BATCH: u32 = 100;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Say how many values each key seals.
    Show(Of),
    /// Put a fresh key at the head of the key file, where it seals from the next start on.
    Add(Of),
    /// Seal all values anew under the first key.
    Rotate(Of),
}

#[derive(clap::Args)]
struct Of {
    /// The configuration file; its `[store]` says where.
    #[arg(long, value_name = "FILE", env = variables::CONFIG, hide_env_values = true)]
    config: PathBuf,
}

pub(crate) fn run(args: Args) -> Exit {
    stored::report("keys", keys(args.command))
}

#[tokio::main]
async fn keys(command: Command) -> anyhow::Result<()> {
    let (Command::Show(of) | Command::Add(of) | Command::Rotate(of)) = &command;
    let wanted = stored::wanted(&of.config)?;
    if let Command::Add(_) = command {
        return add(&wanted.keys);
    }
    let store = stored::open(&wanted).await?;
    if let Command::Rotate(_) = command {
        let by = Author {
            actor: Actor::cli(),
            at: stored::now(),
        };
        let mut resealed = 0;
        loop {
            let step = store.rotate(BATCH, &by).await?;
            resealed += step.resealed;
            // A step that seals nothing ends it, lest a value that can't be opened keep it going.
            if step.left == 0 || step.resealed == 0 {
                outln!("sealed anew: {resealed}, left: {}", step.left);
                return Ok(());
            }
        }
    }
    for key in store.key_use().await? {
        let active = if key.key == store.active_key() {
            " (seals)"
        } else {
            ""
        };
        let known = if key.known { "" } else { " (not in the ring)" };
        let values = plural(key.values, "value");
        outln!("{}{active}{known}: {values}", key.key);
    }
    Ok(())
}

/// The time in seconds, with a number after it where the ring has a key of that second.
fn fresh_name(ring: &KeyRing) -> String {
    let name = format!("k{}", stored::now().0 / 1000);
    let free = |name: &String| ring.ids().all(|id| id.as_str() != name);
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    let mut names = std::iter::once(name.clone()).chain(numbered);
    names.find(free).unwrap_or(name)
}

/// Writes the new ring beside the old one and puts it in its place at once.
fn add(keys: &KeySource) -> anyhow::Result<()> {
    let KeySource::File(path) = keys else {
        anyhow::bail!(
            "the keys are in an environment variable; put a new first line into it yourself"
        );
    };
    let shown = || format!("{}", path.display());
    let old = tollgate_driver::Secret::new(std::fs::read_to_string(path).with_context(shown)?);
    let ring = KeyRing::parse(&old)?;
    let name = fresh_name(&ring);
    let line = KeyRing::generate_line(&name)?;
    let new = tollgate_driver::Secret::new(format!("{}\n{}", line.expose(), old.expose()));
    KeyRing::parse(&new)?;
    let beside = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options
        .open(&beside)
        .with_context(|| format!("{}", beside.display()))?;
    std::io::Write::write_all(&mut file, new.expose().as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&beside, path))
        .with_context(shown)?;
    outln!("{name} is the first key; it seals from the next start on");
    Ok(())
}
