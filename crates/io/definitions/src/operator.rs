//! Numbers of limits that an operator has set while the service ran, kept for the next process.
//!
//! They lie in a file beside the node's usage file. Nodes that share limits share these numbers too ([`shared`]): what is
//! set at one is taken over by all, and each keeps it in its file. Such a number goes with the one that the configuration
//! file or the integration said when it was set, and holds for as long as that says the same: who changes the definition
//! wants the definition's number. A name is no part of that ([`Of`]): numbers of a stored integration's limits go by its
//! id, so that a rename moves none.

mod of;
mod shared;

pub(crate) use of::Of;

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
    /// The limits that it is of.
    #[serde(flatten)]
    of: Of,
    /// What their definition allowed when the number was set.
    #[serde(rename = "told")]
    defined: u32,
    /// What they allow.
    allowed: u32,
    /// What of them is left free, as [`Leave::parse`] reads it; none if nobody has set that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    leave: Option<String>,
}

impl Number {
    fn is(&self, of: &Of, defined: u32) -> bool {
        self.of == *of && self.defined == defined
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
    pub(crate) fn of(&self, of: &Of, defined: u32) -> (Option<u32>, Option<Leave>) {
        let set = self.all.iter().find(|number| number.is(of, defined));
        let allowed = set.map(|number| number.allowed);
        let leave = set.and_then(|number| number.leave.as_deref());
        (
            allowed.filter(|allowed| *allowed != defined),
            leave.and_then(Leave::parse),
        )
    }

    /// Takes a change over for the limits that it names, whose definitions allow so many.
    ///
    /// What was set of an earlier definition of theirs is dropped, but not where there are other nodes: it may be what one
    /// of them has.
    pub(crate) fn set(&mut self, change: &LimitChange, named: BTreeSet<(Of, u32)>) {
        if self.untold.is_none() {
            let is_defined = |it: &Number| named.contains(&(it.of.clone(), it.defined));
            let is_named = |it: &Number| named.iter().any(|(of, _)| *of == it.of);
            self.all.retain(|it| is_defined(it) || !is_named(it));
        }
        for (of, defined) in named {
            let place = self.all.iter().position(|it| it.is(&of, defined));
            let before = place.map(|place| self.all.swap_remove(place));
            self.is_to_be_told(&of, defined);
            let (allowed, leave) = before.map_or((defined, None), |it| (it.allowed, it.leave));
            let number = Number {
                of,
                defined,
                allowed: change.allowed.unwrap_or(allowed),
                leave: change.leave.map(|leave| leave.to_string()).or(leave),
            };
            let differs = number.allowed != number.defined || number.leave.is_some();
            self.all.extend(differs.then_some(number));
        }
    }

    /// What was set of limits by their name, as earlier versions did, is of those that `of` says. Whether there was any.
    pub(crate) fn adopt(&mut self, by_name: &Of, of: &Of) -> bool {
        let named: Vec<_> = self.all.extract_if(.., |it| it.of == *by_name).collect();
        for number in &named {
            self.is_to_be_told(by_name, number.defined);
            if !self.all.iter().any(|it| it.is(of, number.defined)) {
                self.is_to_be_told(of, number.defined);
                self.all.push(Number {
                    of: of.clone(),
                    ..number.clone()
                });
            }
        }
        !named.is_empty()
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

    fn change(allowed: Option<u32>, leave: Option<Leave>) -> LimitChange {
        LimitChange {
            client: None,
            name: "by which it was found".to_owned(),
            allowed,
            leave,
        }
    }

    #[tokio::test]
    async fn a_number_holds_while_its_definition_says_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let usage = folder.path().join("tollgate.usage");
        let open = || OperatorNumbers::open(&usage).unwrap();
        let (rate, token) = (Of::stored("id", "rate"), Of::named(Some("pool"), "token"));
        let all = Of::named(None, "all");
        let of = |numbers: &OperatorNumbers, of: &Of, defined| numbers.of(of, defined).0;
        let mut numbers = open();
        assert_eq!(of(&numbers, &rate, 300), None);
        for (limit, defined, allowed) in [(&rate, 300, 100), (&token, 50, 5), (&all, 300, 200)] {
            let named = [(limit.clone(), defined)];
            numbers.set(&change(Some(allowed), None), named.into());
        }
        numbers.keep().await.unwrap();
        let mut numbers = open();
        assert_eq!(of(&numbers, &rate, 300), Some(100));
        assert_eq!(
            of(&numbers, &rate, 400),
            None,
            "its definition's number changed"
        );
        assert_eq!(of(&numbers, &Of::named(None, "rate"), 300), None);
        assert_eq!(of(&numbers, &token, 50), Some(5));
        assert_eq!(of(&numbers, &Of::named(None, "token"), 50), None);
        assert_eq!(of(&numbers, &all, 300), Some(200));
        // What an earlier definition had is forgotten.
        numbers.set(&change(Some(40), None), [(rate.clone(), 400)].into());
        assert_eq!(of(&numbers, &rate, 300), None);
        numbers.set(&change(Some(400), None), [(rate.clone(), 400)].into());
        numbers.keep().await.unwrap();
        let mut again = open();
        assert_eq!(again.all.len(), 2);
        let leave = Some(Leave::Percent(10.0));
        again.set(&change(None, leave), [(all.clone(), 300)].into());
        again.keep().await.unwrap();
        let again = open();
        assert_eq!(of(&again, &all, 300), Some(200), "stays");
        assert_eq!(again.of(&all, 300).1, leave);
        assert_eq!(again.of(&all, 400).1, None);
        fs::write(usage.with_extension("limits"), "no").unwrap();
        assert!(OperatorNumbers::open(&usage).is_err());
    }

    #[test]
    fn what_an_earlier_version_kept_by_name_is_read_and_adopted() {
        let folder = tempfile::tempdir().unwrap();
        let usage = folder.path().join("tollgate.usage");
        let text = r#"[{"client":null,"name":"Orders.rate","told":60,"allowed":6,"leave":"10%"},
                       {"client":null,"name":"Orders.rate","told":80,"allowed":8},
                       {"client":"one","name":"token","told":50,"allowed":5}]"#;
        fs::write(usage.with_extension("limits"), text).unwrap();
        let mut numbers = OperatorNumbers::open(&usage).unwrap();
        let by_name = Of::named(None, "Orders.rate");
        let set = (Some(6), Some(Leave::Percent(10.0)));
        assert_eq!(numbers.of(&by_name, 60), set);
        let token = Of::named(Some("one"), "token");
        assert_eq!(numbers.of(&token, 50), (Some(5), None));

        let rate = Of::stored("id", "rate");
        numbers.set(&change(Some(7), None), [(rate.clone(), 80)].into());
        assert!(numbers.adopt(&by_name, &rate));
        assert_eq!(numbers.of(&by_name, 60), (None, None));
        assert_eq!(numbers.of(&rate, 60), set);
        assert_eq!(numbers.of(&rate, 80).0, Some(7), "a newer one stays");
        assert!(!numbers.adopt(&by_name, &rate));
    }

    #[test]
    fn only_what_is_changed_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut numbers = OperatorNumbers::open(&folder.path().join("usage")).unwrap();
        let all = Of::named(None, "all");
        numbers.share();
        // Another node's definition allows 400.
        let theirs = numbers.take_over(r#"[null,"all",400]"#, Some(r#"{"allowed":40}"#));
        assert_eq!(theirs.unwrap(), Some((all.clone(), 400)));
        numbers.set(&change(Some(30), None), [(all.clone(), 300)].into());
        let told = numbers.untold();
        let text = Some(r#"{"allowed":30}"#.to_owned());
        assert_eq!(told, [(r#"[null,"all",300]"#.to_owned(), text)]);
        assert_eq!(numbers.of(&all, 400).0, Some(40), "is the other node's");
    }
}
