//! A block: some samples in a row, as bytes. It needs nothing before it to be read, and is a file as it stands.
//!
//! **A record is a sample.** Its length (varint), what it says, and the checksum (CRC-32) of that. It says how many seconds
//! have passed since the record before (the first: since 1970), which series are new, and which figures are other than
//! before: what is counted is compared with zero, what is a level with the record before. So a series that does nothing
//! costs nothing. The last record may be torn, by a kill or a full disk: it is left out, and so is all behind a record
//! that can't be read; nothing before it is lost.
//!
//! **Reading trusts nothing**: the file may be anybody's. Lengths and numbers of series are bounded.

use crate::series::{Fold, Key, Kind, Row, Sample};
use integer_encoding::VarInt;
use std::collections::HashMap;

/// Bytes of a record, at the most.
const RECORD_BYTES: usize = 8 * 1024 * 1024;
/// Series of a block, at the most.
pub(crate) const MOST_SERIES: usize = 4_000;
/// Bytes of a label, as they are read.
const LABEL_BYTES: usize = 1_024;
/// The latest instant that is believed, in seconds since 1970.
const LATEST: u64 = 1 << 40;
const CHECKSUM_BYTES: usize = 4;

/// The series of a block and their figures as of the last record.
#[derive(Debug, Default)]
struct Layout {
    /// Each with the place of its first figure.
    series: Vec<(Key, usize)>,
    places: HashMap<Key, usize>,
    /// By figure: how it is compared, and the series it is of.
    figures: Vec<(Fold, usize)>,
    values: Vec<u64>,
}

impl Layout {
    fn add(&mut self, key: Key) {
        let place = self.figures.len();
        let number = self.series.len();
        let fields = key.kind.fields().iter();
        self.figures
            .extend(fields.map(|field| (field.in_time, number)));
        self.values.resize(self.figures.len(), 0);
        self.places.insert(key.clone(), place);
        self.series.push((key, place));
    }
}

/// A block that is written.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    last: u64,
    layout: Layout,
    next: Vec<u64>,
}

impl Writer {
    /// Whether the block has no room for what is new in the sample.
    pub(crate) fn is_full(&self, sample: &Sample) -> bool {
        let new = sample.rows.iter();
        let new = new.filter(|row| !self.layout.places.contains_key(&row.key));
        self.layout.series.len() + new.count() > MOST_SERIES
    }

    /// The record of a sample that isn't older than the one before.
    pub(crate) fn record(&mut self, sample: &Sample) -> Vec<u8> {
        let mut said = Vec::with_capacity(256);
        put(&mut said, sample.at.saturating_sub(self.last));
        self.last = sample.at;
        let known = self.layout.series.len();
        for row in &sample.rows {
            if !self.layout.places.contains_key(&row.key) {
                self.layout.add(row.key.clone());
            }
        }
        let new = self.layout.series.get(known..).unwrap_or_default();
        put(&mut said, new.len() as u64);
        for (key, _) in new {
            said.push(key.kind as u8);
            for label in &key.labels {
                put(&mut said, label.len() as u64);
                said.extend_from_slice(label.as_bytes());
            }
        }
        self.figures(sample, &mut said);
        framed(&said)
    }

    fn figures(&mut self, sample: &Sample, said: &mut Vec<u8>) {
        let Layout {
            places,
            figures,
            values,
            ..
        } = &mut self.layout;
        self.next.clear();
        self.next.resize(figures.len(), 0);
        for Row { key, values } in &sample.rows {
            let Some(place) = places.get(key) else {
                continue;
            };
            let fields = key.kind.fields().len();
            let to = self.next.iter_mut().skip(*place).take(fields);
            for (to, value) in to.zip(values) {
                *to = *value;
            }
        }
        let mut gap = 0_u64;
        for ((next, before), (fold, _)) in self.next.iter().zip(values).zip(figures) {
            let base = base(*fold, *before);
            *before = *next;
            if *next == base {
                gap += 1;
                continue;
            }
            put(said, gap);
            put_signed(said, next.wrapping_sub(base).cast_signed());
            gap = 0;
        }
    }
}

/// What a figure is compared with.
fn base(fold: Fold, before: u64) -> u64 {
    match fold {
        Fold::Sum => 0,
        Fold::Most | Fold::Least | Fold::Last => before,
    }
}

fn framed(said: &[u8]) -> Vec<u8> {
    let mut record = Vec::with_capacity(said.len() + 12);
    put(&mut record, said.len() as u64);
    record.extend_from_slice(said);
    record.extend_from_slice(&crc32fast::hash(said).to_le_bytes());
    record
}

fn put(to: &mut Vec<u8>, number: u64) {
    let mut bytes = [0; 10];
    let length = number.encode_var(&mut bytes);
    to.extend_from_slice(&bytes[..length]);
}

fn put_signed(to: &mut Vec<u8>, number: i64) {
    let mut bytes = [0; 10];
    let length = number.encode_var(&mut bytes);
    to.extend_from_slice(&bytes[..length]);
}

/// A block that is read, record by record.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    whole: usize,
    at: u64,
    layout: Layout,
    /// The places of the figures that the last record has changed.
    changed: Vec<usize>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            whole: bytes.len(),
            at: 0,
            layout: Layout::default(),
            changed: Vec::new(),
        }
    }

    /// Reads a record, and gives its instant; none at the end, and where the rest can't be read.
    pub(crate) fn next(&mut self) -> Option<u64> {
        let mut rest = self.rest;
        let length = usize::try_from(take(&mut rest)?).ok()?;
        if length > RECORD_BYTES {
            return None;
        }
        let (said, rest) = rest.split_at_checked(length)?;
        let (checksum, rest) = rest.split_at_checked(CHECKSUM_BYTES)?;
        if checksum != crc32fast::hash(said).to_le_bytes() {
            return None;
        }
        self.take(said)?;
        self.rest = rest;
        Some(self.at)
    }

    /// How many of the bytes were read.
    pub(crate) fn bytes(&self) -> usize {
        self.whole - self.rest.len()
    }

    /// The series so far, each with the place of its first figure.
    pub(crate) fn series(&self) -> &[(Key, usize)] {
        &self.layout.series
    }

    /// The figures of a series, of which the place is known.
    pub(crate) fn values(&self, kind: Kind, place: usize) -> &[u64] {
        let values = self.layout.values.get(place..);
        let values = values.and_then(|it| it.get(..kind.fields().len()));
        values.unwrap_or_default()
    }

    /// What the last record has changed: number of the series, place of the figure in it, figure.
    pub(crate) fn changes(&self) -> impl Iterator<Item = (usize, usize, u64)> {
        self.changed.iter().filter_map(|place| {
            let (_, number) = self.layout.figures.get(*place)?;
            let (_, first) = self.layout.series.get(*number)?;
            Some((*number, place - first, *self.layout.values.get(*place)?))
        })
    }

    /// The last record as a sample.
    pub(crate) fn sample(&self) -> Sample {
        let rows = self.series().iter().map(|(key, place)| Row {
            key: key.clone(),
            values: self.values(key.kind, *place).to_vec(),
        });
        Sample {
            at: self.at,
            rows: rows
                .filter(|row| row.values.iter().any(|value| *value > 0))
                .collect(),
        }
    }

    fn take(&mut self, mut said: &[u8]) -> Option<()> {
        let passed = take(&mut said)?;
        let at = self.at.checked_add(passed).filter(|at| *at <= LATEST)?;
        for _ in 0..take(&mut said)? {
            let key = take_key(&mut said)?;
            let room = self.layout.series.len() < MOST_SERIES;
            if !room || self.layout.places.contains_key(&key) {
                return None;
            }
            self.layout.add(key);
        }
        for place in self.changed.drain(..) {
            let (Some(value), Some((Fold::Sum, _))) = (
                self.layout.values.get_mut(place),
                self.layout.figures.get(place),
            ) else {
                continue;
            };
            *value = 0;
        }
        let mut place = 0_usize;
        while !said.is_empty() {
            let gap = usize::try_from(take(&mut said)?).ok()?;
            place = place.checked_add(gap)?;
            let (fold, _) = self.layout.figures.get(place)?;
            let value = self.layout.values.get_mut(place)?;
            let change = take_signed(&mut said)?;
            *value = base(*fold, *value).wrapping_add(change.cast_unsigned());
            self.changed.push(place);
            place += 1;
        }
        self.at = at;
        Some(())
    }
}

fn take(from: &mut &[u8]) -> Option<u64> {
    let (number, length) = u64::decode_var(from)?;
    *from = from.get(length..)?;
    Some(number)
}

fn take_signed(from: &mut &[u8]) -> Option<i64> {
    let (number, length) = i64::decode_var(from)?;
    *from = from.get(length..)?;
    Some(number)
}

fn take_key(from: &mut &[u8]) -> Option<Key> {
    let (number, rest) = from.split_first()?;
    *from = rest;
    let kind = *Kind::ALL.get(usize::from(*number))?;
    let mut labels = Vec::with_capacity(kind.labels().len());
    for _ in kind.labels() {
        let length = usize::try_from(take(from)?).ok()?;
        if length > LABEL_BYTES {
            return None;
        }
        let (label, rest) = from.split_at_checked(length)?;
        *from = rest;
        labels.push(std::str::from_utf8(label).ok()?.into());
    }
    Some(Key { kind, labels })
}

#[cfg(test)]
mod tests;
