//! What the commands print: the only place that writes to stdout and stderr, save for the log.
//!
//! Results go to stdout, everything else to stderr. Whoever reads them may go away at any time, and the
//! disk behind them may be full, so the macros of the standard library, which panic then, are not used
//! (the lints `print_stdout` and `print_stderr` say so). Instead:
//!
//! - when the reader of stdout has gone (`tollgate plan … | head -1`), the rest of the results is dropped.
//!   The reader has what was wanted, so that is no failure; and the command goes on, for it may have more to
//!   do than to print, such as the rest of an import;
//! - when stdout can't be written for another reason, the command goes on too, and the process ends with
//!   [`Exit::Unwritable`] and says why;
//! - what can't be written to stderr is dropped.

use crate::exit::Exit;
use std::fmt::Arguments;
use std::io::{self, ErrorKind, IsTerminal as _, Write};
use std::sync::OnceLock;

/// Columns of a line of text.
const WIDTH: usize = 80;

/// Why results could not be written: the first reason there was.
static FAULT: OnceLock<io::Error> = OnceLock::new();

/// Prints to stdout.
macro_rules! out {
    ($($words:tt)*) => { $crate::console::print(format_args!($($words)*)) };
}

/// Prints a line to stdout.
macro_rules! outln {
    ($($words:tt)*) => { $crate::console::print(format_args!("{}\n", format_args!($($words)*))) };
}

/// Prints a line to stderr.
macro_rules! errln {
    ($($words:tt)*) => { $crate::console::remark(format_args!($($words)*)) };
}

pub(crate) use {errln, out, outln};

/// Prints to stdout.
pub(crate) fn print(words: Arguments<'_>) {
    let mut stdout = io::stdout().lock();
    note(stdout.write_fmt(words).and_then(|()| stdout.flush()));
}

/// Prints to stdout what is of no use if nobody reads it.
///
/// # Errors
/// It could not be written, also because its reader has gone. The process ends with [`Exit::Unwritable`] then.
pub(crate) fn tell(words: Arguments<'_>) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_fmt(words).and_then(|()| stdout.flush());
    written.inspect_err(|error| {
        FAULT.get_or_init(|| error.kind().into());
    })
}

/// Prints a line to stderr.
pub(crate) fn remark(words: Arguments<'_>) {
    let _ = io::stderr().lock().write_fmt(format_args!("{words}\n"));
}

/// Prints lines to stdout, those that are too long for a terminal in several there.
pub(crate) fn lines(text: &str) {
    fit(text, io::stdout().is_terminal(), |line| {
        print(format_args!("{line}\n"));
    });
}

/// Prints a line to stderr, in several where it is too long for a terminal.
pub(crate) fn remark_at_length(text: &str) {
    fit(text, io::stderr().is_terminal(), |line| {
        remark(format_args!("{line}"));
    });
}

fn fit(text: &str, is_terminal: bool, mut print: impl FnMut(&str)) {
    for line in text.lines() {
        if is_terminal {
            print(&wrapped(line, "    "));
        } else {
            print(line);
        }
    }
}

/// A text in lines of [`WIDTH`], all but the first behind an indent. What has no blank isn't broken.
pub(crate) fn wrapped(text: &str, indent: &str) -> String {
    let start = &text[..text.len() - text.trim_start().len()];
    let options = textwrap::Options::new(WIDTH)
        .break_words(false)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .initial_indent(start)
        .subsequent_indent(indent);
    textwrap::fill(text.trim_start(), options)
}

/// `1 warning`, `2 warnings`: every count that is printed goes through here.
pub(crate) fn plural(count: impl TryInto<u64>, noun: &str) -> String {
    tollgate_settings::counted(count.try_into().unwrap_or(u64::MAX), noun)
}

/// What the process ends with when a command has come to this status.
pub(crate) fn status(of_command: Exit) -> Exit {
    note(io::stdout().lock().flush());
    match FAULT.get() {
        None => of_command,
        Some(error) => {
            remark(format_args!(
                "tollgate: the results could not be written to stdout: {error}"
            ));
            Exit::Unwritable
        }
    }
}

/// stdout for code that takes a writer. Never answers with an error.
pub(crate) struct Stdout;

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        note(io::stdout().lock().write_all(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        note(io::stdout().lock().flush());
        Ok(())
    }
}

/// stderr for code that takes a writer. Never answers with an error.
pub(crate) struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = io::stderr().lock().write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn note(written: io::Result<()>) {
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        FAULT.get_or_init(|| error);
    }
}
