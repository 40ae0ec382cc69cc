//! A file in Terraform's language, parsed, with a place for every part of it.

use crate::finding::{Finding, Level, Rule};
use hcl_edit::parser::parse_body;
use hcl_edit::structure::Body;
use std::ops::Range;
use std::rc::Rc;
use tollgate_architect::Place;

/// Bytes of one file; configurations that the vendor's exporter writes for whole organisations are smaller.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The places of a text's bytes.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) file: String,
    text: Rc<str>,
    /// The byte at which each line begins.
    lines: Vec<usize>,
}

impl Text {
    pub(super) fn new(file: &str, text: Rc<str>) -> Text {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(breaks).collect();
        let file = file.to_owned();
        Text { file, text, lines }
    }

    pub(super) fn place(&self, byte: usize) -> Place {
        let line = self.lines.partition_point(|start| *start <= byte).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let before = self.text.get(start..byte).unwrap_or_default();
        Place {
            line: line as u32,
            column: before.chars().count() as u32 + 1,
        }
    }

    /// The place at which a part of the file begins; the file's own start for a part without one.
    pub(super) fn start(&self, span: Option<Range<usize>>) -> Place {
        self.place(span.map_or(0, |span| span.start))
    }

    /// The text of a part of the file.
    pub(super) fn slice(&self, span: Option<Range<usize>>) -> &str {
        let within = span.and_then(|span| self.text.get(span));
        within.unwrap_or_default().trim()
    }
}

/// A parsed file.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) text: Text,
    pub(super) body: Body,
}

impl Source {
    /// Parses a file, or says what stands against that.
    pub(super) fn parse(file: &str, text: Rc<str>) -> Result<Source, Finding> {
        let fault = |level, place, message: String, help: &str| Finding {
            file: file.to_owned(),
            place,
            level,
            rule: Rule::TerraformSyntax,
            field: String::new(),
            message,
            help: help.to_owned(),
        };
        if text.len() > MAX_BYTES {
            let message = format!("more than {MAX_BYTES} bytes");
            return Err(fault(Level::Error, None, message, "split the file"));
        }
        let text: Rc<str> = match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.into(),
            None => text,
        };
        match parse_body(&text) {
            Ok(body) => Ok(Source {
                text: Text::new(file, text),
                body,
            }),
            Err(error) => {
                let location = error.location();
                let place = Place {
                    line: location.line() as u32,
                    column: location.column() as u32,
                };
                let why = error.message().replace('\n', ", ");
                // Terraform takes the last of two keys of one name; the parser takes none.
                if why.contains("redefined object key") {
                    let message =
                        "a key is there twice, and nothing of this file is read".to_owned();
                    let help = "leave one of them out";
                    return Err(fault(Level::Unsupported, Some(place), message, help));
                }
                let help = "nothing of this file is known; `terraform fmt` shows the place too";
                let message = format!("not Terraform: {why}");
                Err(fault(Level::Error, Some(place), message, help))
            }
        }
    }
}
