//! Texts that are no value.

use super::FORMAT;
use std::fmt;
use tollgate_json::Fault;

/// Why a text is no value.
#[derive(Debug)]
pub enum ValueError {
    /// It is no JSON, or of another shape.
    Fault(Fault),
    /// Another version has written it.
    Format(u32),
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(fault) => write!(f, "the cluster's value can't be read: {fault}"),
            Self::Format(format) => write!(
                f,
                "the cluster's value has form {format}, and this version reads form {FORMAT}: run the same version on \
                 all nodes"
            ),
        }
    }
}

impl std::error::Error for ValueError {}
