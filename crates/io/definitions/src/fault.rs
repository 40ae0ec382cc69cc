//! What is wrong with the configuration and the files that it names.

use std::fmt;
use tollgate_config::Config;

/// Something that can't be used as it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The file it is in.
    pub file: String,
    /// The line and the column in it, counted from 1; none where the message gives them, or concerns all of the
    /// file.
    pub place: Option<(usize, usize)>,
    /// The path of the field; empty where the message gives it.
    pub field: String,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Fault {
    /// A fault of a field of the configuration.
    #[must_use]
    pub fn of(config: &Config, field: &str, message: String) -> Self {
        let place = config.places.of(field);
        Self {
            file: config.file.clone(),
            place: Some((place.line, place.column)),
            field: place.field,
            message,
        }
    }

    /// A fault of another file.
    pub(crate) fn in_file(file: impl fmt::Display, message: String) -> Self {
        Self {
            file: file.to_string(),
            place: None,
            field: String::new(),
            message,
        }
    }
}

/// `file:line:column: field: message`, as compilers and editors have it.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        if !self.field.is_empty() {
            write!(f, ": {}", self.field)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// All faults that were found; never empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.0.iter().map(Fault::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Faults {}
