//! `tls` of a listener: what TLS could not use is refused here, not by the first caller.

use super::Reading;
use crate::ListenerTls;
use std::path::PathBuf;
use tollgate_settings::{Placed, Section};

/// The table `tls` in that of a listener.
pub(super) fn read(listener: &Section<'_, '_>, source: &Reading<'_>) -> Option<ListenerTls> {
    let section = listener.section("tls")?;
    let needed = |key| section.needed(key, "\"PATH\" of a PEM file");
    let (certificate, key) = (needed("certificate"), needed("key"));
    let authorities = section.text("client_authorities");
    let require = section.flag("require_client_certificate").unwrap_or(false);
    if require && authorities.is_none() {
        section.refuse("require_client_certificate", || {
            "takes client_authorities: whose certificates are good".to_owned()
        });
    }
    let chain = certificate
        .as_ref()
        .and_then(|file| chain(&section, source, file));
    if let (Some(file), Some(chain)) = (&key, &chain)
        && let Err(why) = source.secret(file, |files, path| files.key(path, chain))
    {
        let what = "a readable PEM file with the private key of the certificate";
        section.reject(file, format!("expected {what}; {why}"));
    }
    if let Some(file) = &authorities
        && let Err(why) = source.files.roots(&source.uses(file))
    {
        section.reject(file, format!("expected a readable PEM file; {why}"));
    }
    let path = |written: Placed<String>| -> PathBuf { source.folder.join(written.value) };
    let tls = ListenerTls {
        table: section.here(()).field,
        certificate: path(certificate?),
        key: path(key?),
        client_authorities: authorities.map(path),
        require_client_certificate: require,
    };
    section.finish();
    Some(tls)
}

fn chain(
    section: &Section<'_, '_>,
    source: &Reading<'_>,
    file: &Placed<String>,
) -> Option<Vec<u8>> {
    let read = source.files.chain(&source.uses(file));
    let refused = |why| section.reject(file, format!("expected a readable PEM file; {why}"));
    read.map_err(refused).ok()
}
