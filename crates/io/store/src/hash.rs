//! Secrets of callers: never kept, only recognised.
//!
//! A client's secret is kept as argon2id (19 MiB, two passes, one lane, a salt of 16 bytes), in the usual
//! `$argon2id$…` text. Hashing runs on blocking threads, [`limits::HASHES_AT_ONCE`] at a time, and the
//! memory goes back to the system after each. Whoever would wait longer than [`limits::WAIT`], or as one
//! of too many, is told so. A pair of secret and hash that fitted is recognised by a keyed hash from then
//! on, so that logins that are right go on while others guess.
//!
//! An access token is 256 random bits, so a plain SHA-256 of it is as good as any hash, and quick.

use crate::error::{Invalid, StoreError, StoreResult};
use crate::limits;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;
use tollgate_secret::Secret;
use zeroize::Zeroizing;

const SALT: usize = 16;
const HASH: usize = 32;
/// Pairs that are remembered.
const FITTED: usize = 10_000;
/// Blocks of 1 KiB that are asked of the allocator at once. From 32 MiB on glibc maps such a piece by itself
/// and gives it back to the system when it is freed; what isn't touched takes no memory.
const PIECE: usize = 33 * 1024;
/// A secret of tollgate's own making has 43 characters; longer ones are refused unread.
const SECRET_BYTES: usize = 256;

/// 256 random bits as URL-safe base64, for a secret that is handed out.
///
/// # Errors
/// `Invalid` where the operating system has no random bytes to give.
pub fn random_secret() -> StoreResult<Secret> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    fill(&mut bytes[..])?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(&bytes[..])))
}

/// The SHA-256 of an access token, by which the store recognises it.
pub(crate) fn token_hash(token: &Secret) -> Vec<u8> {
    Sha256::digest(token.expose().as_bytes()).to_vec()
}

/// The place where secrets are hashed.
pub(crate) struct Hasher {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// Hash of a secret nobody has: what an unknown client's secret is checked against.
    nobody: String,
    /// Pairs of secret and hash that fitted, as hashes of both under a key of this process's own.
    fitted: Mutex<HashSet<[u8; HASH]>>,
    key: Zeroizing<[u8; HASH]>,
}

impl Hasher {
    pub(crate) fn new() -> StoreResult<Self> {
        let mut key = Zeroizing::new([0_u8; HASH]);
        fill(&mut key[..])?;
        Ok(Self {
            fitted: Mutex::default(),
            key,
            running: Arc::new(Semaphore::new(limits::HASHES_AT_ONCE)),
            waiting: Arc::new(Semaphore::new(limits::HASHES_WAITING)),
            nobody: hash(&random_secret()?)?,
        })
    }

    /// Hashes a secret.
    pub(crate) async fn hash(&self, secret: Secret) -> StoreResult<String> {
        self.run(move || hash(&secret)).await?
    }

    /// Whether `stored` is the hash of `secret`; without one, as slowly, no.
    pub(crate) async fn verify(&self, secret: Secret, stored: Option<String>) -> StoreResult<bool> {
        if secret.expose().len() > SECRET_BYTES {
            return Ok(false);
        }
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.clone());
        let pair = self.pair(&secret, &stored);
        if known && self.lock().contains(&pair) {
            return Ok(true);
        }
        let fits = self.run(move || verify(&secret, &stored)).await?? && known;
        if fits {
            let mut fitted = self.lock();
            if fitted.len() >= FITTED {
                fitted.clear();
            }
            fitted.insert(pair);
        }
        Ok(fits)
    }

    /// What is remembered of a secret that fitted a hash. Another hash is another pair, so what is replaced
    /// is forgotten by itself.
    fn pair(&self, secret: &Secret, stored: &str) -> [u8; HASH] {
        let inner = Sha256::digest(secret.expose().as_bytes());
        let mut digest = Sha256::new();
        digest.update(&self.key[..]);
        digest.update(inner);
        digest.update(stored.as_bytes());
        digest.finalize().into()
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<[u8; HASH]>> {
        // A set is whole between two operations on it.
        self.fitted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> StoreResult<T> {
        let busy = || StoreError::Busy {
            what: "a place to check a secret",
        };
        let _waiting = self.waiting.try_acquire().map_err(|_| busy())?;
        let place = tokio::time::timeout(limits::WAIT, self.running.clone().acquire_owned());
        let place = place.await.map_err(|_| busy())?.map_err(|_| busy())?;
        // The place goes with the job: it is taken until the hash is done, whoever still waits for it.
        let task = tokio::task::spawn_blocking(move || {
            let _place = place;
            job()
        });
        task.await.map_err(|_| busy())
    }
}

fn hash(secret: &Secret) -> StoreResult<String> {
    let mut salt = [0_u8; SALT];
    fill(&mut salt)?;
    let (m, t, p) = (
        Params::DEFAULT_M_COST,
        Params::DEFAULT_T_COST,
        Params::DEFAULT_P_COST,
    );
    let hash = derive(secret, &salt, m, t, p)?;
    let (salt, hash) = (
        STANDARD_NO_PAD.encode(salt),
        STANDARD_NO_PAD.encode(&hash[..]),
    );
    Ok(format!("$argon2id$v=19$m={m},t={t},p={p}${salt}${hash}"))
}

fn verify(secret: &Secret, stored: &str) -> StoreResult<bool> {
    let stored = Stored::parse(stored).ok_or_else(|| StoreError::Corrupt {
        table: "client",
        why: "a secret's hash can't be read".into(),
    })?;
    let hash = derive(secret, &stored.salt, stored.m, stored.t, stored.p)?;
    Ok(bool::from(hash[..].ct_eq(&stored.hash)))
}

fn derive(
    secret: &Secret,
    salt: &[u8],
    m: u32,
    t: u32,
    p: u32,
) -> StoreResult<Zeroizing<[u8; HASH]>> {
    let bad = |e: argon2::Error| Invalid::new("secret", format!("can't be hashed: {e}"));
    let params = Params::new(m, t, p, Some(HASH)).map_err(bad)?;
    let mut hash = Zeroizing::new([0_u8; HASH]);
    let mut memory: Vec<Block> = Vec::with_capacity(PIECE.max(params.block_count()));
    memory.resize(params.block_count(), Block::new());
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(
            secret.expose().as_bytes(),
            salt,
            &mut hash[..],
            &mut memory[..],
        )
        .map_err(bad)?;
    Ok(hash)
}

/// A hash as it is kept: memory in KiB, passes, lanes, salt and hash.
struct Stored {
    m: u32,
    t: u32,
    p: u32,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Stored {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("$argon2id$v=19$m=")?.split('$');
        let (m, costs) = parts.next()?.split_once(",t=")?;
        let (t, p) = costs.split_once(",p=")?;
        Some(Self {
            m: m.parse().ok()?,
            t: t.parse().ok()?,
            p: p.parse().ok()?,
            salt: STANDARD_NO_PAD.decode(parts.next()?).ok()?,
            hash: STANDARD_NO_PAD.decode(parts.next()?).ok()?,
        })
    }
}

fn fill(bytes: &mut [u8]) -> StoreResult<()> {
    getrandom::fill(bytes)
        .map_err(|e| Invalid::new("secret", format!("can't be made: no random bytes: {e}")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_secret_is_recognised_and_no_other() {
        let hasher = Hasher::new().unwrap();
        let secret = random_secret().unwrap();
        let stored = hasher.hash(secret.clone()).await.unwrap();
        assert!(
            stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{stored}"
        );
        assert!(
            hasher
                .verify(secret.clone(), Some(stored.clone()))
                .await
                .unwrap()
        );
        assert!(
            !hasher
                .verify(random_secret().unwrap(), Some(stored))
                .await
                .unwrap()
        );
        assert!(!hasher.verify(secret, None).await.unwrap());
    }

    #[test]
    fn what_another_implementation_wrote_is_read() {
        // From the test vectors of the reference implementation (t=2, m=65536, p=1).
        let stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert!(verify(&Secret::new("password".into()), stored).unwrap());
    }
}
