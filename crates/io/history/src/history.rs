//! All that is kept, as one thing.

use crate::disk::{self, Disk};
use crate::question::{Answer, Question};
use crate::series::{Key, Kind, Sample};
use crate::tier::{Closed, Extent, Folded, Tier};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Seconds of which every second is kept.
pub const SECONDS_KEPT: u64 = 3_600;
/// Seconds of which every minute is kept.
pub const MINUTES_KEPT: u64 = 7 * 24 * 3_600;
/// Samples that are at hand as they were made.
pub const RECENT: usize = 60;
/// Seconds until files are begun anew after one could not be written.
const PAUSE: u64 = 60;
const MINUTE: u64 = 60;

/// What was seen, second by second and minute by minute.
#[derive(Debug)]
pub struct History {
    kept: Mutex<Kept>,
    disk: Option<Disk>,
}

#[derive(Debug)]
struct Kept {
    seconds: Tier,
    minutes: Tier,
    /// The minute that isn't over yet.
    minute: Folded,
    recent: VecDeque<Arc<Sample>>,
    /// When the last sample was taken.
    last: u64,
    files_begun: u64,
}

/// How much a history takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    /// Bytes in memory, and as many on disk.
    pub bytes: usize,
    /// Their bound.
    pub most: usize,
}

/// What the samples of the last minute come to.
#[derive(Clone, Debug, Default)]
pub struct Minute {
    /// How many samples they are.
    pub seconds: usize,
    rows: HashMap<Key, Vec<u64>>,
}

impl Minute {
    /// The series of a kind with their figures, in the order of their labels.
    #[must_use]
    pub fn of(&self, kind: Kind) -> Vec<(&Key, &[u64])> {
        let rows = self.rows.iter().filter(|(key, _)| key.kind == kind);
        let mut rows: Vec<_> = rows.map(|(key, values)| (key, values.as_slice())).collect();
        rows.sort_by_key(|(key, _)| *key);
        rows
    }

    /// The figures of a series; none where it had nothing but zeros.
    #[must_use]
    pub fn values(&self, key: &Key) -> Option<&[u64]> {
        self.rows.get(key).map(Vec::as_slice)
    }
}

fn extents(bytes: usize) -> [Extent; 2] {
    [
        Extent {
            name: "seconds",
            step: 1,
            kept: SECONDS_KEPT,
            block: 600,
            bytes: bytes / 2,
        },
        Extent {
            name: "minutes",
            step: MINUTE,
            kept: MINUTES_KEPT,
            block: 12 * 3_600,
            bytes: bytes / 2,
        },
    ]
}

impl History {
    /// With what is in the folder, which is made if it isn't there. No more than so many bytes are kept in memory, and as many
    /// on disk. No other process has the number `process`.
    ///
    /// # Errors
    /// The folder can't be read.
    pub fn open(folder: &Path, bytes: usize, process: u64) -> io::Result<Self> {
        let read = disk::read(folder, &extents(bytes))?;
        let disk = Disk::start(folder.to_owned())?;
        let mut kept = Kept::new(bytes, process, read);
        let missed = kept.missed_minutes();
        let history = Self {
            kept: Mutex::new(kept),
            disk: Some(disk),
        };
        let mut kept = history.kept();
        for minute in missed {
            history.push_minute(&mut kept, &minute);
        }
        drop(kept);
        Ok(history)
    }

    /// What is seen ends with the process.
    #[must_use]
    pub fn in_memory(bytes: usize) -> Self {
        Self {
            kept: Mutex::new(Kept::new(bytes, 0, Default::default())),
            disk: None,
        }
    }

    /// Takes the sample of a second. One of the same second as the last is passed over; where the clock was put back, what
    /// was seen then stays, and of what tells of the same time the first counts. Gives the sample, if it was taken.
    pub fn take(&self, sample: Sample) -> Option<Arc<Sample>> {
        let mut kept = self.kept();
        if sample.at == kept.last {
            return None;
        }
        let has_rested = sample.at >= kept.files_begun.saturating_add(PAUSE);
        let again = has_rested && self.disk.as_ref().is_some_and(Disk::has_failed);
        if sample.at < kept.last || again {
            kept.files_begun = sample.at;
            kept.seconds.close();
            kept.minutes.close();
        }
        kept.last = sample.at;
        if let Some(minute) = kept.minute.take(&sample, MINUTE) {
            self.push_minute(&mut kept, &minute);
        }
        let written = kept.seconds.push(&sample);
        if let Some(disk) = &self.disk {
            disk.write(kept.seconds.extent.name, written);
        }
        let sample = Arc::new(sample);
        kept.recent.push_back(Arc::clone(&sample));
        while kept.recent.len() > RECENT {
            kept.recent.pop_front();
        }
        Some(sample)
    }

    /// The samples of the last minute that this process has made, the oldest first.
    #[must_use]
    pub fn recent(&self) -> Vec<Arc<Sample>> {
        self.kept().recent.iter().map(Arc::clone).collect()
    }

    /// What those samples come to, taken together.
    #[must_use]
    pub fn minute(&self) -> Minute {
        let recent = self.recent();
        let mut folded = Folded::default();
        for sample in &recent {
            folded.add(sample);
        }
        Minute {
            seconds: recent.len(),
            rows: folded.rows,
        }
    }

    /// Answers a question. It calculates for up to half a second, for an hour of hundreds of busy series, and holds up no
    /// sample meanwhile. `now`: in seconds since 1970.
    #[must_use]
    pub fn answer(&self, question: &Question, now: u64) -> Answer {
        let is_recent = question.from.saturating_add(SECONDS_KEPT) >= now;
        let kept = self.kept();
        let tier = match is_recent {
            true => &kept.seconds,
            false => &kept.minutes,
        };
        let (blocks, step) = (tier.blocks(), tier.extent.step);
        drop(kept);
        question.answer(&blocks, step)
    }

    /// How much there is.
    #[must_use]
    pub fn size(&self) -> Size {
        let kept = self.kept();
        Size {
            bytes: kept.seconds.bytes() + kept.minutes.bytes(),
            most: kept.seconds.extent.bytes + kept.minutes.extent.bytes,
        }
    }

    /// Waits until what was taken is in the files' hands, but no longer than that. Blocks.
    #[must_use]
    pub fn settle(&self, within: Duration) -> bool {
        self.disk.as_ref().is_none_or(|disk| disk.settle(within))
    }

    fn push_minute(&self, kept: &mut Kept, minute: &Sample) {
        let written = kept.minutes.push(minute);
        if let Some(disk) = &self.disk {
            disk.write(kept.minutes.extent.name, written);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn new(bytes: usize, process: u64, [seconds, minutes]: [VecDeque<Closed>; 2]) -> Self {
        let [of_seconds, of_minutes] = extents(bytes);
        Self {
            seconds: Tier::new(of_seconds, seconds, process),
            minutes: Tier::new(of_minutes, minutes, process),
            minute: Folded::default(),
            recent: VecDeque::new(),
            last: 0,
            files_begun: 0,
        }
    }

    /// The minutes that are over of which there are seconds alone: the process before ended within one. What there is of the
    /// last is gone on with.
    fn missed_minutes(&mut self) -> Vec<Sample> {
        let from = self.minutes.last().map_or(0, |last| last + MINUTE);
        let mut missed = Vec::new();
        let minute = &mut self.minute;
        self.seconds.since(from, |second| {
            missed.extend(minute.take(&second, MINUTE));
        });
        missed
    }
}
