//! Secrets: from the environment or from a file, never from the text itself.

use super::Reading;
use tollgate_secret::Secret;
use tollgate_settings::{Placed, Section};

/// `client_secret_env` or `client_secret_file`.
pub(super) fn client_secret(section: &Section<'_, '_>, source: &Reading<'_>) -> Option<Secret> {
    if let Some(inline) = section.text("client_secret") {
        let message = "secrets are not written here; use client_secret_env or client_secret_file";
        section.reject(&inline, message.to_owned());
        return None;
    }
    let (env, file) = (
        section.text("client_secret_env"),
        section.text("client_secret_file"),
    );
    one_of(section, source, env, file, "client_secret_env")
}

/// `password_env` or `password_file`.
pub(super) fn password(section: &Section<'_, '_>, source: &Reading<'_>) -> Option<Secret> {
    if let Some(inline) = section.text("password") {
        let message = "secrets are not written here; use password_env or password_file";
        section.reject(&inline, message.to_owned());
        return None;
    }
    let (env, file) = (section.text("password_env"), section.text("password_file"));
    one_of(section, source, env, file, "password_env")
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
