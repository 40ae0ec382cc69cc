//! What the log says, and how it is written.

use std::fmt;
use std::str::FromStr;

/// How the log of the service is written: `[log]`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LogConfig {
    /// As lines for people, or as JSON.
    pub format: LogFormat,
    /// What is written.
    pub level: LogLevels,
}

/// How a line of the log looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LogFormat {
    /// Time, level, where it comes from, words and fields; in colours on a terminal.
    #[default]
    Text,
    /// A JSON object.
    Json,
}

/// Which lines are written: a level, and levels of parts of the program, such as `info,tollgate_driver=debug`.
///
/// A part that isn't named has the level without a name; without one, `error`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogLevels(String);

impl LogLevels {
    /// The levels there are, from the one that writes nothing on.
    pub const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    /// Bytes of the longest text that is taken.
    const LONGEST: usize = 1024;

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a text is a level.
    #[must_use]
    pub fn is_level(text: &str) -> bool {
        Self::LEVELS
            .iter()
            .any(|level| text.eq_ignore_ascii_case(level))
    }
}

impl Default for LogLevels {
    fn default() -> Self {
        Self("info".to_owned())
    }
}

/// A text that says no levels.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadLogLevels(String);

impl fmt::Display for BadLogLevels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = &self.0;
        write!(
            f,
            "expected a level (off, error, warn, info, debug, trace) or, for a part of the program, \
             tollgate_driver=debug; several with commas between; found {found:?}"
        )
    }
}

impl std::error::Error for BadLogLevels {}

impl FromStr for LogLevels {
    type Err = BadLogLevels;

    fn from_str(text: &str) -> Result<Self, BadLogLevels> {
        let is_part = |name: &str| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_:-".contains(&byte);
            !name.is_empty() && name.bytes().all(fits)
        };
        let bad = |part: &str| BadLogLevels(part.chars().take(64).collect());
        if text.len() > Self::LONGEST {
            return Err(bad(text));
        }
        for part in text.split(',').map(str::trim) {
            let is_good = match part.split_once('=') {
                None => Self::is_level(part),
                Some((name, level)) => is_part(name) && Self::is_level(level),
            };
            if !is_good {
                return Err(bad(part));
            }
        }
        let parts: Vec<_> = text.split(',').map(str::trim).collect();
        Ok(Self(parts.join(",")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_words_with_or_without_a_part_of_the_program() {
        for good in [
            "info",
            "WARN",
            "off",
            "info,tollgate_driver=debug",
            "warn,calls=debug",
            "tollgate_driver::pump=trace",
        ] {
            assert_eq!(good.parse::<LogLevels>().unwrap().as_str(), good);
        }
        assert_eq!(
            "info, calls=off".parse::<LogLevels>().unwrap().as_str(),
            "info,calls=off"
        );
        for bad in [
            "",
            "inof",
            "info,",
            "tollgate=loud",
            "=info",
            "a b=info",
            "[call]=info",
        ] {
            assert!(bad.parse::<LogLevels>().is_err(), "{bad:?}");
        }
        assert!("info,".repeat(300).parse::<LogLevels>().is_err());
    }
}
