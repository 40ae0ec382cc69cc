//! What the fields of credentials are to calls: a header, and texts that no answer may show.

use std::collections::BTreeMap;
use tollgate_driver::{Redactor, Secret};

/// Fields of credentials that others may know: they are struck from errors, and not from outputs.
const PUBLIC_FIELDS: [&str; 5] = ["userName", "clientId", "loginUrl", "userEmail", "baseUrl"];

/// Strikes the values of these credential fields.
pub(crate) fn redactor_of(fields: &BTreeMap<String, Secret>) -> Redactor {
    let is_public = |name: &str| PUBLIC_FIELDS.contains(&name);
    let of = |public| {
        let fields = fields.iter();
        let fields = fields.filter(move |(name, _)| is_public(name) == public);
        fields.map(|(_, secret)| secret)
    };
    Redactor::new(of(false), of(true))
}

/// `Authorization` of the Basic credentials in these fields.
pub(crate) fn basic_of(fields: &BTreeMap<String, Secret>) -> Secret {
    use base64::Engine as _;
    let part = |name| fields.get(name).map_or("", Secret::expose);
    let pair = Secret::new(format!("{}:{}", part("userName"), part("password")));
    let encoded = base64::engine::general_purpose::STANDARD.encode(pair.expose());
    Secret::new(format!("Basic {encoded}"))
}
