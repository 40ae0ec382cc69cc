//! Two texts beside each other: which entries of which tables have come, gone or become others, and which fields beside
//! them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use toml::{Table, Value};

/// Tables whose entries come and go while the service runs, what a list of them is called, and the field that tells one
/// from the others.
const LIVE_LISTS: [(&str, &str, &str); 8] = [
    ("limit", "limits", "name"),
    ("client", "clients", "name"),
    ("integration", "integrations", "name"),
    ("gateway", "gateways", "integration"),
    ("flow", "flows", "name"),
    ("caller", "callers", "client_id"),
    ("cache", "caches", "action"),
    ("composite", "composites", "name"),
];

/// Whether the field belongs to an entry of such a list, as `client[2].client_secret_file` does.
pub(super) fn is_of_live_list(field: &str) -> bool {
    let list = field.split_once('[').map(|(list, _)| list);
    LIVE_LISTS.iter().any(|(known, ..)| Some(*known) == list)
}

/// A configuration's text as tables. Its `Debug` shows none of it, for it may have passwords.
#[derive(Clone, Default)]
pub struct Document(Table);

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Document")
    }
}

impl Document {
    /// The tables of a text; none of one that isn't TOML.
    pub(crate) fn of(text: &str) -> Self {
        Self(toml::from_str(text).unwrap_or_default())
    }

    /// The path of the entry of this name in a list, such as `limit[2]`; of the list if there is none.
    pub(super) fn entry(&self, list: &str, name: &str) -> String {
        let key = LIVE_LISTS.iter().find(|(it, ..)| *it == list);
        let is_it = |(entry, _): &(&Table, String)| {
            let named = key.and_then(|(.., key)| entry.get(*key)?.as_str());
            named == Some(name)
        };
        let found = self.entries(list).find(is_it);
        found.map_or(list.to_owned(), |(_, path)| path)
    }

    fn entries(&self, list: &str) -> impl Iterator<Item = (&Table, String)> {
        let entries = self.0.get(list).and_then(Value::as_array);
        let entries = entries.into_iter().flatten().filter_map(Value::as_table);
        let list = list.to_owned();
        let numbered = entries.enumerate();
        numbered.map(move |(index, entry)| (entry, format!("{list}[{}]", index + 1)))
    }

    /// The entries of a list by their names; of several with one name, all of them in their order.
    fn by_name(&self, list: &str, key: &str) -> BTreeMap<String, Vec<&Table>> {
        let mut named: BTreeMap<String, Vec<&Table>> = BTreeMap::new();
        for (entry, _) in self.entries(list) {
            let name = entry.get(key).and_then(Value::as_str).unwrap_or_default();
            named.entry(name.to_owned()).or_default().push(entry);
        }
        named
    }
}

/// What of one kind has come, gone or become another.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Changed {
    /// The names of those that have come.
    pub added: BTreeSet<String>,
    /// The names of those that have become others.
    pub changed: BTreeSet<String>,
    /// The names of those that have gone.
    pub removed: BTreeSet<String>,
}

impl Changed {
    /// What is different between two pictures of one kind, each by name.
    pub fn between<T: PartialEq>(
        before: &BTreeMap<String, T>,
        after: &BTreeMap<String, T>,
    ) -> Self {
        let mut found = Self::default();
        for (name, is) in after {
            match before.get(name) {
                None => drop(found.added.insert(name.clone())),
                Some(was) if was != is => drop(found.changed.insert(name.clone())),
                Some(_) => {}
            }
        }
        let gone = before.keys().filter(|name| !after.contains_key(*name));
        found.removed = gone.cloned().collect();
        found
    }

    /// Whether nothing is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

/// `+1 ~2 -1`, with what there is of it.
impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            ('+', self.added.len()),
            ('~', self.changed.len()),
            ('-', self.removed.len()),
        ];
        let counts = counts.iter().filter(|(_, count)| *count > 0);
        let words: Vec<_> = counts
            .map(|(sign, count)| format!("{sign}{count}"))
            .collect();
        f.write_str(&words.join(" "))
    }
}

/// What is different between two configurations.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Changes {
    /// By kind; kinds of which nothing is different aren't there.
    pub kinds: BTreeMap<&'static str, Changed>,
    /// Fields outside of the lists whose entries have names, by their paths.
    pub fields: BTreeSet<String>,
}

impl Changes {
    /// What is different between two texts.
    pub(super) fn between(before: &Document, after: &Document) -> Self {
        let mut found = Self::default();
        for (list, kind, key) in LIVE_LISTS {
            let (was, is) = (before.by_name(list, key), after.by_name(list, key));
            found.add(kind, Changed::between(&was, &is));
        }
        let mut fields = BTreeMap::new();
        for (side, document) in [before, after].into_iter().enumerate() {
            for (name, value) in &document.0 {
                if !LIVE_LISTS.iter().any(|(list, ..)| list == name) {
                    flatten(name, value, &mut |path, value| {
                        let both: &mut [Option<&Value>; 2] = fields.entry(path).or_default();
                        both[side] = Some(value);
                    });
                }
            }
        }
        let differ = fields.into_iter().filter(|(_, [was, is])| was != is);
        found.fields = differ.map(|(path, _)| path).collect();
        found
    }

    /// Notes what is different of a kind, if anything is.
    pub fn add(&mut self, kind: &'static str, changed: Changed) {
        if !changed.is_empty() {
            self.kinds.insert(kind, changed);
        }
    }

    /// Whether nothing is different.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty() && self.fields.is_empty()
    }
}

/// `limits +1 ~2 -1, callers ~1, server.max_tokens`; `nothing` where nothing is different.
impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = self.kinds.iter().map(|(kind, it)| format!("{kind} {it}"));
        let words: Vec<_> = kinds.chain(self.fields.iter().cloned()).collect();
        f.write_str(if words.is_empty() { "nothing" } else { "" })?;
        f.write_str(&words.join(", "))
    }
}

/// Tells each field of a value with its path.
fn flatten<'a>(path: &str, value: &'a Value, tell: &mut impl FnMut(String, &'a Value)) {
    match value {
        Value::Table(table) if !table.is_empty() => {
            for (name, value) in table {
                flatten(&format!("{path}.{name}"), value, tell);
            }
        }
        Value::Array(entries) if entries.iter().any(Value::is_table) => {
            for (index, value) in entries.iter().enumerate() {
                flatten(&format!("{path}[{}]", index + 1), value, tell);
            }
        }
        _ => tell(path.to_owned(), value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_told_by_their_names_and_other_fields_by_their_paths() {
        let before = "presets = [\"a\"]\n[server]\nlisten = \"x\"\n[[limit]]\nname = \"a\"\nallowed = 1\n\
                      [[limit]]\nname = \"b\"\nallowed = 1\n[[caller]]\nclient_id = \"one\"\n";
        let after = "[server]\nlisten = \"y\"\ncors = { origins = [\"z\"] }\n[[limit]]\nname = \"b\"\nallowed = 2\n\
                     [[limit]]\nname = \"c\"\nallowed = 1\n[[caller]]\nclient_id = \"one\"\n";
        let (before, after) = (Document::of(before), Document::of(after));
        let changes = Changes::between(&before, &after);
        assert_eq!(
            changes.to_string(),
            "limits +1 ~1 -1, presets, server.cors.origins, server.listen"
        );
        assert_eq!(after.entry("limit", "c"), "limit[2]");
        assert_eq!(after.entry("limit", "a"), "limit");
        let none = Changes::between(&after, &after);
        assert!(none.is_empty());
        assert_eq!(none.to_string(), "nothing");
    }
}
