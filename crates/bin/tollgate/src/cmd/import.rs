//! `tollgate import` and `tollgate export`: action files into a store or a running service, and back.
//!
//! An imported action of a name that its integration has already replaces that one, as a new version;
//! importing the same file again changes nothing but the version. What is exported is equal to what was
//! imported, field by field and in the same order.
//!
//! An import says on stderr what `tollgate action validate` would warn of, and names each file that is
//! refused, not only the first: an organisation's export may well hold some of a type that can't run here.

mod direct;
mod place;
mod remote;

use super::{input, output, stored};
use crate::console::{errln, outln};
use crate::exit::Exit;
use crate::progress::Progress;
use anyhow::Context as _;
use place::{Open, Place};
use serde_json::Value;
use std::path::PathBuf;
use tollgate_action::{Action, IntegrationType};

/// Longest file, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// Imports action files.
#[derive(clap::Args)]
pub(crate) struct ImportArgs {
    /// Action files as the vendor exports them; - for stdin.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Name or id of the integration that they belong to.
    #[arg(long)]
    integration: String,
    /// Make drafts instead of publishing.
    #[arg(long)]
    draft: bool,
    #[command(flatten)]
    place: Place,
}

/// Exports actions.
#[derive(clap::Args)]
pub(crate) struct ExportArgs {
    /// Names or ids of actions; all without any.
    actions: Vec<String>,
    /// Only those of this integration, by name or id.
    #[arg(long)]
    integration: Option<String>,
    /// Folder to write a file for each into; without it they go to stdout.
    #[arg(long)]
    to: Option<PathBuf>,
    /// Write over files that are there.
    #[arg(long, requires = "to")]
    force: bool,
    #[command(flatten)]
    place: Place,
}

/// An action as the place has it.
struct Found {
    id: String,
    name: String,
    file: Value,
}

pub(crate) fn import(args: ImportArgs) -> Exit {
    stored::report("import", do_import(args))
}

pub(crate) fn export(args: ExportArgs) -> Exit {
    stored::report("export", do_export(args))
}

#[tokio::main]
async fn do_import(args: ImportArgs) -> anyhow::Result<()> {
    // All are read before the first is sent: a mistake in the last changes nothing.
    let files = read_all(&args.files)?;
    let place = args.place.open().await?;
    let progress = Progress::of(files.len() as u64, "action");
    for (path, file) in args.files.iter().zip(files) {
        let done = match &place {
            Open::Direct(it) => it.import(&args.integration, &file, args.draft).await,
            Open::Remote(it) => it.import(&args.integration, &file, args.draft).await,
        };
        let id = done.with_context(|| path.display().to_string())?;
        progress.step();
        progress.aside(|| outln!("{id}\t{}", file["name"].as_str().unwrap_or_default()));
    }
    Ok(())
}

/// Action files that can be executed, or a line for each that can't be.
fn read_all(paths: &[PathBuf]) -> anyhow::Result<Vec<Value>> {
    let (mut files, mut refused) = (Vec::new(), Vec::new());
    for path in paths {
        let text = input::read(path, MAX_BYTES).map_err(stored::bad_usage)?;
        match Action::from_json(&text) {
            Ok(action) => {
                for warning in action.warnings() {
                    errln!("{}: warning: {warning}", path.display());
                }
                files.push(action.definition().clone());
            }
            Err(error) => refused.push(format!("{}: {error}", path.display())),
        }
    }
    anyhow::ensure!(refused.is_empty(), "{}", refused.join("\n"));
    Ok(files)
}

/// The action of the file's name that the integration has, if it has one; which of several is meant nobody knows.
fn one<T>(found: Vec<T>, name: &str, id: impl Fn(&T) -> String) -> anyhow::Result<Option<T>> {
    let ids: Vec<_> = found.iter().map(id).collect();
    anyhow::ensure!(
        ids.len() < 2,
        "the integration has several actions {name:?}, and which of them is to be replaced isn't known; rename all but \
         one: {}",
        ids.join(", ")
    );
    Ok(found.into_iter().next())
}

/// Refuses a file of another type than that of the integration it is for.
fn check_type(file: &Value, expected: &str, integration: &str) -> anyhow::Result<()> {
    let found = file["integrationType"].as_str().unwrap_or_default();
    let found = IntegrationType::from_name(found);
    let message = format!(
        "integrationType: expected {expected}, the type of {integration}, found {}",
        found.as_str()
    );
    anyhow::ensure!(found.as_str() == expected, found.advised(&message));
    Ok(())
}

#[tokio::main]
async fn do_export(args: ExportArgs) -> anyhow::Result<()> {
    let place = args.place.open().await?;
    let integration = args.integration.as_deref();
    let mut found = match &place {
        Open::Direct(it) => it.list(integration).await?,
        Open::Remote(it) => it.list(integration).await?,
    };
    for wanted in &args.actions {
        let known = found
            .iter()
            .any(|it| it.id == *wanted || it.name == *wanted);
        anyhow::ensure!(known, "there is no action {wanted:?}");
    }
    let wanted = |it: &Found| {
        args.actions
            .iter()
            .any(|name| *name == it.id || *name == it.name)
    };
    found.retain(|it| args.actions.is_empty() || wanted(it));
    for Found { id, name, file } in found {
        let text = serde_json::to_string_pretty(&file)?;
        let Some(folder) = &args.to else {
            outln!("{text}");
            continue;
        };
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let path = folder.join(file_name(&name, &id));
        output::write(&path, &format!("{text}\n"), args.force)?;
        outln!("{}", path.display());
    }
    Ok(())
}

/// A name that every file system takes, told apart by the begin of the id's last part.
fn file_name(name: &str, id: &str) -> String {
    let unique: String = id
        .rsplit("_-_")
        .next()
        .unwrap_or(id)
        .chars()
        .take(8)
        .collect();
    format!("{}-{unique}.json", output::safe_name(name))
}
