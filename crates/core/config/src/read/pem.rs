//! `trusted_roots` and `client_certificate`: what TLS could not use is refused here, not by the first
//! call.

use super::Reading;
use tollgate_secret::Secret;
use tollgate_settings::Section;

/// Certificate authorities, each file's PEM text.
pub(super) fn trusted_roots(section: &Section<'_, '_>, source: &Reading<'_>) -> Vec<Vec<u8>> {
    let mut roots = Vec::new();
    for file in section.texts("trusted_roots").unwrap_or_default() {
        match source.files.roots(&source.uses(&file)) {
            Ok(pem) => roots.push(pem),
            Err(why) => section.reject(&file, format!("expected a readable PEM file; {why}")),
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
    let found = source.secret(&file, |files, path| files.identity(path));
    let found = found.map_err(refused).ok()?;
    (!found.expose().is_empty()).then_some(found)
}
