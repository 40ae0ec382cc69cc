//! Figures: which there are ([`table`]), how they are written ([`Exposition`]), and those that are counted with each call
//! ([`CallCounts`]).

pub(crate) mod bounded;
pub(crate) mod calls;
pub(crate) mod exposition;
pub(crate) mod flows;
pub(crate) mod metric;
pub mod table;

pub use calls::CallCounts;
pub(crate) use calls::Counted;
pub use exposition::{Exposition, Format, Value};
pub use flows::{FlowFigures, WAITING};
pub use metric::{Kind, Metric, Unit};
