//! What a decision about starts looks at.

use crate::Config;
use crate::foreign::Foreign;
use crate::queue::Queue;
use crate::resources::Resources;
use tollgate_model::Instant;

/// The engine at one instant: what is configured, what waits, which slots are held, who else takes slots.
///
/// The ledgers are borrowed to be changed because they forget slots that have ended when they are asked.
#[derive(Debug)]
pub(crate) struct Situation<'a> {
    pub(crate) config: &'a Config,
    pub(crate) queue: &'a mut Queue,
    pub(crate) resources: &'a mut Resources,
    pub(crate) foreign: &'a Foreign,
    pub(crate) now: Instant,
}
