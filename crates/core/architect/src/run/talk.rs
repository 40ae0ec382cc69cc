//! Questions to a person, and what the answers lead to.
//!
//! An answer that fits nothing, and silence, make the question be asked again: a menu as often as its
//! repeats say, a bot's question as often as the workflow's limits on misses say. After that a menu takes
//! its default choice or ends the call; a bot leaves by `maxNoInputs` or `maxNoMatches`, or hands over.

use super::{Asked, Effect, End, Person, Question, Run, State};
use crate::workflow::{Action, LoopKind, MenuChoice, Prompting, QuestionKind, Step, normal};
use std::sync::Arc;
use std::time::Duration;
use tollgate_expression::Value;

/// How a question was missed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Miss {
    Silence,
    NoMatch,
}

impl Run {
    /// Asks the step's question; before, says it and what went wrong the last time.
    pub(super) fn ask(
        &mut self,
        id: u32,
        step: &Step,
        misses: u32,
        silences: u32,
    ) -> Result<(), String> {
        let workflow = Arc::clone(&self.workflow);
        let (kind, timeout) = match &step.action {
            Action::Menu {
                audio,
                timeout,
                choices,
                ..
            } => {
                if let Some(audio) = audio {
                    let value = audio.evaluate(self)?;
                    self.say(&value);
                }
                let names = step.paths.iter().map(|path| Arc::clone(&path.name));
                let keys = choices.iter().map(|choice| choice.digit);
                let timeout = match timeout {
                    Some(timeout) => timeout.evaluate(self)?,
                    None => Value::NotSet,
                };
                (
                    Asked::Menu(names.zip(keys).collect()),
                    span_or(&timeout, workflow.settings.menu_timeout),
                )
            }
            Action::Question {
                kind,
                prompting,
                timeout,
            } => {
                let prompt = if misses + silences == 0 {
                    &prompting.question
                } else {
                    &None
                };
                if let Some(prompt) = prompt {
                    let value = prompt.evaluate(self)?;
                    self.say(&value);
                }
                let default = match kind {
                    QuestionKind::Digits { .. } => workflow.settings.entry_timeout,
                    _ => workflow.settings.input_timeout,
                };
                let timeout = match timeout {
                    Some(timeout) => timeout.evaluate(self)?,
                    None => Value::NotSet,
                };
                (asked(kind, step), span_or(&timeout, default))
            }
            Action::Loop {
                kind: LoopKind::AnythingElse(prompting),
                ..
            } => {
                if let Some(question) = &prompting.question
                    && misses + silences == 0
                {
                    let value = question.evaluate(self)?;
                    self.say(&value);
                }
                (Asked::Boolean, workflow.settings.input_timeout)
            }
            _ => return Err("a step that asks nothing".to_owned()),
        };
        let question = Question {
            kind,
            timeout,
            attempt: misses + silences,
        };
        self.open(
            id,
            Effect::Person(question),
            Some(timeout),
            misses,
            silences,
        );
        Ok(())
    }

    /// What a person did when asked.
    pub(super) fn heard(&mut self, id: u32, person: Person, misses: u32, silences: u32) {
        let workflow = Arc::clone(&self.workflow);
        let step = &workflow.steps[id as usize];
        if person == Person::WantsAgent && workflow.settings.escalation {
            let settings = &workflow.settings;
            return self.hand_over(settings.escalation_says.as_ref(), settings.escalation_next);
        }
        if let Person::Says(text) = &person {
            self.learn("session.lastcollectionutterance", Value::text(text));
        }
        let understood = match &step.action {
            Action::Menu { choices, .. } => match menu_choice(step, choices, &person, false) {
                Err(Miss::NoMatch) => match self.global_choice(&person) {
                    Some((menu, path)) => {
                        self.leave(menu, path);
                        Ok(None)
                    }
                    None => Err(Miss::NoMatch),
                },
                chosen => chosen.map(Some),
            },
            Action::Question { kind, .. } => self.understand(step, kind, &person),
            Action::Loop { .. } => yes_or_no(&person).map(|yes| Some(u16::from(!yes))),
            _ => Err(Miss::NoMatch),
        };
        let outcome = match understood {
            Ok(Some(path)) => {
                if matches!(step.action, Action::Loop { .. }) && path == 1 {
                    self.loops.pop();
                }
                self.leave(id, path);
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(miss) => self.missed(id, step, miss, misses, silences),
        };
        if let Err(why) = outcome {
            self.fail(step, why);
        }
    }

    /// A choice of any menu that can be chosen from everywhere: its menu and its path.
    fn global_choice(&self, person: &Person) -> Option<(u32, u16)> {
        self.workflow
            .steps
            .iter()
            .enumerate()
            .find_map(|(id, step)| {
                let Action::Menu { choices, .. } = &step.action else {
                    return None;
                };
                let path = menu_choice(step, choices, person, true).ok()?;
                Some((id as u32, path))
            })
    }

    fn missed(
        &mut self,
        id: u32,
        step: &Step,
        miss: Miss,
        misses: u32,
        silences: u32,
    ) -> Result<(), String> {
        let workflow = Arc::clone(&self.workflow);
        let (misses, silences) = match miss {
            Miss::Silence => (misses, silences + 1),
            Miss::NoMatch => (misses + 1, silences),
        };
        match &step.action {
            Action::Menu {
                repeats, choices, ..
            } => {
                let repeats = match repeats {
                    Some(repeats) => repeats.evaluate(self)?,
                    None => Value::NotSet,
                };
                let repeats = match repeats {
                    Value::Integer(count) => u32::try_from(count.clamp(0, 99)).unwrap_or(0),
                    _ => workflow.settings.menu_repeats,
                };
                if misses + silences <= repeats {
                    return self.ask(id, step, misses, silences);
                }
                let default = choices.iter().position(|choice| choice.default);
                self.leave(id, default.unwrap_or(step.paths.len() - 1) as u16);
                if default.is_none() {
                    let step = "disconnect";
                    self.state = State::Ended(End::Step { step, reason: None });
                }
                Ok(())
            }
            Action::Question {
                kind: QuestionKind::Digits { .. },
                ..
            } => {
                self.leave(id, 1);
                Ok(())
            }
            Action::Question { prompting, .. }
            | Action::Loop {
                kind: LoopKind::AnythingElse(prompting),
                ..
            } => {
                let (count, limit, path) = match miss {
                    Miss::Silence => (silences, workflow.settings.max_no_inputs, "maxNoInputs"),
                    Miss::NoMatch => (misses, workflow.settings.max_no_matches, "maxNoMatches"),
                };
                if count >= limit {
                    // A loop has no such way out: there is nothing else.
                    let path = step.path(path).unwrap_or(1);
                    self.leave(id, path);
                    return Ok(());
                }
                self.say_again(prompting, miss)?;
                self.ask(id, step, misses, silences)
            }
            _ => Ok(()),
        }
    }

    /// The apology, and the prompt for this kind of miss, or the question again.
    fn say_again(&mut self, prompting: &Prompting, miss: Miss) -> Result<(), String> {
        let workflow = Arc::clone(&self.workflow);
        let (apology, prompt) = match miss {
            Miss::Silence => (&workflow.settings.no_input_apology, &prompting.no_input),
            Miss::NoMatch => (&workflow.settings.no_match_apology, &prompting.no_match),
        };
        let prompt = prompt.as_ref().or(prompting.question.as_ref());
        for expr in [apology.as_ref(), prompt].into_iter().flatten() {
            let value = expr.evaluate(self)?;
            self.say(&value);
        }
        Ok(())
    }
}

pub(super) fn miss(person: &Person) -> Miss {
    match person {
        Person::IsSilent => Miss::Silence,
        _ => Miss::NoMatch,
    }
}

fn span_or(value: &Value, default: Duration) -> Duration {
    match value {
        Value::Duration(millis) => Duration::from_millis(u64::try_from(*millis).unwrap_or(0)),
        _ => default,
    }
}

fn asked(kind: &QuestionKind, step: &Step) -> Asked {
    match kind {
        QuestionKind::Digits { min, max, .. } => Asked::Digits {
            min: *min,
            max: *max,
        },
        QuestionKind::Intent => {
            let names = step.paths.iter().map(|path| Arc::clone(&path.name));
            Asked::Intent(names.collect())
        }
        QuestionKind::Slot { entity, .. } => Asked::Slot(Arc::clone(entity)),
        QuestionKind::Boolean => Asked::Boolean,
        QuestionKind::Text { .. } => Asked::Text,
    }
}

fn menu_choice(
    step: &Step,
    choices: &[MenuChoice],
    person: &Person,
    global: bool,
) -> Result<u16, Miss> {
    let found = match person {
        Person::Presses(keys) => {
            let key = keys.chars().next();
            choices.iter().position(|choice| {
                key.is_some() && choice.digit == key && (choice.global_key || !global)
            })
        }
        Person::Says(text) => {
            let text = normal(text);
            choices
                .iter()
                .position(|choice| choice.terms.contains(&text) && (choice.global_terms || !global))
        }
        _ => return Err(miss(person)),
    };
    found
        .filter(|index| *index < step.paths.len())
        .map(|index| index as u16)
        .ok_or(Miss::NoMatch)
}

pub(super) fn yes_or_no(person: &Person) -> Result<bool, Miss> {
    let text = match person {
        Person::Says(text) | Person::Presses(text) => text,
        Person::Means { intent, .. } => intent,
        _ => return Err(miss(person)),
    };
    match normal(text).as_str() {
        "yes" | "y" | "true" | "1" => Ok(true),
        "no" | "n" | "false" | "2" => Ok(false),
        _ => Err(Miss::NoMatch),
    }
}
