//! `tollgate limits`: what a running service's limits are configured as and what is in force; and what it has
//! learned of them becomes configuration, or is forgotten.

mod adopt;

use super::http::encode;
use super::remote::{Remote, ServiceLogin};
use super::stored;
use crate::console::{errln, outln, plural};
use crate::exit::Exit;
use crate::variables;
use comfy_table::{ContentArrangement, Table, presets};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tollgate_config::show_span;

const LIMITS: &str = "/api/v2/tollgate/limits";
const LEARNED: &str = "/api/v2/tollgate/learned";
/// Columns of the list.
const WIDTH: u16 = 80;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Lists every limit: what is configured, what is in force, and where that comes from.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        service: ServiceLogin,
    },
    /// Configures what was learned: in the file, whose comments and order stay, and where the file has not
    /// what it belongs to, in the service. Prints how the file changes.
    Adopt {
        /// Name of a limit, as the list has it.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        name: Option<String>,
        /// All that was learned.
        #[arg(long)]
        all: bool,
        /// The service's configuration file.
        #[arg(long, value_name = "FILE", env = variables::CONFIG, hide_env_values = true)]
        config: PathBuf,
        /// Print how the file would change, and change nothing.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        service: ServiceLogin,
    },
    /// Holds a learned limit no more. It is learned anew if the upstream still has it.
    Forget {
        /// Name of the limit, as the list has it.
        name: String,
        #[command(flatten)]
        service: ServiceLogin,
    },
}

pub(crate) fn run(args: Args) -> Exit {
    stored::report("limits", carry_out(args.command))
}

#[tokio::main]
async fn carry_out(command: Command) -> anyhow::Result<()> {
    match command {
        Command::List { json, service } => list(&service.login().await?, json).await,
        Command::Adopt {
            name,
            config,
            dry_run,
            service,
            ..
        } => {
            let remote = service.login().await?;
            let learned = learned(&remote, name.as_deref()).await?;
            adopt::adopt(&remote, &config, &learned, dry_run).await
        }
        Command::Forget { name, service } => {
            let path = format!("{LEARNED}?name={}", encode(&name));
            service
                .login()
                .await?
                .call(Method::DELETE, &path, None)
                .await?;
            errln!("forgotten; if the upstream still has it, it is learned anew");
            Ok(())
        }
    }
}

/// What was learned, all of it or what has this name.
async fn learned(remote: &Remote, name: Option<&str>) -> anyhow::Result<Vec<Value>> {
    let mut all = remote.all(LEARNED, "").await?;
    if let Some(name) = name {
        all.retain(|it| it["name"] == name);
        anyhow::ensure!(
            !all.is_empty(),
            "nothing was learned of a limit {name:?}; `tollgate limits list` shows what was"
        );
    }
    Ok(all)
}

async fn list(remote: &Remote, as_json: bool) -> anyhow::Result<()> {
    let (limits, learned) = (remote.all(LIMITS, "").await?, learned(remote, None).await?);
    if as_json {
        outln!("{}", json!({"limits": limits, "learned": learned}));
        return Ok(());
    }
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(WIDTH)
        .set_header(["limit", "configured", "in force", "left free", "from"]);
    for row in rows(&limits, &learned) {
        table.add_row(row);
    }
    // Blanks at the end of a line are of no use to anybody.
    for line in table.to_string().lines() {
        outln!("{}", line.trim_end());
    }
    for it in learned.iter().filter(|it| it["source"] != "headers") {
        outln!(
            "{}: since {}, {} accepted and {} refused",
            it["name"].as_str().unwrap_or_default(),
            show_span(Duration::from_secs(
                it["sinceMillis"].as_u64().unwrap_or(0) / 1000
            )),
            plural(it["accepted"].as_u64().unwrap_or(0), "call"),
            it["refused"]
        );
    }
    Ok(())
}

/// A row for each limit; tokens of one client have one together, with the lowest number in force.
fn rows(limits: &[Value], learned: &[Value]) -> Vec<[String; 5]> {
    let mut places = BTreeMap::new();
    let mut kept: Vec<&Value> = Vec::new();
    for limit in limits {
        let key = (limit["client"].as_str(), limit["name"].as_str());
        if limit["client"].is_null() {
            kept.push(limit);
            continue;
        }
        let place = *places.entry(key).or_insert(kept.len());
        match kept.get_mut(place) {
            Some(lowest) if limit["allowed"].as_u64() < lowest["allowed"].as_u64() => {
                *lowest = limit
            }
            Some(_) => {}
            None => kept.push(limit),
        }
    }
    kept.into_iter().map(|limit| row(limit, learned)).collect()
}

fn row(limit: &Value, learned: &[Value]) -> [String; 5] {
    let name = limit["name"].as_str().unwrap_or_default();
    let client = limit["client"].as_str();
    let from = learned.iter().find(|it| {
        let of_client = client.is_none_or(|client| it["of"] == client);
        it["name"] == name && (of_client || it["configured"].is_null())
    });
    let shown = match client {
        // The name of a learned limit says whose it is.
        Some(client) if !limit["configured"].is_null() => {
            format!("{name}, each token of {client}")
        }
        _ => name.to_owned(),
    };
    let configured = from.map_or(&limit["configured"], |it| &it["configured"]);
    let from = from.and_then(|it| it["source"].as_str());
    [
        shown,
        configured
            .as_u64()
            .map_or("-".to_owned(), |it| it.to_string()),
        number(limit),
        limit["leftFree"].to_string(),
        from.unwrap_or("configuration").to_owned(),
    ]
}

/// `15 in 60s`, `5 at once`.
fn number(limit: &Value) -> String {
    match limit["periodMillis"].as_u64() {
        Some(millis) => format!(
            "{} in {}",
            limit["allowed"],
            show_span(Duration::from_millis(millis))
        ),
        None => format!("{} at once", limit["allowed"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_a_client_have_one_row_with_the_lowest_number() {
        let of_token = |token: u32, allowed: u32| {
            json!({"name": "rate", "client": "pool", "token": token, "allowed": allowed,
                   "configured": 30, "periodMillis": 60000, "leftFree": 0})
        };
        let shared = json!({"name": "all", "allowed": 5, "configured": 5, "leftFree": 1});
        let limits = [shared, of_token(1, 30), of_token(2, 15)];
        let learned =
            [json!({"name": "rate", "of": "pool", "configured": 30, "source": "headers"})];
        let rows = rows(&limits, &learned);
        let rows: Vec<_> = rows.iter().map(|row| row.join("|")).collect();
        assert_eq!(
            rows,
            [
                "all|5|5 at once|1|configuration",
                "rate, each token of pool|30|15 in 60s|0|headers"
            ]
        );
    }
}
