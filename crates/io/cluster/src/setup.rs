//! What a node's part in a cluster is made of.

use crate::Numbers;
use std::sync::Arc;
use std::time::Duration;
use tollgate_coordination::CoordinationStore;
use tollgate_driver::Driver;
use tollgate_lease::MemberId;

/// What a node needs in order to share its limits.
pub struct Setup {
    /// Whose limits are shared.
    pub driver: Driver,
    /// What operators set of its limits.
    pub numbers: Arc<dyn Numbers>,
    /// Where the value is.
    pub store: Arc<dyn CoordinationStore>,
    /// Who it is: the process has the number that the driver was started with.
    pub member: MemberId,
    /// How long a part is granted at a time.
    pub lease: Duration,
    /// The longest from the last look at a lease until the upstream has counted the call: the longest timeout and the
    /// grace, or the longest pause of the process if that is longer.
    pub tail: Duration,
}
