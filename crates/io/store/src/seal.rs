//! Secrets sealed at rest.

use std::fmt;

/// Names a key of the ring; written beside every value it sealed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct KeyId(pub(crate) String);

impl KeyId {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What one step of a rotation did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rotation {
    /// Values sealed anew.
    pub resealed: u64,
    /// Values still under an older key.
    pub left: u64,
}

/// How much a key still seals.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyUse {
    /// The key.
    pub key: KeyId,
    /// Values it seals.
    pub values: u64,
    /// Whether the ring has it.
    pub known: bool,
}

/// Why a key ring can't be used. Never shows any of it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("key ring{}: {why}", line.map(|l| format!(", line {l}")).unwrap_or_default())]
pub struct KeyError {
    /// The line, from 1.
    pub line: Option<usize>,
    /// What is wrong, and what to do.
    pub why: String,
}
