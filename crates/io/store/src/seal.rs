//! Secrets sealed at rest.
//!
//! A value is sealed with XChaCha20-Poly1305 under the ring's active key and a random nonce of 192
//! bits. Bound to it are the kind and id of what it belongs to, the field's name and the key's id: a
//! sealed value moved to another place, or given another key's name, doesn't open.

mod ring;

pub use ring::{KeyError, KeyId, KeyRing};

use crate::error::{StoreError, StoreResult};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use tollgate_secret::Secret;
use zeroize::Zeroizing;

const FORMAT: u8 = 1;
const NONCE: usize = 24;

/// What one step of a rotation did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rotation {
    /// How many values were sealed anew under the active key.
    pub resealed: u64,
    /// How many values are still under an older key.
    pub left: u64,
}

/// How much a key still seals.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyUse {
    /// The key's name.
    pub key: KeyId,
    /// How many values the key seals.
    pub values: u64,
    /// Whether the ring has the key.
    pub known: bool,
}

/// The field that a sealed value belongs to: a value opens in the field that it was sealed in and in no other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SealedField<'a> {
    /// The kind of thing that has the field.
    pub(crate) entity: &'a str,
    /// The id of the thing.
    pub(crate) id: &'a str,
    /// The name of the field.
    pub(crate) field: &'a str,
}

impl SealedField<'_> {
    /// The bytes that a sealed value is bound to: each part with its length, so that no two fields give the same.
    fn bound(&self, key: &KeyId) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        for part in [self.entity, self.id, self.field, key.as_str()] {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes
    }

    fn error(&self, why: impl Into<String>) -> StoreError {
        StoreError::Unsealable {
            what: format!("{} {} {}", self.entity, self.id, self.field),
            why: why.into(),
        }
    }
}

impl KeyRing {
    /// Seals under the active key: format, nonce, ciphertext.
    pub(crate) fn seal(&self, place: SealedField<'_>, secret: &Secret) -> StoreResult<Vec<u8>> {
        self.seal_with(self.active(), place, secret)
    }

    pub(crate) fn seal_with(
        &self,
        key: &KeyId,
        place: SealedField<'_>,
        secret: &Secret,
    ) -> StoreResult<Vec<u8>> {
        let mut nonce = [0_u8; NONCE];
        getrandom::fill(&mut nonce).map_err(|e| place.error(format!("no random bytes: {e}")))?;
        let payload = Payload {
            msg: secret.expose().as_bytes(),
            aad: &place.bound(key),
        };
        let sealed = self
            .cipher(key, place)?
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| place.error("it is too long"))?;
        Ok([&[FORMAT][..], &nonce, &sealed].concat())
    }

    /// Opens what was sealed under that key.
    pub(crate) fn open(
        &self,
        key: &KeyId,
        place: SealedField<'_>,
        sealed: &[u8],
    ) -> StoreResult<Secret> {
        let damaged = || place.error("it is damaged, was moved, or belongs to another key");
        let Some((&FORMAT, rest)) = sealed.split_first() else {
            return Err(damaged());
        };
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or_else(damaged)?;
        let payload = Payload {
            msg: sealed,
            aad: &place.bound(key),
        };
        let opened = self
            .cipher(key, place)?
            .decrypt(&XNonce::from(*nonce), payload);
        let opened = Zeroizing::new(opened.map_err(|_| damaged())?);
        let text = std::str::from_utf8(&opened).map_err(|_| damaged())?;
        Ok(Secret::new(text.to_owned()))
    }

    fn cipher(&self, key: &KeyId, place: SealedField<'_>) -> StoreResult<XChaCha20Poly1305> {
        let bytes = self
            .bytes(key)
            .ok_or_else(|| place.error(format!("the ring has no key {key}")))?;
        XChaCha20Poly1305::new_from_slice(bytes)
            .map_err(|_| place.error("the key has a wrong length"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: SealedField<'static> = SealedField {
        entity: "credential",
        id: "1",
        field: "password",
    };

    fn ring() -> KeyRing {
        KeyRing::parse(&KeyRing::generate_line("k1").unwrap()).unwrap()
    }

    #[test]
    fn opens_where_it_was_sealed_and_nowhere_else() {
        let ring = ring();
        let key = ring.active().clone();
        let sealed = ring.seal(HERE, &Secret::new("hunter2".into())).unwrap();
        assert_eq!(ring.open(&key, HERE, &sealed).unwrap().expose(), "hunter2");
        for moved in [
            SealedField {
                entity: "client",
                ..HERE
            },
            SealedField { id: "2", ..HERE },
            SealedField {
                field: "user",
                ..HERE
            },
            // The same bytes, cut at another point.
            SealedField {
                id: "1password",
                field: "",
                ..HERE
            },
        ] {
            assert!(ring.open(&key, moved, &sealed).is_err(), "{moved:?}");
        }
    }

    #[test]
    fn every_changed_bit_and_every_cut_is_noticed() {
        let ring = ring();
        let key = ring.active().clone();
        let sealed = ring.seal(HERE, &Secret::new("x".into())).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(ring.open(&key, HERE, &changed).is_err(), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(
                ring.open(&key, HERE, &sealed[..length]).is_err(),
                "length {length}"
            );
        }
    }

    #[test]
    fn the_same_text_never_looks_the_same() {
        let ring = ring();
        let secret = Secret::new("hunter2".into());
        assert_ne!(
            ring.seal(HERE, &secret).unwrap(),
            ring.seal(HERE, &secret).unwrap()
        );
    }

    #[test]
    fn another_key_of_the_same_name_does_not_open() {
        let (one, two) = (ring(), ring());
        let sealed = one.seal(HERE, &Secret::new("hunter2".into())).unwrap();
        let error = two
            .open(one.active(), HERE, &sealed)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("another key") && !error.contains("hunter2"),
            "{error}"
        );
    }
}
