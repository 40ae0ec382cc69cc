//! What is known of the calls to one upstream, and of the limits that bind them.
//!
//! A study that takes many turns looks at a copy of this, so that what happens meanwhile doesn't change what it looks at.

use crate::call::Ring;
use crate::finding::KnownLimit;
use crate::held::HeldFinding;
use crate::names::Names;
use crate::settings::Settings;
use tollgate_model::{AttemptId, Instant};

/// The calls of late, what is configured, and what binds.
#[derive(Clone, Debug)]
pub(crate) struct Observations {
    pub(crate) settings: Settings,
    /// The limits that are configured.
    pub(crate) known: Vec<KnownLimit>,
    pub(crate) ring: Ring,
    /// The findings that bind.
    pub(crate) held: Vec<HeldFinding>,
    /// SignStart when what was seen is evidence: the limit was another before.
    pub(crate) floor: Instant,
    /// Calls up to then are not all known.
    pub(crate) missed: Option<Instant>,
    pub(crate) names: Names,
    /// Refusals up to this attempt were looked at.
    pub(crate) seen: Option<AttemptId>,
    /// Studies in a row that found nothing.
    pub(crate) barren: u32,
}

impl Observations {
    pub(crate) fn new(settings: Settings, known: Vec<KnownLimit>) -> Self {
        Self {
            settings,
            known,
            ring: Ring::default(),
            held: Vec::new(),
            floor: Instant::ZERO,
            missed: None,
            names: Names::default(),
            seen: None,
            barren: 0,
        }
    }

    /// The most refusals that are not worth a study. Where studies find nothing, as after refusals by chance, the next
    /// one waits for more.
    pub(crate) fn enough(&self) -> usize {
        let barren = if self.held.is_empty() { 8 } else { 64 };
        (self.barren / barren).min(32) as usize
    }
}
