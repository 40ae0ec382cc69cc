//! Whether words are coloured: on a terminal alone, unless `--color` or the environment says otherwise.
//!
//! The choice is made once for the process, and holds for what clap prints, for verdicts and for the log. It is
//! `--color` where that is given, and for `auto` what the environment says: `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE`,
//! and a `TERM` that can't.

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use std::ffi::OsString;
use std::fmt::Display;
use std::io;

pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const DOUBTFUL: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Looks for `--color` by itself: what clap says of a command line that it can't read is to heed it as well.
pub(crate) fn choose(arguments: impl Iterator<Item = OsString>) {
    let mut of_option = false;
    for argument in arguments {
        let word = argument.to_string_lossy();
        let value = if of_option {
            Some(&*word)
        } else {
            word.strip_prefix("--color=")
        };
        let choice = match value {
            Some("always") => Some(ColorChoice::Always),
            Some("never") => Some(ColorChoice::Never),
            _ => None,
        };
        if let Some(choice) = choice {
            choice.write_global();
        }
        of_option = word == "--color";
        if word == "--" {
            break;
        }
    }
}

pub(crate) fn is_on_stdout() -> bool {
    AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

pub(crate) fn is_on_stderr() -> bool {
    AutoStream::choice(&io::stderr()) != ColorChoice::Never
}

/// Words in a style, where `is_on` says that there are colours.
pub(crate) fn painted(words: impl Display, style: Style, is_on: bool) -> String {
    if is_on {
        format!("{style}{words}{style:#}")
    } else {
        words.to_string()
    }
}
