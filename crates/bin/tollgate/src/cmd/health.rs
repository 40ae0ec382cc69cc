//! `tollgate health`: how a running service stands, for who has no other client, such as a container's health check.

use super::http::{bytes, checked_url, client, encode};
use crate::console::{errln, outln};
use crate::exit::Exit;
use crate::variables;
use anyhow::Context as _;
use serde_json::Value;
use std::time::Duration;

/// Ask a running service whether it is alive, or ready.
///
/// Exit status: 0 if it is, 1 if it isn't or doesn't answer, 64 for a URL that can't be used. No login is needed.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where the service is called.
    #[arg(long, env = variables::URL, hide_env_values = true, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Ask whether calls are to be sent to it, with each check, instead of whether it is to be restarted.
    #[arg(long)]
    ready: bool,
    /// With --ready: these checks have to be well, too: store, definitions, tokens, lease.
    #[arg(long, value_delimiter = ',', value_name = "CHECKS", requires = "ready")]
    require: Vec<String>,
    /// Seconds that the answer may take.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
}

pub(crate) fn run(args: &Args) -> Exit {
    let base = match checked_url("--url", &args.url, "http://127.0.0.1:8080") {
        Ok(base) => base,
        Err(error) => {
            errln!("tollgate health: {error}");
            return Exit::Unusable;
        }
    };
    match ask(args, &base) {
        Ok((is_well, words)) => {
            outln!("{words}");
            Exit::of(is_well)
        }
        Err(error) => {
            errln!("tollgate health: {error:#}");
            Exit::Failed
        }
    }
}

/// Whether all is well, and what is to be printed.
#[tokio::main(flavor = "current_thread")]
async fn ask(args: &Args, base: &str) -> anyhow::Result<(bool, String)> {
    let path = match (args.ready, args.require.is_empty()) {
        (false, _) => "/live".to_owned(),
        (true, true) => "/ready".to_owned(),
        (true, false) => {
            let named: Vec<_> = args.require.iter().map(|it| encode(it)).collect();
            format!("/ready?require={}", named.join(","))
        }
    };
    let http = client(base, Duration::from_secs(args.seconds))?;
    let answer = http.get(format!("{base}{path}")).send().await;
    let answer = answer.with_context(|| format!("{base}{path}"))?;
    let status = answer.status();
    let body = bytes(answer).await?;
    if !args.ready {
        let text = String::from_utf8_lossy(&body);
        return Ok((status.is_success(), text.trim_end().to_owned()));
    }
    let view = tollgate_json::read_bytes(&body).context("the answer is not JSON")?;
    let Some(checks) = view["checks"].as_array() else {
        let message = view["message"].as_str().unwrap_or("no list of checks came");
        anyhow::bail!("{message} ({status})");
    };
    let verdict = if status.is_success() {
        "ready"
    } else {
        "not ready"
    };
    let lines = checks.iter().map(|check| format!("\n{}", line(check)));
    Ok((
        status.is_success(),
        format!("{verdict}{}", lines.collect::<String>()),
    ))
}

/// `store        away, for 12 s`.
fn line(check: &Value) -> String {
    let text = |name: &str| check[name].as_str().unwrap_or_default();
    let seconds = check["sinceMillis"].as_u64().unwrap_or_default() / 1000;
    let of = match check["integrations"].as_u64() {
        None | Some(0) => String::new(),
        Some(count) => format!(" for {count} of the integrations"),
    };
    let counts = check["required"] == true;
    let aside = if counts { "" } else { " (doesn't count)" };
    format!(
        "{:12} {}{of}, for {seconds} s{aside}",
        text("name"),
        text("state")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_check_is_a_line() {
        let check =
            json!({"name": "store", "state": "away", "required": false, "sinceMillis": 12_345});
        assert_eq!(line(&check), "store        away, for 12 s (doesn't count)");
        let tokens = json!({"name": "tokens", "state": "missing", "required": true, "sinceMillis": 0, "integrations": 2});
        assert_eq!(
            line(&tokens),
            "tokens       missing for 2 of the integrations, for 0 s"
        );
    }
}
