//! When refusals are studied, and what becomes of it.

use crate::call::State as Called;
use crate::finding::Change;
use crate::run::{Run, Step};
use crate::state::Learner;
use crate::work::Work;
use tollgate_model::Instant;

impl Learner {
    /// Begins the study that is due, or goes on with the one that is under way.
    pub(crate) fn go_on(&mut self, now: Instant, work: &mut Work) {
        let run = match self.study.run.take() {
            Some(run) => Some(run),
            None => self.begin(now, work),
        };
        let Some(mut run) = run else { return };
        let before = work.spent();
        let over = self.steps(&mut run, now, work);
        run.looked += work.spent() - before;
        if over {
            self.rest(now, run.looked);
        } else {
            self.study.run = Some(run);
        }
    }

    /// The study that is due, if there is enough that is new.
    fn begin(&mut self, now: Instant, work: &mut Work) -> Option<Box<Run>> {
        let due = self.study.due.take_if(|due| *due <= now)?;
        self.hold_named(now, work);
        let fresh = self.observed.ring.iter().rev();
        let fresh = fresh.take_while(|record| Some(record.attempt) > self.observed.seen);
        let fresh = fresh.filter(|record| record.state == Called::Refused);
        let enough = fresh.count() > self.observed.enough();
        work.spend(self.observed.ring.len());
        if !enough {
            self.rest(now, 0);
            return None;
        }
        // The calls are copied: those that come meanwhile are looked at in the next study.
        work.spend(8 * self.observed.ring.len());
        Some(Box::new(Run::new(self.observed.clone(), due)))
    }

    /// Goes on with the study for one turn. Whether it is over.
    fn steps(&mut self, run: &mut Run, now: Instant, work: &mut Work) -> bool {
        while work.goes_on() {
            match run.step(work) {
                Step::Next => {}
                Step::Fresh => {
                    self.observed.seen = run.last().max(self.observed.seen);
                    let changed = self.observed.measure(now);
                    self.changes.extend(changed.into_iter().map(Change::Adjust));
                    run.measured(now);
                }
                Step::Found(found) => {
                    let evidence = run.evidence(&found.explains);
                    if self.take(&found.hypothesis, &evidence, now, work) {
                        self.observed.barren = 0;
                        self.stretch(run.near());
                        return true;
                    }
                }
                Step::Nothing => {
                    self.observed.barren += 1;
                    self.stretch(run.near());
                    return true;
                }
                Step::Stretch => {
                    self.stretch(run.near());
                    return true;
                }
                Step::Few => return true,
            }
        }
        false
    }

    /// A study is over. The next is not due before so long as this one took.
    fn rest(&mut self, now: Instant, looked: u64) {
        self.study.last = now;
        self.study.looked = looked;
        let next = now + self.pause();
        self.study.due = self.study.due.map(|due| due.max(next));
    }
}
