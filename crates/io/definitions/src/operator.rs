//! Numbers of limits that an operator has set while the service ran, kept for the next process.
//!
//! They lie in a file beside the node's usage file. Nodes that share limits share these numbers too ([`shared`]): what is
//! set at one is taken over by all, and each keeps it in its file. Such a number goes with the one that the configuration
//! file or the integration said when it was set, and holds for as long as that says the same: who changes the definition
//! wants the definition's number.

mod shared;

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tollgate_engine::Leave;

/// One number, as it lies in the file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Number {
    /// Whose tokens' limit; none for a shared one.
    client: Option<String>,
    /// The limit's name.
    name: String,
    /// What its definition allowed when the number was set.
    #[serde(rename = "told")]
    defined: u32,
    /// What it allows.
    allowed: u32,
    /// What of it is left free, as [`Leave::parse`] reads it; none if nobody has set that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    leave: Option<String>,
}

impl Number {
    fn is(&self, client: Option<&str>, name: &str) -> bool {
        self.client.as_deref() == client && self.name == name
    }
}

/// What an administrator changes of the limits of a name; what is none stays as it is.
#[derive(Clone, Debug)]
pub struct LimitChange {
    /// Whose tokens' limit; none for the shared limits of the name.
    pub client: Option<String>,
    /// The limits' name.
    pub name: String,
    /// Calls per window, or at once.
    pub allowed: Option<u32>,
    /// What of a shared limit is left free for other applications.
    pub leave: Option<Leave>,
}

/// All numbers that an operator has set, and the file they are kept in.
#[derive(Debug)]
pub struct OperatorNumbers {
    path: PathBuf,
    all: Vec<Number>,
    /// What has changed here since other nodes were last told; none where there are no others.
    untold: Option<BTreeSet<String>>,
}

impl OperatorNumbers {
    /// Reads the file beside the usage file, if there is one.
    ///
    /// # Errors
    /// It can't be read, or is no such file.
    pub fn open(usage_file: &Path) -> io::Result<Self> {
        let path = usage_file.with_extension("limits");
        let all = match fs::read(&path) {
            Ok(text) => tollgate_json::read_bytes_as(&text).map_err(io::Error::other)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let untold = None;
        Ok(Self { path, all, untold })
    }

    /// What an operator has set of the limit, whose definition allows so many: its number if that is another,
    /// and what is left free.
    pub(crate) fn of(
        &self,
        client: Option<&str>,
        name: &str,
        defined: u32,
    ) -> (Option<u32>, Option<Leave>) {
        let mut all = self.all.iter();
        let set = all.find(|number| number.is(client, name) && number.defined == defined);
        let allowed = set.map(|number| number.allowed);
        let leave = set.and_then(|number| number.leave.as_deref());
        (
            allowed.filter(|allowed| *allowed != defined),
            leave.and_then(Leave::parse),
        )
    }

    /// Takes a change over for the limits that it names, whose definitions allow so many.
    pub(crate) fn set(&mut self, change: &LimitChange, defined: BTreeSet<u32>) {
        let (client, name) = (change.client.as_deref(), change.name.as_str());
        let of_name = self.all.extract_if(.., |number| number.is(client, name));
        let of_name: Vec<_> = of_name.collect();
        let before = of_name.iter().map(|number| number.defined);
        let touched: BTreeSet<u32> = before.chain(defined.iter().copied()).collect();
        // Several integrations may have limits of one name and number.
        let changed = defined.into_iter().map(|defined| {
            let before = of_name.iter().find(|number| number.defined == defined);
            let allowed = change.allowed.or(before.map(|number| number.allowed));
            let leave = change.leave.map(|leave| leave.to_string());
            Number {
                client: change.client.clone(),
                name: change.name.clone(),
                defined,
                allowed: allowed.unwrap_or(defined),
                leave: leave.or_else(|| before?.leave.clone()),
            }
        });
        let differs = |number: &Number| number.allowed != number.defined || number.leave.is_some();
        self.all.extend(changed.filter(differs));
        for defined in touched {
            self.is_to_be_told(shared::key(client, name, defined));
        }
    }

    /// Follows an integration's name, from `old` to `new`. Whether anything had to be changed.
    pub(crate) fn rename(&mut self, old: &str, new: &str) -> bool {
        let mut renamed = Vec::new();
        for number in &mut self.all {
            let before = number.key();
            let what = number.name.strip_prefix(old);
            match &mut number.client {
                Some(client) if client == old => new.clone_into(client),
                None if what.is_some_and(|what| what.starts_with('.')) => {
                    number.name.replace_range(..old.len(), new);
                }
                _ => continue,
            }
            renamed.extend([before, number.key()]);
        }
        let is_any = !renamed.is_empty();
        renamed.into_iter().for_each(|key| self.is_to_be_told(key));
        is_any
    }

    /// Writes the file: as a whole or not at all.
    ///
    /// # Errors
    /// It can't be written.
    pub(crate) async fn keep(&self) -> io::Result<()> {
        let (path, text) = (self.path.clone(), serde_json::to_vec(&self.all)?);
        let write = move || {
            let fresh = path.with_extension("limits.new");
            let mut file = File::create(&fresh)?;
            file.write_all(&text)?;
            file.sync_data()?;
            fs::rename(&fresh, &path)
        };
        tokio::task::spawn_blocking(write)
            .await
            .unwrap_or_else(|died| Err(io::Error::other(died)))
    }
}

/// `10 in 60s`, `5 at once`.
#[must_use]
pub fn words(allowed: u32, period: Option<Duration>) -> String {
    match period {
        Some(period) => format!("{allowed} in {}", tollgate_config::show_span(period)),
        None => format!("{allowed} at once"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(of: (Option<&str>, &str), allowed: Option<u32>, leave: Option<Leave>) -> LimitChange {
        LimitChange {
            client: of.0.map(str::to_owned),
            name: of.1.to_owned(),
            allowed,
            leave,
        }
    }

    #[tokio::test]
    async fn a_number_holds_while_its_definition_says_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let usage = folder.path().join("tollgate.usage");
        let open = || OperatorNumbers::open(&usage).unwrap();
        let of = |numbers: &OperatorNumbers, client, name, defined| {
            numbers.of(client, name, defined).0.unwrap_or(defined)
        };
        let mut numbers = open();
        assert_eq!(of(&numbers, None, "Old.rate", 300), 300);
        for (limit, defined, allowed) in [
            ((None, "Old.rate"), 300, 100),
            ((Some("Old"), "token"), 50, 5),
            ((None, "Older.rate"), 300, 200),
        ] {
            numbers.set(&change(limit, Some(allowed), None), [defined].into());
        }
        assert!(numbers.rename("Old", "New"));
        numbers.keep().await.unwrap();
        let mut numbers = open();
        assert_eq!(of(&numbers, None, "New.rate", 300), 100);
        assert_eq!(
            of(&numbers, None, "New.rate", 400),
            400,
            "its own number changed"
        );
        assert_eq!(of(&numbers, None, "Old.rate", 300), 300);
        assert_eq!(of(&numbers, Some("New"), "token", 50), 5);
        assert_eq!(of(&numbers, None, "token", 50), 50);
        assert_eq!(of(&numbers, None, "Older.rate", 300), 200);
        numbers.set(&change((None, "New.rate"), Some(300), None), [300].into());
        numbers.keep().await.unwrap();
        let mut again = open();
        assert_eq!(again.all.len(), 2);
        let leave = Some(Leave::Percent(10.0));
        again.set(&change((None, "Older.rate"), None, leave), [300].into());
        again.keep().await.unwrap();
        let again = open();
        assert_eq!(of(&again, None, "Older.rate", 300), 200, "stays");
        let left = |defined| again.of(None, "Older.rate", defined).1;
        assert_eq!(left(300), leave);
        assert_eq!(left(400), None);
        fs::write(usage.with_extension("limits"), "no").unwrap();
        assert!(OperatorNumbers::open(&usage).is_err());
    }

    #[test]
    fn a_file_of_an_earlier_release_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let usage = folder.path().join("tollgate.usage");
        let text = r#"[{"client":null,"name":"all","told":60,"allowed":6,"leave":"10%"},
                       {"client":"one","name":"token","told":50,"allowed":5}]"#;
        fs::write(usage.with_extension("limits"), text).unwrap();
        let numbers = OperatorNumbers::open(&usage).unwrap();
        let all = numbers.of(None, "all", 60);
        assert_eq!(all, (Some(6), Some(Leave::Percent(10.0))));
        assert_eq!(numbers.of(Some("one"), "token", 50), (Some(5), None));
    }
}
