//! `tollgate reload`: a running service reads its configuration anew.

use super::remote::ServiceLogin;
use super::stored;
use crate::console::{errln, outln};
use crate::exit::Exit;
use reqwest::{Method, StatusCode};
use serde_json::Value;

const PATH: &str = "/api/v2/tollgate/reload";

/// Have a running service read its configuration anew, with all files that it names.
///
/// All of it is taken over, or nothing. Exit status: 0 where it was; 64 where the configuration can't be used, or
/// has what only a restart takes over: each place is told with its line; 1 where the service could not be asked.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    service: ServiceLogin,
    /// Print what the service answers, as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args) -> Exit {
    match reload(&args) {
        Ok(exit) => exit,
        Err(error) => stored::report("reload", Err(error)),
    }
}

#[tokio::main]
async fn reload(args: &Args) -> anyhow::Result<Exit> {
    let remote = args.service.login().await?;
    let (status, answer) = remote.ask(Method::POST, PATH).await?;
    if args.json {
        outln!("{answer}");
    }
    if status.is_success() {
        if !args.json {
            let text = |name: &str| answer[name].as_str().unwrap_or_default();
            outln!("taken over: {} ({})", text("summary"), text("digest"));
        }
        return Ok(Exit::Done);
    }
    errln!("{}", answer["message"].as_str().unwrap_or("no message"));
    let lines = answer["errors"].as_array();
    for line in lines.into_iter().flatten() {
        errln!("{}", line["message"].as_str().unwrap_or_default());
    }
    Ok(match (status, &answer["code"]) {
        (StatusCode::CONFLICT, Value::String(_)) => Exit::Unusable,
        _ => Exit::Failed,
    })
}
