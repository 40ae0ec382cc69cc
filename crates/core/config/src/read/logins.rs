//! `logins` of a `[[caller]]`, and the secrets that they take.

use super::{Reading, secrets};
use crate::{Caller, CallerLogins, ListenerTls};
use std::collections::BTreeSet;
use tollgate_secret::Secret;
use tollgate_settings::{Placed, Section};

/// How a caller may log in, by the names that the file has for it.
const OAUTH: &str = "oauth";
const BASIC: &str = "basic";
const API_KEY: &str = "api-key";
const CERTIFICATE: &str = "certificate";

/// Characters of the shortest secret of a caller, and how many of them must differ.
const SHORTEST: usize = 16;
const FEWEST: usize = 8;

/// `logins` of a caller with the secrets and names that they take; none if something is amiss.
pub(super) fn read(
    section: &Section<'_, '_>,
    source: &Reading<'_>,
    client_id: &str,
) -> Option<CallerLogins> {
    let ways = ways(section);
    let has = |way: &str| ways.contains(way);
    let strong = |fields: secrets::Fields| {
        let secret = secrets::read(section, source, fields);
        check_strength(section, secret.as_ref(), fields, client_id);
        secret
    };
    let by_secret = has(OAUTH) || has(BASIC);
    unused(
        section,
        &secrets::CLIENT_SECRET,
        by_secret,
        "oauth or basic",
    );
    unused(section, &secrets::API_KEY, has(API_KEY), API_KEY);
    unused(
        section,
        &["certificate_names"],
        has(CERTIFICATE),
        CERTIFICATE,
    );
    let secret = by_secret.then(|| strong(secrets::CLIENT_SECRET));
    let api_key = has(API_KEY).then(|| strong(secrets::API_KEY));
    let certificate_names = match has(CERTIFICATE) {
        true => certificate_names(section),
        false => BTreeSet::new(),
    };
    // What is to be there and isn't has been told of.
    let (secret, api_key) = (complete(secret)?, complete(api_key)?);
    Some(CallerLogins {
        oauth: secret.clone().filter(|_| has(OAUTH)),
        basic: secret.filter(|_| has(BASIC)),
        api_key,
        certificate_names,
    })
}

/// A secret that isn't asked for, or the one that is; none if that one can't be read.
fn complete(asked: Option<Option<Secret>>) -> Option<Option<Secret>> {
    match asked {
        None => Some(None),
        Some(read) => read.map(Some),
    }
}

fn ways(section: &Section<'_, '_>) -> BTreeSet<String> {
    let Some(written) = section.texts("logins") else {
        return [OAUTH.to_owned()].into();
    };
    let known = |text: &Placed<String>| {
        let known = [OAUTH, BASIC, API_KEY, CERTIFICATE].contains(&text.value.as_str());
        if !known {
            let message = "expected oauth, basic, api-key or certificate, found";
            section.reject(text, format!("{message} {:?}", text.value));
        }
        known
    };
    let ways: BTreeSet<_> = written
        .iter()
        .filter(|it| known(it))
        .cloned()
        .map(|it| it.value)
        .collect();
    if written.is_empty() {
        section.refuse("logins", || {
            "is empty, so the caller could never log in; leave it out, or name one".to_owned()
        });
    }
    ways
}

fn certificate_names(section: &Section<'_, '_>) -> BTreeSet<String> {
    let written = section.texts("certificate_names").unwrap_or_default();
    let names: BTreeSet<_> = written
        .into_iter()
        .map(|name| name.value)
        .filter(|name| !name.is_empty())
        .collect();
    if names.is_empty() {
        section.missing(
            "certificate_names",
            "a list of names, such as [\"flows.example.com\"]",
        );
    }
    names
}

/// Refuses fields that only ways that the caller doesn't have would read.
fn unused(section: &Section<'_, '_>, fields: &[&'static str], used: bool, way: &str) {
    for field in fields.iter().filter(|field| !used && section.has(field)) {
        section.refuse(field, || {
            format!("is not used: logins doesn't have {way}; add it there, or remove this")
        });
    }
}

/// No two callers have the same key, or the same name in a certificate: a request tells nothing else of its
/// caller.
pub(super) fn check_distinct(root: &Section<'_, '_>, callers: &[Caller]) {
    for (at, caller) in callers.iter().enumerate() {
        for other in &callers[..at] {
            let same_key = api_key(caller).is_some_and(|key| Some(key) == api_key(other));
            let names = &caller.logins.certificate_names;
            let same_name = names.intersection(&other.logins.certificate_names).next();
            let what = match (same_key, same_name) {
                (true, _) => "the same API key".to_owned(),
                (false, Some(name)) => format!("the certificate name {name:?}"),
                (false, None) => continue,
            };
            let (one, two) = (&other.client_id, &caller.client_id);
            root.refuse("caller", || {
                format!("{one:?} and {two:?} have {what}; give each its own")
            });
        }
    }
}

/// A caller's key, unless secrets are left out.
fn api_key(caller: &Caller) -> Option<&str> {
    let key = caller.logins.api_key.as_ref().map(Secret::expose);
    key.filter(|key| !key.is_empty())
}

/// Whoever logs in by a certificate needs a listener that asks for one.
pub(super) fn check_certificates<'a>(
    root: &Section<'_, '_>,
    mut listeners: impl Iterator<Item = &'a ListenerTls>,
    callers: &[Caller],
) {
    let asked = listeners.any(|tls| tls.client_authorities.is_some());
    let one = callers
        .iter()
        .find(|it| !it.logins.certificate_names.is_empty());
    if let (false, Some(caller)) = (asked, one) {
        let name = &caller.client_id;
        root.refuse("caller", || {
            format!("{name:?} logs in by a certificate, but none is asked for; add client_authorities to [server.tls]")
        });
    }
}

fn check_strength(
    section: &Section<'_, '_>,
    secret: Option<&Secret>,
    [_, env, file]: secrets::Fields,
    client_id: &str,
) {
    let given = secret.filter(|secret| !secret.expose().is_empty());
    let Some(why) = given.and_then(|secret| weak(secret, client_id)) else {
        return;
    };
    let named = [env, file].into_iter().find(|key| section.has(key));
    let named = named.and_then(|key| section.text(key));
    let place = named.unwrap_or_else(|| section.here(String::new()));
    section.reject(
        &place,
        format!("the secret is too weak: it {why}; make one by openssl rand -base64 32"),
    );
}

/// Why a caller's secret could be guessed. A rule about shape alone: it finds what was typed, not what was
/// stolen.
fn weak(secret: &Secret, client_id: &str) -> Option<&'static str> {
    let letters: Vec<char> = secret.expose().chars().collect();
    let different: BTreeSet<_> = letters.iter().collect();
    let repeats = (1..=letters.len() / 2)
        .any(|of| letters.iter().skip(of).eq(&letters[..letters.len() - of]));
    let counts = letters
        .windows(2)
        .filter(|two| u32::from(two[1]).abs_diff(u32::from(two[0])) <= 1);
    if letters.len() < SHORTEST {
        Some("has fewer than 16 characters")
    } else if different.len() < FEWEST {
        Some("has fewer than 8 different characters")
    } else if repeats {
        Some("repeats itself")
    } else if counts.count() * 2 > letters.len() {
        Some("is a row of letters or digits")
    } else if !client_id.is_empty()
        && secret.expose().replace(client_id, "").chars().count() < SHORTEST
    {
        Some("is the client id and little more")
    } else {
        None
    }
}
