//! `trusted_roots` and `client_certificate`: what TLS could not use is refused here, not by the first
//! call.

use super::Reading;
use tollgate_driver::{Secret, check_identity, check_roots};
use tollgate_settings::{Placed, Section};

/// Certificate authorities, each file's PEM text.
pub(super) fn trusted_roots(section: &Section<'_, '_>, source: &Reading<'_>) -> Vec<Vec<u8>> {
    let mut roots = Vec::new();
    for file in section.texts("trusted_roots").unwrap_or_default() {
        let pem = read(section, source, &file, "a readable PEM file");
        if let Some(pem) = pem
            && usable(section, &file, check_roots(&pem))
        {
            roots.push(pem);
        }
    }
    roots
}

/// Our certificate and its key, as PEM text.
pub(super) fn client_certificate(
    section: &Section<'_, '_>,
    source: &Reading<'_>,
) -> Option<Secret> {
    let file = section.text("client_certificate")?;
    let what = "a readable PEM file with certificate and key";
    let refused = |why| section.reject(&file, format!("expected {what}; {why}"));
    let pem = source.secret(&file).map_err(refused).ok()?;
    usable(section, &file, check_identity(&pem)).then_some(pem)
}

fn read(
    section: &Section<'_, '_>,
    source: &Reading<'_>,
    file: &Placed<String>,
    expected: &str,
) -> Option<Vec<u8>> {
    let path = source.uses(file);
    let read = std::fs::read(path);
    let failed = |error| {
        let name = &file.value;
        section.reject(file, format!("expected {expected}; {name:?}: {error}"));
    };
    read.map_err(failed).ok()
}

fn usable(section: &Section<'_, '_>, file: &Placed<String>, checked: Result<(), String>) -> bool {
    let refused = |reason| section.reject(file, format!("{:?}: {reason}", file.value));
    checked.map_err(refused).is_ok()
}
