//! Questions for what was seen, and their answers: so many points of some series.
//!
//! **Bounds.** An answer has [`POINTS`] points of each figure at the most, of [`SERIES`] series: the busiest of those that
//! are asked for. It says how many it leaves out.
//!
//! **Percentiles** of waiting are made of the sizes of all waits of a point, whatever its length: never of percentiles.

use crate::block::Reader;
use crate::series::{Fold, Key, Kind, sizes};
use histogram::SparseHistogram;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// Points of a figure, at the most.
pub const POINTS: u64 = 600;
/// Series of an answer, at the most.
pub const SERIES: usize = 100;

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// Begin, in seconds since 1970.
    pub from: u64,
    /// End; what begins then is left out.
    pub to: u64,
    /// Seconds of a point, at the least.
    pub step: u64,
    /// Which series; none listed means all.
    pub series: Vec<Wanted>,
}

/// Series that are asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// Of this kind.
    pub kind: Kind,
    /// With this value of the first label; none means all.
    pub first: Option<String>,
}

impl Wanted {
    /// Reads `flow` or `flow:voice`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (word, first) = match text.split_once(':') {
            Some((word, first)) => (word, Some(first.to_owned())),
            None => (text, None),
        };
        let kind = Kind::ALL.into_iter().find(|kind| kind.word() == word)?;
        Some(Self { kind, first })
    }

    fn is(&self, key: &Key) -> bool {
        let first = key.labels.first().map(|it| &**it);
        self.kind == key.kind && self.first.as_deref().is_none_or(|it| Some(it) == first)
    }
}

/// Points of series.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Answer {
    /// Begin of the first point, in seconds since 1970.
    pub from: u64,
    /// Seconds of a point.
    pub step: u64,
    /// Seconds of each point that were seen: none while the process didn't run.
    pub seen: Vec<u32>,
    /// The series, by kind and labels.
    pub series: Vec<Series>,
    /// How many series were asked for and are left out.
    pub left_out: usize,
}

/// Points of a series.
#[derive(Clone, PartialEq, Debug)]
pub struct Series {
    /// Which.
    pub key: Key,
    /// Its figures by name, and the points of each; none where nothing was seen.
    pub figures: Vec<(&'static str, Vec<Option<u64>>)>,
}

/// The points of an answer in time.
#[derive(Clone, Copy, Debug)]
struct Grid {
    from: u64,
    step: u64,
    points: usize,
}

impl Grid {
    fn point(self, at: u64) -> Option<usize> {
        let point = usize::try_from(at.checked_sub(self.from)? / self.step).ok()?;
        (point < self.points).then_some(point)
    }
}

/// Points of a series while they are made.
enum Points {
    /// By figure.
    Levels(Vec<Vec<Option<u64>>>),
    /// By point: how many waits have which size.
    Sizes(Vec<BTreeMap<u32, u64>>),
}

impl Question {
    /// What these blocks say, whose samples are of so many seconds.
    pub(crate) fn answer(&self, blocks: &[Arc<[u8]>], seconds: u64) -> Answer {
        let grid = self.grid(seconds);
        let mut active: HashMap<Key, u64> = HashMap::new();
        let mut seen = vec![0_u32; grid.points];
        each(blocks, grid, |reader, point| {
            seen[point] = seen[point].saturating_add(u32::try_from(seconds).unwrap_or(0));
            for (key, place) in reader.series() {
                if !self.wants(key) {
                    continue;
                }
                let activity = key.kind.activity(reader.values(key.kind, *place));
                match active.get_mut(key) {
                    Some(known) => *known = known.saturating_add(activity),
                    None => {
                        active.insert(key.clone(), activity);
                    }
                }
            }
        });
        let mut chosen: Vec<_> = active.into_iter().collect();
        chosen.sort_by(|(a, busy_a), (b, busy_b)| busy_b.cmp(busy_a).then_with(|| a.cmp(b)));
        let left_out = chosen.len().saturating_sub(SERIES);
        chosen.truncate(SERIES);
        let chosen = chosen.into_iter().map(|(key, _)| key);
        Answer {
            from: grid.from,
            step: grid.step,
            series: points(blocks, grid, chosen, &seen),
            seen,
            left_out,
        }
    }

    fn wants(&self, key: &Key) -> bool {
        self.series.is_empty() || self.series.iter().any(|it| it.is(key))
    }

    /// Points of whole samples, each beginning at a multiple of its length, so that they stay where they are when the same
    /// is asked a little later.
    fn grid(&self, seconds: u64) -> Grid {
        let span = self.to.saturating_sub(self.from).max(1);
        // One point more than the span has may be needed for its ends.
        let step = self.step.max(span.div_ceil(POINTS - 1)).max(1);
        let step = step.div_ceil(seconds) * seconds;
        let from = self.from - self.from % step;
        let points = self.to.saturating_sub(from).div_ceil(step).clamp(1, POINTS);
        Grid {
            from,
            step,
            points: usize::try_from(points).unwrap_or(1),
        }
    }
}

/// Goes through the samples of blocks. Of several that tell of the same time the first counts.
fn each(blocks: &[Arc<[u8]>], grid: Grid, mut take: impl FnMut(&Reader<'_>, usize)) {
    let mut last = None;
    for block in blocks {
        let mut reader = Reader::new(block);
        while let Some(at) = reader.next() {
            if last >= Some(at) {
                continue;
            }
            last = Some(at);
            if let Some(point) = grid.point(at) {
                take(&reader, point);
            }
        }
    }
}

fn points(
    blocks: &[Arc<[u8]>],
    grid: Grid,
    chosen: impl Iterator<Item = Key>,
    seen: &[u32],
) -> Vec<Series> {
    let mut made: BTreeMap<Key, Points> =
        chosen.map(|key| (key.clone(), empty(&key, grid))).collect();
    each(blocks, grid, |reader, point| {
        for (key, place) in reader.series() {
            let Some(Points::Levels(figures)) = made.get_mut(key) else {
                continue;
            };
            let values = reader.values(key.kind, *place);
            // A limit that allows nothing isn't there.
            if matches!(key.kind, Kind::Limit | Kind::TokenLimit) && values.first() == Some(&0) {
                continue;
            }
            let fields = key.kind.fields().iter();
            for ((points, value), field) in figures.iter_mut().zip(values).zip(fields) {
                let known = &mut points[point];
                *known = Some(known.map_or(*value, |known| field.in_time.of(known, *value)));
            }
        }
        for (number, size, waits) in reader.changes() {
            let Some((key, _)) = reader.series().get(number) else {
                continue;
            };
            if key.kind != Kind::Waiting {
                continue;
            }
            if let Some(Points::Sizes(points)) = made.get_mut(key) {
                let size = points[point].entry(u32::try_from(size).unwrap_or(0));
                let known = size.or_default();
                *known = Fold::Sum.of(*known, waits);
            }
        }
    });
    let series = made.into_iter().map(|(key, points)| {
        let figures = match points {
            Points::Levels(points) => {
                let names = key.kind.fields().iter().map(|field| field.name);
                names.zip(points).collect()
            }
            Points::Sizes(points) => waiting(&points, seen),
        };
        Series { key, figures }
    });
    series.collect()
}

fn empty(key: &Key, grid: Grid) -> Points {
    match key.kind {
        Kind::Waiting => Points::Sizes(vec![BTreeMap::new(); grid.points]),
        kind => Points::Levels(vec![vec![None; grid.points]; kind.fields().len()]),
    }
}

/// The figures of waiting: how many calls, and the percentiles of those that there were.
fn waiting(points: &[BTreeMap<u32, u64>], seen: &[u32]) -> Vec<(&'static str, Vec<Option<u64>>)> {
    let calls = points.iter().zip(seen);
    let calls = calls.map(|(sizes, seen)| (*seen > 0).then(|| sizes.values().sum()));
    let calls = calls.collect();
    let percentiles: Vec<_> = points.iter().map(percentiles).collect();
    let micros = |span: &Option<Waits>, of: fn(&Waits) -> Duration| {
        let span = span.as_ref().map(of);
        span.map(|span| u64::try_from(span.as_micros()).unwrap_or(u64::MAX))
    };
    let of = |of: fn(&Waits) -> Duration| percentiles.iter().map(|it| micros(it, of)).collect();
    vec![
        ("calls", calls),
        ("p50Micros", of(|it| it.p50)),
        ("p95Micros", of(|it| it.p95)),
    ]
}

/// How long calls have waited.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Waits {
    /// Half of them no longer than this.
    pub p50: Duration,
    /// 19 of 20 no longer than this.
    pub p95: Duration,
}

/// What the figures of a series of waiting come to; none where nothing has waited.
#[must_use]
pub fn waits(values: &[u64]) -> Option<Waits> {
    let sizes = (0..).zip(values.iter().copied());
    percentiles(&sizes.collect())
}

/// What so many waits of each size come to; none where there are none. A figure is at most an eighth too great.
fn percentiles(sizes_: &BTreeMap<u32, u64>) -> Option<Waits> {
    let (at, waits): (Vec<_>, Vec<_>) = sizes_.iter().filter(|(_, waits)| **waits > 0).unzip();
    let all = SparseHistogram::from_parts(sizes(), at, waits).ok()?;
    let of = |part| {
        let found = all.quantile(part).ok()??;
        let bucket = found.entries().values().next()?;
        Some(Duration::from_micros(bucket.end()))
    };
    Some(Waits {
        p50: of(0.5)?,
        p95: of(0.95)?,
    })
}
