//! What the figures of a demo mean.

use super::load::FlowTally;
use super::report::{Compared, Report, Side};
use crate::console::plural;
use crate::verdict::{Standing, Verdict};

impl Report {
    /// What the figures come to.
    pub(super) fn verdict(&self) -> Verdict {
        if self.too_slow() {
            let means = format!(
                "none. This machine was too slow or too busy: it was late by {} ms at each step of a call, {:.1} s of the \
                 platform's time.",
                self.lag.as_millis(),
                (self.lag * self.pace.speed()).as_secs_f64()
            );
            let next =
                "use a release build, and `tollgate demo` again when the machine has less to do.";
            return Verdict::new(Standing::Doubtful, means, next);
        }
        let standing = match self.limited() {
            0 => Standing::Good,
            _ => Standing::Bad,
        };
        Verdict::new(standing, self.means(), self.next())
    }

    fn means(&self) -> String {
        let failed = |side: &Side| side.sum(|flow| flow.failed);
        let (first, second) = (&self.first, &self.second);
        match &self.compared {
            Compared::Plain => format!(
                "with one token and retries, {} of {} failed, after {} answers 429. Through tollgate {} failed, {} were \
                 refused at once with a time to come back, and the platform answered 429 {}.",
                failed(first),
                plural(first.sum(FlowTally::all), "execution"),
                first.limited,
                failed(second),
                second.sum(|flow| flow.refused),
                plural(second.limited, "time"),
            ),
            Compared::Nodes(parts) => format!(
                "{} carried out {} where one carried out {}. The platform answered 429 {}.",
                plural(parts.nodes(), "node"),
                plural(second.sum(FlowTally::done), "execution"),
                first.sum(FlowTally::done),
                plural(second.limited, "time"),
            ),
        }
    }

    fn next(&self) -> &'static str {
        match self.compared {
            Compared::Plain => {
                "`tollgate plan examples/scenarios/start.toml` says what limits carry; README.md, \"Real use\", begins with yours."
            }
            Compared::Nodes(_) => {
                "docs/cluster.md says what three nodes need, and what each fault does; `tollgate cluster init` is the first step."
            }
        }
    }
}
