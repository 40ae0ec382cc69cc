//! What each number of calls at once has brought.

use super::measured::{Goodput, Measured};
use tollgate_model::{count, tally};

/// Answers without which nothing is remembered of a number.
const FEWEST: f64 = 5.0;
/// Neighbouring numbers that are looked at together, where there are few answers for each.
const POOLED: [usize; 3] = [1, 3, 6];
/// Answers that are remembered of a number; what is older counts less.
const REMEMBERED: f64 = 400.0;
/// Numbers that are told apart: powers of two to the third part, up to a thousand million.
const STEPS: usize = 96;

/// What each number brought, by its logarithm.
#[derive(Clone, Debug)]
pub(super) struct Memory([Measured; STEPS]);

impl Default for Memory {
    fn default() -> Self {
        Self([Measured::default(); STEPS])
    }
}

impl Memory {
    /// Remembers a call by the number that was under way with it.
    pub(super) fn add(&mut self, at_once: f64, log: f64, brought: bool) {
        if let Some(number) = self.0.get_mut(step(at_once)) {
            number.add(at_once, log, brought);
            number.age(REMEMBERED);
        }
    }

    /// Forgets the numbers that seem to have brought more than this.
    pub(super) fn forget_above(&mut self, goodput: &Goodput, variance: f64) {
        for number in &mut self.0 {
            if number.answers > 0.0 && number.goodput(variance).log > goodput.log {
                *number = Measured::default();
            }
        }
    }

    /// Of the numbers up to the highest that are good enough the one that brought most.
    pub(super) fn best_up_to(
        &self,
        highest: f64,
        variance: f64,
        is_good: impl Fn(&Goodput) -> bool,
    ) -> Option<u32> {
        let end = (0..STEPS).take_while(|&at| lowest(at) <= highest).count();
        let numbers = &self.0[..end];
        let pools = POOLED
            .iter()
            .flat_map(|&pooled| numbers.windows(pooled.min(end.max(1))));
        let pools = pools.filter_map(|numbers| {
            let mut all = Measured::default();
            numbers.iter().for_each(|number| all.join(number));
            (all.answers >= FEWEST && all.number() <= highest)
                .then(|| (all.number(), all.goodput(variance)))
        });
        let good = pools.filter(|(_, goodput)| is_good(goodput));
        let best = good.max_by(|one, two| one.1.at_least().total_cmp(&two.1.at_least()));
        best.map(|(number, _)| tally(count(number.round())))
    }
}

/// The lowest number of a step.
fn lowest(step: usize) -> f64 {
    ((step as f64 - 0.5) / 3.0).exp2()
}

fn step(at_once: f64) -> usize {
    (tally(count((at_once.max(1.0).log2() * 3.0).round())) as usize).min(STEPS - 1)
}
