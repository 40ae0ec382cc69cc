//! Limits that nobody tells, learned from which calls an upstream accepts and refuses.
//!
//! A [`Learner`] is told each call of one upstream. After a refusal it looks for the limit that
//! separates the refused calls from those accepted, and asks whoever sends to hold it as one more limit
//! ([`Change`]), under which a slot lasts from a call's sending for a period.

mod call;
mod finding;
mod fit;
mod gradient;
mod guard;
mod learner;
mod probe;
mod reconcile;
mod series;
mod settings;
mod statistic;
mod study;

pub use call::{Call, Outcome};
pub use finding::{Change, Finding, FindingId, Group, Known, Reason, Slot, State};
pub use gradient::Gradient;
pub use learner::Learner;
pub use settings::{Probing, Settings};
