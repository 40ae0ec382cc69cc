//! Pages of other origins: whose scripts a browser lets call the service.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// What browsers are told of pages of other origins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cors {
    /// The origins whose pages may call; one at the least.
    pub origins: Vec<PageOrigin>,
    /// How long a browser may remember that.
    pub max_age: Duration,
}

/// An origin as browsers write it, or every one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PageOrigin {
    /// `*`: pages of any origin. No credentials that a browser adds by itself are ever asked for, so they may.
    Any,
    /// `https://app.example`, or with a port that isn't its scheme's own.
    Page(String),
}

/// Why a text is no origin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadOrigin(String);

impl fmt::Display for BadOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wanted = "expected \"*\", or an origin as browsers write it, such as \"https://app.example\" or \
                      \"http://localhost:3000\"";
        write!(f, "{wanted}; found {:?}", self.0)
    }
}

impl std::error::Error for BadOrigin {}

impl FromStr for PageOrigin {
    type Err = BadOrigin;

    /// Browsers compare origins as texts, so one that no browser writes is refused: with capitals, a path, or the port
    /// that its scheme has anyway.
    fn from_str(text: &str) -> Result<Self, BadOrigin> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let written = || {
            let (scheme, rest) = text.split_once("://")?;
            let (host, port) = match rest
                .rsplit_once(':')
                .filter(|(_, port)| !port.ends_with(']'))
            {
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            };
            let usual = match scheme {
                "http" => "80",
                "https" => "443",
                _ => "",
            };
            let of_scheme =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c);
            let of_host = |c: char| of_scheme(c) || "[]:_".contains(c);
            let is_port = |port: &str| {
                port != usual
                    && port
                        .parse::<u16>()
                        .is_ok_and(|number| number.to_string() == port)
            };
            let good = !scheme.is_empty()
                && scheme.chars().all(of_scheme)
                && !host.is_empty()
                && host.chars().all(of_host)
                && port.is_none_or(is_port);
            good.then(|| Self::Page(text.to_owned()))
        };
        written().ok_or_else(|| BadOrigin(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_those_that_browsers_write() {
        assert_eq!("*".parse(), Ok(PageOrigin::Any));
        for good in [
            "https://app.example",
            "http://localhost:3000",
            "http://[::1]:8080",
            "http://[::1]",
            "chrome-extension://abcdefgh",
            "https://app.example:8443",
        ] {
            assert_eq!(good.parse(), Ok(PageOrigin::Page(good.to_owned())));
        }
        for bad in [
            "",
            "null",
            "app.example",
            "https://",
            "https://app.example/",
            "https://app.example/page",
            "https://App.example",
            "https://app.example:443",
            "http://app.example:080",
            "https://*.example",
            "https://app.example:x",
        ] {
            assert!(bad.parse::<PageOrigin>().is_err(), "{bad}");
        }
    }
}
