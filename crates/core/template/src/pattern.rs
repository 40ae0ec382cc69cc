//! Java's regular expressions, counted by a rendering's meter.

use crate::bounds::Meter;
use tollgate_pattern::{Error, Flags};

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern(tollgate_pattern::Pattern);

fn said(error: Error) -> String {
    error.to_string()
}

/// Compiles a pattern.
pub(crate) fn compile(text: &str, meter: &mut Meter) -> Result<Pattern, String> {
    let compiled = tollgate_pattern::Pattern::compile(text, Flags::default(), meter.whole()?);
    compiled.map(Pattern).map_err(|error| match error {
        Error::Malformed { message, at } => {
            let shown: String = text.chars().take(40).collect();
            format!("the pattern `{shown}` is malformed: {message} near index {at}")
        }
        other => said(other),
    })
}

impl Pattern {
    /// Whether the whole text matches.
    pub(crate) fn matches(&self, text: &str, meter: &mut Meter) -> Result<bool, String> {
        self.0.matches(text, meter.whole()?).map_err(said)
    }

    /// Whether some part of the text matches.
    pub(crate) fn finds(&self, text: &str, meter: &mut Meter) -> Result<bool, String> {
        self.0.finds(text, meter.whole()?).map_err(said)
    }

    /// `replaceAll`, or the first only.
    pub(crate) fn replace(
        &self,
        text: &str,
        to: &str,
        all: bool,
        meter: &mut Meter,
    ) -> Result<String, String> {
        let out = self
            .0
            .replace(text, to, all, meter.whole()?)
            .map_err(said)?;
        meter.build(out.len())?;
        Ok(out)
    }

    /// `split`, with Java's limit.
    pub(crate) fn split<'t>(
        &self,
        text: &'t str,
        limit: i32,
        meter: &mut Meter,
    ) -> Result<Vec<&'t str>, String> {
        self.0.split(text, limit, meter.whole()?).map_err(said)
    }
}
