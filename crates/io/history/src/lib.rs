//! What was seen of the service: kept second by second and minute by minute, in memory and on disk, so that a restart, a
//! reload of the page or a second person sees what was; and what it says of now, in one line.
//!
//! *Decides* which figures are kept ([`Kind`]), for how long, how they become fewer ([`Fold`]), and how the service stands
//! ([`Verdict`](verdict::Verdict)). *Doesn't decide* what is counted (the telemetry's), nor who may see it (the API's).
//!
//! In: a [`Sample`] a second, which a [`Gatherer`] makes of the engine's snapshot and the counters of calls. Out: [`Answer`]s
//! to [`Question`]s.
//!
//! # A file of our own beside the usage file
//!
//! **Not in the store.** What one node counts is of that node, as its metrics are: a second node has other queues, tokens and
//! parts of the limits, and figures of several are added up by Prometheus, which is made for that. A row for each node and
//! second would be most of what a store is asked to write, and would be lost exactly when it is looked for: when the store
//! is away. So a second node sees its own; who wants to see both asks both.
//!
//! **Not a database.** The crates that keep time series (embedded ones of the size of SQLite, with an index and a query
//! language) want a row for each figure; what is needed is to append one record a second and to read it all. That is three
//! hundred lines (`block`, `disk`), on crates for varints, checksums and histograms. A record has what has changed, so a
//! service that does nothing costs some ten bytes a second.
//!
//! **Bounded** by bytes ([`History::open`]), half for each tier: where series are many and busy, what is kept is shorter.
//! Of each kind of series the busiest are kept apart ([`Kind::most`]), the others are one.
//!
//! **Safe from a crash**: a torn last record is dropped, and nothing else (`block`).
//!
//! **Its cost** is measured by `cargo bench -p tollgate-history`: see `docs/history.md`.

mod block;
mod disk;
mod gather;
mod history;
mod question;
mod series;
mod tier;
pub mod verdict;

pub use gather::{Gatherer, closed_tokens};
pub use history::{History, MINUTES_KEPT, Minute, RECENT, SECONDS_KEPT, Size};
pub use question::{Answer, POINTS, Question, SERIES, Series, Waits, Wanted, waits};
pub use series::{Field, Fold, Key, Kind, OTHER, Row, Sample};
