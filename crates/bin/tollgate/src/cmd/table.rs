//! `tollgate table`: rows of a running service's data tables, as a file and back.
//!
//! A file has a row a line, each a JSON object with its `key`, so that columns keep their types. An
//! import takes each row in: one of a key that is there replaces that row, others stay. All lines are read
//! before the first is sent, and the service checks each against the table's schema.

use super::http::encode;
use super::remote::{Remote, ServiceLogin};
use super::{input, stored};
use crate::console::{errln, outln, plural};
use crate::exit::Exit;
use crate::progress::Progress;
use anyhow::Context as _;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const TABLES: &str = "/api/v2/flows/datatables";
/// Longest file, in bytes.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Takes the rows of a file into a table.
    Import {
        /// Name or id of the table.
        table: String,
        /// The file, a JSON object a line; - for stdin.
        file: PathBuf,
        #[command(flatten)]
        service: ServiceLogin,
    },
    /// Prints the rows of a table, a JSON object a line.
    Export {
        /// Name or id of the table.
        table: String,
        #[command(flatten)]
        service: ServiceLogin,
    },
}

pub(crate) fn run(args: Args) -> Exit {
    stored::report("table", carry_out(args.command))
}

#[tokio::main]
async fn carry_out(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Import {
            table,
            file,
            service,
        } => {
            let rows = read(&file)?;
            let remote = service.login().await?;
            let (new, replaced) = import(&remote, &table, rows).await?;
            errln!("{} added, {replaced} replaced", plural(new, "row"));
        }
        Command::Export { table, service } => {
            let remote = service.login().await?;
            let id = find(&remote, &table).await?;
            let path = format!("{TABLES}/{id}/rows");
            for row in remote.all(&path, "&showbrief=false").await? {
                outln!("{row}");
            }
        }
    }
    Ok(())
}

/// The file's rows with their keys.
fn read(file: &Path) -> anyhow::Result<Vec<(String, Value)>> {
    let named = || file.display().to_string();
    let text = input::read(file, MAX_BYTES).map_err(stored::bad_usage)?;
    let mut keys = BTreeSet::new();
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    let rows = lines.map(|(at, line)| {
        let place = || format!("{}:{}", named(), at + 1);
        let row = tollgate_json::read(line).with_context(place)?;
        let key = row["key"].as_str().filter(|key| !key.is_empty());
        let key =
            key.with_context(|| format!("{}: expected an object with a text \"key\"", place()))?;
        let first = keys.insert(key.to_owned());
        anyhow::ensure!(first, "{}: the key {key:?} is there a second time", place());
        Ok((key.to_owned(), row))
    });
    rows.collect()
}

/// How many rows were added, and how many replaced.
async fn import(
    remote: &Remote,
    table: &str,
    rows: Vec<(String, Value)>,
) -> anyhow::Result<(usize, usize)> {
    let id = find(remote, table).await?;
    let path = format!("{TABLES}/{id}/rows");
    let there = remote.all(&path, "").await?;
    let there: BTreeSet<_> = there.iter().filter_map(|row| row["key"].as_str()).collect();
    let (mut new, mut replaced) = (0, 0);
    let progress = Progress::of(rows.len() as u64, "row");
    for (key, row) in &rows {
        let (method, path, count) = if there.contains(key.as_str()) {
            (
                Method::PUT,
                format!("{path}/{}", encode(key)),
                &mut replaced,
            )
        } else {
            (Method::POST, path.clone(), &mut new)
        };
        let done = remote.call(method, &path, Some(row)).await;
        done.with_context(|| format!("the row {key:?} (those before it are in)"))?;
        *count += 1;
        progress.step();
    }
    Ok((new, replaced))
}

async fn find(remote: &Remote, table: &str) -> anyhow::Result<String> {
    let all = remote.all(TABLES, "").await?;
    let found = all
        .iter()
        .find(|it| it["name"] == json!(table) || it["id"] == json!(table));
    let id = found.and_then(|it| it["id"].as_str());
    id.map(str::to_owned)
        .with_context(|| format!("the service has no data table {table:?}"))
}
