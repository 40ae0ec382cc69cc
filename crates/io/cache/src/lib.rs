//! Answers kept for a while, and identical calls made once.
//!
//! *Decides* whether a call must be made at all: an answer that is fresh is given again; one that is
//! stale but usable is given again while one call fetches a new one; identical calls under way are one
//! call. *Doesn't decide* what is identical (the key is the caller's), nor whether an action may be
//! cached: that is off unless somebody turned it on, because only they know whether it changes
//! something.
//!
//! **Failures are not kept.** Whoever shares a call shares its failure too; the next one tries afresh.
//!
//! **A shared call belongs to all who wait for it.** It goes on while one of them waits, whoever began
//! it, and is dropped with the last, so that its place under the limits is handed on.
//!
//! **Who may share** is the caller's to say, by a second part of the key ([`Key::party`]): an urgent
//! call must not wait in the queue of a less urgent one's class. Kept answers are shared by all.
//!
//! **Bounds.** Bytes kept, by what [`Weight`] says and the least used go first ([`Bounds`]); calls under
//! way are bounded by who waits for them; background fetches by [`Bounds::max_refreshes`].
//!
//! Time is an argument. Tested in `tests/cache.rs`.

mod flight;

use flight::{Flight, Flights};
use moka::sync::Cache as Kept;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// What is kept, and for how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Policy {
    /// An answer younger than this is given without a call.
    pub fresh_for: Duration,
    /// After that, for so long, it is given while a new one is fetched. Zero: it isn't.
    pub stale_for: Duration,
}

/// What the cache takes on.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Bytes of answers kept.
    pub max_bytes: u64,
    /// Background fetches at once; beyond it a stale answer is given without one.
    pub max_refreshes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            max_bytes: 64 * 1024 * 1024,
            max_refreshes: 64,
        }
    }
}

/// What tells one call from another.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Key<P> {
    /// The action's id: what [`Cache::purge`] goes by.
    pub group: Arc<str>,
    /// The inputs that matter, in one text.
    pub inputs: Arc<str>,
    /// Who may share a call that is under way.
    pub party: P,
}

/// How much an answer weighs.
pub trait Weight {
    /// Bytes, roughly.
    fn bytes(&self) -> usize;
}

/// Where an answer came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// It was made by this call.
    Call,
    /// It was made by another's identical call that was under way.
    Shared,
    /// It was kept and is fresh.
    Fresh,
    /// It was kept, is stale, and a new one is being fetched.
    Stale,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Call, Self::Shared, Self::Fresh, Self::Stale];

    /// The word used in answers and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Shared => "shared",
            Self::Fresh => "fresh",
            Self::Stale => "stale",
        }
    }
}

/// How often each source answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[expect(missing_docs, reason = "the sources' names")]
pub struct Counts {
    pub call: u64,
    pub shared: u64,
    pub fresh: u64,
    pub stale: u64,
}

/// The answers of any number of actions.
pub struct Cache<P, V, E> {
    kept: Kept<(Arc<str>, Arc<str>), Entry<V>>,
    flights: Arc<Flights<Key<P>, V, E>>,
    refreshes: Arc<Semaphore>,
    counts: [AtomicU64; 4],
}

struct Entry<V> {
    answer: Arc<V>,
    fetched: Instant,
}

impl<V> Clone for Entry<V> {
    fn clone(&self) -> Self {
        Self {
            answer: Arc::clone(&self.answer),
            fetched: self.fetched,
        }
    }
}

impl<P, V, E> std::fmt::Debug for Cache<P, V, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The answers are their owners'.
        f.debug_struct("Cache")
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}

impl<P, V, E> Cache<P, V, E>
where
    P: Clone + Eq + Hash + Send + Sync + 'static,
    V: Weight + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    /// An empty cache.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        let weigh = |key: &(Arc<str>, Arc<str>), entry: &Entry<V>| {
            let bytes = key.0.len() + key.1.len() + entry.answer.bytes() + size_of::<Entry<V>>();
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        Self {
            kept: Kept::builder()
                .max_capacity(bounds.max_bytes)
                .weigher(weigh)
                .support_invalidation_closures()
                .build(),
            flights: Arc::default(),
            refreshes: Arc::new(Semaphore::new(bounds.max_refreshes)),
            counts: Default::default(),
        }
    }

    /// The answer of `key`: kept, of a call under way, or of a call made now by `fetch`. `clock` tells
    /// the time; it is asked again when an answer arrives.
    ///
    /// # Errors
    /// What the call failed with, shared by all who waited for it.
    pub async fn get<F>(
        &self,
        key: Key<P>,
        policy: Policy,
        clock: impl Fn() -> Instant + Send + 'static,
        fetch: F,
    ) -> Result<(Arc<V>, Source), Arc<E>>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let place = (Arc::clone(&key.group), Arc::clone(&key.inputs));
        if let Some(entry) = self.kept.get(&place) {
            let age = clock().saturating_duration_since(entry.fetched);
            if age < policy.fresh_for {
                return Ok((entry.answer, self.count(Source::Fresh)));
            }
            if age < policy.fresh_for + policy.stale_for {
                self.refresh(key, clock, fetch);
                return Ok((entry.answer, self.count(Source::Stale)));
            }
        }
        let (flight, joined) = self.begin(key, clock, fetch);
        let source = if joined { Source::Shared } else { Source::Call };
        let answer = flight.await?;
        Ok((answer, self.count(source)))
    }

    /// Forgets all answers of a group, or one of them. A call under way is let end, and its answer kept.
    pub fn purge(&self, group: &str, inputs: Option<&str>) {
        match inputs {
            Some(inputs) => self.kept.invalidate(&(group.into(), inputs.into())),
            None => {
                let group: Arc<str> = group.into();
                // Fails only for a cache built without support for it.
                let _ = self
                    .kept
                    .invalidate_entries_if(move |(of, _), _| *of == group);
            }
        }
    }

    /// How often each source answered since the start.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let [call, shared, fresh, stale] =
            [Source::Call, Source::Shared, Source::Fresh, Source::Stale]
                .map(|source| self.counts[source as usize].load(Ordering::Relaxed));
        Counts {
            call,
            shared,
            fresh,
            stale,
        }
    }

    /// Bytes kept now, by what the answers weigh; a little behind.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.kept.run_pending_tasks();
        self.kept.weighted_size()
    }

    fn begin<F>(
        &self,
        key: Key<P>,
        clock: impl Fn() -> Instant + Send + 'static,
        fetch: F,
    ) -> (Flight<V, E>, bool)
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let (kept, place) = (
            self.kept.clone(),
            (Arc::clone(&key.group), Arc::clone(&key.inputs)),
        );
        let keep = move |answer: &Arc<V>| {
            let entry = Entry {
                answer: Arc::clone(answer),
                fetched: clock(),
            };
            kept.insert(place, entry);
        };
        self.flights.begin(key, fetch, keep)
    }

    /// Fetches behind the caller's back, unless somebody does already or too many are.
    fn refresh<F>(&self, key: Key<P>, clock: impl Fn() -> Instant + Send + 'static, fetch: F)
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let Ok(place) = Arc::clone(&self.refreshes).try_acquire_owned() else {
            return;
        };
        let (flight, joined) = self.begin(key, clock, fetch);
        if !joined {
            tokio::spawn(async move {
                // Its failure is nobody's: the stale answer was given.
                let _ = flight.await;
                drop(place);
            });
        }
    }

    fn count(&self, source: Source) -> Source {
        self.counts[source as usize].fetch_add(1, Ordering::Relaxed);
        source
    }
}
