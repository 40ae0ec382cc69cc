//! Certificates as PEM texts: what is in one, whose it is, and when it ends.
//!
//! What is given is used or refused, whole: a text with one certificate that can't be read is none, and a key
//! that isn't the certificate's is found when it is configured and not by the first connection.
//!
//! *Doesn't decide* whom TLS trusts and as whom it speaks: the driver does towards upstreams, the listener
//! towards callers. Towards databases there is nothing to choose ([`verifying_client`]).

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use x509_cert::Certificate;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, Tag, Tagged};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// The attribute of a subject that is its common name (X.520).
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// The certificates of a PEM text, of which there is at least one.
///
/// # Errors
/// What is wrong with it.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let read = read.map_err(|error| bad_pem(&error))?;
    if read.is_empty() {
        return Err("holds no PEM certificate".to_owned());
    }
    for (index, certificate) in read.iter().enumerate() {
        Certificate::from_der(certificate)
            .map_err(|error| format!("certificate {}: {error}", index + 1))?;
    }
    Ok(read)
}

/// TLS of a client that trusts these authorities alone, or else the public ones, and shows no certificate.
///
/// # Errors
/// What is wrong with the authorities' PEM text.
pub fn verifying_client(authorities_pem: Option<&[u8]>) -> Result<rustls::ClientConfig, String> {
    let mut roots = rustls::RootCertStore::empty();
    match authorities_pem {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(pem) => {
            for root in certificates(pem)? {
                roots.add(root).map_err(|error| explain(&error))?;
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| explain(&error))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// The private key of a PEM text; none if it holds no key.
///
/// # Errors
/// What is wrong with the key.
pub fn key(pem: &[u8]) -> Result<Option<PrivateKeyDer<'static>>, String> {
    match PrivateKeyDer::from_pem_slice(pem) {
        Ok(key) => Ok(Some(key)),
        Err(pem::Error::NoItemsFound) => Ok(None),
        Err(error) => Err(bad_pem(&error)),
    }
}

/// What is wrong with a PEM text. None of it shows what stands between its markers.
fn bad_pem(error: &pem::Error) -> String {
    match error {
        pem::Error::MissingSectionEnd { end_marker } => {
            let marker = String::from_utf8_lossy(end_marker);
            let section = marker.trim().trim_matches('-').trim_start_matches("END ");
            format!("ends before its -----END {section}-----: a part of the file is missing")
        }
        pem::Error::IllegalSectionStart { .. } => {
            "has a line that begins like -----BEGIN …----- and doesn't end so".to_owned()
        }
        pem::Error::Base64Decode(_) => {
            "is not Base64 between its -----BEGIN and -----END".to_owned()
        }
        error => format!("is not PEM: {error}"),
    }
}

/// Whether a certificate with those that lead from it to an authority can be used with this private key.
///
/// # Errors
/// What is wrong with one of the texts, or that the key is another certificate's.
pub fn check_pair(chain_pem: &[u8], key_pem: &[u8]) -> Result<(), String> {
    let chain = certificates(chain_pem)?;
    let key = key(key_pem)?.ok_or("holds no private key")?;
    let provider = rustls::crypto::ring::default_provider();
    let pair = CertifiedKey::from_der(chain, key, &provider);
    pair.map(drop).map_err(|error| explain(&error))
}

/// Why a certificate and its key can't be used, in words.
#[must_use]
pub fn explain(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InconsistentKeys(_) => {
            "the private key is not the first certificate's".to_owned()
        }
        error => error.to_string(),
    }
}

/// What a handshake at `now`, or within `ahead` of it, will fail over, though the text can be used: certificates
/// that have expired or soon will, or aren't valid yet. Texts that can't be read have none.
#[must_use]
pub fn warnings(pem: &[u8], now: SystemTime, ahead: Duration) -> Vec<String> {
    let Ok(certificates) = certificates(pem) else {
        return Vec::new();
    };
    let warning = |(index, der): (usize, &CertificateDer<'_>)| {
        let validity = Certificate::from_der(der).ok()?.tbs_certificate.validity;
        let (number, end) = (index + 1, validity.not_after);
        if end.to_system_time() < now {
            Some(format!("certificate {number} expired at {end}"))
        } else if validity.not_before.to_system_time() > now {
            let begin = validity.not_before;
            Some(format!("certificate {number} isn't valid before {begin}"))
        } else if end.to_system_time() < now + ahead {
            Some(format!("certificate {number} expires at {end}; renew it"))
        } else {
            None
        }
    };
    certificates
        .iter()
        .enumerate()
        .filter_map(warning)
        .collect()
}

/// The names that a certificate vouches for: its subject's common names, and its alternative names that are
/// texts (DNS names, addresses of mail, URIs). One that can't be read has none.
#[must_use]
pub fn names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok(certificate) = Certificate::from_der(certificate) else {
        return Vec::new();
    };
    let subject = &certificate.tbs_certificate.subject.0;
    let attributes = subject.iter().flat_map(|part| part.0.iter());
    let common = attributes.filter_map(|attribute| {
        let value = &attribute.value;
        let is_text = matches!(
            value.tag(),
            Tag::Utf8String | Tag::PrintableString | Tag::Ia5String
        );
        let text = std::str::from_utf8(value.value()).ok()?;
        (attribute.oid == COMMON_NAME && is_text).then(|| text.to_owned())
    });
    let alternative = certificate.tbs_certificate.get::<SubjectAltName>();
    let alternative = alternative.ok().flatten().map(|(_, names)| names.0);
    let alternative = alternative
        .into_iter()
        .flatten()
        .filter_map(|name| match name {
            GeneralName::DnsName(name)
            | GeneralName::Rfc822Name(name)
            | GeneralName::UniformResourceIdentifier(name) => Some(name.to_string()),
            _ => None,
        });
    common
        .chain(alternative)
        .filter(|name| !name.is_empty())
        .collect()
}
