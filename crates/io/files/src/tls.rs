//! The files that a listener's TLS takes, which may be replaced while the service runs.

use crate::secret;
use std::path::Path;
use std::time::{Duration, SystemTime};
use tollgate_certificates::{certificates, check_pair, warnings};
use tollgate_config::{FileSecret, ListenerTls};
use tollgate_secret::Secret;

/// How long before its end a certificate is warned of.
const AHEAD: Duration = Duration::from_secs(14 * 86_400);

/// What a listener's TLS takes, as PEM texts. Equal if all texts are.
#[derive(Clone, Debug)]
pub struct TlsTexts {
    /// The certificate, and those that lead from it to an authority.
    pub certificate: Vec<u8>,
    /// Its private key.
    pub key: Secret,
    /// The authorities of callers' certificates.
    pub client_authorities: Option<Vec<u8>>,
}

impl PartialEq for TlsTexts {
    fn eq(&self, other: &Self) -> bool {
        self.certificate == other.certificate
            && self.key.expose() == other.key.expose()
            && self.client_authorities == other.client_authorities
    }
}

impl TlsTexts {
    /// What can be used and won't be for long: certificates that end within 14 days, that have ended, or that
    /// aren't valid yet. `table`: the one that names the files.
    #[must_use]
    pub fn warnings(&self, table: &str, now: SystemTime) -> Vec<String> {
        let of = |whose: &'static str, pem: &[u8]| {
            let found = warnings(pem, now, AHEAD).into_iter();
            found.map(move |warning| format!("[{table}] {whose}: {warning}"))
        };
        let authorities = self.client_authorities.iter();
        of("certificate", &self.certificate)
            .chain(authorities.flat_map(|pem| of("client_authorities", pem)))
            .collect()
    }
}

/// Reads the files that a listener's TLS takes.
///
/// # Errors
/// In words, with the file: one can't be read, or TLS can't use it. None shows any of the key.
pub fn tls_texts(tls: &ListenerTls) -> Result<TlsTexts, String> {
    let certificate = chain(&tls.certificate)?;
    let key = key(&tls.key, &certificate)?;
    let key = key.ok_or_else(|| format!("{}: there is no such file", tls.key.display()))?;
    let authorities = tls.client_authorities.as_deref();
    Ok(TlsTexts {
        certificate,
        key: key.secret,
        client_authorities: authorities.map(chain).transpose()?,
    })
}

/// The PEM text of certificates.
pub(crate) fn chain(path: &Path) -> Result<Vec<u8>, String> {
    let named = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let pem = std::fs::read(path).map_err(|error| named(&error))?;
    certificates(&pem).map_err(|why| named(&why))?;
    Ok(pem)
}

/// The PEM text of the private key of a certificate.
pub(crate) fn key(path: &Path, chain: &[u8]) -> Result<Option<FileSecret>, String> {
    let found = secret::read(path)?;
    if let Some(found) = &found {
        let pair = check_pair(chain, found.secret.expose().as_bytes());
        pair.map_err(|why| format!("{}: {why}", path.display()))?;
    }
    Ok(found)
}
