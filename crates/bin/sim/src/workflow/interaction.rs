//! One run of a workflow, step by step.

use super::answers::{Does, spoken};
use super::setting::Setting;
use crate::interaction::{Ended, Script, Step};
use std::sync::Arc;
use std::time::Duration;
use tollgate_architect::{Answer, AnswerError, Effect, EffectId, End, Person, Progress, Run, Tell};
use tollgate_model::Instant;
use tollgate_model::Stream;

#[derive(Debug)]
pub(super) struct Interaction {
    setting: Arc<Setting>,
    /// Once it has begun.
    run: Option<Box<Run>>,
    /// The data action that is called, and its effect.
    calling: Option<(EffectId, Arc<str>)>,
    /// An answer that is on its way.
    coming: Option<Coming>,
    /// The first step that failed.
    pub(super) fault: Option<String>,
    /// An answer that was none of its step's.
    pub(super) unfit: Option<String>,
}

#[derive(Debug)]
struct Coming {
    at: Instant,
    id: EffectId,
    /// Who answers, for errors.
    from: Arc<str>,
    answer: Answer,
}

impl Interaction {
    pub(super) fn new(setting: Arc<Setting>) -> Self {
        Self {
            setting,
            run: None,
            calling: None,
            coming: None,
            fault: None,
            unfit: None,
        }
    }

    /// Steps of the workflow so far.
    pub(super) fn steps(&self) -> u32 {
        self.run.as_ref().map_or(0, |run| run.steps())
    }

    fn go_on(
        &mut self,
        run: &mut Run,
        now: Instant,
        last: Option<Ended>,
        random: &mut Stream,
    ) -> Step {
        if let Some((id, action)) = self.calling.take() {
            match last {
                Some(Ended::Answered) => {
                    let (_, answer) = self.drawn(&action, "success", random);
                    self.answer(run, id, &action, answer, now);
                }
                Some(Ended::Failed) => {
                    self.answer(run, id, &action, Answer::path("failure"), now);
                }
                // The run knows that its step's time is over.
                Some(Ended::TimedOut) | None => {}
            }
        }
        loop {
            match run.next(now) {
                Progress::Tell(Tell::Played(text)) => {
                    let span = spoken(&text, self.setting.answers.speech);
                    if !span.is_zero() {
                        return Step::Pause(span);
                    }
                }
                Progress::Tell(Tell::Fault { place, message }) => {
                    self.fault
                        .get_or_insert_with(|| format!("{place}: {message}"));
                }
                Progress::Tell(_) => {}
                Progress::Effect(id, effect) => {
                    if let Some(call) = self.begin(id, effect, now, random) {
                        return call;
                    }
                }
                Progress::Wait(until) => match self.coming.take() {
                    Some(it) if it.at <= now => {
                        self.answer(run, it.id, &it.from, it.answer, now);
                    }
                    Some(coming) if coming.at < until => {
                        let span = coming.at.since(now);
                        self.coming = Some(coming);
                        return Step::Pause(span);
                    }
                    _ if until == Instant::NEVER => return Step::End { served: false },
                    _ => return Step::Pause(until.since(now)),
                },
                Progress::Ended(end) => {
                    let served = matches!(end, End::Step { .. } | End::Transferred { .. });
                    if let End::Failed(why) | End::Bound(why) = end {
                        self.fault.get_or_insert(why);
                    }
                    return Step::End { served };
                }
            }
        }
    }

    /// A call that the effect is, or its answer on its way.
    fn begin(
        &mut self,
        id: EffectId,
        effect: Effect,
        now: Instant,
        random: &mut Stream,
    ) -> Option<Step> {
        let (from, (after, answer)) = match effect {
            Effect::CallData {
                action, timeout, ..
            } => match self.setting.actions.get(&*action) {
                Some(known) => {
                    self.calling = Some((id, action));
                    return Some(Step::CallWithin(*known, timeout));
                }
                None => (action, (Duration::ZERO, Answer::path("failure"))),
            },
            Effect::Lookup { table, key: None } => {
                (table, (Duration::ZERO, Answer::path("notFound")))
            }
            Effect::Lookup { table, .. } => self.named(table, "notFound", random),
            Effect::Person(question) => {
                let answers = &self.setting.answers;
                let does = answers.person.one(random).unwrap_or(&Does::First);
                match does.answer(&question.kind) {
                    Person::IsSilent => return None,
                    person => ("person".into(), (answers.thinks, Answer::Person(person))),
                }
            }
            Effect::Transfer { step, .. } => self.named(step.into(), "success", random),
            Effect::CallWorkflow { workflow, .. } => self.named(workflow, "success", random),
            Effect::Platform { step, paths, .. } => {
                let usual = paths.first().map_or("success", |path| path);
                self.named(step.into(), usual, random)
            }
        };
        let at = now + after;
        self.coming = Some(Coming {
            at,
            id,
            from,
            answer,
        });
        None
    }

    fn named(
        &self,
        name: Arc<str>,
        usual: &str,
        random: &mut Stream,
    ) -> (Arc<str>, (Duration, Answer)) {
        let drawn = self.drawn(&name, usual, random);
        (name, drawn)
    }

    /// What is answered for a name, and how long it takes.
    fn drawn(&self, name: &str, usual: &str, random: &mut Stream) -> (Duration, Answer) {
        let Some(declared) = self.setting.answers.by_name.get(name) else {
            return (Duration::ZERO, Answer::path(usual));
        };
        let path = declared.by.one(random).map_or(usual, |path| path);
        (declared.after, Answer::with(path, declared.outputs.clone()))
    }

    /// An answer that doesn't fit ends the interaction: its step would wait for ever. One that comes at
    /// the instant at which the step's time is over is too late, and the run goes on by itself.
    fn answer(&mut self, run: &mut Run, id: EffectId, from: &str, answer: Answer, now: Instant) {
        match run.answer(id, answer, now) {
            Ok(()) | Err(AnswerError::NotOpen) => {}
            Err(why) => {
                self.unfit.get_or_insert_with(|| format!("{from}: {why}"));
                run.hang_up(now);
            }
        }
    }
}

impl Script for Interaction {
    fn next(&mut self, now: Instant, last: Option<Ended>, random: &mut Stream) -> Step {
        let run = match self.run.take() {
            Some(run) => Ok(run),
            None => {
                let workflow = Arc::clone(&self.setting.workflow);
                Run::new(workflow, &self.setting.inputs, now, random.next()).map(Box::new)
            }
        };
        match run {
            Ok(mut run) => {
                let step = self.go_on(&mut run, now, last, random);
                self.run = Some(run);
                step
            }
            Err(why) => {
                self.unfit = Some(why.to_string());
                Step::End { served: false }
            }
        }
    }
}
