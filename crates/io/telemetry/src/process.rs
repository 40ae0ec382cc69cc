//! Figures of the process itself, by the names that Prometheus' own clients use (*documented*: "Standard and runtime
//! collectors").

use crate::metrics::{Exposition, table};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Lines of the log that were not written.
static LOG_LINES_LOST: AtomicU64 = AtomicU64::new(0);

/// Notes that lines of the log, which there is one of, were not written.
pub fn note_lost_log_lines(lines: u64) {
    LOG_LINES_LOST.fetch_add(lines, Relaxed);
}

/// Writes down the process's figures, as far as they can be had.
pub fn show(to: &mut Exposition) {
    to.put(&table::LOG_LOST, &[], LOG_LINES_LOST.load(Relaxed));
    to.put(&table::BUILD, &[env!("CARGO_PKG_VERSION")], 1_u64);
    #[cfg(target_os = "linux")]
    linux::show(to);
}

#[cfg(target_os = "linux")]
mod linux {
    use super::{Exposition, table};
    use procfs::process::{LimitValue, Process};
    use procfs::{ProcResult, WithCurrentSystemInfo as _, boot_time_secs, ticks_per_second};

    /// What can't be read is left out.
    pub(super) fn show(to: &mut Exposition) {
        if let Ok(process) = Process::myself() {
            // An error means that a figure can't be had; those before it are there.
            let _ = show_stat(&process, to);
            let _ = show_files(&process, to);
        }
    }

    fn show_stat(process: &Process, to: &mut Exposition) -> ProcResult<()> {
        let stat = process.stat()?;
        let seconds = |ticks: u64| ticks as f64 / ticks_per_second() as f64;
        to.put(&table::PROCESS_CPU, &[], seconds(stat.utime + stat.stime));
        to.put(&table::PROCESS_MEMORY, &[], stat.rss_bytes().get());
        let started = boot_time_secs()? as f64 + seconds(stat.starttime);
        to.put(&table::PROCESS_START, &[], started);
        Ok(())
    }

    fn show_files(process: &Process, to: &mut Exposition) -> ProcResult<()> {
        to.put(&table::PROCESS_FDS, &[], process.fd_count()?);
        if let LimitValue::Value(most) = process.limits()?.max_open_files.soft_limit {
            to.put(&table::PROCESS_MAX_FDS, &[], most);
        }
        Ok(())
    }
}
