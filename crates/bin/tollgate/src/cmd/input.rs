//! What commands read: files of a bounded size, and stdin in the place of a file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// The path that stands for stdin.
const STDIN: &str = "-";

/// Names and values, given as NAME=VALUE by an option that may be repeated.
///
/// # Errors
/// One has no `=`.
pub(crate) fn pairs(option: &str, given: &[String]) -> Result<BTreeMap<String, String>, String> {
    let pairs = given.iter().map(|text| match text.split_once('=') {
        Some((name, value)) => Ok((name.trim().to_owned(), value.to_owned())),
        None => Err(format!("{option} {text}: expected NAME=VALUE")),
    });
    pairs.collect()
}

/// Reads a text file, or stdin where the path is `-`.
///
/// # Errors
/// It can't be read, is no text, or is longer than `most` bytes; the message names it.
pub(crate) fn read(path: &Path, most: u64) -> Result<String, String> {
    let name = if path == Path::new(STDIN) {
        "stdin".to_owned()
    } else {
        path.display().to_string()
    };
    let named = |error: io::Error| format!("{name}: {error}");
    let source: Box<dyn io::Read> = if path == Path::new(STDIN) {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).map_err(named)?)
    };
    let mut text = String::new();
    let read = source.take(most + 1).read_to_string(&mut text);
    read.map_err(named)?;
    if text.len() as u64 > most {
        return Err(format!("{name}: more than {most} bytes"));
    }
    Ok(text)
}
