//! Whom TLS trusts, and as whom it speaks.
//!
//! What is given is used or refused, whole: a file with one certificate that can't be read is no file,
//! and a key that isn't the certificate's is found here and not by the first call.

use crate::{Secret, SetupError};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use std::time::SystemTime;
use x509_cert::der::Decode;

/// Settings that trust the public authorities and these, and speak with this certificate.
pub(crate) fn settings(
    roots_pem: &[Vec<u8>],
    identity_pem: Option<&[u8]>,
) -> Result<ClientConfig, SetupError> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    for (index, pem) in roots_pem.iter().enumerate() {
        for root in certificates(pem).map_err(|reason| SetupError::Root { index, reason })? {
            let added = roots.add(root);
            added.map_err(|error| SetupError::Root {
                index,
                reason: error.to_string(),
            })?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| SetupError::Tls(error.to_string()))?
        .with_root_certificates(roots);
    let mut settings = match identity_pem {
        None => builder.with_no_client_auth(),
        Some(pem) => {
            let (chain, key) = identity(pem).map_err(SetupError::Identity)?;
            let built = builder.with_client_auth_cert(chain, key);
            built.map_err(|error| SetupError::Identity(explain(&error)))?
        }
    };
    settings.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(settings)
}

/// Certificates and the private key, as they lie in one PEM text.
fn identity(pem: &[u8]) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), String> {
    let chain = certificates(pem)?;
    let key = PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        rustls::pki_types::pem::Error::NoItemsFound => {
            "holds no private key; append it to the certificate in the same file".to_owned()
        }
        error => format!("its private key can't be read: {error}"),
    })?;
    Ok((chain, key))
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let read = read.map_err(|error| format!("is not PEM: {error}"))?;
    if read.is_empty() {
        return Err("holds no PEM certificate".to_owned());
    }
    for (index, certificate) in read.iter().enumerate() {
        x509_cert::Certificate::from_der(certificate)
            .map_err(|error| format!("certificate {}: {error}", index + 1))?;
    }
    Ok(read)
}

fn explain(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InconsistentKeys(_) => {
            "the private key is not the first certificate's".to_owned()
        }
        error => error.to_string(),
    }
}

/// Whether certificate authorities can be used: a PEM text of one or more certificates.
///
/// # Errors
/// What is wrong with it.
pub fn check_roots(pem: &[u8]) -> Result<(), String> {
    match settings(&[pem.to_vec()], None) {
        Err(SetupError::Root { reason, .. }) => Err(reason),
        checked => checked.map(drop).map_err(|error| error.to_string()),
    }
}

/// Whether a client certificate can be used: a PEM text of its chain and its private key.
///
/// # Errors
/// What is wrong with it.
pub fn check_identity(pem: &Secret) -> Result<(), String> {
    match settings(&[], Some(pem.expose().as_bytes())) {
        Err(SetupError::Identity(reason)) => Err(reason),
        checked => checked.map(drop).map_err(|error| error.to_string()),
    }
}

/// What a handshake at `now` will fail over, though the text can be used: certificates that have
/// expired, or aren't valid yet. Texts that can't be read have none.
#[must_use]
pub fn certificate_warnings(pem: &[u8], now: SystemTime) -> Vec<String> {
    let Ok(certificates) = certificates(pem) else {
        return Vec::new();
    };
    let validity = |der: &CertificateDer<'_>| {
        let certificate = x509_cert::Certificate::from_der(der).ok()?;
        Some(certificate.tbs_certificate.validity)
    };
    let mut warnings = Vec::new();
    for (index, certificate) in certificates.iter().enumerate() {
        let Some(validity) = validity(certificate) else {
            continue;
        };
        let number = index + 1;
        if validity.not_after.to_system_time() < now {
            let end = validity.not_after;
            warnings.push(format!("certificate {number} expired at {end}"));
        } else if validity.not_before.to_system_time() > now {
            let begin = validity.not_before;
            warnings.push(format!("certificate {number} isn't valid before {begin}"));
        }
    }
    warnings
}
