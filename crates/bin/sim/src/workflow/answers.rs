//! What the world answers to a workflow, as a scenario declares it.

use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_architect::{Asked, Person};
use tollgate_model::Stream;

/// One of several, each as often as its weight says.
#[derive(Clone, Debug)]
pub(crate) struct Draw<T> {
    ways: Vec<(T, u32)>,
    total: u64,
}

impl<T> Draw<T> {
    /// Without ways, nothing is ever drawn.
    pub(crate) fn new(ways: Vec<(T, u32)>) -> Self {
        let total = ways.iter().map(|(_, weight)| u64::from(*weight)).sum();
        Self { ways, total }
    }

    pub(super) fn one(&self, random: &mut Stream) -> Option<&T> {
        let mut at = random.below(self.total);
        for (way, weight) in &self.ways {
            match at.checked_sub(u64::from(*weight)) {
                Some(rest) => at = rest,
                None => return Some(way),
            }
        }
        None
    }
}

/// What is answered for one name: a data action, a data table, a step's type or a called workflow.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The path; the usual one if there is none to draw.
    pub(crate) by: Draw<String>,
    /// Outputs by name, a row's columns among them.
    pub(crate) outputs: Map<String, Json>,
    /// How long it takes; a data action takes what its call takes.
    pub(crate) after: Duration,
}

/// What the world answers.
#[derive(Clone, Debug)]
pub(crate) struct Answers {
    pub(crate) by_name: BTreeMap<String, Answer>,
    pub(crate) person: Draw<Does>,
    /// From a question to a person's answer.
    pub(crate) thinks: Duration,
    /// Characters read out in a second; none takes no time.
    pub(crate) speech: u32,
}

/// What a person does when asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Does {
    /// The first that is offered, or the least that is asked for.
    First,
    IsSilent,
    HangsUp,
    Presses(String),
    Says(String),
}

impl Does {
    pub(crate) fn parse(word: &str) -> Self {
        let keys = |key: char| key.is_ascii_digit() || key == '*' || key == '#';
        match word {
            "first" => Self::First,
            "silent" => Self::IsSilent,
            "hangs-up" => Self::HangsUp,
            word if word.chars().all(keys) => Self::Presses(word.to_owned()),
            word => Self::Says(word.to_owned()),
        }
    }

    pub(super) fn answer(&self, asked: &Asked) -> Person {
        match self {
            Self::First => first(asked),
            Self::IsSilent => Person::IsSilent,
            Self::HangsUp => Person::HangsUp,
            Self::Presses(keys) => Person::Presses(keys.clone()),
            Self::Says(text) => Person::Says(text.clone()),
        }
    }
}

fn first(asked: &Asked) -> Person {
    match asked {
        Asked::Menu(choices) => match choices.first() {
            Some((_, Some(key))) => Person::Presses(key.to_string()),
            Some((name, None)) => Person::Says(name.to_string()),
            None => Person::IsSilent,
        },
        Asked::Digits { min, .. } => Person::Presses("1".repeat((*min).clamp(1, 64) as usize)),
        Asked::Intent(names) => Person::Means {
            intent: names
                .first()
                .map_or_else(String::new, |name| name.to_string()),
            slots: BTreeMap::new(),
        },
        Asked::Boolean => Person::Says("yes".to_owned()),
        Asked::Slot(_) | Asked::Text => Person::Says("one".to_owned()),
    }
}

/// How long a text is read out; `[silence 500 ms]` takes what it says, other brackets nothing.
pub(super) fn spoken(text: &str, speech: u32) -> Duration {
    if speech == 0 {
        return Duration::ZERO;
    }
    let (mut characters, mut silence) = (0_u64, 0_u64);
    for (at, part) in text.split('[').enumerate() {
        let heard = match part.split_once(']').filter(|_| at > 0) {
            Some((inside, heard)) => {
                let millis = inside.strip_prefix("silence ");
                let millis = millis.and_then(|it| it.strip_suffix(" ms")?.parse().ok());
                silence = silence.saturating_add(millis.unwrap_or(0));
                heard
            }
            None => part,
        };
        characters += heard.trim().chars().count() as u64;
    }
    Duration::from_millis(silence.saturating_add(characters * 1_000 / u64::from(speech)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_drawn_by_their_weight() {
        let mut random = Stream::child(1, "draw", 0);
        let draw = Draw::new(vec![("a", 3), ("b", 1)]);
        let many = (0..4_000).filter(|_| draw.one(&mut random) == Some(&"a"));
        let many = many.count();
        assert!((2_880..3_120).contains(&many), "{many} of 4,000");
        assert_eq!(Draw::<u8>::new(Vec::new()).one(&mut random), None);
    }

    #[test]
    fn speech_takes_its_characters_and_its_silences() {
        let millis = |text| spoken(text, 10).as_millis();
        assert_eq!(millis("Hello Jo."), 900);
        assert_eq!(millis("Hello [silence 500 ms] Jo.[prompt x]"), 1_300);
        assert_eq!(millis("a[silence 99999999999999999999 ms]"), 100);
        assert_eq!(spoken("Hello", 0), Duration::ZERO);
    }
}
