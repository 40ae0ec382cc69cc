//! The ring of sealing keys.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use tollgate_secret::Secret;
use zeroize::Zeroizing;

const KEY: usize = 32;
/// Keys in a ring. Two are usual, while one takes over from the other.
const KEYS: usize = 16;

/// Names a key of the ring; written beside every value it sealed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct KeyId(String);

impl KeyId {
    /// The key's name as a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name that the store itself wrote.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
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

impl KeyError {
    fn new(line: Option<usize>, why: impl Into<String>) -> Self {
        Self {
            line,
            why: why.into(),
        }
    }
}

/// Sealing keys: the first seals, all of them open. Its text is lines of `id:base64 of 32 bytes`;
/// empty lines and those that start with `#` don't count.
#[derive(Clone)]
pub struct KeyRing {
    keys: Vec<(KeyId, Zeroizing<[u8; KEY]>)>,
    active: KeyId,
}

impl KeyRing {
    /// Reads a ring.
    ///
    /// # Errors
    /// No key, more than sixteen, a name given twice, or a line that is no key.
    pub fn parse(text: &Secret) -> Result<Self, KeyError> {
        let mut keys: Vec<(KeyId, Zeroizing<[u8; KEY]>)> = Vec::new();
        for (index, line) in text.expose().lines().enumerate() {
            let line_number = Some(index + 1);
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (id, key) = key(line).map_err(|why| KeyError::new(line_number, why))?;
            if keys.iter().any(|(known, _)| *known == id) {
                return Err(KeyError::new(
                    line_number,
                    format!("the key {id} is there twice"),
                ));
            }
            if keys.len() == KEYS {
                return Err(KeyError::new(
                    line_number,
                    "a ring holds at most 16 keys; rotate, then remove old ones",
                ));
            }
            keys.push((id, key));
        }
        match keys.first() {
            Some((id, _)) => Ok(Self {
                active: id.clone(),
                keys,
            }),
            None => Err(KeyError::new(
                None,
                "holds no key; write one as id:base64 of 32 random bytes",
            )),
        }
    }

    /// A line with a fresh random key, for a new ring or the head of an old one.
    ///
    /// # Errors
    /// A name that no key can have, or a system without random bytes.
    pub fn generate_line(id: &str) -> Result<Secret, KeyError> {
        let id = key_id(id).map_err(|why| KeyError::new(None, why))?;
        let mut bytes = Zeroizing::new([0_u8; KEY]);
        getrandom::fill(&mut bytes[..])
            .map_err(|e| KeyError::new(None, format!("no random bytes: {e}")))?;
        let encoded = Zeroizing::new(STANDARD.encode(&bytes[..]));
        Ok(Secret::new(format!("{id}:{}", *encoded)))
    }

    /// The key that seals.
    #[must_use]
    pub fn active(&self) -> &KeyId {
        &self.active
    }

    /// The keys' names, the active one first.
    pub fn ids(&self) -> impl Iterator<Item = &KeyId> {
        self.keys.iter().map(|(id, _)| id)
    }

    pub(crate) fn bytes(&self, id: &KeyId) -> Option<&[u8]> {
        self.keys
            .iter()
            .find(|(known, _)| known == id)
            .map(|(_, key)| &key[..])
    }
}

fn key(line: &str) -> Result<(KeyId, Zeroizing<[u8; KEY]>), &'static str> {
    let (id, encoded) = line
        .split_once(':')
        .ok_or("a line is id:base64 of 32 bytes")?;
    let id = key_id(id)?;
    let bytes = STANDARD.decode(encoded.trim()).map(Zeroizing::new);
    let bytes = bytes.map_err(|_| "the key is no base64")?;
    let bytes: [u8; KEY] = bytes
        .as_slice()
        .try_into()
        .map_err(|_| "the key must have 32 bytes")?;
    Ok((id, Zeroizing::new(bytes)))
}

fn key_id(id: &str) -> Result<KeyId, &'static str> {
    let id = id.trim();
    let fits = (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if fits {
        Ok(KeyId(id.to_owned()))
    } else {
        Err("a key's name is 1 to 64 of A-Z a-z 0-9 - _ .")
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<KeyRing, KeyError> {
        KeyRing::parse(&Secret::new(text.into()))
    }

    #[test]
    fn the_first_is_active_and_debug_shows_names_only() {
        let (new, old) = (
            KeyRing::generate_line("new").unwrap(),
            KeyRing::generate_line("old").unwrap(),
        );
        let ring = parse(&format!("# ring\n\n{}\n {}\n", new.expose(), old.expose())).unwrap();
        assert_eq!(ring.active().as_str(), "new");
        assert_eq!(format!("{ring:?}"), r#"[KeyId("new"), KeyId("old")]"#);
    }

    #[test]
    fn errors_name_the_line_and_show_no_key() {
        let good = KeyRing::generate_line("a").unwrap();
        for (text, line, part) in [
            ("", None, "no key"),
            ("a", Some(1), "id:base64"),
            ("#\na:AAAA", Some(2), "32 bytes"),
            ("a b:AAAA", Some(1), "name"),
            ("a:!!!!", Some(1), "no base64"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.line, line, "{text}");
            assert!(error.why.contains(part), "{error}");
        }
        let twice = format!("{0}\n{0}", good.expose());
        let error = parse(&twice).unwrap_err().to_string();
        assert!(
            error.contains("line 2") && !error.contains(good.expose()),
            "{error}"
        );
    }
}
