//! Schemes and ports.

use crate::refused::BadRule;
use std::str::FromStr;

/// A scheme a call may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    /// Encrypted.
    Https,
    /// Not.
    Http,
}

impl Scheme {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
        }
    }

    /// The port that a URL of this scheme means if it names none.
    #[must_use]
    pub fn port(self) -> u16 {
        match self {
            Self::Https => 443,
            Self::Http => 80,
        }
    }
}

impl FromStr for Scheme {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Self, BadRule> {
        match text {
            "https" => Ok(Self::Https),
            "http" => Ok(Self::Http),
            _ => Err(BadRule::new("scheme", text, "is neither https nor http")),
        }
    }
}

/// Ports in a row: `8443`, `8000-8999`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ports {
    first: u16,
    last: u16,
}

impl Ports {
    pub(crate) fn contain(self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }
}

impl FromStr for Ports {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Self, BadRule> {
        let bad = || {
            BadRule::new(
                "port",
                text,
                "is neither a port (8443) nor a range (8000-8999)",
            )
        };
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let number = |text: &str| text.parse().ok().filter(|n| *n != 0).ok_or_else(bad);
        let (first, last) = (number(first)?, number(last)?);
        if first > last {
            return Err(bad());
        }
        Ok(Self { first, last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_schemes_that_cannot_be_say_why() {
        for text in ["", "0", "65536", "9-8", "a", "1-2-3"] {
            assert!(text.parse::<Ports>().is_err(), "{text}");
        }
        assert!("ftp".parse::<Scheme>().is_err());
    }
}
