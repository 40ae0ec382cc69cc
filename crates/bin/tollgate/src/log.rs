//! The log of the long-running commands, on stderr, as lines for people or as JSON, an object a line.
//!
//! **A log never costs anything but lines.** Whoever logs puts a line into a queue and goes on; a thread of
//! its own writes them. The queue has a bound in bytes: a reader that is slow, blocked or gone, or a full
//! disk, loses lines, and how many is said in the log itself as soon as that can be written again.
//!
//! A panic is logged too, with its place in the source. Its words are only told where they are a constant
//! of the source: the others may quote what a caller sent.

use crate::colour;
use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tollgate_config::{LogConfig, LogFormat, LogLevels};
use tollgate_service::LogSwitch;
use tollgate_telemetry::process::note_lost_log_lines;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, Registry, reload};

/// Bytes that may wait to be written.
const MAX_WAITING: usize = 4 * 1024 * 1024;
/// What a line takes beside its text.
const OVERHEAD: usize = 64;
/// Longest wait for the last lines at the end.
const LAST_LINES: Duration = Duration::from_secs(1);
/// The variable that says what is logged, whatever the configuration says.
const VARIABLE: &str = "RUST_LOG";

/// What the environment has to say of what is logged: nothing, or a filter. It is looked at before anything else, so that
/// a slip is told of at once.
pub(crate) struct Wish(Option<String>);

impl Wish {
    /// Reads the environment.
    ///
    /// # Errors
    /// `RUST_LOG` says something that can't be understood.
    pub(crate) fn of_environment() -> Result<Self, String> {
        match std::env::var(VARIABLE) {
            Err(std::env::VarError::NotPresent) => Ok(Self(None)),
            Err(error) => Err(format!("{VARIABLE}: {error}")),
            Ok(text) if text.trim().is_empty() => Ok(Self(None)),
            Ok(text) => filter(&text).map(|_| Self(Some(text))),
        }
    }
}

/// A bare word that isn't a level would be a module's name, all of which is then logged and nothing else:
/// mostly it is a slip.
fn filter(text: &str) -> Result<EnvFilter, String> {
    let expected = "expected a level (off, error, warn, info, debug, trace) or, for a module, \
                    tollgate_driver=debug; several with commas between";
    for part in text.split(',').map(str::trim) {
        if !(part.is_empty() || LogLevels::is_level(part) || part.contains(['=', '['])) {
            return Err(format!("{VARIABLE}: {part:?} is no level; {expected}"));
        }
    }
    EnvFilter::try_new(text).map_err(|error| format!("{VARIABLE}: {error}; {expected}"))
}

/// Starts the log on stderr; what it holds at the end is written when the handle is dropped.
pub(crate) fn start(config: &LogConfig, wish: Wish) -> (Log, Arc<Levels>) {
    let text = wish.0.unwrap_or_else(|| config.level.as_str().to_owned());
    let (filter, handle) = reload::Layer::new(EnvFilter::new(&text));
    let log = Log::writing(io::stderr(), MAX_WAITING, config.format);
    let lines = tracing_subscriber::fmt::layer()
        .log_internal_errors(false)
        .with_writer(log.clone());
    let lines = match config.format {
        LogFormat::Text => lines.with_ansi(colour::is_on_stderr()).boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .boxed(),
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let words = panic.payload().downcast_ref::<&'static str>();
        tracing::error!(
            place = place.as_deref().unwrap_or("unknown"),
            words,
            "a panic: a fault of this program; please report it"
        );
    }));
    let levels = Levels {
        handle,
        now: Mutex::new(text),
    };
    (log, Arc::new(levels))
}

/// Which lines are written; can be changed while the process runs.
pub(crate) struct Levels {
    handle: reload::Handle<EnvFilter, Registry>,
    now: Mutex<String>,
}

impl LogSwitch for Levels {
    fn levels(&self) -> String {
        let now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        now.clone()
    }

    fn set(&self, levels: &LogLevels) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        // An error means that the log has ended, and nothing is written any more.
        let _ = self.handle.reload(EnvFilter::new(levels.as_str()));
        let (before, after) = (now.as_str(), levels.as_str());
        tracing::info!(before, after, "the log's levels were changed");
        levels.as_str().clone_into(&mut now);
    }
}

/// A handle on the log; clones share it.
#[derive(Clone)]
pub(crate) struct Log {
    queue: Sender<Entry>,
    waiting: Arc<Waiting>,
}

enum Entry {
    Line(Vec<u8>),
    /// Answered when all before it is written.
    End(Sender<()>),
}

struct Waiting {
    max: usize,
    bytes: AtomicUsize,
    /// Lines that were not written, and not told of yet.
    lost: AtomicU64,
}

impl Waiting {
    /// Counts a line that is not written, here and among the metrics.
    fn lose(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
        note_lost_log_lines(1);
    }
}

impl Log {
    fn writing(out: impl Write + Send + 'static, max: usize, format: LogFormat) -> Self {
        let (queue, entries) = channel();
        let waiting = Arc::new(Waiting {
            max,
            bytes: AtomicUsize::new(0),
            lost: AtomicU64::new(0),
        });
        let shared = Arc::clone(&waiting);
        let work = move || write(Sink { out, torn: false }, &entries, &shared, format);
        // Without the thread the queue's other end is gone, and every line is lost.
        let _ = std::thread::Builder::new().name("log".into()).spawn(work);
        Self { queue, waiting }
    }

    /// Waits until all that was logged is written, but not for long.
    pub(crate) fn end(&self) {
        let (done, written) = channel();
        if self.queue.send(Entry::End(done)).is_ok() {
            // An error means that the log can't be written; nothing is left to be done about it.
            let _ = written.recv_timeout(LAST_LINES);
        }
    }

    fn put(&self, line: &[u8]) {
        let size = line.len() + OVERHEAD;
        let before = self.waiting.bytes.fetch_add(size, Ordering::Relaxed);
        let fits = before.saturating_add(size) <= self.waiting.max;
        if !fits || self.queue.send(Entry::Line(line.to_vec())).is_err() {
            self.waiting.bytes.fetch_sub(size, Ordering::Relaxed);
            self.waiting.lose();
        }
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(self)
    }
}

/// Takes a line, which the subscriber writes at once.
pub(crate) struct Line<'a>(&'a Log);

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.put(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The thread's work, until the last handle is gone.
fn write(
    mut sink: Sink<impl Write>,
    entries: &Receiver<Entry>,
    waiting: &Waiting,
    format: LogFormat,
) {
    for entry in entries {
        let lost = waiting.lost.swap(0, Ordering::Relaxed);
        if lost > 0 && !sink.put(missing(lost, format).as_bytes()) {
            waiting.lost.fetch_add(lost, Ordering::Relaxed);
        }
        match entry {
            Entry::Line(line) => {
                if !sink.put(&line) {
                    waiting.lose();
                }
                let size = line.len() + OVERHEAD;
                waiting.bytes.fetch_sub(size, Ordering::Relaxed);
            }
            Entry::End(done) => {
                // An error means that the one who waited has given up.
                let _ = done.send(());
            }
        }
    }
}

/// The line that tells how many others are missing.
fn missing(lost: u64, format: LogFormat) -> String {
    let (lines, are) = if lost == 1 {
        ("line", "is")
    } else {
        ("lines", "are")
    };
    let words = format!(
        "{lost} {lines} of the log {are} missing: the log could not be written, or not fast enough"
    );
    match format {
        LogFormat::Text => format!("{words}\n"),
        // Neither quotation marks nor backslashes are in it.
        LogFormat::Json => format!("{{\"level\":\"WARN\",\"message\":\"{words}\"}}\n"),
    }
}

/// Where lines end up.
struct Sink<W> {
    out: W,
    /// The last line was cut off in its middle.
    torn: bool,
}

impl<W: Write> Sink<W> {
    /// Whether the whole line was written.
    fn put(&mut self, line: &[u8]) -> bool {
        if self.torn {
            if self.write(b"\n") < 1 {
                return false;
            }
            self.torn = false;
        }
        let written = self.write(line);
        self.torn = 0 < written && written < line.len();
        written == line.len()
    }

    /// How many of the bytes were written.
    fn write(&mut self, bytes: &[u8]) -> usize {
        let mut written = 0;
        while written < bytes.len() {
            match self.out.write(&bytes[written..]) {
                Ok(0) => break,
                Ok(more) => written += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk with room for so many bytes, which can be made larger.
    #[derive(Clone)]
    struct Disk(Arc<Mutex<(usize, Vec<u8>)>>);

    impl Disk {
        fn with_room(room: usize) -> Self {
            Self(Arc::new(Mutex::new((room, Vec::new()))))
        }

        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().1.clone()).unwrap()
        }
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let (room, written) = &mut *self.0.lock().unwrap();
            let taken = bytes.len().min(*room);
            if taken == 0 {
                return Err(ErrorKind::StorageFull.into());
            }
            *room -= taken;
            written.extend(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_a_full_disk_did_not_take_is_counted_in_the_log() {
        let disk = Disk::with_room(10);
        let log = Log::writing(disk.clone(), MAX_WAITING, LogFormat::Text);
        for line in [b"one\n", b"two\n", b"six\n", b"ten\n"] {
            log.put(line);
        }
        log.end();
        disk.0.lock().unwrap().0 = 1000;
        log.put(b"more\n");
        log.end();
        let expected = format!("one\ntwo\nsi\n{}more\n", missing(2, LogFormat::Text));
        assert_eq!(disk.text(), expected);
    }

    #[test]
    fn a_writer_that_hangs_holds_nobody_up() {
        struct Hangs(Receiver<()>);
        impl Write for Hangs {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                let _ = self.0.recv();
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (release, gate) = channel();
        let log = Log::writing(Hangs(gate), 10 * (4 + OVERHEAD), LogFormat::Text);
        for _ in 0..100 {
            log.put(b"one\n");
        }
        assert_eq!(log.waiting.lost.load(Ordering::Relaxed), 90);
        drop(release);
        log.end();
        assert_eq!(log.waiting.lost.load(Ordering::Relaxed), 0, "told of");
    }

    #[test]
    fn a_filter_that_would_silence_all_is_refused() {
        for good in [
            "info",
            "WARN",
            "off",
            "info,tollgate_driver=debug",
            "[call]=trace",
        ] {
            assert!(filter(good).is_ok(), "{good}");
        }
        for bad in ["inof", "info,verbose", "tollgate=loud", "=,="] {
            assert!(filter(bad).is_err(), "{bad}");
        }
    }
}
