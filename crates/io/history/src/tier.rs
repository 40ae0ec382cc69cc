//! A tier: samples of one step, the newest of them, in blocks.

use crate::block::{Reader, Writer};
use crate::series::{Key, Row, Sample};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// How much is kept, in how many steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Extent {
    /// What its files begin with.
    pub(crate) name: &'static str,
    /// Seconds of a sample.
    pub(crate) step: u64,
    /// Seconds that are kept.
    pub(crate) kept: u64,
    /// Seconds of a block, at the most.
    pub(crate) block: u64,
    /// Bytes of all blocks, at the most.
    pub(crate) bytes: usize,
}

/// What is to be done with the files after a sample was taken.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// Files that are over.
    pub(crate) removed: Vec<FileId>,
    /// The file that the record belongs to, whether it begins with it, and the record.
    pub(crate) record: Option<(FileId, bool, Vec<u8>)>,
}

/// Which file a block is in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct FileId {
    /// The instant of its first sample.
    pub(crate) begin: u64,
    /// The process that writes it: two may for a while, where one takes over from the other.
    pub(crate) process: u64,
}

/// A block that is over.
#[derive(Clone, Debug)]
pub(crate) struct Closed {
    pub(crate) file: FileId,
    pub(crate) last: u64,
    pub(crate) bytes: Arc<[u8]>,
}

#[derive(Debug)]
struct Open {
    file: FileId,
    last: u64,
    bytes: Vec<u8>,
    writer: Writer,
}

/// Samples of one step.
#[derive(Debug)]
pub(crate) struct Tier {
    pub(crate) extent: Extent,
    closed: VecDeque<Closed>,
    open: Option<Open>,
    process: u64,
}

impl Tier {
    /// With blocks that were read from files. `process` writes those to come.
    pub(crate) fn new(extent: Extent, mut closed: VecDeque<Closed>, process: u64) -> Self {
        closed.make_contiguous().sort_by_key(|it| it.file);
        Self {
            extent,
            closed,
            open: None,
            process,
        }
    }

    /// The instant of the newest sample.
    pub(crate) fn last(&self) -> Option<u64> {
        let open = self.open.iter().map(|it| it.last);
        self.closed.iter().map(|it| it.last).chain(open).max()
    }

    /// Bytes of all blocks.
    pub(crate) fn bytes(&self) -> usize {
        let closed: usize = self.closed.iter().map(|it| it.bytes.len()).sum();
        closed + self.open.as_ref().map_or(0, |it| it.bytes.len())
    }

    /// The blocks that there are, by their begin, to be read without holding anybody up.
    pub(crate) fn blocks(&self) -> Vec<Arc<[u8]>> {
        let open = self.open.iter();
        let open = open.map(|it| (it.file, it.bytes.as_slice().into()));
        let closed = self.closed.iter();
        let closed = closed.map(|it| (it.file, Arc::clone(&it.bytes)));
        let mut all: Vec<(FileId, Arc<[u8]>)> = closed.chain(open).collect();
        all.sort_by_key(|(file, _)| *file);
        all.into_iter().map(|(_, bytes)| bytes).collect()
    }

    /// Takes a sample that is newer than the last one, or the first after [`Self::close`].
    pub(crate) fn push(&mut self, sample: &Sample) -> Written {
        let mut written = Written::default();
        if self.open.as_ref().is_some_and(|open| {
            sample.at >= open.file.begin + self.extent.block
                || open.bytes.len() > self.extent.bytes / 16
                || open.writer.is_full(sample)
        }) {
            self.close();
        }
        let begins = self.open.is_none();
        let file = FileId {
            begin: sample.at,
            process: self.process,
        };
        let open = self.open.get_or_insert_with(|| Open {
            file,
            last: sample.at,
            bytes: Vec::new(),
            writer: Writer::default(),
        });
        let record = open.writer.record(sample);
        open.bytes.extend_from_slice(&record);
        open.last = sample.at;
        written.record = Some((open.file, begins, record));
        written.removed = self.trim(sample.at);
        written
    }

    /// Begins a new block with the next sample.
    pub(crate) fn close(&mut self) {
        if let Some(open) = self.open.take() {
            self.closed.push_back(Closed {
                file: open.file,
                last: open.last,
                bytes: open.bytes.into(),
            });
        }
    }

    /// Forgets what is older than is kept, and what was written first where there is too much. Gives the files.
    pub(crate) fn trim(&mut self, now: u64) -> Vec<FileId> {
        let mut removed = Vec::new();
        let kept = self.extent.kept;
        self.closed.retain(|it| {
            let is_kept = it.last.saturating_add(kept) >= now;
            if !is_kept {
                removed.push(it.file);
            }
            is_kept
        });
        while self.bytes() > self.extent.bytes {
            let Some(oldest) = self.closed.pop_front() else {
                break;
            };
            removed.push(oldest.file);
        }
        removed
    }

    /// Each sample that is no older than that, in order.
    pub(crate) fn since(&self, from: u64, mut take: impl FnMut(Sample)) {
        for block in self.blocks() {
            let mut reader = Reader::new(&block);
            while let Some(at) = reader.next() {
                if at >= from {
                    take(reader.sample());
                }
            }
        }
    }
}

/// Samples that become one of a longer step.
#[derive(Debug, Default)]
pub(crate) struct Folded {
    at: u64,
    pub(crate) rows: HashMap<Key, Vec<u64>>,
}

impl Folded {
    /// Takes a sample; gives what came before it, if it is of another span.
    pub(crate) fn take(&mut self, sample: &Sample, step: u64) -> Option<Sample> {
        let at = sample.at - sample.at % step;
        let done = (at != self.at).then(|| self.done()).flatten();
        self.at = at;
        self.add(sample);
        done
    }

    /// Takes a sample, of whatever span.
    pub(crate) fn add(&mut self, sample: &Sample) {
        for Row { key, values } in &sample.rows {
            match self.rows.get_mut(key) {
                Some(known) => {
                    let fields = key.kind.fields().iter();
                    for ((known, next), field) in known.iter_mut().zip(values).zip(fields) {
                        *known = field.in_time.of(*known, *next);
                    }
                }
                None => {
                    self.rows.insert(key.clone(), values.clone());
                }
            }
        }
    }

    fn done(&mut self) -> Option<Sample> {
        let rows = std::mem::take(&mut self.rows);
        let rows: Vec<_> = rows
            .into_iter()
            .map(|(key, values)| Row { key, values })
            .collect();
        let at = self.at;
        (!rows.is_empty()).then_some(Sample { at, rows })
    }
}
