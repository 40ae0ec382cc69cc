//! Whom TLS trusts, and as whom it speaks. What is given is used or refused, whole.

use crate::{Secret, SetupError};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use tollgate_certificates::{certificates, explain, key};

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
    let key = key(pem)?;
    let none = "holds no private key; append it to the certificate in the same file";
    let key = key.ok_or(none)?;
    Ok((chain, key))
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
