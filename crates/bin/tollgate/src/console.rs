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
//!   [`UNWRITABLE`] and says why;
//! - what can't be written to stderr is dropped.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::sync::OnceLock;

/// Exit status of a command whose results could not be written; `EX_IOERR` of sysexits.
const UNWRITABLE: u8 = 74;

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
/// It could not be written, also because its reader has gone. The process ends with [`UNWRITABLE`] then.
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

/// `1 warning`, `2 warnings`.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

/// What the process ends with when a command has come to this status.
pub(crate) fn status(of_command: ExitCode) -> ExitCode {
    note(io::stdout().lock().flush());
    match FAULT.get() {
        None => of_command,
        Some(error) => {
            remark(format_args!(
                "tollgate: the results could not be written to stdout: {error}"
            ));
            ExitCode::from(UNWRITABLE)
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
