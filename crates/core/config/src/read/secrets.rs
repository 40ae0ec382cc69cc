//! Secrets: from the environment or from a file, never from the text itself.

use super::Reading;
use tollgate_secret::Secret;
use tollgate_settings::{Placed, Section};

/// The fields of one secret: as it must not be written, with a variable's name, and with a file's.
pub(super) type Fields = [&'static str; 3];

pub(super) const CLIENT_SECRET: Fields =
    ["client_secret", "client_secret_env", "client_secret_file"];
pub(super) const PASSWORD: Fields = ["password", "password_env", "password_file"];
pub(super) const PROXY_PASSWORD: Fields = [
    "proxy_password",
    "proxy_password_env",
    "proxy_password_file",
];
pub(super) const SECRET: Fields = ["secret", "secret_env", "secret_file"];
/// Of a text that may hold a secret, and may be written: see [`url`].
const URL: Fields = ["url", "url_env", "url_file"];
pub(super) const API_KEY: Fields = ["api_key", "api_key_env", "api_key_file"];

/// The secret of these fields, which has to be there.
pub(super) fn read(
    section: &Section<'_, '_>,
    source: &Reading<'_>,
    [plain, env, file]: Fields,
) -> Option<Secret> {
    if let Some(inline) = section.text(plain) {
        let message = format!("secrets are not written here; use {env} or {file}");
        section.reject(&inline, message);
        return None;
    }
    one_of(section, source, section.text(env), section.text(file), env)
}

/// A text that may hold a secret, or the environment variable that has it.
pub(super) fn plain_or_env(
    section: &Section<'_, '_>,
    source: &Reading<'_>,
    plain: &'static str,
    env: &'static str,
    example: &str,
) -> Option<Secret> {
    match (section.text(plain), section.text(env)) {
        (Some(text), None) => Some(Secret::new(text.value)),
        (None, Some(name)) => from_env(section, source, &name),
        (Some(_), Some(name)) => {
            section.reject(
                &name,
                format!("expected either this or {plain}, found both"),
            );
            None
        }
        (None, None) => {
            section.missing(plain, example);
            None
        }
    }
}

/// A URL that may hold a secret: written here, in an environment variable or in a file.
pub(super) fn url(
    section: &Section<'_, '_>,
    source: &Reading<'_>,
    example: &str,
) -> Option<Secret> {
    let [plain, env, file] = URL;
    match (section.text(plain), section.text(env), section.text(file)) {
        (Some(text), None, None) => Some(Secret::new(text.value)),
        (None, None, None) => {
            section.missing(plain, example);
            None
        }
        (None, env_name, path) => one_of(section, source, env_name, path, env),
        (Some(_), Some(other), _) | (Some(_), None, Some(other)) => {
            let message = format!("expected either this or {plain}, found both");
            section.reject(&other, message);
            None
        }
    }
}

/// `{ env = "NAME" }` or `{ file = "path" }`.
pub(super) fn credential(section: &Section<'_, '_>, source: &Reading<'_>) -> Option<Secret> {
    let (env, file) = (section.text("env"), section.text("file"));
    one_of(section, source, env, file, "env")
}

fn one_of(
    section: &Section<'_, '_>,
    source: &Reading<'_>,
    env: Option<Placed<String>>,
    file: Option<Placed<String>>,
    first: &str,
) -> Option<Secret> {
    match (env, file) {
        (Some(env), None) => from_env(section, source, &env),
        (None, Some(file)) => from_file(section, source, &file),
        (Some(_), Some(file)) => {
            section.reject(
                &file,
                format!("expected either this or {first}, found both"),
            );
            None
        }
        (None, None) => {
            section.missing(
                first,
                "\"NAME\" of an environment variable (or the same with file)",
            );
            None
        }
    }
}

fn from_env(
    section: &Section<'_, '_>,
    source: &Reading<'_>,
    name: &Placed<String>,
) -> Option<Secret> {
    let found = (source.env)(&name.value).filter(|secret| !secret.is_empty());
    let found = found.or_else(|| source.without_secrets.then(String::new));
    if found.is_none() {
        section.reject(
            name,
            format!(
                "the environment variable {} is not set or empty; set it",
                name.value
            ),
        );
    }
    found.map(Secret::new)
}

fn from_file(
    section: &Section<'_, '_>,
    source: &Reading<'_>,
    path: &Placed<String>,
) -> Option<Secret> {
    match source.secret(path, |files, path| files.secret(path)) {
        Ok(text) if source.without_secrets || !text.expose().trim().is_empty() => {
            Some(Secret::new(text.expose().trim().to_owned()))
        }
        Ok(_) => {
            section.reject(
                path,
                format!("expected a file with a secret; {:?} is empty", path.value),
            );
            None
        }
        Err(error) => {
            section.reject(path, format!("expected a file with a secret; {error}"));
            None
        }
    }
}
