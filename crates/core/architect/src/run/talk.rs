//! Questions to a person, and what the answers lead to.
//!
//! An answer that fits nothing, and silence, make the question be asked again: a menu as often as its
//! repeats say, a bot's question as often as the workflow's limits on misses say. After that a menu takes
//! its default choice or ends the call; a bot leaves by `maxNoInputs` or `maxNoMatches`, or hands over.

use super::execute::span;
use super::{Asked, Effect, End, Misses, Person, Question, Run, State};
use crate::workflow::{Action, LoopKind, MenuChoice, Prompting, QuestionKind, Step, normal};
use std::sync::Arc;
use tollgate_expression::Value;

/// How a question was missed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Miss {
    Silence,
    NoMatch,
}

impl Misses {
    /// How often the question was asked before.
    pub(super) fn all(self) -> u32 {
        self.unclear + self.silent
    }

    fn with(self, miss: Miss) -> Misses {
        match miss {
            Miss::Silence => Misses {
                silent: self.silent + 1,
                ..self
            },
            Miss::NoMatch => Misses {
                unclear: self.unclear + 1,
                ..self
            },
        }
    }
}

impl Run {
    /// Asks the step's question. A menu is played each time; another question is said here the first time alone,
    /// since [`Run::ask_again`] says it after a miss.
    pub(super) fn ask(&mut self, id: u32, step: &Step, misses: Misses) -> Result<(), String> {
        let settings = &Arc::clone(&self.workflow).settings;
        let (said, kind, timeout, default) = match &step.action {
            Action::Menu {
                audio,
                timeout,
                choices,
                ..
            } => {
                let names = step.paths.iter().map(|path| Arc::clone(&path.name));
                let keys = choices.iter().map(|choice| choice.digit);
                let kind = Asked::Menu(names.zip(keys).collect());
                (audio, kind, timeout.as_ref(), settings.menu_timeout)
            }
            Action::Question {
                kind,
                prompting,
                timeout,
            } => {
                let default = match kind {
                    QuestionKind::Digits { .. } => settings.entry_timeout,
                    _ => settings.input_timeout,
                };
                (
                    &prompting.question,
                    asked(kind, step),
                    timeout.as_ref(),
                    default,
                )
            }
            Action::Loop {
                kind: LoopKind::AnythingElse(prompting),
                ..
            } => (
                &prompting.question,
                Asked::Boolean,
                None,
                settings.input_timeout,
            ),
            _ => return Err("a step that asks nothing".to_owned()),
        };
        if misses.all() == 0 || matches!(step.action, Action::Menu { .. }) {
            self.say(said.as_ref())?;
        }
        let timeout = span(&self.evaluate(timeout)?).unwrap_or(default);
        let question = Question {
            kind,
            timeout,
            attempt: misses.all(),
        };
        self.open(id, Effect::Person(question), Some(timeout), misses);
        Ok(())
    }

    /// What a person did when asked.
    pub(super) fn heard(&mut self, id: u32, person: Person, misses: Misses) {
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
            Action::Menu { choices, .. } => {
                let chosen = match menu_choice(step, choices, &person, false) {
                    Err(Miss::NoMatch) => self.global_choice(&person).ok_or(Miss::NoMatch),
                    chosen => chosen.map(|path| (id, path)),
                };
                let missed = |by| Value::Boolean(chosen == Err(by));
                self.learn("menu.lastcollectionnoinput", missed(Miss::Silence));
                self.learn("menu.lastcollectionnomatch", missed(Miss::NoMatch));
                chosen
            }
            Action::Question { kind, .. } => {
                let path = self.understand(step, kind, &person);
                path.map(|path| (id, path))
            }
            Action::Loop { .. } => yes_or_no(&person).map(|yes| {
                if !yes {
                    self.loops.pop();
                }
                (id, u16::from(!yes))
            }),
            _ => Err(Miss::NoMatch),
        };
        match understood {
            Ok((step, path)) => self.leave(step, path),
            Err(miss) => {
                if let Err(why) = self.missed(id, step, miss, misses.with(miss)) {
                    self.fail(id, why);
                }
            }
        }
    }

    /// A choice of any menu that can be chosen from everywhere: its menu and its path.
    fn global_choice(&self, person: &Person) -> Option<(u32, u16)> {
        let steps = self.workflow.steps.iter().zip(0..);
        let steps = steps.filter(|(step, _)| !step.is_unsupported());
        let mut chosen = steps.filter_map(|(step, id)| match &step.action {
            Action::Menu { choices, .. } => {
                let path = menu_choice(step, choices, person, true).ok()?;
                Some((id, path))
            }
            _ => None,
        });
        chosen.next()
    }

    /// A question was answered by silence, or by what fits nothing.
    fn missed(&mut self, id: u32, step: &Step, miss: Miss, misses: Misses) -> Result<(), String> {
        match &step.action {
            Action::Menu {
                repeats, choices, ..
            } => {
                let repeats = match self.evaluate(repeats.as_ref())? {
                    Value::Integer(count) => u32::try_from(count.clamp(0, 99)).unwrap_or(0),
                    _ => self.workflow.settings.menu_repeats,
                };
                if misses.all() <= repeats {
                    return self.ask(id, step, misses);
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
            } => self.ask_again(id, step, prompting, miss, misses),
            _ => Ok(()),
        }
    }

    /// Asks a bot's question once more, unless it was missed in this way too often.
    fn ask_again(
        &mut self,
        id: u32,
        step: &Step,
        prompting: &Prompting,
        miss: Miss,
        misses: Misses,
    ) -> Result<(), String> {
        let settings = &Arc::clone(&self.workflow).settings;
        let (count, limit, path) = match miss {
            Miss::Silence => (misses.silent, settings.max_no_inputs, "maxNoInputs"),
            Miss::NoMatch => (misses.unclear, settings.max_no_matches, "maxNoMatches"),
        };
        if count >= limit {
            // A loop has no such way out: there is nothing else.
            let path = step.path(path).unwrap_or(1);
            self.leave(id, path);
            return Ok(());
        }
        let (apology, prompt) = match miss {
            Miss::Silence => (&settings.no_input_apology, &prompting.no_input),
            Miss::NoMatch => (&settings.no_match_apology, &prompting.no_match),
        };
        self.say(apology.as_ref())?;
        self.say(prompt.as_ref().or(prompting.question.as_ref()))?;
        self.ask(id, step, misses)
    }
}

pub(super) fn miss(person: &Person) -> Miss {
    match person {
        Person::IsSilent => Miss::Silence,
        _ => Miss::NoMatch,
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
