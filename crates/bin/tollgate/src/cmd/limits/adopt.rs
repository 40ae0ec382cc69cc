//! What was learned becomes configuration.
//!
//! The file is written beside the old one and put in its place at once, with the same permissions, so that no
//! reader sees half of it. A number that would make the file wrong (a flow is guaranteed more than the limit
//! then allows, say) is not written.

use super::LIMITS;
use crate::cmd::remote::Remote;
use crate::cmd::stored::bad_usage;
use crate::console::{errln, outln};
use anyhow::Context as _;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;
use tollgate_config::{Adopted, Config, ConfigError, Number, Source};
use tollgate_model::Scope;

const SCOPES: [Scope; 7] = [
    Scope::Token,
    Scope::Client,
    Scope::Action,
    Scope::Integration,
    Scope::Host,
    Scope::Organisation,
    Scope::Flow,
];

/// Configures it all: in the file what belongs there, the rest in the service.
pub(super) async fn adopt(
    remote: &Remote,
    file: &Path,
    learned: &[Value],
    dry_run: bool,
) -> anyhow::Result<()> {
    // A link stays one: what it leads to is replaced.
    let file = fs::canonicalize(file)
        .map_err(|error| bad_usage(format_args!("{}: {error}", file.display())))?;
    let before = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let mut document = before
        .parse()
        .map_err(|error| bad_usage(format_args!("{}: {error}", file.display())))?;
    let mut elsewhere = Vec::new();
    let mut left = 0;
    for it in learned {
        let number = number(it)?;
        match tollgate_config::adopt(&mut document, &number) {
            Adopted::Here => {}
            Adopted::NotHere => elsewhere.push(number),
            Adopted::ByHand(what) => {
                left += 1;
                errln!("{}: {what}", number.name);
            }
        }
    }
    let after = document.to_string();
    if after != before {
        check(&file, &before, &after)?;
        for line in diff(&before, &after) {
            outln!("{line}");
        }
        if !dry_run {
            replace(&file, &after)?;
            errln!(
                "{} is changed; it counts from the next start on",
                file.display()
            );
        }
    }
    for number in elsewhere {
        if let Err(error) = set(remote, &number, dry_run).await {
            left += 1;
            errln!("{}: {error:#}", number.name);
        }
    }
    anyhow::ensure!(
        left == 0,
        "{left} of {} could not be adopted",
        learned.len()
    );
    if learned.is_empty() {
        errln!("nothing was learned that isn't configured");
    }
    Ok(())
}

/// A limit of an integration in the store.
async fn set(remote: &Remote, number: &Number, dry_run: bool) -> anyhow::Result<()> {
    anyhow::ensure!(
        number.configured.is_some(),
        "it belongs to {:?}, which the file doesn't have; an integration of the store can't have limits \
         of other periods",
        number.of
    );
    let mut body = json!({"name": number.name, "allowed": number.allowed});
    if number.scope == Scope::Token {
        body["client"] = number.of.clone().into();
    }
    if dry_run {
        errln!("PUT {LIMITS} {body}");
        return Ok(());
    }
    remote.call(Method::PUT, LIMITS, Some(&body)).await?;
    errln!(
        "{}: the service has {} as its number now",
        number.name,
        number.allowed
    );
    Ok(())
}

fn number(it: &Value) -> anyhow::Result<Number> {
    let text = |key: &str| it[key].as_str().map(str::to_owned);
    let count = |key: &str| it[key].as_u64().and_then(|count| u32::try_from(count).ok());
    let scope = SCOPES
        .into_iter()
        .find(|scope| it["scope"] == scope.as_str());
    let read = || {
        Some(Number {
            name: text("name")?,
            scope: scope?,
            of: text("of")?,
            allowed: count("allowed")?,
            period: it["periodMillis"].as_u64().map(Duration::from_millis),
            configured: count("configured"),
        })
    };
    read().context("the service tells of a limit that this program doesn't understand; update it")
}

/// Refuses a text with problems that the one before had not. Secrets may well not be here, so that a file
/// that is fine for the service has problems here; those are its own.
fn check(file: &Path, before: &str, after: &str) -> anyhow::Result<()> {
    let problems = |text: &str| -> BTreeSet<String> {
        let source = Source {
            file: &file.display().to_string(),
            folder: file.parent().unwrap_or_else(|| Path::new("")),
            env: &|name| std::env::var(name).ok(),
            files: &tollgate_files::Disk,
        };
        match Config::parse(text, &source) {
            Err(ConfigError::Invalid { problems, .. }) => {
                let shown = problems
                    .iter()
                    .map(|it| format!("{}: {}", it.field, it.message));
                shown.collect()
            }
            _ => BTreeSet::new(),
        }
    };
    let known = problems(before);
    let new: Vec<_> = problems(after)
        .into_iter()
        .filter(|it| !known.contains(it))
        .collect();
    if new.is_empty() {
        return Ok(());
    }
    Err(bad_usage(format_args!(
        "{} is left as it is, for with the new number it would be wrong:\n{}",
        file.display(),
        new.join("\n")
    )))
}

fn replace(file: &Path, text: &str) -> anyhow::Result<()> {
    let shown = || file.display().to_string();
    let folder = file.parent().unwrap_or_else(|| Path::new("."));
    let mut beside = tempfile::NamedTempFile::new_in(folder).with_context(shown)?;
    beside.write_all(text.as_bytes()).with_context(shown)?;
    let permissions = fs::metadata(file).with_context(shown)?.permissions();
    beside
        .as_file()
        .set_permissions(permissions)
        .with_context(shown)?;
    beside.as_file().sync_all().with_context(shown)?;
    beside.persist(file).with_context(shown)?;
    Ok(())
}

/// The lines that went, with `-`, and those that came, with `+`, in order: by the longest row of lines
/// that both have.
fn diff(before: &str, after: &str) -> Vec<String> {
    let (old, new): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    // The ends that both have alike are cut off first: what is left is short.
    let same = |(a, b): &(&&str, &&str)| a == b;
    let head = old.iter().zip(&new).take_while(same).count();
    let (old, new) = (&old[head..], &new[head..]);
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take_while(same)
        .count();
    let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);
    let mut longest = vec![vec![0u32; new.len() + 1]; old.len() + 1];
    for a in (0..old.len()).rev() {
        for b in (0..new.len()).rev() {
            longest[a][b] = if old[a] == new[b] {
                longest[a + 1][b + 1] + 1
            } else {
                longest[a + 1][b].max(longest[a][b + 1])
            };
        }
    }
    let (mut a, mut b) = (0, 0);
    let mut lines = Vec::new();
    while a < old.len() || b < new.len() {
        if a < old.len() && b < new.len() && old[a] == new[b] {
            (a, b) = (a + 1, b + 1);
        } else if b == new.len() || a < old.len() && longest[a + 1][b] >= longest[a][b + 1] {
            lines.push(format!("-{}", old[a]));
            a += 1;
        } else {
            lines.push(format!("+{}", new[b]));
            b += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_has_what_went_and_what_came() {
        let before = "a\nb\nc\nd\n";
        assert_eq!(diff(before, "a\nB\nc\nd\ne\n"), ["-b", "+B", "+e"]);
        assert!(diff(before, before).is_empty());
        assert_eq!(diff("", "x\n"), ["+x"]);
        assert_eq!(diff("x\ny", ""), ["-x", "-y"]);
    }

    #[test]
    fn the_file_is_replaced_with_its_permissions() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let file = folder.path().join("tollgate.toml");
        let written = fs::write(&file, "old")
            .and_then(|()| fs::set_permissions(&file, fs::Permissions::from_mode(0o640)));
        assert!(written.is_ok());
        assert!(replace(&file, "new").is_ok());
        assert_eq!(fs::read_to_string(&file).ok().as_deref(), Some("new"));
        let mode = fs::metadata(&file).map(|it| it.permissions().mode() & 0o777);
        assert_eq!(mode.ok(), Some(0o640));
        assert_eq!(
            fs::read_dir(folder.path()).map(Iterator::count).ok(),
            Some(1)
        );
    }
}
