//! What `wrap` says: what became of each file, and what is to be done with what was made.

use super::made::{Target, login_url};
use super::{LOGIN_FILE, Verdict, terraform};
use crate::cmd::action::Wrap;
use crate::cmd::action::validate::{fault, tell_faults};
use reqwest::Url;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// A line for each file on stdout; on stderr what stands against those that aren't wrapped.
pub(super) fn lines(
    verdicts: &[(PathBuf, Verdict)],
    stdout: &mut impl Write,
    stderr: &mut impl Write,
) -> io::Result<()> {
    let mut refused = 0;
    for (path, verdict) in verdicts {
        let file = path.display();
        match verdict {
            Verdict::Wrapped { to, .. } => writeln!(stdout, "{file}: {}", to.display())?,
            Verdict::Refused(faults) => {
                refused += 1;
                writeln!(stdout, "{file}: not wrapped")?;
                tell_faults(path, faults, stderr)?;
            }
            Verdict::Unreadable(message) => {
                refused += 1;
                writeln!(stderr, "tollgate action: {message}")?;
            }
        }
    }
    writeln!(
        stderr,
        "{} wrapped, {refused} not",
        verdicts.len() - refused
    )
}

/// Says so if the login would go over a network in the clear.
pub(super) fn warn_of_clear(target: &Target, stderr: &mut impl Write) -> io::Result<()> {
    let url = &target.url;
    let host = Url::parse(url).ok().filter(|it| it.scheme() == "http");
    let Some(host) = host.and_then(|it| it.host_str().map(str::to_owned)) else {
        return Ok(());
    };
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let is_loopback = match address {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    };
    if is_loopback {
        return Ok(());
    }
    writeln!(
        stderr,
        "warning: --url {url}: without TLS the login, its secret and all inputs can be read on the way; give an https:// \
         address"
    )
}

/// What is to be done next.
pub(super) fn next(args: &Wrap, target: &Target, stderr: &mut impl Write) -> io::Result<()> {
    let (url, out) = (&target.url, args.out.display());
    let flows = target
        .flow
        .as_ref()
        .map_or_else(String::new, |flow| format!(", flows = [{flow:?}]"));
    let there = if args.terraform {
        format!(
            "2. In {out}: terraform init && terraform apply, with that caller as variables of {}.",
            terraform::SHARED_FILE
        )
    } else {
        format!(
            "2. In the vendor's cloud: an integration \"Web Services Data Actions\" with credentials of the type\n\
             \x20  \"User Defined (OAuth)\", clientId and clientSecret of that caller; its custom auth action as\n\
             \x20  {LOGIN_FILE} has it, which logs in at {}; and the other files of {out}, imported.\n\
             3. Have flows call these in the place of the ones that they call now.",
            login_url(url)
        )
    };
    writeln!(
        stderr,
        "Next:\n\
         1. At tollgate: a caller for them, [[caller]] with client_id, client_secret_env{flows}.\n\
         {there}"
    )
}

/// The same as one object.
pub(super) fn json(
    verdicts: &[(PathBuf, Verdict)],
    shared: Option<&Path>,
    stdout: &mut impl Write,
) -> io::Result<()> {
    let files: Vec<Value> = verdicts
        .iter()
        .map(|(path, verdict)| object(path, verdict))
        .collect();
    let shared = shared.map(|path| path.display().to_string());
    writeln!(stdout, "{:#}", json!({"files": files, "shared": shared}))
}

fn object(path: &Path, verdict: &Verdict) -> Value {
    let file = path.display().to_string();
    match verdict {
        Verdict::Wrapped { wrapped, to } => {
            let (integration, action) = &wrapped.calls;
            json!({
                "file": file,
                "wrapped": true,
                "name": wrapped.name,
                "calls": {"integration": integration, "action": action, "path": wrapped.path},
                "to": to.display().to_string(),
            })
        }
        Verdict::Refused(faults) => refused(&file, faults.iter().map(fault).collect()),
        Verdict::Unreadable(message) => refused(&file, vec![json!({"message": message})]),
    }
}

fn refused(file: &str, errors: Vec<Value>) -> Value {
    json!({"file": file, "wrapped": false, "error": errors.first(), "errors": errors})
}
