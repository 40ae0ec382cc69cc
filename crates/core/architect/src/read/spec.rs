//! Which steps there are, as a table (`steps.tsv`): where each may stand, what it does here, its ways out, its
//! settings, and how we know.
//!
//! **Kinds.** `any`; `only …` where the vendor says so, which is then an error elsewhere; `seen …` where published
//! files or notes have it, which is then a warning elsewhere; `not …`. The words are kinds of workflows, or families of
//! them. A common module may have any step.
//!
//! **Containers.** What it may stand in, by the SDK; published files don't always keep to it, so it is not checked.
//!
//! **What it does.** `control` and `ask`, `call` of data actions, tables and flows, have code of their own. `say` and
//! `end` name the setting that is said, or is the reason. `look up` and `none` are answered by whoever drives the
//! run, by one of the ways; `tell` needs no answer. A `choice` stands in menus alone. What is `none` can't be carried
//! out anywhere but at the vendor.
//!
//! **Ways.** One in brackets is there, but no file writes it; one with `?` is there only where the file does. `*` are
//! those that the file names: intents, choices. Where nobody carries the step out it is left by the way under
//! `not here`.
//!
//! **Settings.** A name, its type unless it is of structure alone, and `-` for one that has no effect here, with the
//! value that says what happens anyway. `…` means that no published file shows how the step is written: its settings
//! are the SDK's properties, and others are passed on with a warning.

mod kinds;

pub use kinds::Kinds;
pub(super) use kinds::Stands;
use std::sync::LazyLock;
use tollgate_expression::Type;

/// The table: a line of headings, then a line for each step; columns are separated by tabs.
const TABLE: &str = include_str!("steps.tsv");

static STEPS: LazyLock<Vec<StepType>> =
    LazyLock::new(|| TABLE.lines().skip(1).filter_map(StepType::read).collect());

/// What a step does here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Does {
    /// Decides, repeats, remembers or leads on.
    Control,
    /// Asks a person.
    Ask,
    /// Says or sends what stands in the setting of this name.
    Say(&'static str),
    /// Asks the platform, which answers by a way out.
    LookUp,
    /// Tells the platform.
    Tell,
    /// Calls a data action, a data table or a workflow.
    Call,
    /// Leaves the workflow if it succeeds.
    Transfer,
    /// Ends the workflow; the reason stands in the setting of this name.
    End(&'static str),
    /// Is a choice of a menu.
    Choice,
    /// Can't be carried out here.
    Nothing,
}

/// How a step is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Evidence {
    /// Workflows that people published have it, with these settings.
    Seen,
    /// The vendor's SDK has it; how a file writes it is derived.
    Sdk,
    /// The vendor's help has it.
    Help,
    /// The vendor had it once.
    Withdrawn,
}

/// A way out of a step.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// Its name.
    pub name: &'static str,
    /// Whether a file writes it.
    pub written: bool,
    /// Whether it is there also where the file doesn't.
    pub always: bool,
}

/// A setting of a step.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// Its type; none for one of structure alone.
    pub kind: Option<Type>,
    /// Whether it has an effect here.
    pub used: bool,
    /// The value of one without effect that makes no difference.
    pub idle: Option<&'static str>,
}

/// What is known of one type of step.
#[derive(Debug)]
pub struct StepType {
    /// The step's name in files.
    pub word: &'static str,
    /// Where it may stand.
    pub kinds: Kinds,
    /// What it does here.
    pub does: Does,
    /// Its ways out; empty for one without a name.
    pub ways: Vec<Way>,
    /// Whether the file names further ways out.
    pub names_ways: bool,
    /// The way out that is taken where nobody carries the step out.
    pub not_here: Option<&'static str>,
    /// Its settings.
    pub settings: Vec<Setting>,
    /// Whether there may be settings that aren't known.
    pub open: bool,
    /// Settings that must be there.
    pub needed: Vec<&'static str>,
    /// How it is known.
    pub evidence: Evidence,
}

/// Every type of step, by name.
pub fn step_types() -> impl Iterator<Item = &'static StepType> + Clone {
    STEPS.iter()
}

pub(super) fn find(word: &str) -> Option<&'static StepType> {
    STEPS.iter().find(|step| step.word == word)
}

impl StepType {
    fn read(line: &'static str) -> Option<StepType> {
        let columns: Vec<&str> = line.split('\t').collect();
        let [
            word,
            kinds,
            _containers,
            does,
            ways,
            not_here,
            settings,
            needed,
            evidence,
        ] = columns[..]
        else {
            return None;
        };
        let words = |column: &'static str| column.split_whitespace();
        Some(StepType {
            word,
            kinds: Kinds::read(kinds)?,
            does: match does.split(' ').collect::<Vec<_>>()[..] {
                ["control"] => Does::Control,
                ["ask"] => Does::Ask,
                ["say", setting] => Does::Say(setting),
                ["look", "up"] => Does::LookUp,
                ["tell"] => Does::Tell,
                ["call"] => Does::Call,
                ["transfer"] => Does::Transfer,
                ["end"] => Does::End(""),
                ["end", setting] => Does::End(setting),
                ["choice"] => Does::Choice,
                ["none"] => Does::Nothing,
                _ => return None,
            },
            ways: words(ways).filter(|way| *way != "*").map(way).collect(),
            names_ways: words(ways).any(|way| way == "*"),
            not_here: (!not_here.is_empty()).then_some(not_here),
            settings: words(settings)
                .filter(|name| *name != "…")
                .map(setting)
                .collect::<Option<_>>()?,
            open: settings.contains('…'),
            needed: words(needed).collect(),
            evidence: match evidence {
                "seen" => Evidence::Seen,
                "SDK" => Evidence::Sdk,
                "help" => Evidence::Help,
                "withdrawn" => Evidence::Withdrawn,
                _ => return None,
            },
        })
    }

    /// The setting of this name.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.name == name)
    }
}

fn way(text: &'static str) -> Way {
    let implied = text
        .strip_prefix('(')
        .and_then(|text| text.strip_suffix(')'));
    Way {
        name: implied.unwrap_or(text).trim_end_matches('?'),
        written: implied.is_none(),
        always: !text.ends_with('?'),
    }
}

fn setting(text: &'static str) -> Option<Setting> {
    let (name, kind) = match text.split_once(':') {
        Some((name, kind)) => (name, Some(Type::of_word(kind)?)),
        None => (text, None),
    };
    let (name, idle) = match name.split_once('-') {
        Some((name, idle)) => (name, Some(idle)),
        None => (name, None),
    };
    Some(Setting {
        name,
        kind,
        used: idle.is_none(),
        idle: idle.filter(|value| !value.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::WorkflowKind;

    #[test]
    fn every_line_of_the_table_is_read() {
        assert_eq!(STEPS.len(), TABLE.lines().count() - 1);
        for step in step_types() {
            let way = |name: &str| step.ways.iter().any(|way| way.name == name);
            assert!(step.not_here.is_none_or(way), "{}", step.word);
            for needed in &step.needed {
                assert!(step.setting(needed).is_some(), "{}: {needed}", step.word);
            }
        }
    }

    #[test]
    fn every_word_for_kinds_of_workflows_is_one() {
        let known = |word: &str| {
            let mut kinds = WorkflowKind::all();
            kinds.any(|kind| {
                kind.word() == word || kind.families().split(' ').any(|family| family == word)
            })
        };
        for step in step_types() {
            let kinds = step.kinds.to_string();
            let mut words = kinds.split(' ');
            assert!(
                words
                    .next()
                    .is_some_and(|rule| ["any", "only", "seen", "not"].contains(&rule))
                    && words.all(known),
                "{}: {}",
                step.word,
                step.kinds
            );
        }
    }
}
