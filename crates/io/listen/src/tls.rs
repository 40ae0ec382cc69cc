//! TLS towards callers.
//!
//! A [`Tls`] has the settings of new connections, and can be given others while it serves: connections that are
//! there keep theirs. TLS 1.2 and 1.3 are spoken, and HTTP/2 before HTTP/1.1. Where there are authorities of
//! callers, each is asked for a certificate. One that no such authority vouches for ends the handshake, and so
//! does having none where one is required.

use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use tokio_rustls::TlsAcceptor;
use tollgate_certificates::{certificates, explain, key};

/// What TLS takes, as PEM texts.
#[derive(Clone, Copy)]
pub struct Pem<'a> {
    /// Our certificate, and those that lead from it to an authority.
    pub certificate: &'a [u8],
    /// The private key of the certificate.
    pub key: &'a [u8],
    /// The authorities of callers' certificates; without them callers aren't asked for any.
    pub client_authorities: Option<&'a [u8]>,
    /// Whether a caller without a certificate is turned away.
    pub require_client_certificate: bool,
}

/// Why TLS can't be spoken, by the text that is at fault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TlsError {
    /// The certificate.
    Certificate(String),
    /// The key.
    Key(String),
    /// The authorities of callers.
    ClientAuthorities(String),
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, why) = match self {
            Self::Certificate(why) => ("certificate", why),
            Self::Key(why) => ("key", why),
            Self::ClientAuthorities(why) => ("client authorities", why),
        };
        write!(f, "the {what}: {why}")
    }
}

impl std::error::Error for TlsError {}

/// The settings of TLS; what it is cloned to has the same, whatever they are later.
#[derive(Clone)]
pub struct Tls(Arc<RwLock<Arc<ServerConfig>>>);

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

impl Tls {
    /// Settings of these texts.
    ///
    /// # Errors
    /// One of them can't be used.
    pub fn new(pem: Pem<'_>) -> Result<Self, TlsError> {
        Ok(Self(Arc::new(RwLock::new(Arc::new(settings(pem)?)))))
    }

    /// Other texts for the connections that come from now on.
    ///
    /// # Errors
    /// One of them can't be used; what was used before still is.
    pub fn replace(&self, pem: Pem<'_>) -> Result<(), TlsError> {
        let settings = Arc::new(settings(pem)?);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = settings;
        Ok(())
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let settings = self.0.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&settings))
    }
}

fn settings(pem: Pem<'_>) -> Result<ServerConfig, TlsError> {
    let chain = certificates(pem.certificate).map_err(TlsError::Certificate)?;
    let key = key(pem.key).map_err(TlsError::Key)?;
    let key = key.ok_or_else(|| TlsError::Key("holds no private key".to_owned()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::Certificate(error.to_string()))?;
    let builder = match pem.client_authorities {
        None => builder.with_no_client_auth(),
        Some(authorities) => {
            let mut roots = RootCertStore::empty();
            for root in certificates(authorities).map_err(TlsError::ClientAuthorities)? {
                let added = roots.add(root);
                added.map_err(|error| TlsError::ClientAuthorities(error.to_string()))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            let verifier = match pem.require_client_certificate {
                true => verifier,
                false => verifier.allow_unauthenticated(),
            };
            let verifier = verifier.build();
            let verifier =
                verifier.map_err(|error| TlsError::ClientAuthorities(error.to_string()))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let built = builder.with_single_cert(chain, key);
    let mut settings = built.map_err(|error| TlsError::Key(explain(&error)))?;
    settings.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(settings)
}
