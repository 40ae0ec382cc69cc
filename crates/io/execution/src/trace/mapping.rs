//! What the mapping of an answer found and printed.

use super::excerpt::{Excerpt, TRACE, WITHHELD};
use serde_json::{Value, json};
use tollgate_action::{Found, Watch};
use tollgate_driver::Redactor;

const UNSHOWABLE: &str = "[withheld: a secret that the upstream repeated is in it]";

enum What {
    Value(Excerpt),
    Default(Excerpt),
    Nothing(Excerpt),
}

/// What the mapping of an answer found and printed.
pub(crate) struct MappingTrace {
    room: usize,
    found: Vec<(String, String, What)>,
    printed: Option<Excerpt>,
    output: Option<Excerpt>,
}

impl Default for MappingTrace {
    fn default() -> Self {
        Self {
            room: TRACE,
            found: Vec::new(),
            printed: None,
            output: None,
        }
    }
}

impl Watch for MappingTrace {
    fn found(&mut self, key: &str, path: &str, found: Found<'_>) {
        let mut keep = |text| Excerpt::new(text, &mut self.room);
        let what = match found {
            Found::Value(text) => What::Value(keep(text)),
            Found::Default(text) => What::Default(keep(text)),
            Found::Nothing(why) => What::Nothing(keep(why)),
        };
        self.found.push((key.to_owned(), path.to_owned(), what));
    }

    fn printed(&mut self, result: &str) {
        self.printed = Some(Excerpt::new(result, &mut self.room));
    }

    fn output(&mut self, output: &Value) {
        self.output = Some(Excerpt::of_json(output, &mut self.room));
    }
}

/// How far a mapping came.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Stage {
    /// Not all paths were read.
    Paths,
    /// They were; the success template printed nothing.
    Template,
    /// It did; the result is no JSON.
    Result,
    /// It is, and may break the contract.
    Output,
}

/// What is shown of a mapping.
pub(crate) struct ShownMapping {
    pub(crate) found: Value,
    pub(crate) printed: Value,
    pub(crate) output: Value,
}

impl MappingTrace {
    /// How far it came; `keys` are those of the translation map.
    pub(crate) fn reached(&self, keys: usize) -> Stage {
        if self.output.is_some() {
            Stage::Output
        } else if self.printed.is_some() {
            Stage::Result
        } else if self.found.len() == keys {
            Stage::Template
        } else {
            Stage::Paths
        }
    }

    pub(crate) fn show(&self, redactor: &Redactor, secure: bool) -> ShownMapping {
        let one = |(key, path, what): &(String, String, What)| {
            let (word, kept) = match what {
                What::Value(kept) => ("value", kept),
                What::Default(kept) => ("default", kept),
                What::Nothing(kept) => ("nothing", kept),
            };
            let shown = match what {
                _ if secure => WITHHELD.into(),
                What::Value(_) => kept.show_json(redactor),
                What::Default(_) | What::Nothing(_) => kept.show(redactor).into(),
            };
            (key.clone(), json!({"path": path, word: shown}))
        };
        let printed = self.printed.as_ref().filter(|_| !secure);
        let output = self.output.as_ref().filter(|_| !secure);
        let why = if secure { WITHHELD } else { UNSHOWABLE };
        ShownMapping {
            found: Value::Object(self.found.iter().map(one).collect()),
            printed: printed
                .map_or(why.to_owned(), |kept| kept.show(redactor))
                .into(),
            output: output.map_or(why.into(), |kept| kept.show_json(redactor)),
        }
    }
}
