//! Which headers carry secrets.

use tollgate_driver::{Redactor, Secret};

/// Words in the names of headers that carry secrets.
const SENSITIVE: [&str; 9] = [
    "auth",
    "key",
    "token",
    "secret",
    "pass",
    "cookie",
    "sign",
    "session",
    "credential",
];

/// Whether a header of this name carries a secret.
pub(crate) fn is_sensitive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SENSITIVE.iter().any(|word| name.contains(word))
}

/// Strikes what went out in headers that carry secrets, whatever a template made of the credentials.
pub(crate) fn redactor<'a>(headers: impl Iterator<Item = (&'a str, &'a str)>) -> Redactor {
    let headers = headers.filter(|(name, _)| is_sensitive(name));
    let values: Vec<_> = headers
        .flat_map(|(_, value)| {
            let behind_scheme = value.split_once(' ').map_or("", |(_, rest)| rest);
            [value, behind_scheme].map(|text| Secret::new(text.to_owned()))
        })
        .collect();
    Redactor::new([], &values)
}
