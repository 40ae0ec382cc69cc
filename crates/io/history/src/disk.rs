//! The folder on disk: a file for each block, written by a thread of its own.
//!
//! A file begins with [`MAGIC`] and is appended to, record by record, until its block is over; an earlier process's file is
//! never appended to. So all that a kill can do is to tear the last record of the newest file of each tier. What power
//! takes is what the system hadn't written yet; files aren't synced, since what is lost is a minute of figures.
//!
//! **A disk that fails or hangs costs history, and nothing else.** Samples go through a queue of [`QUEUE`] orders; what
//! doesn't fit in is told of once, kept in memory, and not on disk. A block whose file is incomplete is closed, and the
//! next one begins a new file.

use crate::block::Reader;
use crate::tier::{Closed, Extent, FileId, Written};
use std::collections::{HashMap, VecDeque};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

/// What each file begins with: the format's version. A file of another one is removed.
pub(crate) const MAGIC: &[u8] = b"tollgate history 1\n";
const ENDING: &str = ".history";
/// Orders that wait for the disk, at the most.
const QUEUE: usize = 256;

/// What is to be done.
enum Order {
    Write {
        tier: &'static str,
        file: FileId,
        begins: bool,
        record: Vec<u8>,
    },
    Remove(&'static str, FileId),
    /// Says that all before it was done.
    Settle(mpsc::Sender<()>),
}

/// The folder, as it is written.
#[derive(Debug)]
pub(crate) struct Disk {
    orders: SyncSender<Order>,
    failed: Arc<AtomicBool>,
}

impl Disk {
    /// Writes to this folder from now on.
    pub(crate) fn start(folder: PathBuf) -> io::Result<Self> {
        let (orders, taken) = sync_channel(QUEUE);
        let failed = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&failed);
        let writer = thread::Builder::new().name("history".to_owned());
        writer.spawn(move || {
            let mut writer = Writer {
                folder,
                files: HashMap::new(),
                failed: told,
                told_of: false,
            };
            writer.work(&taken);
        })?;
        Ok(Self { orders, failed })
    }

    /// Has this done, in its turn.
    pub(crate) fn write(&self, tier: &'static str, written: Written) {
        for file in written.removed {
            self.order(Order::Remove(tier, file));
        }
        if let Some((file, begins, record)) = written.record {
            self.order(Order::Write {
                tier,
                file,
                begins,
                record,
            });
        }
    }

    fn order(&self, order: Order) {
        if self.orders.try_send(order).is_err() {
            self.failed.store(true, Relaxed);
        }
    }

    /// Whether something was not written since this was asked last, so that new files are to begin.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.swap(false, Relaxed)
    }

    /// Waits until all was done, but no longer than that.
    pub(crate) fn settle(&self, within: Duration) -> bool {
        let (done, told) = mpsc::channel();
        self.orders.try_send(Order::Settle(done)).is_ok() && told.recv_timeout(within).is_ok()
    }
}

struct Writer {
    folder: PathBuf,
    /// The open file of each tier.
    files: HashMap<&'static str, (FileId, File)>,
    failed: Arc<AtomicBool>,
    told_of: bool,
}

impl Writer {
    fn work(&mut self, orders: &Receiver<Order>) {
        for order in orders {
            match order {
                Order::Write {
                    tier,
                    file,
                    begins,
                    record,
                } => {
                    let written = self.write(tier, file, begins, &record);
                    self.tell(written, tier, file);
                }
                Order::Remove(tier, file) => {
                    let _ = fs::remove_file(self.path(tier, file));
                }
                Order::Settle(done) => {
                    let _ = done.send(());
                }
            }
        }
    }

    /// Appends to the file, and says whether it did: nothing is written where the file is incomplete already. The folder is
    /// made anew where somebody has removed it.
    fn write(
        &mut self,
        tier: &'static str,
        file: FileId,
        begins: bool,
        record: &[u8],
    ) -> io::Result<bool> {
        if begins {
            self.files.remove(tier);
            fs::create_dir_all(&self.folder)?;
            let path = self.path(tier, file);
            let mut opened = OpenOptions::new()
                .append(true)
                .create_new(true)
                .open(path)?;
            opened.write_all(MAGIC)?;
            self.files.insert(tier, (file, opened));
        }
        match self.files.get_mut(tier) {
            Some((known, opened)) if *known == file => opened.write_all(record).map(|()| true),
            _ => Ok(false),
        }
    }

    fn tell(&mut self, written: io::Result<bool>, tier: &'static str, file: FileId) {
        let error = match written {
            Ok(was_written) => {
                self.told_of &= !was_written;
                return;
            }
            Err(error) => error,
        };
        self.files.remove(tier);
        self.failed.store(true, Relaxed);
        if !self.told_of {
            self.told_of = true;
            let file = self.path(tier, file);
            tracing::warn!(%error, file = %file.display(), "history is kept in memory alone for now");
        }
    }

    fn path(&self, tier: &str, file: FileId) -> PathBuf {
        self.folder.join(name(tier, file))
    }
}

fn name(tier: &str, FileId { begin, process }: FileId) -> String {
    format!("{tier}-{begin:013}-{process:016x}{ENDING}")
}

/// The tier and the file of that name.
fn parse<'a>(name: &str, extents: &'a [Extent]) -> Option<(&'a Extent, FileId)> {
    let mut parts = name.strip_suffix(ENDING)?.split('-');
    let (tier, begin, process) = (parts.next()?, parts.next()?, parts.next()?);
    let extent = extents.iter().find(|it| it.name == tier)?;
    let id = FileId {
        begin: begin.parse().ok()?,
        process: u64::from_str_radix(process, 16).ok()?,
    };
    parts.next().is_none().then_some((extent, id))
}

/// The blocks in the folder, by their tiers. Makes it if it isn't there. A file of which nothing can be read is removed;
/// others than ours are left alone.
pub(crate) fn read<const N: usize>(
    folder: &Path,
    extents: &[Extent; N],
) -> io::Result<[VecDeque<Closed>; N]> {
    fs::create_dir_all(folder)?;
    let mut all = std::array::from_fn(|_| VecDeque::new());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some((extent, file)) = name.to_str().and_then(|name| parse(name, extents)) else {
            continue;
        };
        match block(&entry.path(), file, extent.bytes)? {
            Some(closed) => {
                let tier = extents.iter().position(|it| it == extent);
                all[tier.unwrap_or_default()].push_back(closed);
            }
            None => fs::remove_file(entry.path())?,
        }
    }
    Ok(all)
}

/// What can be read of a file.
fn block(path: &Path, file: FileId, most: usize) -> io::Result<Option<Closed>> {
    let opened = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut bytes = Vec::new();
    // Longer ones than a tier are not ours; what is read of them is bounded.
    opened.take(most as u64 + 1).read_to_end(&mut bytes)?;
    let Some(records) = bytes.strip_prefix(MAGIC) else {
        return Ok(None);
    };
    let mut reader = Reader::new(records);
    let mut last = None;
    while let Some(at) = reader.next() {
        last = Some(at);
    }
    let whole = records.get(..reader.bytes()).unwrap_or_default();
    Ok(last.map(|last| Closed {
        file,
        last,
        bytes: whole.into(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer(folder: PathBuf) -> Writer {
        Writer {
            folder,
            files: HashMap::new(),
            failed: Arc::default(),
            told_of: false,
        }
    }

    fn write(writer: &mut Writer, begin: u64, begins: bool) {
        let file = FileId { begin, process: 1 };
        let written = writer.write("seconds", file, begins, b"record");
        writer.tell(written, "seconds", file);
    }

    #[test]
    fn a_disk_that_fails_is_told_of_once_for_as_long_as_it_does() {
        let folder = tempfile::tempdir().expect("a folder");
        let in_the_way = folder.path().join("history");
        fs::write(&in_the_way, "no folder").expect("it is written");
        let mut writer = writer(in_the_way.clone());
        write(&mut writer, 1, true);
        assert!(writer.told_of);
        // What has no file any more is passed over: that is no sign that the disk is well.
        write(&mut writer, 1, false);
        assert!(writer.told_of, "the next try would be told of again");
        fs::remove_file(&in_the_way).expect("it is removed");
        write(&mut writer, 61, true);
        assert!(!writer.told_of);
    }

    #[test]
    fn a_folder_that_was_removed_is_made_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut writer = writer(folder.path().join("history"));
        write(&mut writer, 1, true);
        fs::remove_dir_all(&writer.folder).expect("it is removed");
        write(&mut writer, 601, true);
        assert!(!writer.told_of && writer.folder.is_dir());
    }
}
