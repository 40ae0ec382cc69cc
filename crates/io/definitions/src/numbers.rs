//! Numbers of limits that an operator has set while the service ran, kept for the next process.
//!
//! They are this node's alone, as its quota is, so they lie in a file beside its usage file and not in the
//! store that nodes share. Such a number goes with the one that the configuration file or the integration
//! said when it was set, and holds for as long as that says the same: who changes the definition wants the
//! definition's number.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tollgate_engine::Leave;

/// One number.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Number {
    /// Whose tokens' limit; none for a shared one.
    pub(crate) client: Option<String>,
    /// The limit's name.
    pub(crate) name: String,
    /// What its definition said.
    pub(crate) told: u32,
    /// What it allows.
    pub(crate) allowed: u32,
    /// What of it is left free, as [`Leave::parse`] reads it; none if nobody has set that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) leave: Option<String>,
}

/// What an operator sets of a limit; what is none stays as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Change<'a> {
    /// Calls that it allows.
    pub allowed: Option<u32>,
    /// What of it is left free, as [`Leave::parse`] reads it.
    pub leave: Option<&'a str>,
}

/// All of them, and where they are kept.
#[derive(Debug)]
pub struct Numbers {
    path: PathBuf,
    all: Mutex<Vec<Number>>,
}

impl Numbers {
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
        Ok(Self {
            path,
            all: Mutex::new(all),
        })
    }

    /// What the limit allows, where its definition says `told`.
    pub fn of(&self, client: Option<&str>, name: &str, told: u32) -> u32 {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let set = all
            .iter()
            .find(|it| is(it, client, name) && it.told == told);
        set.map_or(told, |it| it.allowed)
    }

    /// What of the shared limit is left free, where its definition says `told` and an operator has set it.
    pub fn leave_of(&self, name: &str, told: u32) -> Option<Leave> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = all.iter();
        let set = all.find(|it| is(it, None, name) && it.told == told)?;
        set.leave.as_deref().and_then(tollgate_engine::Leave::parse)
    }

    /// Keeps the change for the limits of that name, whose definitions say these numbers now.
    ///
    /// # Errors
    /// It can't be written.
    pub fn set(
        &self,
        (client, name): (Option<&str>, &str),
        told: &[u32],
        change: Change<'_>,
    ) -> io::Result<()> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let of_name: Vec<_> = all.extract_if(.., |it| is(it, client, name)).collect();
        // Several integrations may have limits of one name and number.
        let told: BTreeSet<u32> = told.iter().copied().collect();
        let changed = told.into_iter().map(|told| {
            let before = of_name.iter().find(|it| it.told == told);
            let leave = change.leave.map(str::to_owned);
            Number {
                client: client.map(str::to_owned),
                name: name.to_owned(),
                told,
                allowed: change
                    .allowed
                    .or(before.map(|it| it.allowed))
                    .unwrap_or(told),
                leave: leave.or_else(|| before?.leave.clone()),
            }
        });
        all.extend(changed.filter(|it| it.allowed != it.told || it.leave.is_some()));
        self.write(&all)
    }

    /// Follows an integration's name, from `old` to `new`.
    ///
    /// # Errors
    /// It can't be written.
    pub fn rename(&self, old: &str, new: &str) -> io::Result<()> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let mut renamed = false;
        for it in all.iter_mut() {
            match &mut it.client {
                Some(client) if client == old => new.clone_into(client),
                None if it
                    .name
                    .strip_prefix(old)
                    .is_some_and(|what| what.starts_with('.')) =>
                {
                    it.name.replace_range(..old.len(), new);
                }
                _ => continue,
            }
            renamed = true;
        }
        if renamed { self.write(&all) } else { Ok(()) }
    }

    fn write(&self, all: &[Number]) -> io::Result<()> {
        let fresh = self.path.with_extension("limits.new");
        let mut file = File::create(&fresh)?;
        file.write_all(&serde_json::to_vec(all)?)?;
        file.sync_data()?;
        fs::rename(&fresh, &self.path)
    }
}

/// `10 in 60s`, `5 at once`.
pub fn words(allowed: u32, period: Option<Duration>) -> String {
    match period {
        Some(period) => format!("{allowed} in {}", tollgate_config::show_span(period)),
        None => format!("{allowed} at once"),
    }
}

fn is(it: &Number, client: Option<&str>, name: &str) -> bool {
    it.client.as_deref() == client && it.name == name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_holds_while_its_definition_says_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let usage = folder.path().join("tollgate.usage");
        let numbers = Numbers::open(&usage).unwrap();
        assert_eq!(numbers.of(None, "Old.rate", 300), 300);
        let allowed = |allowed| Change {
            allowed: Some(allowed),
            leave: None,
        };
        let set = |of, told, change| numbers.set(of, &[told], change).unwrap();
        set((None, "Old.rate"), 300, allowed(100));
        set((Some("Old"), "token"), 50, allowed(5));
        set((None, "Older.rate"), 300, allowed(200));
        numbers.rename("Old", "New").unwrap();
        let numbers = Numbers::open(&usage).unwrap();
        let of = |client, name, told| numbers.of(client, name, told);
        assert_eq!(of(None, "New.rate", 300), 100);
        assert_eq!(of(None, "New.rate", 400), 400, "its own number changed");
        assert_eq!(of(None, "Old.rate", 300), 300);
        assert_eq!(of(Some("New"), "token", 50), 5);
        assert_eq!(of(None, "token", 50), 50);
        assert_eq!(of(None, "Older.rate", 300), 200);
        numbers
            .set((None, "New.rate"), &[300], allowed(300))
            .unwrap();
        let again = Numbers::open(&usage).unwrap();
        assert_eq!(again.all.lock().unwrap().len(), 2);
        let leave = Change {
            allowed: None,
            leave: Some("10 %"),
        };
        again.set((None, "Older.rate"), &[300], leave).unwrap();
        let again = Numbers::open(&usage).unwrap();
        assert_eq!(again.of(None, "Older.rate", 300), 200, "stays");
        let left = |told| again.leave_of("Older.rate", told);
        assert_eq!(left(300), Some(Leave::Percent(10.0)));
        assert_eq!(left(400), None);
        fs::write(usage.with_extension("limits"), "no").unwrap();
        assert!(Numbers::open(&usage).is_err());
    }
}
