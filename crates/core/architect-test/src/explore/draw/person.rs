//! What a person does who is drawn by chance: mostly what is asked, by their mood.

use super::Drawer;
use std::collections::BTreeMap;
use tollgate_architect::{Asked, Person};

/// How the person of one run is.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Mood {
    Willing,
    /// Always answers what is asked.
    Eager,
    Silent,
    Unclear,
}

impl Drawer<'_> {
    pub(super) fn person(&mut self, asked: &Asked) -> Person {
        // Few change their mind, so that whoever is silent is so often enough to be given up.
        if self.mood != Mood::Eager && self.below(4) == 0 {
            self.mood = self.some_mood();
        }
        let odd = self.below(12);
        match (self.mood, odd) {
            (Mood::Eager, _) => self.answer(asked),
            (Mood::Silent, _) | (_, 0) => Person::IsSilent,
            (Mood::Unclear, _) | (_, 1) => match asked {
                Asked::Menu(_) | Asked::Digits { .. } => Person::Presses("*".to_owned()),
                _ => Person::Says("hm?".to_owned()),
            },
            (_, 2) if self.below(4) == 0 => Person::HangsUp,
            (_, 3) if self.below(4) == 0 => Person::WantsAgent,
            _ => self.answer(asked),
        }
    }

    /// An answer of the kind that is asked for.
    fn answer(&mut self, asked: &Asked) -> Person {
        match asked {
            Asked::Menu(choices) => {
                let index = self.below(choices.len());
                match choices.get(index) {
                    Some((_, Some(key))) if self.below(3) > 0 => Person::Presses(key.to_string()),
                    Some((name, _)) => Person::Says(name.to_string()),
                    None => Person::IsSilent,
                }
            }
            Asked::Digits { min, max } => {
                let count = *min as usize + self.below((max - min + 1) as usize);
                let digits = (0..count).map(|_| char::from(b'0' + self.below(10) as u8));
                Person::Presses(digits.collect())
            }
            Asked::Intent(names) => {
                let wanted = names
                    .iter()
                    .filter(|name| self.mood != Mood::Eager || !name.starts_with("maxNo"));
                let names: Vec<_> = wanted.collect();
                let index = self.below(names.len());
                match names.get(index).map_or("", |name| name) {
                    "noIntent" => Person::Means {
                        intent: "none".to_owned(),
                        slots: BTreeMap::new(),
                    },
                    "knowledge" => Person::Learns("It is in the handbook.".to_owned()),
                    "maxNoInputs" => Person::IsSilent,
                    "maxNoMatches" => Person::Says("hm?".to_owned()),
                    name => Person::Says(name.to_owned()),
                }
            }
            Asked::Slot(entity) => {
                let known = self
                    .pool
                    .slots
                    .get(&**entity)
                    .filter(|texts| !texts.is_empty());
                let texts = known
                    .filter(|_| self.below(4) > 0)
                    .unwrap_or(&self.pool.texts);
                let index = self.below(texts.len());
                Person::Says(texts[index].clone())
            }
            Asked::Boolean => Person::Says(["yes", "no"][self.below(2)].to_owned()),
            Asked::Text => Person::Says(self.text()),
        }
    }

    pub(super) fn some_mood(&mut self) -> Mood {
        match self.below(10) {
            0 => Mood::Silent,
            1 => Mood::Unclear,
            2 | 3 => Mood::Eager,
            _ => Mood::Willing,
        }
    }
}
